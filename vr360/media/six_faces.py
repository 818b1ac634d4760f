"""A cube as six pictures in a folder: F.png, R.png, B.png, L.png, U.png and D.png, or JPEGs."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from vr360.cubelayout import CubeLayout, name_faces, pack_faces, stack_faces, unpack_faces
from vr360.cubemap import FACES
from vr360.errors import EncodeError, InputError, OutputError
from vr360.frame import Frame, Rgb, VideoInfo
from vr360.media.stills import STILL_SUFFIXES, encoded, read_still, store
from vr360.media.targets import behind_link, check_target
from vr360.partial import Partial


def find_faces(folder: Path) -> dict[str, Path]:
    """The picture files of a folder by their letters.

    Raises:
        InputError: no folder, or one of the six is missing.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: a folder with the pictures {', '.join(FACES)} was expected")
    files = {
        file.stem.upper(): file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in STILL_SUFFIXES
    }
    missing = [face for face in FACES if face not in files]
    if missing:
        raise InputError(
            f"{folder}: six pictures {', '.join(FACES)} (.png or .jpg) were expected, missing: "
            f"{', '.join(missing)}"
        )
    return {face: files[face] for face in FACES}


def read_faces(folder: Path, depth: int = 10) -> Rgb:
    """Six pictures as one of layout `c3x2`; `depth` see `read_still`.

    Raises:
        InputError: one is missing or damaged, or they are not six equal squares.
    """
    pictures = {face: read_still(file, depth) for face, file in find_faces(folder).items()}
    try:
        return pack_faces(stack_faces(pictures), CubeLayout.C3X2)
    except InputError as error:
        raise InputError(f"{folder}: {error}") from None


class FacesWriter:
    """A new folder of six PNGs, behind the interface of a film's writer; takes `c3x2` frames."""

    def __init__(
        self, path: Path, bit_depth: int, source: VideoInfo | None = None, force: bool = False
    ) -> None:
        if source is not None and not source.is_still:
            raise OutputError(f"{path}: six pictures hold a still, not a film; name another layout")
        check_target(path, force, source.path if source else None)
        if path.is_file() or not _holds_faces_alone(path):
            raise OutputError(f"{path}: holds more than six faces; name a new folder")
        self.path = behind_link(path)
        self.bit_depth = bit_depth
        self.busy_seconds = 0.0
        self._partial = Partial(path)
        self._rgb: Rgb | None = None

    def __enter__(self) -> FacesWriter:
        return self

    def write(self, frame: Frame) -> None:
        self._rgb = frame.rgb

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            return
        if self._rgb is None:
            raise EncodeError(f"{self.path}: no picture came, so nothing is written")
        try:
            partial = self._partial.make(folder=True)
            for face, rgb in name_faces(unpack_faces(self._rgb, CubeLayout.C3X2)).items():
                data = encoded(rgb, ".png", self.bit_depth)
                store(partial / f"{face}.png", data, self.path / f"{face}.png")
            self._partial.settle(_holds_faces_alone(self.path))
        finally:
            self._partial.discard()


def _holds_faces_alone(path: Path) -> bool:
    known = {f"{face}.png" for face in FACES}
    return not path.is_dir() or all(f.name in known for f in path.iterdir())
