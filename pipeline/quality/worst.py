"""The moments of a film that are worth looking at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.quality.together import Moment
from vr360.change import Map
from vr360.frame import Rgb

KEPT = 4
APART = 0.5  # seconds between two moments, so that one jerk does not fill the page
SIZE = 512, 256  # pixels of the pictures that are kept


@dataclass(frozen=True)
class Sight:
    """One moment: how bad, when, and small pictures of it."""

    value: float
    time: float
    film: Rgb
    before: Rgb
    source: Rgb
    heat: Map


class Worst:
    """Keeps the `KEPT` moments of the highest value that lie `APART`."""

    def __init__(self) -> None:
        self.sights: list[Sight] = []

    def offer(self, value: float | None, now: Moment, before: Moment, heat: Map) -> None:
        """Keep this moment if it is among the worst so far."""
        if value is None or not self._wanted(value, float(now.pts)):
            return
        film, earlier, source = (_small(p) for p in (now.film, before.film, now.source))
        small_heat = np.asarray(cv2.resize(heat, SIZE, interpolation=cv2.INTER_AREA), np.float32)
        sight = Sight(value, float(now.pts), film, earlier, source, small_heat)
        rest = [s for s in self.sights if abs(s.time - sight.time) >= APART]
        self.sights = sorted([*rest, sight], key=lambda s: -s.value)[:KEPT]

    def _wanted(self, value: float, time: float) -> bool:
        near = [s.value for s in self.sights if abs(s.time - time) < APART]
        if near:
            return value > max(near)
        return len(self.sights) < KEPT or value > self.sights[-1].value


def _small(picture: Rgb) -> Rgb:
    return np.asarray(cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA))
