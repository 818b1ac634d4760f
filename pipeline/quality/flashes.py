"""How often a film flashes, by the rules that television and the web go by.

ITU-R BT.1702, *Guidance for the reduction of photosensitive epileptic seizures caused by
television*: a flash is a pair of opposing changes of luminance by 20 cd/m² or more, the darker
state below 160 cd/m², on a screen of 200 cd/m². A transition to or from saturated red counts
whatever its luminance; as WCAG 2 words it (Harding & Binnie 2002), (R - G - B) changes by more than
20/320 and R is at least 0.8 of R + G + B. Harmful is what occurs concurrently over a quarter of
what is seen, more than three times within a second.

On a sphere nobody sees all of it at once: what counts is a quarter of any view of a headset. A view
is 90° x 90° upright, about what today's headsets show; a wider one needs more of the sphere to
flash. Luminance is that of the display that the rule was written for: BT.1886, gamma 2.4 and black
at 0, white at 200 cd/m².
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.change import REC709, Map
from vr360.frame import Rgb, peak_of
from vr360.geometry import (
    QUARTER_TURN,
    equirect_directions,
    rotation,
    row_areas,
    spiral,
)

Mask = NDArray[np.bool_]

MOST = 3.0
"""Flashes a second that are still allowed."""

STEP = 20 / 200  # of luminance, white being 1
DARK = 160 / 200  # luminance below which the darker state must lie
RED_STEP, RED_SHARE = 20 / 320, 0.8
AREA = 0.25  # of a view
GAMMA = 2.4  # BT.1886
CELLS = 128, 256  # of the sphere: 1.4°, so that strokes that swap places are not one flash
COARSE = 2  # cells a side that views are told apart by
VIEWS = 200
NOISE = 0.01  # change from frame to frame below which a place is at rest


class FlashMeter:
    """Takes the frames of one eye; whole equirect spheres (H, W, 3)."""

    def __init__(self, rate: Fraction) -> None:
        """`rate` in frames a second."""
        frames = max(1, round(rate))
        self._luminance = Swings(STEP, frames)
        self._red = Swings(RED_STEP, frames)

    def see(self, rgb: Rgb) -> None:
        light = _light(rgb)
        luminance = np.asarray(cv2.transform(light, REC709), np.float32)
        self._luminance.see(luminance, luminance < DARK)
        red, green, blue = np.moveaxis(light, 2, 0)
        saturated = (red > 0) & (red >= RED_SHARE * (red + green + blue))
        self._red.see(np.maximum(red - green - blue, 0), saturated)

    @property
    def flash_rate(self) -> int:
        """Flashes, pairs of changes, in the worst second."""
        return max(self._luminance.most, self._red.most) // 2


class Swings:
    """Counts changes to and fro that happen at once over enough of a view.

    A change begins at the last extreme of a place and counts from `step` on; it lasts for as long
    as the value goes on. It is concurrent if at any time of it a view shows enough such places that
    change the same way. So a fade flashes as a cut does, and stripes that pass do not: ever new
    places change, few of them at once.

    Args:
        step: least change.
        window: frames of a second.

    Attributes:
        most: changes in the worst second.
    """

    def __init__(self, step: float, window: int) -> None:
        self.most = 0
        self._step = step
        self._recent: deque[Mask] = deque(maxlen=window)
        self._sum = np.zeros(CELLS, np.int16)
        self._direction = np.zeros(CELLS, np.int8)
        self._pending = np.zeros(CELLS, bool)  # changes that were not concurrent so far
        self._low: tuple[Map, Mask] | None = None  # extreme, and whether it can be part of harm
        self._high: tuple[Map, Mask] | None = None

    def see(self, values: Map, harmful: Mask) -> None:
        """Values (CELLS), and where they can be one of the two states of a flash."""
        if self._low is None or self._high is None:
            self._low = self._high = values, harmful
            return
        low, high, was = self._low, self._high, self._direction
        rose = (was <= 0) & (values - low[0] >= self._step) & (harmful | low[1])
        fell = (was >= 0) & (high[0] - values >= self._step) & (harmful | high[1])
        now = np.where(rose, 1, np.where(fell, -1, was)).astype(np.int8)
        rising = rose | ((now > 0) & (values > high[0] + NOISE))
        falling = fell | ((now < 0) & (values < low[0] - NOISE))
        self._high = _moved(high, values, harmful, rose | ((now >= 0) & (values > high[0])))
        self._low = _moved(low, values, harmful, fell | ((now <= 0) & (values < low[0])))
        self._direction = now
        self._pending |= rose | fell
        self._count((_concurrent(rising) | _concurrent(falling)) & self._pending)

    def _count(self, changed: Mask) -> None:
        self._pending &= ~changed
        if len(self._recent) == self._recent.maxlen:
            self._sum -= self._recent[0]
        self._recent.append(changed)
        self._sum += changed
        while _shares(self._sum > self.most).max() >= AREA:
            self.most += 1


def _moved(extreme: tuple[Map, Mask], values: Map, harmful: Mask, to: Mask) -> tuple[Map, Mask]:
    return np.where(to, values, extreme[0]), np.where(to, harmful, extreme[1])


def _concurrent(changing: Mask) -> Mask:
    """Those of the places that lie in a view of which enough changes."""
    full = _shares(changing) >= AREA
    if not full.any():
        return np.zeros_like(changing)
    seen = (_views()[full] > 0).any(axis=0).reshape(-1, CELLS[1] // COARSE)
    return np.asarray(changing & seen.repeat(COARSE, axis=0).repeat(COARSE, axis=1))


def _shares(mask: Mask) -> Map:
    """How much of each view the places fill, (VIEWS,)."""
    if not mask.any():
        return np.zeros(VIEWS, np.float32)
    filled = cv2.resize(
        mask.astype(np.float32), None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA
    )
    return _views() @ filled.ravel()


@lru_cache(maxsize=1)
def _views() -> Map:
    """(VIEWS, coarse cells): the share of each view's picture that a cell takes up."""
    height, width = CELLS[0] // COARSE, CELLS[1] // COARSE
    rays = equirect_directions(height, width).reshape(-1, 3)
    areas = np.repeat(row_areas(height), width)
    edge = np.tan(QUARTER_TURN / 2)
    views = np.empty((VIEWS, len(rays)), np.float32)
    for view, *turn in zip(views, *spiral(VIEWS), strict=True):
        x, y, z = (rays @ rotation(*turn)).T
        depth = np.maximum(-z, 1e-6)
        inside = np.maximum(abs(x), abs(y)) < edge * depth
        view[:] = inside * areas / depth**3  # a rectilinear picture grows towards its corners
        view /= view.sum()
    return views


def _light(rgb: Rgb) -> Map:
    """Linear light (CELLS, 3), white being 1; each cell the mean over its area of the picture."""
    peak = peak_of(rgb)
    curve = ((np.arange(peak + 1) / peak) ** GAMMA).astype(np.float32)
    light = cv2.resize(curve[rgb], CELLS[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(light, np.float32)
