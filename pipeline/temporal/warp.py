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

from pipeline.temporal.bands import Enlarged, in_bands
from pipeline.temporal.planar import Floats
from pipeline.temporal.views import length, places, sphere_directions, unit
from vr360.geometry import FULL_TURN, HALF_TURN

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


class Shifts:
    """Pixels (rows, width, 2) from each place of some rows to where it was in the picture."""

    def __init__(self, moved: Motion) -> None:
        self.none = not moved.moving.any()
        self._size = moved.height, moved.width
        self._shifts = Enlarged(_shifts(moved), *self._size)
        self._vectors = Enlarged(moved.vectors, *self._size)
        self._north, self._south = _polar_rows(moved)

    def __getitem__(self, rows: slice) -> Floats:
        shift = self._shifts[rows]
        for start, stop in ((rows.start, self._north), (self._south, rows.stop)):
            start, stop = max(start, rows.start), min(stop, rows.stop)
            if start < stop:
                polar = _polar_shifts(self._vectors[start:stop], start, self._size[0])
                shift[start - rows.start : stop - rows.start] = polar
        return shift


def warp_rows(picture: Floats, shifts: Shifts, rows: slice) -> Floats:
    """Some rows (h, width, 3) of a roomy picture as seen from the present."""
    if shifts.none:
        return inner(picture)[rows].copy()
    second: Any = None  # x and y lie in the first map
    flags = cv2.INTER_CUBIC | cv2.WARP_RELATIVE_MAP
    from_top = cv2.add(shifts[rows], np.array([0.0, rows.start + REACH, 0.0, 0.0]))
    seen = cv2.remap(picture, from_top, second, flags, borderMode=cv2.BORDER_WRAP)
    return np.asarray(seen, np.float32)


def warp(picture: Floats, moved: Motion) -> Floats:
    """A roomy picture as seen from the present: (height, width, 3)."""
    shifts, seen = Shifts(moved), np.empty_like(inner(picture))

    def see(rows: slice) -> None:
        seen[rows] = warp_rows(picture, shifts, rows)

    in_bands((moved.height, moved.width), len(moved.moving), see)
    return seen


def _shifts(moved: Motion) -> Floats:
    """Pixels (h, w, 2) from each place of the picture to where it was in the roomy one."""
    height, width = moved.moving.shape
    x, y = places(unit(sphere_directions(height, width) + moved.vectors), height, width)
    across = (x - np.arange(width, dtype=np.float32) + width // 2) % width - width // 2
    down = y - np.arange(height, dtype=np.float32)[:, None]
    scale = np.float32(moved.width / width), np.float32(moved.height / height)
    return np.stack([across * scale[0], down * scale[1]], axis=-1)


def _polar_rows(moved: Motion) -> tuple[int, int]:
    """Rows of the large picture up to which, from which on shifts cannot be enlarged."""
    field = len(moved.moving)
    near = max(1, field // 8)
    ends = np.concatenate([moved.vectors[:near], moved.vectors[-near:]])
    reach = float(length(ends).max()) / HALF_TURN * field + POLAR
    rows = min(int(np.ceil(reach * moved.height / field)), moved.height // 2)
    return rows, moved.height - rows


def _polar_shifts(vectors: Floats, start: int, height: int) -> Floats:
    """Shifts for rows of the picture from `start` on by their vectors (rows, width, 3)."""
    rows, width = slice(start, start + len(vectors)), vectors.shape[1]
    x, y = places(unit(sphere_directions(height, width)[rows] + vectors), height, width)
    lines = np.arange(height, dtype=np.float32)[rows, None]
    return np.stack([x - np.arange(width, dtype=np.float32), y - lines], axis=-1)
