"""A folder that shows films in every browser: start here.

    OUT/index.html        the player, or a gallery where there are several films
    OUT/NAME.html         a player each, in a gallery
    OUT/vr360.js, .css    the player
    OUT/media/            films, stills, posters

A second run into the same folder takes what is there already: versions of films carry a
fingerprint of their source in their names.
"""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from viewer.film import on_one_track, open_film
from viewer.live import PREVIEW_HEIGHT, PREVIEW_HEIGHTS, STROKE_RANGE, StyleEntry
from viewer.web.codecs import MediaType, ambisonic_order, media_type
from viewer.web.live import LIVE
from viewer.web.pages import Card, gallery_page, player_page
from viewer.web.pictures import (
    POSTER_SIDE,
    SPRITE_COLUMNS,
    View,
    card,
    fitted,
    frame_at,
    jpeg,
    sprite,
)
from viewer.web.renditions import (
    Plan,
    fingerprint,
    make_rendition,
    plan,
    write_channel_probe,
)
from viewer.web.script import asset, joined
from viewer.web.show import layout_for_page, orientation_for_page, path_for_page
from vr360.errors import InputError, OutputError
from vr360.frame import Projection, VideoInfo
from vr360.partial import Partial, write_whole
from vr360.reports import Progress

SCRIPT, STYLE, INDEX, MEDIA = "vr360.js", "vr360.css", "index.html", "media"
PROBE = f"{MEDIA}/channels.probe.mp4"  # no film is called so: names hold no dot
POSTER_AT = 0.1  # of a film: its first frame is often black

Place = Callable[[Path, Path], None]
"""Puts a film where the page looks for it: `place(source, target)`."""


@dataclass(frozen=True)
class ShareJob:
    """What is shared, and how.

    Attributes:
        films: films and stills; several make a gallery.
        out: the folder.
        compare: the original of the one film.
        path: a view path that is followed until the viewer looks elsewhere.
        title: of the film, or of the gallery.
        view: where the viewer looks at first.
        poster: seconds into the film of the picture that stands before it plays.
        max_width: pixels of the version for every browser, and of stills.
        versions: False makes a version only of what no browser plays.
        looks: what a server paints the films in while they are watched.
    """

    films: tuple[Path, ...]
    out: Path
    compare: Path | None = None
    path: Path | None = None
    title: str | None = None
    view: View = field(default_factory=View)
    poster: float | None = None
    max_width: int = 3840
    versions: bool = True
    looks: tuple[StyleEntry, ...] = ()

    def __post_init__(self) -> None:
        for option, given in (("--compare", self.compare), ("--path", self.path)):
            if given is not None and len(self.films) != 1:
                raise InputError(f"{option} takes one film; share each by itself")


@dataclass(frozen=True)
class Shared:
    """What came of it: a page for each film, and a sentence about each file."""

    pages: tuple[Path, ...]
    notes: tuple[str, ...]


def share(
    job: ShareJob, progress: Progress[int] = lambda n, _: n, place: Place | None = None
) -> Shared:
    """Make the folder; its index comes last, so that what it shows is complete.

    Raises:
        InputError: nothing to show, or a film that a page cannot show.
        OutputError: the folder holds something else, or cannot be written.
        EncodeError: ffmpeg failed.
    """
    infos = [on_one_track(open_film(film)) for film in job.films]
    original = on_one_track(open_film(job.compare)) if job.compare else None
    check_folder(job.out)
    site = _Site(job, progress, place or copy)
    if original:
        site.notes += _unlike(infos[0], original)
    names = names_of(job.films)
    cards = [site.add(info, name, original) for info, name in zip(infos, names, strict=True)]
    if len(cards) > 1:
        site.write(INDEX, gallery_page(job.title or "360° films", cards).encode())
    return Shared(tuple(job.out / each.page for each in cards), tuple(site.notes))


def _unlike(film: VideoInfo, original: VideoInfo) -> list[str]:
    """What hinders two films from being compared frame by frame."""
    longest = max(film.duration, original.duration)
    if not film.rate or abs(film.duration - original.duration) * film.rate < 2:
        return []
    lengths = f"{float(film.duration):.2f} s and {float(original.duration):.2f} s"
    shared = float(min(film.duration, original.duration))
    return [
        f"{film.path.name} and {original.path.name} are {lengths} long: they can be compared up "
        f"to {shared:.2f} of {float(longest):.2f} s"
    ]


def check_folder(out: Path) -> None:
    """Raise OutputError unless it is new, empty, or a folder that was shared before."""
    if out.is_dir():
        if (out / SCRIPT).is_file() or not any(out.iterdir()):
            return
        raise OutputError(f"{out}: holds other files; name a new folder")
    if out.exists():
        raise OutputError(f"{out}: is a file; name a folder")


