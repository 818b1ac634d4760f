"""Folders of frames: stills of every kind that is read in, PNG out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from vr360.errors import EncodeError, OutputError, VideoOpenError
from vr360.frame import Frame, Rgb, VideoInfo, bit_depth
from vr360.media.stills import STILL_SUFFIXES, encoded, read_still, store
from vr360.media.targets import check_target
from vr360.media.threads import WriteBehind
from vr360.media.transcoding import TRANSCODED_SUFFIXES
from vr360.partial import Partial

_FRAMES = (*STILL_SUFFIXES, *TRANSCODED_SUFFIXES)


def frames_in(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order (frame 9 before frame 10), hidden files left out.

    Raises:
        VideoOpenError: there is none.
    """
    seen = (f for f in folder.iterdir() if not f.name.startswith("."))  # as macOS's ._0001.png
    files = [f for f in seen if f.suffix.lower() in _FRAMES and f.is_file()]
    if not files:
        raise VideoOpenError(
            f"{folder}: the folder holds no frames: JPEG, PNG, OpenEXR or the like"
        )
    return sorted(files, key=_natural)


def _natural(path: Path) -> list[tuple[int, int | str]]:
    parts = re.split(r"(\d+)", path.name.lower())
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in parts]


def holes_in(files: Sequence[Path]) -> tuple[str, ...]:
    """What to tell of frames in order whose numbers leave one out; the film closes up there."""
    found = [re.search(r"\d+(?=\D*$)", file.stem) for file in files]
    numbers = [int(match[0]) for match in found if match]
    steps = np.diff(numbers)
    if len(numbers) < len(files) or not len(steps) or steps.min() <= 0:
        return ()
    at = np.flatnonzero(steps > steps.min())
    if not len(at):
        return ()
    first = int(at[0])
    more = f", and {len(at) - 1} more such holes" if len(at) > 1 else ""
    between = f"between {files[first].name} and {files[first + 1].name}"
    return (f"a frame is missing {between}{more}: the film closes up there",)


def read_folder(info: VideoInfo, start: Fraction = Fraction(0)) -> Iterator[Frame]:
    """The frames of a folder at `info.rate`, from `start` seconds on.

    Raises:
        VideoOpenError: a frame is damaged or of another size.
    """
    for n, file in enumerate(frames_in(info.path)):
        if n / info.rate < start:
            continue
        rgb = read_still(file, info.bit_depth)
        found = f"{rgb.shape[1]}x{rgb.shape[0]} of {bit_depth(rgb)} bit"
        wanted = f"{info.width}x{info.height} of {min(info.bit_depth, 10)} bit"
        if found != wanted:
            raise VideoOpenError(f"{file}: is {found}, but the first frame is {wanted}")
        yield Frame(rgb, n / info.rate)


class FolderWriter:
    """A folder of PNG frames, `000000.png` onwards, complete or not there.

    Use as a context manager; the same `write` as `FilmWriter`. An existing folder is replaced
    with `force` only, and only if it holds nothing but frames.
    """

    def __init__(
        self,
        path: Path,
        bit_depth: int = 8,
        source: VideoInfo | None = None,
        force: bool = False,
    ) -> None:
        empty = path.is_dir() and not any(path.iterdir())
        check_target(path, force or empty, source.path if source else None)
        if path.is_file() or not _holds_frames_alone(path):
            raise OutputError(f"{path}: holds more than PNG frames; name a new folder")
        self.path = path
        self.bit_depth = bit_depth
        self.frames = 0
        self._partial = Partial(path)
        self._behind: WriteBehind[tuple[int, Rgb]] | None = None

    @property
    def busy_seconds(self) -> float:
        """Time spent encoding; waiting for frames excluded."""
        return self._behind.busy_seconds if self._behind else 0.0

    def __enter__(self) -> FolderWriter:
        self._partial.make(folder=True)
        self._behind = WriteBehind(self._store)
        return self

    def write(self, frame: Frame) -> None:
        if self._behind is None:
            raise ValueError("a FolderWriter is used as a context manager")
        self._behind.put((self.frames, frame.rgb))
        self.frames += 1

    def _store(self, numbered: tuple[int, Rgb]) -> None:
        number, rgb = numbered
        name = f"{number:06d}.png"
        data = encoded(rgb, ".png", self.bit_depth)
        store(self._partial.path / name, data, self._partial.target / name)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._behind is not None:
                self._behind.close(abandon=kind is not None)
            if kind is None:
                self._complete()
        finally:
            self._partial.discard()

    def _complete(self) -> None:
        if not self.frames:
            raise EncodeError(f"{self.path}: no frames came, so nothing is written")
        self._partial.settle(_holds_frames_alone(self.path))


def _holds_frames_alone(path: Path) -> bool:
    return not path.is_dir() or all(f.suffix == ".png" for f in path.iterdir())
