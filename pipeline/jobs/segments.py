"""Segments of a film: each a lossless film, the state behind it, and a manifest that vouches."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.jobs.files import keep, sha256, write_json
from pipeline.painting.job import StylizeJob
from pipeline.painting.state import PaintState, load_state, save_state
from pipeline.source.unfolding import Unfolding
from pipeline.take import Take
from vr360.errors import VideoOpenError
from vr360.frame import Frame, VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter


@dataclass(frozen=True)
class Manifest:
    """What a segment holds; it is written last, so what has none is not complete.

    Attributes:
        film, state: sha256 of the two files; a segment without frames has no film.
        frames: in the film; fewer than were taken in while the search for cuts holds some back.
        first, last: pts of the first and the last, seconds.
        is_last: whether the source ended in it.
    """

    film: str | None
    state: str
    frames: int
    painted: int
    repeated: int
    dropped: int
    first: str | None
    last: str | None
    is_last: bool
    seconds: float
    backend: str
    layout: str
    stage_seconds: dict[str, float]


class Segment:
    """The files of one segment in a job's folder.

    Attributes:
        film: its frames, lossless.
        state: the `PaintState` behind it.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.film = folder / f"{number:06}.mkv"
        self.state = folder / f"{number:06}.safetensors"
        self._manifest = folder / f"{number:06}.json"

    def manifest(self) -> Manifest | None:
        """What it holds, as it was written; None where it never was or cannot be read."""
        try:
            return Manifest(**json.loads(self._manifest.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def verified(self) -> Manifest | None:
        """What it holds; None unless all its files are to the bit what they were."""
        manifest = self.manifest()
        if manifest is None or not _is(self.state, manifest.state):
            return None
        whole = manifest.film is None or _is(self.film, manifest.film)
        return manifest if whole else None

    def frames(self, manifest: Manifest, rate: Fraction) -> Iterator[Frame]:
        """Its frames, with the times that they have in the film.

        Raises:
            VideoOpenError: there are more or fewer than the manifest says.
        """
        if manifest.film is None or manifest.first is None:
            return
        count, first = 0, Fraction(manifest.first)
        for frame in read_frames(probe(self.film)):
            yield Frame(frame.rgb, first + count / rate)
            count += 1
        if count != manifest.frames:
            raise VideoOpenError(f"{self.film}: {count} frames, not {manifest.frames}")

    def render(
        self,
        job: StylizeJob,
        info: VideoInfo,
        sphere: Unfolding,
        bit_depth: int,
        entering: PaintState | None,
        count: int,
    ) -> Iterator[Frame]:
        """Paint it; frames come as they are finished, and the files are there in the end.

        Args:
            entering: what the segment before left; None for the first.
            count: frames of the source to take in.
        """
        started = time.perf_counter()
        self._manifest.unlink(missing_ok=True)
        held = len(entering.cuts.held) if entering else 0
        take = Take(job, info, sphere, bit_depth, entering, count)
        rate = job.rate or info.rate
        written = _Written(self.film, rate, bit_depth)
        with written, take:
            for frame in take:
                written.write(frame)
                yield frame
        state = take.state
        save_state(self.state, state)
        keep(self.state)
        taken = take.frames + len(state.cuts.held) - held
        manifest = Manifest(
            film=written.checksum(),
            state=sha256(self.state),
            frames=take.frames,
            painted=take.painted,
            repeated=take.resampling.repeated,
            dropped=take.resampling.dropped,
            first=_text(written.first),
            last=_text(written.last),
            is_last=taken < count,
            seconds=time.perf_counter() - started,
            backend=take.looks[0].backend.name,
            layout=take.looks[0].explain(sphere.around),
            stage_seconds=take.stage_seconds,
        )
        write_json(self._manifest, asdict(manifest))

    def leaving(self) -> PaintState:
        """What the next segment goes on from."""
        return load_state(self.state)


class _Written:
    """A lossless film of the frames that come, if any come."""

    def __init__(self, path: Path, rate: Fraction, bit_depth: int) -> None:
        self.first: Fraction | None = None
        self.last: Fraction | None = None
        self._path, self._rate, self._bit_depth = path, rate, bit_depth
        self._film: FilmWriter | None = None

    def __enter__(self) -> _Written:
        return self

    def write(self, frame: Frame) -> None:
        if self._film is None:
            self.first = frame.pts
            self._film = self._open(*frame.rgb.shape[:2])
        self._film.write(frame)
        self.last = frame.pts

    def _open(self, height: int, width: int) -> FilmWriter:
        film = FilmWriter(
            self._path,
            height,
            width,
            self._rate,
            preset="archive",
            bit_depth=self._bit_depth,
            force=True,
        )
        return film.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._film is not None:
            self._film.__exit__(*error)  # type: ignore[arg-type]

    def checksum(self) -> str | None:
        """Of the film once it is on the disk; None where there is none."""
        if self._film is None:
            return None
        keep(self._path)
        return sha256(self._path)


def _is(path: Path, checksum: str) -> bool:
    return path.is_file() and sha256(path) == checksum


def _text(pts: Fraction | None) -> str | None:
    return None if pts is None else str(pts)
