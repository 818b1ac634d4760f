"""Moving a picture along a flow on the sphere, sharper than bilinear.

A field of motion is smooth and small, the picture is large. So shifts in pixels are made at the
field's size and enlarged; but for the rows at the poles, where shifts vary too fast and vectors are
enlarged instead. OpenCV's bicubic kernel (A = -0.75) reads the picture: where others lose detail at
every step, it gains a little, up to 2.5 % in the middle frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.temporal.planar import Floats
from pipeline.temporal.views import length, places, sphere_directions, unit
from vr360.geometry import FULL_TURN, HALF_TURN, lonlat_to_pixel, pixel_to_lonlat
from vr360.padding import sphere_pad_rgb

REACH = 4  # rows that continue a picture over the poles: the kernel reads two
POLAR = 4  # rows of the field, beyond those that motion takes over a pole, that vectors serve
STANDING = 0.02, 0.06  # pixels: less motion is none, more is motion


@dataclass(frozen=True)
class Motion:
    """Motion vectors at the field's size, made ready for pictures of (height, width).

    Attributes:
        vectors: (h, w, 3) from each direction to where it was, motion too small to see taken out.
        moving: (h, w) 0 where that leaves nothing, 1 where it left all.
        pixels: (h, w) of motion as found, in the large picture at the equator.
    """

    vectors: Floats
    moving: Floats
    pixels: Floats
    height: int
    width: int


def motion(direction: Floats, height: int, width: int) -> Motion:
    """From a flow's `direction` (h, w, 3)."""
    vectors = direction - sphere_directions(*direction.shape[:2])
    pixels = length(vectors) * np.float32(width / FULL_TURN)
    low, high = STANDING
    moving = np.clip((pixels - low) / np.float32(high - low), 0, 1)
    return Motion(vectors * moving[..., None], moving, pixels, height, width)


def roomy(height: int, width: int, channels: int = 3) -> Floats:
    """An empty picture (height + 2 REACH, width, channels) that can be read over the poles."""
    return np.zeros((height + 2 * REACH, width, channels), np.float32)


def inner(picture: Floats) -> Floats:
    """A roomy picture without its continuation; a view."""
    return picture[REACH:-REACH]


def continue_over_poles(picture: Floats) -> None:
    """Fill the rows beyond the poles of a roomy picture from those within."""
    half = picture.shape[1] // 2
    picture[:REACH] = np.roll(picture[REACH : 2 * REACH][::-1], half, axis=1)
    picture[-REACH:] = np.roll(picture[-2 * REACH : -REACH][::-1], half, axis=1)


def warp(picture: Floats, moved: Motion) -> Floats:
    """A roomy picture as seen from the present: (height, width, 3)."""
    if not moved.moving.any():
        return inner(picture).copy()
    shift = enlarge(_shifts(moved), moved.height, moved.width)
    for rows in _polar_rows(moved):
        shift[rows] = _polar_shifts(moved, rows)
    flags = cv2.INTER_CUBIC | cv2.WARP_RELATIVE_MAP
    second: Any = None  # x and y lie in the first map
    seen = cv2.remap(picture, shift, second, flags, borderMode=cv2.BORDER_WRAP)
    return np.asarray(seen, np.float32)


def enlarge(field: Floats, height: int, width: int, rows: slice = slice(None)) -> Floats:
    """A smooth field (h, w, C) or (h, w), linear, for some rows of a picture (height, width)."""
    size = field.shape[:2]
    first, last, _ = rows.indices(height)
    column, line = (_affine(*pair) for pair in ((width, size[1]), (height, size[0])))
    inverse = np.array([[column[0], 0, column[1] + 1], [0, line[0], line[1] + line[0] * first + 1]])
    padded = np.ascontiguousarray(sphere_pad_rgb(field.reshape(*size, -1), 1))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(padded, inverse, (width, last - first), flags=flags))


def _affine(many: int, few: int) -> tuple[float, float]:
    """Scale and offset that take places among `many` pixels of a line to those among `few`."""
    lon = pixel_to_lonlat(np.arange(2), 0, many, many)[0]
    first, second = lonlat_to_pixel(lon, 0, few, few)[0]
    return float(second - first), float(first)


def _shifts(moved: Motion) -> Floats:
    """Pixels (h, w, 2) from each place of the picture to where it was in the roomy one."""
    height, width = moved.moving.shape
    x, y = places(unit(sphere_directions(height, width) + moved.vectors), height, width)
    across = (x - np.arange(width, dtype=np.float32) + width // 2) % width - width // 2
    down = y - np.arange(height, dtype=np.float32)[:, None]
    scale = np.float32(moved.width / width), np.float32(moved.height / height)
    return np.stack([across * scale[0], down * scale[1] + REACH], axis=-1)


def _polar_rows(moved: Motion) -> tuple[slice, slice]:
    """Rows of the large picture so near a pole that shifts cannot be enlarged."""
    field = len(moved.moving)
    near = max(1, field // 8)
    ends = np.concatenate([moved.vectors[:near], moved.vectors[-near:]])
    reach = float(length(ends).max()) / HALF_TURN * field + POLAR
    rows = min(int(np.ceil(reach * moved.height / field)), moved.height // 2)
    return slice(0, rows), slice(moved.height - rows, moved.height)


def _polar_shifts(moved: Motion, rows: slice) -> Floats:
    size = moved.height, moved.width
    vectors = enlarge(moved.vectors, *size, rows).reshape(-1, moved.width, 3)
    x, y = places(unit(sphere_directions(*size)[rows] + vectors), *size)
    lines = np.arange(moved.height, dtype=np.float32)[rows, None]
    return np.stack([x - np.arange(moved.width, dtype=np.float32), y - lines + REACH], axis=-1)
