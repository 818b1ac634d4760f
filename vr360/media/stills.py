"""Stills: JPEG and PNG, 8 bit and deep; further kinds are read, see `vr360.media.transcoding`."""

from __future__ import annotations

import errno
import math
import struct
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.errors import EncodeError, OutputError, VideoOpenError
from vr360.frame import Colour, Frame, Rgb, VideoInfo, bit_depth, peak_at
from vr360.media.colour import code_points, named_colour, to_codes
from vr360.media.containers import check_readable
from vr360.media.encoder import DISK_FULL
from vr360.media.metadata import inject_checked
from vr360.media.provenance import provenance_of, with_provenance
from vr360.media.targets import PICTURE_SUFFIXES as PICTURE_SUFFIXES
from vr360.media.targets import STILL_SUFFIXES as STILL_SUFFIXES
from vr360.media.targets import behind_link, check_target
from vr360.media.transcoding import picture_bytes
from vr360.partial import Partial
from vr360.spherical import SphericalMetadata

JPEG_QUALITY = 95
_TOP_16 = 65535
_PNG_LEVEL = 1  # the higher levels take three times as long for a few per cent
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG's markers that tell a size
_LARGEST = 1 << 30  # pixels that OpenCV reads; it refuses larger ones by itself
_MOST_PIXELS = 8 * 1032  # a byte: deflate packs 1,032 bytes into one, and PNG 8 pixels into each
_SRGB = Colour(matrix="gbr", transfer="iec61966-2-1", range="pc")
_WITH_ALPHA = (b"\x04", b"\x06")  # colour types of a PNG


