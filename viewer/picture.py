"""A decoded picture as the graphics card takes it: planes, and what their numbers mean.

No conversion happens here: planes of a decoded frame are views of the decoder's memory, unless the
file asks to turn them. Formats that the shaders do not know are converted to the nearest one they
do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Any, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.choices import ToneMap
from vr360.frame import BT709_LUMA, Colour, Rgb, bit_depth, peak_at
from vr360.media.rotation import display_matrix, upright
from vr360.media.tonemap import peak_of, tone_mapped

Plane = NDArray[Any]

PAIRED_UP_TO = 2**20  # samples of a chroma plane; beyond, pairing costs more than it saves

LUMA_WEIGHTS = {  # (Kr, Kb), ITU-R BT.601, BT.709, BT.2020
    "bt709": (BT709_LUMA[0], BT709_LUMA[2]),
    "smpte170m": (0.299, 0.114),
    "bt470bg": (0.299, 0.114),
    "fcc": (0.299, 0.114),
    "bt601": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
    "bt2020c": (0.2627, 0.0593),
}


class Pixels(Enum):
    """How the planes of a picture are laid out; each has its own shader."""

    PLANAR = 0  # Y, U, V
    SEMIPLANAR = 1  # Y, interleaved UV
    PACKED = 2  # RGB or RGBA in one plane


@dataclass(frozen=True)
class Picture:
    """One picture, ready to upload.

    Attributes:
        planes: (H, W) or (H, W, channels), uint8 or uint16; chroma planes may be smaller.
        to_rgb: (3, 4); R'G'B' in 0..1 is `to_rgb @ (samples in 0..1, 1)`, where a sample is the
            stored number over the largest of its type.
        pts: seconds from the first frame of the film.
        index: number of the frame in the film.
        hdr: what its R'G'B' codes are, where they are PQ or HLG; shown tone-mapped.
    """

    planes: tuple[Plane, ...]
    pixels: Pixels
    to_rgb: NDArray[np.float64]
    pts: Fraction = Fraction(0)
    index: int = 0
    hdr: Colour | None = None

    @property
    def height(self) -> int:
        return int(self.planes[0].shape[0])

    @property
    def width(self) -> int:
        return int(self.planes[0].shape[1])


@dataclass(frozen=True)
class _Format:
    pixels: Pixels
    depth: int  # significant bits
    shift: int = 0  # unused low bits


FORMATS = {
    **{f"yuv{c}p": _Format(Pixels.PLANAR, 8) for c in ("420", "422", "444")},
    **{f"yuvj{c}p": _Format(Pixels.PLANAR, 8) for c in ("420", "422", "444")},
    **{f"yuv{c}p10le": _Format(Pixels.PLANAR, 10) for c in ("420", "422", "444")},
    "nv12": _Format(Pixels.SEMIPLANAR, 8),
    "p010le": _Format(Pixels.SEMIPLANAR, 10, shift=6),
    "rgb24": _Format(Pixels.PACKED, 8),
}
_CLEAR = ("rgba", "rgba64be", "ya8", "ya16be", "pal8")  # FFmpeg's of a PNG that has alpha


def picture_from_frame(
    frame: av.VideoFrame, colour: Colour, pts: Fraction = Fraction(0), index: int = 0
) -> Picture:
    """Planes of a decoded frame, turned and mirrored as the file asks.

    Where nothing is turned they are the frame's memory, which stays alive as long as they do.
    """
    matrix = display_matrix(frame)
    if frame.format.name in _CLEAR:
        frame = _over_black(frame)
    if frame.format.name not in FORMATS:
        frame = frame.reformat(format=_nearest_format(frame.format))
    name = frame.format.name
    layout = FORMATS[name]
    stored = (_plane(frame, i, layout) for i in range(len(frame.planes)))
    planes = tuple(upright(plane, matrix) for plane in stored)
    full = name.startswith("yuvj") or colour.range == "pc"
    to_rgb = _to_rgb(layout, colour.matrix, full)
    return Picture(planes, layout.pixels, to_rgb, pts, index, colour if colour.is_hdr else None)


def picture_from_rgb(rgb: Rgb, pts: Fraction = Fraction(0), index: int = 0) -> Picture:
    """A picture of (H, W, 3) R'G'B' or (H, W, 4) with alpha, uint8, or 10 bits in uint16."""
    depth = bit_depth(rgb)
    return Picture(
        (rgb,), Pixels.PACKED, _to_rgb(_Format(Pixels.PACKED, depth), "", True), pts, index
    )


