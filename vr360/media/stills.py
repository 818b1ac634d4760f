"""Stills and folders of frames: JPEG and PNG, 8 bit and deep."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vr360.errors import EncodeError, OutputError, VideoOpenError
from vr360.frame import Frame, Rgb, VideoInfo, bit_depth
from vr360.media.colour import TOP_10, to_codes
from vr360.media.containers import check_readable
from vr360.media.targets import check_target, partial_of
from vr360.media.threads import WriteBehind

if TYPE_CHECKING:
    from vr360.spherical import SphericalMetadata

STILL_SUFFIXES = (".jpg", ".jpeg", ".png")
JPEG_QUALITY = 95
_TOP_16 = 65535
_PNG_LEVEL = 1  # the higher levels cost three times the time for a few per cent
_ENDS = {".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9", ".png": b"IEND"}
_FULL_CHROMA = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444


def frames_in(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order (frame 9 before frame 10).

    Raises:
        VideoOpenError: there is none.
    """
    files = [f for f in folder.iterdir() if f.suffix.lower() in STILL_SUFFIXES and f.is_file()]
    if not files:
        raise VideoOpenError(f"{folder}: the folder holds no JPEG or PNG frames")
    return sorted(files, key=_natural)


def _natural(path: Path) -> list[tuple[int, int | str]]:
    parts = re.split(r"(\d+)", path.name.lower())
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in parts]


def read_still(path: Path) -> Rgb:
    """(H, W, 3): uint8, or uint16 in 0..1023 for deep PNGs; turned upright, alpha dropped.

    Raises:
        VideoOpenError: missing, empty, cut short, or no picture.
    """
    check_readable(path)
    data = path.read_bytes()
    end = _ENDS.get(path.suffix.lower())
    if end and end not in data[-4096:]:
        raise VideoOpenError(f"{path}: the picture is cut short; copy the file again")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if bgr is None:
        raise VideoOpenError(f"{path}: no picture that can be read")
    rgb: Rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb if rgb.dtype == np.uint8 else to_codes(rgb, _TOP_16)


def read_folder(info: VideoInfo) -> Iterator[Frame]:
    """The frames of a folder at `info.rate`.

    Raises:
        VideoOpenError: a frame is damaged or of another size.
    """
    for n, file in enumerate(frames_in(info.path)):
        rgb = read_still(file)
        if rgb.shape[:2] != (info.height, info.width) or bit_depth(rgb) != info.bit_depth:
            size = f"{rgb.shape[1]}x{rgb.shape[0]}, {bit_depth(rgb)} bit"
            wanted = f"{info.width}x{info.height}, {info.bit_depth} bit"
            raise VideoOpenError(f"{file}: {size}, but the first frame is {wanted}")
        yield Frame(rgb, n / info.rate)


def write_still(
    path: Path, rgb: Rgb, metadata: SphericalMetadata | None = None, force: bool = False
) -> None:
    """Write a PNG (8 or 16 bit) or a JPEG (quality 95, full chroma) in one step.

    Args:
        path: ends in .png, .jpg or .jpeg.
        rgb: (H, W, 3), see `vr360.frame.Rgb`.
        metadata: written as GPano XMP where given.
        force: overwrite.

    Raises:
        OutputError: the target exists or cannot be written.
    """
    check_target(path, force)
    partial = partial_of(path)
    try:
        _write_picture(partial, path.suffix.lower(), rgb)
        if metadata is not None:
            _tag(partial, metadata)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_picture(path: Path, suffix: str, rgb: Rgb) -> None:
    if suffix not in STILL_SUFFIXES:
        raise OutputError(f"{path}: pictures are written as {', '.join(STILL_SUFFIXES)}")
    options = [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL]
    if suffix != ".png":
        options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _FULL_CHROMA]
    stored = _stretched(rgb, suffix == ".png")
    _, data = cv2.imencode(suffix, cv2.cvtColor(stored, cv2.COLOR_RGB2BGR), options)
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise EncodeError(f"{path}: cannot be written ({error.strerror})") from None


def _stretched(rgb: Rgb, deep: bool) -> Rgb:
    """10-bit codes as the 16 bits of a PNG, or the 8 of a JPEG; 8-bit pictures as they are."""
    if bit_depth(rgb) == 8:
        return rgb
    top, kind = (_TOP_16, np.uint16) if deep else (255, np.uint8)
    stretched: Rgb = np.rint(rgb * (top / TOP_10)).astype(kind)
    return stretched


def _tag(path: Path, metadata: SphericalMetadata) -> None:
    from vr360 import spherical

    spherical.inject(path, metadata)


class FolderWriter:
    """A folder of PNG frames, `000000.png` onwards, complete or not there.

    Use as a context manager; the same `write` as `FilmWriter`.
    """

    def __init__(self, path: Path, force: bool = False) -> None:
        check_target(path, force)
        if path.is_dir() and any(f.suffix != ".png" for f in path.iterdir()):
            raise OutputError(f"{path}: holds more than frames; name a new folder")
        self.path = path
        self._partial = partial_of(path)
        self.frames = 0

    @property
    def busy_seconds(self) -> float:
        """Time spent encoding, waiting excluded."""
        return self._behind.busy_seconds

    def __enter__(self) -> FolderWriter:
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir()
        self._behind = WriteBehind(self._store)
        return self

    def write(self, frame: Frame) -> None:
        self._behind.put((self.frames, frame.rgb))
        self.frames += 1

    def _store(self, numbered: tuple[int, Rgb]) -> None:
        number, rgb = numbered
        _write_picture(self._partial / f"{number:06d}.png", ".png", rgb)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._behind.close(abandon=kind is not None)
            if kind is None:
                shutil.rmtree(self.path, ignore_errors=True)
                self._partial.replace(self.path)
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)