def read_still(path: Path, depth: int = 10) -> Rgb:
    """(H, W, 3): uint8, or uint16 for deep PNGs; upright, black where transparent.

    Args:
        depth: of the codes of deep pictures: 10, or 16 for all that they hold.

    Raises:
        VideoOpenError: missing, empty, cut short, too large, or no picture.
    """
    check_readable(path)
    try:
        data = picture_bytes(path)
        bgr = decoded(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
        bgr = _over_black(_full_range(bgr, provenance_of(data).cicp), _alpha(data))
    except ValueError as error:
        raise VideoOpenError(f"{path}: {error}") from error
    if bgr.dtype not in (np.uint8, np.uint16):
        raise VideoOpenError(f"{path}: no picture that can be read")
    rgb: Rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    return rgb if rgb.dtype == np.uint8 or depth == 16 else to_codes(rgb, _TOP_16)


def still_colour(path: Path) -> tuple[Colour, tuple[str, ...]]:
    """What the codes of a picture that `read_still` reads mean, and what to tell of it."""
    data = picture_bytes(path)
    cicp = provenance_of(data).cicp
    notes = ["where it is transparent, black is taken"] if _alpha(data) is not None else []
    if cicp[3:] == b"\0":
        notes.append("its codes are of limited range (cICP): they are stretched to the full one")
    return named_colour(cicp[0], cicp[1]) if cicp else _SRGB, tuple(notes)


def _full_range(bgr: NDArray[Any], cicp: bytes) -> NDArray[Any]:
    """Limited-range codes as full-range ones: ITU-T H.273, 8.3."""
    if cicp[3:] != b"\0" or bgr.dtype not in (np.uint8, np.uint16):
        return bgr
    step, top = (1, 255) if bgr.dtype == np.uint8 else (1 << 8, _TOP_16)
    share = (bgr.astype(np.float32) - 16 * step) / (219 * step)
    return np.asarray(np.rint(share.clip(0, 1) * top), bgr.dtype)


def _alpha(data: bytes) -> NDArray[np.float32] | None:
    """(H, W, 1) share of each pixel that shows; None where all do."""
    if not data.startswith(_PNG) or not (data[25:26] in _WITH_ALPHA or b"tRNS" in data[:4096]):
        return None
    whole = decoded(data, cv2.IMREAD_UNCHANGED)
    if whole.ndim < 3 or whole.shape[2] != 4:
        return None
    alpha = (whole[..., 3:] / np.iinfo(whole.dtype).max).astype(np.float32)
    return None if alpha.min() == 1 else alpha


def _over_black(bgr: NDArray[Any], alpha: NDArray[np.float32] | None) -> NDArray[Any]:
    """The colours that hide where a picture is transparent were never meant."""
    if alpha is None or alpha.shape[:2] != bgr.shape[:2]:
        return bgr
    return np.rint(bgr * alpha).astype(bgr.dtype)


def decoded(data: bytes, how: int) -> NDArray[Any]:
    """A picture file as OpenCV reads it, channels in OpenCV's order.

    Args:
        data: the whole file.
        how: OpenCV's `IMREAD_` flags.

    Raises:
        ValueError: cut short, too large, or no picture; says which, and what to do.
    """
    if not is_whole(data):
        raise ValueError("the picture is cut short; copy the file again")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    except cv2.error as error:
        raise ValueError(
            "too large to be read (OpenCV takes 2^30 pixels where memory has room); "
            "scale it down to a few thousand pixels a side"
        ) from error
    if picture is None:
        raise ValueError("not a picture that can be read; give a JPEG or PNG")
    return picture


def is_whole(data: bytes) -> bool:
    """Whether a JPEG or PNG has its end; OpenCV paints what is missing grey and says nothing.

    For a size that so few bytes cannot fill, and for parts longer than the file, it takes gigabytes
    of memory.
    """
    if data.startswith(_JPEG):
        pixels, scan = _frame(data)
        ended = data.find(b"\xff\xd9", scan) >= 0
    elif data.startswith(_PNG):
        pixels = math.prod(struct.unpack_from(">II", data.ljust(24), 16))
        ended = _has_all_chunks(data)
    else:
        return True
    return ended and (pixels <= _MOST_PIXELS * len(data) or pixels > _LARGEST)


def _has_all_chunks(png: bytes) -> bool:
    at = len(_PNG)
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IEND":
            return end <= len(png)
        at = end
    return False


def _frame(data: bytes) -> tuple[int, int]:
    """How many pixels a JPEG has, and where its first scan begins.

    Thumbnails before that have ends of their own.
    """
    at, pixels = len(_JPEG), 0
    while at + 4 <= len(data) and data[at + 1] != 0xDA:
        if data[at + 1] in _FRAMES:
            pixels = math.prod(struct.unpack_from(">HH", data.ljust(at + 9), at + 5))
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return pixels, at


def write_still(
    path: Path,
    rgb: Rgb,
    metadata: SphericalMetadata | None = None,
    force: bool = False,
    source: VideoInfo | None = None,
) -> None:
    """Write a PNG (8 or 16 bit) or a JPEG (quality 95, full chroma), complete or not at all.

    Args:
        path: ends in .png, .jpg or .jpeg.
        rgb: (H, W, 3), see `vr360.frame.Rgb`.
        metadata: written as GPano XMP where given.
        force: overwrite.
        source: the input, which is never overwritten; what it says of its making is carried over.

    Raises:
        OutputError: the target exists, is the input or cannot be written.
        EncodeError: the disk is full.
    """
    check_target(path, force, source.path if source else None)
    if path.suffix.lower() not in STILL_SUFFIXES:
        raise OutputError(f"{path}: pictures are written as {', '.join(STILL_SUFFIXES)}")
    _complete(Partial(behind_link(path)), rgb, metadata, source)


def _complete(
    partial: Partial,
    rgb: Rgb,
    metadata: SphericalMetadata | None,
    source: VideoInfo | None,
    depth: int = 10,
) -> None:
    data = encoded(rgb, partial.target.suffix.lower(), depth)
    if source is not None and source.path.is_file() and source.is_still:
        kept = provenance_of(picture_bytes(source.path))
        kept = kept._replace(cicp=code_points(source.colour))
        data = with_provenance(data, kept, *rgb.shape[:2])
    try:
        store(partial.make(), data, partial.target)
        if metadata is not None:
            inject_checked(partial.path, metadata)
        partial.settle()
    finally:
        partial.discard()


def encoded(rgb: Rgb, suffix: str, depth: int = 10) -> bytes:
    """The bytes of a picture file; `depth` is that of the codes of uint16 pictures, 10 or 16."""
    options = [cv2.IMWRITE_PNG_COMPRESSION, _PNG_LEVEL]
    if suffix != ".png":
        options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    bgr = cv2.cvtColor(_stretched(rgb, suffix == ".png", depth), cv2.COLOR_RGB2BGR)
    return cv2.imencode(suffix, bgr, options)[1].tobytes()


def store(path: Path, data: bytes, told: Path | None = None) -> None:
    """Write bytes, or say why not.

    Args:
        told: the name that the user knows, where `path` is that of a `Partial`.

    Raises:
        EncodeError: the disk is full or refuses.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = DISK_FULL if full else f"cannot be written ({error.strerror})"
        raise EncodeError(f"{told or path}: {reason}") from None


def _stretched(rgb: Rgb, deep: bool, depth: int) -> Rgb:
    """Deep codes as the 16 bits of a PNG, or the 8 of a JPEG; 8-bit pictures as they are."""
    if bit_depth(rgb) == 8 or (deep and depth == 16):
        return rgb
    top, kind = (_TOP_16, np.uint16) if deep else (255, np.uint8)
    stretched: Rgb = np.rint(rgb * (top / peak_at(depth))).astype(kind)
    return stretched


class StillWriter:
    """One picture behind the interface of a film's writer."""

    def __init__(
        self,
        path: Path,
        bit_depth: int = 8,
        source: VideoInfo | None = None,
        metadata: SphericalMetadata | None = None,
        force: bool = False,
    ) -> None:
        check_target(path, force, source.path if source else None)
        if source is not None and source.colour.is_hdr and path.suffix.lower() != ".png":
            raise OutputError(f"{path}: HDR does not fit into a JPEG; name a .png, or --to-sdr")
        self.path = path
        self.bit_depth = bit_depth if path.suffix.lower() == ".png" else 8
        self.busy_seconds = 0.0
        self._source = source
        self._metadata = metadata
        self._partial = Partial(path)
        self._rgb: Rgb | None = None

    def __enter__(self) -> StillWriter:
        return self

    def write(self, frame: Frame) -> None:
        if self._rgb is not None:
            raise ValueError(f"{self.path}: a still holds one frame")
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
        _complete(self._partial, self._rgb, self._metadata, self._source, self.bit_depth)