def picture_to_rgb(picture: Picture, size: tuple[int, int] | None = None) -> Rgb:
    """(height, width, 3) uint8 R'G'B' of a picture, scaled down first where `size` is given.

    HDR is tone-mapped, as it is shown.
    """
    height, width = size or (picture.height, picture.width)
    planes = [_resized(plane, height, width) for plane in picture.planes]
    samples = np.concatenate([p.reshape(height, width, -1)[..., :3] for p in planes], axis=2)
    if picture.pixels is Pixels.PACKED and samples.dtype == np.uint8 and picture.hdr is None:
        return samples
    peak = 255 if picture.hdr is None else peak_at(10)
    scale = picture.to_rgb * peak
    scale[:, :3] /= np.iinfo(samples.dtype).max
    rgb = cv2.transform(samples.astype(np.float32), scale.astype(np.float32))
    if picture.hdr is not None:
        codes = np.rint(rgb.clip(0, peak)).astype(np.uint16)
        return tone_mapped(codes, picture.hdr.transfer, peak_of(picture.hdr), ToneMap.BT2390)
    return np.asarray(cv2.convertScaleAbs(np.maximum(rgb, 0)))


def with_paired_chroma(picture: Picture) -> Picture:
    """The picture with both its chroma planes in one of two channels: one look-up fewer a pixel."""
    if picture.pixels is not Pixels.PLANAR or picture.planes[1].size > PAIRED_UP_TO:
        return picture
    luma, blue, red = picture.planes
    return replace(picture, planes=(luma, cv2.merge([blue, red])), pixels=Pixels.SEMIPLANAR)


def _resized(plane: Plane, height: int, width: int) -> Plane:
    """Averaged when made smaller, interpolated when chroma is brought to the size of luma."""
    if plane.shape[:2] == (height, width):
        return plane
    way = cv2.INTER_AREA if plane.shape[0] > height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=way))


def yuv_to_rgb(matrix: str, full: bool, depth: int = 8) -> NDArray[np.float64]:
    """(3, 4) affine map from Y'CbCr codes of `depth` bits to R'G'B' in 0..1.

    Source: ITU-R BT.601-7, BT.709-6, BT.2020-2. An unknown matrix is taken as BT.709.
    """
    kr, kb = LUMA_WEIGHTS.get(matrix, LUMA_WEIGHTS["bt709"])
    kg = 1 - kr - kb
    mix = np.array(
        [
            [1, 0, 2 * (1 - kr)],
            [1, -2 * (1 - kb) * kb / kg, -2 * (1 - kr) * kr / kg],
            [1, 2 * (1 - kb), 0],
        ]
    )
    unit = 2 ** (depth - 8)
    peak = 2**depth - 1
    spans = np.array([peak] * 3) if full else np.array([219, 224, 224]) * unit
    zero = np.array([0 if full else 16 * unit, 128 * unit, 128 * unit])
    scaled = mix / spans
    return np.concatenate([scaled, -(scaled @ zero)[:, None]], axis=1)


def _to_rgb(layout: _Format, matrix: str, full: bool) -> NDArray[np.float64]:
    """`Picture.to_rgb` for a format: codes are stored in 8 or 16 bits, maybe shifted up."""
    if layout.pixels is Pixels.PACKED:
        codes = np.eye(3, 4) / (2**layout.depth - 1)
    else:
        codes = yuv_to_rgb(matrix, full, layout.depth)
    largest = 255 if layout.depth == 8 else 65535
    scaled: NDArray[np.float64] = codes * np.array([largest / 2**layout.shift] * 3 + [1.0])
    return scaled


def _plane(frame: av.VideoFrame, number: int, layout: _Format) -> Plane:
    plane = frame.planes[number]
    kind = np.uint8 if layout.depth == 8 else np.uint16
    rows = np.frombuffer(cast("Any", plane), kind).reshape(plane.height, -1)
    if layout.pixels is Pixels.PACKED:
        return rows[:, : plane.width * 3].reshape(plane.height, plane.width, 3)
    if layout.pixels is Pixels.SEMIPLANAR and number == 1:
        return rows[:, : plane.width * 2].reshape(plane.height, plane.width, 2)
    return rows[:, : plane.width]


def _over_black(frame: av.VideoFrame) -> av.VideoFrame:
    """Stills as `read_still` reads them: what hides where they are transparent was never meant."""
    rgba = frame.to_ndarray(format="rgba")
    rgb = np.rint(rgba[..., :3] * (rgba[..., 3:] / 255)).astype(np.uint8)
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")


def _nearest_format(video_format: av.VideoFormat) -> str:
    if video_format.is_rgb or video_format.has_palette:
        return "rgb24"
    return "yuv444p10le" if video_format.components[0].bits > 8 else "yuv444p"
