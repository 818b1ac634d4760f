"""Is this picture the whole sphere, how does it lie there, and where are the eyes?"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.errors import NotEquirectError
from vr360.frame import Projection, Rgb, Stereo, bit_depth
from vr360.geometry import FULL_TURN

TOLERANCE = 0.02
"""Relative error of the aspect ratio that is still taken for a full sphere (640x322: 0.6 %)."""

_LENS_SIZE = 256  # side of one lens when looking for fisheye circles
_CORNER_RADIUS = 1.1  # beyond it no lens paints, in radii of the inscribed circle
_RING = (0.75, 0.95)  # just inside the rim
_BLACK = 32  # 8-bit luma; sensor black and the glow of the rim stay below
_SECTORS = 16


@dataclass(frozen=True)
class Layout:
    """Projection, eyes, why, and what to tell the user besides."""

    projection: Projection
    stereo: Stereo
    reason: str
    notes: tuple[str, ...] = ()


_SHAPES = (
    (2.0, Stereo.MONO, "2:1"),
    (1.0, Stereo.TOP_BOTTOM, "1:1, one eye above the other"),
    (4.0, Stereo.LEFT_RIGHT, "4:1, the eyes side by side"),
)


def recognise(
    rgb: Rgb,
    name: str,
    declared: Layout | None = None,
    projection: Projection | None = None,
    stereo: Stereo | None = None,
) -> Layout:
    """Layout of a picture: what the caller says, else what the file says, else its shape.

    Args:
        rgb: (H, W, 3), the first frame after rotation.
        name: of the file, for messages.
        declared: what the metadata says, if anything.
        projection: what the user says; wins.
        stereo: likewise.

    Raises:
        NotEquirectError: nothing says that this is a 360° picture.
    """
    height, width = rgb.shape[:2]
    found = declared or _by_shape(rgb)
    if projection is None and stereo is None:
        if found is None:
            raise NotEquirectError(_refusal(name, height, width))
        return found
    projection = projection or (found.projection if found else Projection.EQUIRECT)
    stereo = stereo or (found.stereo if found else Stereo.MONO)
    return Layout(projection, stereo, f"{projection}, {stereo}: as asked for")


def _by_shape(rgb: Rgb) -> Layout | None:
    height, width = rgb.shape[:2]
    ratio = width / height
    for target, stereo, words in _SHAPES:
        off = ratio / target - 1
        if abs(off) > TOLERANCE:
            continue
        if target == 2.0 and looks_like_dual_fisheye(rgb):
            why = "two round pictures side by side, black around them"
            return Layout(Projection.DUAL_FISHEYE, Stereo.MONO, f"dual fisheye: {why}")
        notes = (_not_quite(height, width, ratio, target),) if off else ()
        reason = f"equirect, {stereo}: no metadata, but the picture is {words}"
        return Layout(Projection.EQUIRECT, stereo, reason, notes)
    return None


def looks_like_dual_fisheye(rgb: Rgb) -> bool:
    """Whether two inscribed circles hold all the light of a 2:1 picture.

    Black outside the circles is not enough (a night sky is black too): the light must also begin
    at their rims, in nearly all directions.
    """
    grey = _grey8(cv2.resize(rgb, (2 * _LENS_SIZE, _LENS_SIZE), interpolation=cv2.INTER_AREA))
    return all(_is_lens(half) for half in np.split(grey, 2, axis=1))


def _is_lens(grey: NDArray[np.uint8]) -> bool:
    x = (np.arange(_LENS_SIZE) + 0.5) / _LENS_SIZE * 2 - 1
    radius = np.hypot(x, x[:, None])
    sector = np.floor(np.arctan2(x[:, None], x) / FULL_TURN * _SECTORS) % _SECTORS
    corners = float(np.percentile(grey[radius > _CORNER_RADIUS], 95))
    ring = (radius > _RING[0]) & (radius < _RING[1])
    lit = [np.median(grey[ring & (sector == s)]) > corners + _BLACK / 2 for s in range(_SECTORS)]
    return corners < _BLACK and sum(lit) >= 0.75 * _SECTORS


def _grey8(rgb: Rgb) -> NDArray[np.uint8]:
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    return (grey if bit_depth(rgb) == 8 else grey // 4).astype(np.uint8)


def _not_quite(height: int, width: int, ratio: float, target: float) -> str:
    return f"{width}x{height} is {ratio:.3f}:1, not quite {target:.0f}:1; taken as the whole sphere"


def _refusal(name: str, height: int, width: int) -> str:
    return (
        f"{name}: {width}x{height} ({width / height:.2f}:1) is no 360° picture as far as its "
        "metadata and shape tell; if it is one, say so with --projection equirect"
    )
