"""Backward warping of a picture along a flow on the sphere, by bicubic interpolation.

W(a)(x) = a(x + shift(x)). The flow is smooth and small, the picture is large. So the shifts in
pixels are computed at the flow's size and upsampled. In the rows at the poles shifts vary too fast;
there the vectors are upsampled instead.

OpenCV's bicubic kernel (A = -0.75) has a gain of up to 1.025 in the middle frequencies. Repeated
bilinear interpolation would blur the average; this one sharpens it slightly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

from pipeline.temporal.bands import Enlarged, in_bands
from pipeline.temporal.planar import Floats
from pipeline.temporal.views import directions_of_rows, length, places, sphere_directions, unit
from vr360.geometry import FULL_TURN, HALF_TURN

PAD = 4  # rows of padding over each pole; the kernel reads two
POLAR = 4  # rows of the field in which vectors are upsampled, besides the reach of the motion
MOTION_DEADBAND = 0.02, 0.06  # pixels: less motion is none, more is kept, a ramp in between


@dataclass(frozen=True)
class Motion:
    """Motion vectors at the field's size, made ready for pictures of (height, width).

    Attributes:
        vectors: (h, w, 3) from each direction to where its point was, after the deadband.
        moving: (h, w) 0..1, the share of the motion that the deadband left.
        pixels: (h, w) length of the motion before the deadband, in pixels of the large picture at
            the equator.
        height, width: of the large picture.
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
    low, high = MOTION_DEADBAND
    moving = np.clip((pixels - low) / np.float32(high - low), 0, 1)
    return Motion(vectors * moving[..., None], moving, pixels, height, width)


def pole_padded(
    height: int, width: int, channels: int = 3, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """A black picture (height + 2 PAD, width, channels) with rows of padding over the poles."""
    return np.zeros((height + 2 * PAD, width, channels), dtype)


def unpadded(picture: NDArray[Any]) -> NDArray[Any]:
    """(H + 2 PAD, ...) -> (H, ...), the picture without its padding; a view."""
    return picture[PAD:-PAD]


def pad_poles(picture: NDArray[Any]) -> None:
    """Fill the padding: over a pole, rows mirror and shift by half the width."""
    half = picture.shape[1] // 2
    picture[:PAD] = np.roll(picture[PAD : 2 * PAD][::-1], half, axis=1)
    picture[-PAD:] = np.roll(picture[-2 * PAD : -PAD][::-1], half, axis=1)


class Shifts:
    """Shifts in pixels (rows, width, 2) of any rows: x to the right, y down, present to past."""

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


def warp_rows(picture: NDArray[Any], shifts: Shifts, rows: slice) -> NDArray[Any]:
    """Some rows of the warped picture: (H + 2 PAD, width, 3) -> (rows, width, 3), of its kind."""
    if shifts.none:
        return unpadded(picture)[rows].copy()
    second: Any = None  # x and y lie in the first map
    flags = cv2.INTER_CUBIC | cv2.WARP_RELATIVE_MAP
    from_top = cv2.add(shifts[rows], np.array([0.0, rows.start + PAD, 0.0, 0.0]))
    warped = cv2.remap(picture, from_top, second, flags, borderMode=cv2.BORDER_WRAP)
    return np.asarray(warped)


def warp(picture: Floats, moved: Motion) -> Floats:
    """The warped picture: (H + 2 PAD, W, 3) -> (H, W, 3)."""
    shifts, warped = Shifts(moved), np.empty_like(unpadded(picture))

    def step(rows: slice) -> None:
        warped[rows] = warp_rows(picture, shifts, rows)

    in_bands((moved.height, moved.width), len(moved.moving), step)
    return warped


def _shifts(moved: Motion) -> Floats:
    """Shifts (h, w, 2) at the flow's size, in pixels of the large picture."""
    height, width = moved.moving.shape
    x, y = places(unit(sphere_directions(height, width) + moved.vectors), height, width)
    across = (x - np.arange(width, dtype=np.float32) + width // 2) % width - width // 2
    down = y - np.arange(height, dtype=np.float32)[:, None]
    scale = np.float32(moved.width / width), np.float32(moved.height / height)
    return np.stack([across * scale[0], down * scale[1]], axis=-1)


def _polar_rows(moved: Motion) -> tuple[int, int]:
    """Rows of the large picture between which shifts are upsampled; beyond them, vectors are."""
    field = len(moved.moving)
    near = max(1, field // 8)
    ends = np.concatenate([moved.vectors[:near], moved.vectors[-near:]])
    reach = float(length(ends).max()) / HALF_TURN * field + POLAR
    rows = min(int(np.ceil(reach * moved.height / field)), moved.height // 2)
    return rows, moved.height - rows


def _polar_shifts(vectors: Floats, start: int, height: int) -> Floats:
    """Shifts (rows, width, 2) of the rows from `start` on, from their vectors (rows, width, 3)."""
    rows, width = slice(start, start + len(vectors)), vectors.shape[1]
    x, y = places(unit(directions_of_rows(rows, height, width) + vectors), height, width)
    lines = np.arange(height, dtype=np.float32)[rows, None]
    return np.stack([x - np.arange(width, dtype=np.float32), y - lines], axis=-1)
