"""A sphere turned, so that another direction lies in the middle of its picture."""

from __future__ import annotations

import numpy as np

from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array
from vr360.projections import Equirect
from vr360.sampling import Sampler, build_sampler

_NOTHING = 1e-9


class Turning:
    """Turns pictures of one size; what it worked out for the last turn is kept.

    Args:
        height, width: of one eye, equirect.
    """

    def __init__(self, height: int, width: int) -> None:
        self._map = Equirect(height, width)
        self._last: Sampler | None = None

    def __call__(self, eye: Rgb, turn: Array) -> Rgb:
        """The eye (H, W, 3) with direction `turn @ (0, 0, -1)` in the middle.

        Turned about the vertical by whole pixels, it is moved and keeps every bit.
        """
        pixels = self._pixels(turn)
        if pixels is not None:
            return eye if pixels == 0 else np.roll(eye, -pixels, axis=1)
        if self._last is None or not np.array_equal(self._last.turn, turn):
            self._last = build_sampler(self._map, self._map, turn)
        return self._last(eye)

    def _pixels(self, turn: Array) -> int | None:
        """To the right, where the turn is so many whole pixels about the vertical."""
        if abs(turn[1, 1] - 1) > _NOTHING:
            return None
        yaw = float(np.arctan2(-turn[0, 2], turn[2, 2]))
        pixels = yaw / FULL_TURN * self._map.width
        return round(pixels) if abs(pixels - round(pixels)) < 1e-4 else None