def copy(source: Path, target: Path) -> None:
    """Copy a film, whole or not at all; one that is there already stays."""
    state = source.stat()
    if target.exists():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (state.st_size, state.st_mtime_ns):
            return
    partial = Partial(target)
    try:
        shutil.copy2(source, partial.make())
        partial.settle()
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror})") from None
    finally:
        partial.discard()


class _Site:
    """The folder while it is made."""

    def __init__(self, job: ShareJob, progress: Progress[int], place: Place) -> None:
        self.job, self._progress, self._place = job, progress, place
        self.notes: list[str] = []
        self._make_folder()
        self.write(SCRIPT, joined().encode())
        self.write(STYLE, asset(STYLE).encode())
        self._looks = [self._look(entry) for entry in job.looks]

    def add(self, info: VideoInfo, name: str, original: VideoInfo | None) -> Card:
        """A film with its page."""
        job = self.job
        alone = len(job.films) == 1
        show = self._picture(info, name) | {
            "title": (job.title if alone and job.title else info.path.stem),
            "still": info.is_still,
            "duration": float(info.duration),
            "orientation": orientation_for_page(info),
            "view": {"yaw": job.view.yaw, "pitch": job.view.pitch, "fov": job.view.fov},
            "path": path_for_page(job.path) if job.path else None,
            "captions": self._captions(info, name),
            "thumbs": self._thumbs(info, name),
            "compare": self._picture(original, f"{name}-original") if original else None,
            "field": self._field(info),
            "live": self._live(info, name) if job.looks else None,
        }
        picture = f"{MEDIA}/{name}.card.jpg"
        line = _line(info)
        page = INDEX if alone else f"{name}.html"
        self.write(picture, jpeg(card(info, self._frame(info), job.view)))
        self.write(page, player_page(show, picture, line).encode())
        return Card(page, show["title"], line, picture)

    def write(self, name: str, data: bytes) -> None:
        try:
            write_whole(self.job.out / name, data)
        except OSError as error:
            raise OutputError(f"{self.job.out / name}: {error.strerror}") from None

    def _picture(self, info: VideoInfo, name: str) -> dict[str, Any]:
        """`Picture` of `viewer/web/player/film.js`."""
        layout = layout_for_page(info)
        poster = f"{MEDIA}/{name}.jpg" if info.is_still else f"{MEDIA}/{name}.poster.jpg"
        side = self.job.max_width if info.is_still else POSTER_SIDE
        data = jpeg(fitted(self._frame(info), side))
        self.write(poster, data)
        inline = self._inline(poster, data) if info.is_still else None
        if info.projection is Projection.DUAL_FISHEYE:
            self.notes.append(f"{info.path.name}: two fisheyes, shown as ideal lenses")
        elif not info.declared and "is a guess" in info.reason:
            self.notes.append(f"{info.path.name}: {info.reason}; is it flat? a page shows spheres")
        return {
            "layout": layout,
            "poster": poster,
            "inline": inline,
            "rate": float(info.rate),
            "sources": [] if info.is_still else list(self._sources(info, name)),
        }

    def _live(self, info: VideoInfo, name: str) -> dict[str, Any]:
        """`Live` of `viewer/web/player/live.js`."""
        return {
            "src": f"{LIVE}/{name}",
            "looks": self._looks,
            "poster": self._poster_at(info),
            "heights": PREVIEW_HEIGHTS,
            "height": PREVIEW_HEIGHT,
            "strokes": STROKE_RANGE,
        }

    def _look(self, entry: StyleEntry) -> dict[str, str | None]:
        if entry.thumbnail is None:
            return {"name": entry.name, "picture": None}
        file = f"{MEDIA}/look.{entry.name}{entry.thumbnail.suffix}"
        self.write(file, entry.thumbnail.read_bytes())
        return {"name": entry.name, "picture": file}

    def _captions(self, info: VideoInfo, name: str) -> str | None:
        """WebVTT that lies beside the film under its name."""
        words = info.path.with_suffix(".vtt")
        if not words.is_file():
            return None
        self.write(f"{MEDIA}/{name}.vtt", words.read_bytes())
        return f"{MEDIA}/{name}.vtt"

    def _thumbs(self, info: VideoInfo, name: str) -> dict[str, Any] | None:
        """Small pictures for the seek bar, in one file."""
        made = None if info.is_still else sprite(info)
        if made is None:
            return None
        rgb, count = made
        columns = min(count, SPRITE_COLUMNS)
        file = f"{MEDIA}/{name}.thumbs.jpg"
        self.write(file, jpeg(rgb))
        rows = -(-count // columns)
        size = {"width": rgb.shape[1] // columns, "height": rgb.shape[0] // rows}
        return {"src": file, "count": count, "columns": columns, **size}

    def _inline(self, poster: str, data: bytes) -> str:
        """A still as a script, because a page from the disk may not draw a picture from there."""
        name = f"{poster}.js"
        address = json.dumps(f"data:image/jpeg;base64,{b64encode(data).decode()}")
        script = f"(globalThis.vr360Pictures ??= {{}})[{json.dumps(poster)}] = {address};\n"
        self.write(name, script.encode())
        return name

    def _sources(self, info: VideoInfo, name: str) -> Iterator[dict[str, Any]]:
        """The film itself where browsers may play it, then the version that all play."""
        offered = plan(info, self.job.max_width)
        self.notes.append(f"{info.path.name}: {offered.why}")
        if offered.master is not None and offered.ambisonic:
            yield self._version(info, name, None, offered)
        elif offered.master is not None:
            master = f"{MEDIA}/{name}{info.path.suffix.lower()}"
            self._place(info.path, self.job.out / master)
            yield _source(master, offered.master, info.height, info.width, info.path, info)
        if offered.size and (self.job.versions or offered.master is None):
            yield self._version(info, name, offered.size, offered)

    def _version(
        self, info: VideoInfo, name: str, size: tuple[int, int] | None, offered: Plan
    ) -> dict[str, Any]:
        """A file that is made; `size` None copies the picture."""
        kind = str(size[1]) if size else "field"
        mark = fingerprint(info, size, offered.ambisonic)
        file = f"{MEDIA}/{name}.{kind}.{mark}.mp4"
        out = self.job.out / file
        if not out.exists():
            make_rendition(info, out, size, self._progress, offered.ambisonic)
        _remove_older(out)
        made = media_type(open_film(out, info.projection, info.stereo))
        assert made is not None, "browsers know our own version"
        return _source(file, made, *(size or (info.height, info.width)), out, info)

    def _field(self, info: VideoInfo) -> str | None:
        """Where the sound turns with the view: the file that tells the order of its channels."""
        if info.is_still or not ambisonic_order(info):
            return None
        if not (self.job.out / PROBE).exists():
            write_channel_probe(self.job.out / PROBE)
        return PROBE

    def _frame(self, info: VideoInfo) -> Any:
        return frame_at(info, self._poster_at(info))

    def _poster_at(self, info: VideoInfo) -> float:
        """Seconds into the film."""
        at = self.job.poster
        if at is not None and not info.is_still and at > info.duration:
            raise InputError(
                f"{info.path}: --poster {at:g} lies behind its end at {float(info.duration):g} s"
            )
        return POSTER_AT * float(info.duration) if at is None else at

    def _make_folder(self) -> None:
        try:
            (self.job.out / MEDIA).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.job.out}: cannot be made ({error.strerror})") from None


def _source(
    src: str, kind: MediaType, height: int, width: int, file: Path, info: VideoInfo
) -> dict[str, Any]:
    seconds = max(float(info.duration), 0.1)
    return {
        "src": src,
        "type": kind.text,
        "codecs": kind.video,
        "width": width,
        "height": height,
        "bitrate": round(file.stat().st_size * 8 / seconds),
    }


def names_of(films: Sequence[Path]) -> list[str]:
    """A name for each film that every web server and file system takes, none twice."""
    names: list[str] = []
    for film in films:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", film.stem).strip("-")[:80] or "film"
        name, count = plain, 2
        while name in (*names, "index"):
            name, count = f"{plain}-{count}", count + 1
        names.append(name)
    return names


def _line(info: VideoInfo) -> str:
    kinds = {"tb": "stereo", "lr": "stereo", "rl": "stereo", "mono": ""}
    words = ["360° picture" if info.is_still else "360° film", kinds[info.stereo]]
    if info.projection is Projection.HALF_EQUIRECT:
        words[0] = words[0].replace("360", "180")
    size = f"{info.width}x{info.height}"
    length = [] if info.is_still else [f"{float(info.duration):.0f} s"]
    return ", ".join([" ".join(word for word in words if word), size, *length])


def _remove_older(version: Path) -> None:
    """Versions of the same film that were made of an earlier state of it."""
    name, kind, *_ = version.name.split(".")
    for other in version.parent.glob(f"{name}.{kind}.????????.mp4"):
        if other != version:
            other.unlink()
