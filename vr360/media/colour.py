"""What the numbers of a picture mean, and how they become R'G'B'.

The picture stays R'G'B' as encoded: the matrix and the range are undone, primaries and transfer
are kept and tagged again on what is written.
"""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from vr360.frame import Colour, Rgb, peak_at
from vr360.media.hdr import mastering_of

SD_BELOW = 720
"""Pictures lower than this are taken as BT.601 where the file says nothing, as players do."""

TOP_10 = peak_at(10)
LIMITED_WHITE_16 = 255 << 8  # where swscale puts white of a limited-range source in 16 bits

_MATRICES = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m"} | {
    9: "bt2020nc",
    10: "bt2020c",
}
_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m"} | {
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "jedec-p22",
}
_TRANSFERS = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m"} | {
    8: "linear",
    11: "iec61966-2-4",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    18: "arib-std-b67",
}
_FULL_RANGE = 2
_RANGES = {1: "tv", _FULL_RANGE: "pc"}

_SWSCALE = {
    "bt709": Colorspace.ITU709,
    "fcc": Colorspace.FCC,
    "bt470bg": Colorspace.ITU601,
    "smpte170m": Colorspace.ITU601,
    "smpte240m": Colorspace.SMPTE240M,
    "bt2020nc": Colorspace.BT2020,
    "bt2020c": Colorspace.BT2020,
}

_EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.BITEXACT
)


def colour_of(frame: av.VideoFrame, height: int) -> tuple[Colour, list[str]]:
    """Colour of a decoded frame, with a note for each thing that had to be assumed.

    Args:
        frame: any decoded frame of the film.
        height: of the picture, which decides between BT.601 and BT.709 where nothing is said.
    """
    notes = []
    matrix = _MATRICES.get(frame.colorspace)
    if _is_rgb(frame):
        matrix = "gbr"
    if matrix is None:
        matrix = "smpte170m" if height < SD_BELOW else "bt709"
        name = "BT.601" if height < SD_BELOW else "BT.709"
        notes.append(f"the file names no colour matrix: {name} assumed for {height} lines")
    mastering, light = mastering_of(frame)
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    return Colour(
        matrix=matrix,
        primaries=_PRIMARIES.get(frame.color_primaries, "bt709"),
        transfer=_TRANSFERS.get(frame.color_trc, "bt709"),
        range="pc" if full or _is_rgb(frame) else "tv",
        mastering=mastering,
        light=light,
    ), notes


def colour_codes(primaries: str, transfer: str, matrix: str, span: str) -> tuple[int, ...]:
    """The four as H.273 numbers them; the range as ffmpeg does."""
    named = (_PRIMARIES, primaries), (_TRANSFERS, transfer), (_MATRICES, matrix), (_RANGES, span)
    return tuple(next(code for code, name in names.items() if name == it) for names, it in named)


def named_colour(primaries: int, transfer: int) -> Colour:
    """Full-range R'G'B' whose primaries and transfer H.273 numbers so; sRGB where unknown."""
    return Colour(
        matrix="gbr",
        primaries=_PRIMARIES.get(primaries, "bt709"),
        transfer=_TRANSFERS.get(transfer, "iec61966-2-1"),
        range="pc",
    )


def code_points(colour: Colour) -> bytes:
    """What a PNG's cICP says of R'G'B' of this colour; empty for sRGB's, which needs no word."""
    if colour.primaries == "bt709" and not colour.is_hdr:
        return b""
    primaries, transfer, _, _ = colour_codes(colour.primaries, colour.transfer, "gbr", "pc")
    return bytes([primaries, transfer, 0, 1])


def depth_of(frame: av.VideoFrame) -> int:
    """8, or 10 for everything deeper."""
    return 10 if max(c.bits for c in frame.format.components) > 8 else 8


class RgbConverter:
    """Turns decoded frames into R'G'B' arrays, keeping swscale's tables between frames.

    Within one code of the arithmetic of BT.601, BT.709 and BT.2020, chroma interpolated at the
    place where the film says it lies. Planar output, because swscale is four times faster there
    than with packed RGB.
    """

    def __init__(self, colour: Colour, bit_depth: int) -> None:
        self._colour = colour
        self._deep = bit_depth > 8
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> Rgb:
        """(H, W, 3): uint8, or uint16 in 0..1023 for deep films."""
        planar = self._reformat(frame)
        rgb: Rgb = planar.to_ndarray()
        if not self._deep or planar.format.name == "gbrp10le":
            return rgb
        return to_codes(rgb, self._white(frame))

    def _reformat(self, frame: av.VideoFrame) -> av.VideoFrame:
        if _is_rgb(frame):
            deep = "gbrp10le" if frame.format.name.startswith("gbrp10") else "gbrp16le"
            return self._reformatter.reformat(frame, format=deep if self._deep else "gbrp")
        matrix = _SWSCALE.get(self._colour.matrix, Colorspace.ITU709)
        full = self._colour.range == "pc"
        return self._reformatter.reformat(
            frame,
            format="gbrp16le" if self._deep else "gbrp",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=_EXACT,
        )

    def _white(self, frame: av.VideoFrame) -> int:
        """The 16-bit code of white: swscale shifts full-range codes up, it does not stretch."""
        if self._colour.range == "tv":
            return LIMITED_WHITE_16
        bits = max(c.bits for c in frame.format.components)
        return ((1 << bits) - 1) << (16 - bits)


def to_codes(rgb: Rgb, white: int) -> Rgb:
    """uint16 picture whose white is `white` as 10-bit codes, rounded and clipped."""
    codes = rescaled(rgb, TOP_10 / white)
    return np.minimum(codes, TOP_10, out=codes)


def rescaled(rgb: Rgb, factor: float) -> Rgb:
    """A picture times a factor, rounded and clipped to its type; ten times faster than numpy."""
    height, width, _ = rgb.shape
    flat = rgb.reshape(height, width * 3)
    return np.asarray(cv2.addWeighted(flat, factor, flat, 0.0, 0.0)).reshape(height, width, 3)


def _is_rgb(frame: av.VideoFrame) -> bool:
    return bool(frame.format.is_rgb) or frame.format.name in ("pal8",)
