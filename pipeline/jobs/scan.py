"""The first look at a source: what each frame of the film will show, and where shots begin.

Cuts are known before the first frame is painted, so segments begin at cuts, where nothing of the
frames before is remembered. The digest of each frame says later whether the source is still the
same, and which segments of another job can be used again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.jobs.files import checksum, fingerprint, sha256, write_json
from pipeline.painting.job import StylizeJob
from pipeline.painting.state import Position
from pipeline.source.delivery import Progress
from pipeline.source.preprocess import median_blur
from pipeline.source.unfolding import Unfolding
from pipeline.take import even_frames
from pipeline.temporal.cuts import Cuts, open_cuts
from vr360.cameras.chapters import chapters_after
from vr360.cameras.lens_files import other_lens
from vr360.errors import VideoOpenError
from vr360.frame import Frame, Rgb, VideoInfo
from vr360.media.reader import Resampling, read_ahead
from vr360.stereo import split_eyes


@dataclass
class Scan:
    """What is known of a source. Frames are those at an even rate, numbered from 0.

    Attributes:
        key: checksum of the source and of all that decides about what follows.
        first: pts of frame 0, seconds.
        rate: frames a second.
        taken: for each frame, pts of the decoded frame that it shows.
        digests: of those frames, see `digest`.
        cuts: numbers of the frames with which a new shot begins.
        repeated, dropped: see `Resampling`.
    """

    key: str
    first: str
    rate: str
    taken: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    repeated: int = 0
    dropped: int = 0

    @property
    def frames(self) -> int:
        return len(self.digests)

    def pts(self, number: int) -> Fraction:
        """When a frame is shown, seconds."""
        return Fraction(self.first) + number / Fraction(self.rate)

    def before(self, number: int) -> Position | None:
        """Where the source is once all frames before this one have been taken in."""
        if number == 0:
            return None
        return Position(self.pts(number - 1), Fraction(self.taken[number - 1]))

    def repeats(self, number: int) -> bool:
        """Whether a frame shows the one before it again."""
        return number > 0 and self.taken[number] == self.taken[number - 1]


@dataclass(frozen=True)
class _Seen:
    """A frame as the search for cuts sees it."""

    eye: Rgb
    pts: Fraction
    begins_shot: bool = False


def digest(rgb: Rgb) -> str:
    """The first half of SHA-256 of a decoded frame, hexadecimal; processors have it built in."""
    return hashlib.sha256(np.ascontiguousarray(rgb).data).hexdigest()[:32]


def open_scan(
    folder: Path,
    job: StylizeJob,
    info: VideoInfo,
    sphere: Unfolding,
    progress: Progress = lambda frames, _: frames,
) -> Scan:
    """The scan in a job's folder if it is of this source; else the source is scanned now.

    Raises:
        Vr360Error: the source is damaged, or the folder cannot be written.
    """
    path, key = folder / "scan.json", scan_key(job)
    known = load_scan(path)
    if known and known.key == key:
        return known
    scan = scan_source(job, info, sphere, key, progress)
    write_json(path, asdict(scan))
    return scan


def load_scan(path: Path) -> Scan | None:
    """The scan in a file; None where there is none that can be read."""
    try:
        return Scan(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def scan_key(job: StylizeJob) -> str:
    """Checksum of the source, and of the choices that decide which frames are seen and how."""
    chosen: list[Any] = [job.span.start, job.span.duration, job.rate, job.median, job.size]
    chosen += [job.paint_width, job.source_projection, job.source_fov, job.stereo]
    chosen += [job.level, job.lock]
    files = [_file(job.cuts), _file(job.camera)]
    return checksum([source_of(job), files, *map(str, chosen)])


def source_of(job: StylizeJob) -> str:
    """Fingerprint of all films that are read: the input, its other lens, the chapters behind it.

    Raises:
        InputError: one cannot be read.
    """
    has = job.chapters and job.input.is_file()
    following = chapters_after(job.input) if has else []
    lens = other_lens(job.input)
    films = [job.input, *([lens] if lens and lens.is_file() else []), *following]
    each = [fingerprint(path) for path in films]
    return checksum(each) if len(films) > 1 else each[0]


def _file(choice: str) -> str:
    path = Path(choice)
    return sha256(path) if path.is_file() else choice


def scan_source(
    job: StylizeJob,
    info: VideoInfo,
    sphere: Unfolding,
    key: str,
    progress: Progress = lambda frames, _: frames,
) -> Scan:
    """Read a source once.

    Raises:
        VideoOpenError: it is damaged, or holds no frames.
    """
    rate, count = job.rate or info.rate, Resampling()
    scan = Scan(key, "0", str(rate))
    with read_ahead(even_frames(job, info, count)) as frames:
        shown = progress(frames, job.span.count(info, job.rate))
        seen = _seen(scan, shown, job, info, sphere)
        search: Cuts[_Seen] = open_cuts(job.cuts, rate, lambda frame: frame.eye)
        shots = enumerate(search.watch(seen))
        scan.cuts = [number for number, frame in shots if frame.begins_shot]
    if not scan.frames:
        raise VideoOpenError(f"{job.input}: no frames between --start and its end")
    scan.repeated, scan.dropped = count.repeated, count.dropped
    return scan


def _seen(
    scan: Scan, frames: Iterable[Frame], job: StylizeJob, info: VideoInfo, sphere: Unfolding
) -> Iterator[_Seen]:
    eye, name = np.empty(0, np.uint8), ""
    for frame in frames:
        if scan.frames == 0:
            scan.first = str(frame.pts)
        if not (name and frame.repeats):
            name = digest(frame.rgb)
            whole = sphere.whole(split_eyes(frame.rgb, info.stereo)[0], frame)
            eye = median_blur(whole, job.median)
        scan.digests.append(name)
        scan.taken.append(str(frame.pts if frame.taken is None else frame.taken))
        yield _Seen(eye, frame.pts)
