"""Where one lens ends and the other begins: the line around the camera that shows least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vr360.filters import Around, box_blur, gaussian_blur
from vr360.fisheye.ring import Floats, Ring
from vr360.geometry import FULL_TURN, Array

_RIM = np.radians(1.5)  # a lens is not trusted nearer to its edge
_RIM_COST = 400.0  # grey levels a radian into that zone, above any difference of pictures
_MIDDLE_COST = 8.0  # grey levels a radian from the middle: where nothing shows, stay there
_SMOOTH = 5.0  # columns; corners of the path would show as corners
_WIDTHS = np.radians(0.35), np.radians(3.0)  # half-widths of the feather
_LEVELS = (
    2.5,
    10.0,
)  # grey levels: up to the first the widest feather, from the second the narrowest


@dataclass(frozen=True)
class Seam:
    """A closed line around the ring.

    Attributes:
        azimuth: (W,) of its points, one turn.
        depth: (W,) where it runs.
        feather: (W,) half of the blend's width. All in radians.
    """

    azimuth: Array
    depth: Array
    feather: Array

    def at(self, azimuth: Array) -> tuple[Array, Array]:
        """Depth and feather at azimuths in [0, 2 pi)."""
        return (
            np.interp(azimuth, self.azimuth, self.depth, period=FULL_TURN),
            np.interp(azimuth, self.azimuth, self.feather, period=FULL_TURN),
        )


def place_seam(rings: Sequence[Ring], gains: Sequence[Floats]) -> Seam:
    """The cheapest closed path through what differs between the lenses, over all frames given.

    Args:
        rings: of frames spread over the film.
        gains: of the left and the right lens for the rings' pixels, (H, W, 3).
    """
    shows = np.mean([_difference(ring, gains) for ring in rings], axis=0)
    ring = rings[0]
    inside = np.minimum(*ring.margin)
    cost = shows + _MIDDLE_COST * np.abs(ring.depth)[:, None]
    cost = cost + _RIM_COST * np.maximum(0, _RIM - inside)
    rows = _closed_path(cost)
    depth = _smooth(np.interp(rows, np.arange(len(ring.depth)), ring.depth), _SMOOTH)
    return Seam(ring.azimuth, depth, _feather(ring, shows, inside, depth))


def _difference(ring: Ring, gains: Sequence[Floats]) -> Floats:
    """(H, W): how visible a change from one lens to the other is, in grey levels."""
    left, right = (rgb * gain for rgb, gain in zip(ring.rgb, gains, strict=True))
    apart = np.abs(left - right).mean(-1)
    return np.asarray(gaussian_blur(apart, 1.5, Around.RING), np.float32)


def _closed_path(cost: Array) -> Array:
    """Row of the cheapest path in each column that moves by one row at most and ends as it began.

    The path over three turns finds where it wants to be at the start; a second one is held there.
    """
    height, width = cost.shape
    start = _path(np.tile(cost, 3))[width]
    held = np.full((height, 1), np.inf)
    held[start] = cost[start, 0]
    return _path(np.hstack([held, cost[:, 1:], held]))[:width]


def _path(cost: Array) -> Array:
    height, width = cost.shape
    total, steps = cost[:, 0].copy(), np.zeros((width, height), np.int8)
    for column in range(1, width):
        padded = np.concatenate([[np.inf], total, [np.inf]])
        choices = np.stack([padded[1:-1], padded[:-2], padded[2:]])
        best = choices.argmin(0)
        steps[column] = np.array([0, -1, 1])[best]
        total = choices[best, np.arange(height)] + cost[:, column]
    rows = np.empty(width, int)
    rows[-1] = total.argmin()
    for column in range(width - 1, 0, -1):
        rows[column - 1] = rows[column] + steps[column, rows[column]]
    return rows


def _smooth(values: Array, sigma: float) -> Array:
    """Gaussian blur around the circle."""
    reach = min(len(values), int(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    wrapped = np.pad(values, reach, mode="wrap")
    return np.asarray(np.convolve(wrapped, kernel / kernel.sum(), mode="valid"))


def _feather(ring: Ring, shows: Floats, inside: Array, depth: Array) -> Array:
    """Wide where the lenses agree, narrow where a wide one would show both pictures at once."""
    rows = np.interp(depth, ring.depth[::-1], np.arange(len(ring.depth))[::-1]).round().astype(int)
    columns = np.arange(len(depth))
    level = box_blur(shows, 9, Around.RING)[rows, columns]
    narrow, wide = _WIDTHS
    share = np.clip((level - _LEVELS[0]) / (_LEVELS[1] - _LEVELS[0]), 0, 1)
    width = wide + (narrow - wide) * share
    room = np.maximum(inside[rows, columns] - _RIM / 3, narrow)
    return np.asarray(np.minimum(_smooth(np.minimum(width, room), 2 * _SMOOTH), room))
