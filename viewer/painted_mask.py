"""A mask painted on the sphere with a round brush or in polygons, as `vr360 film` takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from viewer.picture import Picture, picture_from_rgb
from viewer.screenshot import save_still
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN, Array, equirect_directions
from vr360.polygons import in_polygon

HEIGHT, WIDTH = 512, 1024
SPACING = 0.3  # radii between two dabs of a stroke: its edge then waves by 1 % of the radius
MOST = 50  # strokes that can be undone
RED = (255, 40, 40)
OPACITY = 0.5
LINE = np.radians(0.4)  # half the width of the sides of a polygon that is still open
Codes = NDArray[np.uint8]
Shares = NDArray[np.float32]


class Carries(Protocol):
    """A mask that goes along with frames (H, W, 3) handed in one after the other."""

    def begin(self, mask: Shares) -> None:
        """Go on from the last one with another mask."""

    def __call__(self, eye: Rgb) -> Shares:
        """The mask over the next frame."""


Carry = Callable[[Shares, Rgb], Carries]
"""Begins with a mask (HEIGHT, WIDTH) in 0..1 over a frame."""


def moment(pts: Fraction, rate: Fraction) -> Fraction:
    """The time by which a film at the clip's rate, or any higher one, finds that frame of the clip.

    A film rounds times to its own frames, and shows each frame of a clip from a quarter of its time
    early on (`pipeline.film.playing`): a quarter late is the middle.
    """
    return pts + (Fraction(1, 4) / rate if rate else 0)


class PaintedMask:
    """White where it holds, whatever the zoom: brushes are measured by angles on the sphere.

    Attributes:
        codes: (HEIGHT, WIDTH) uint8 equirect.
        saved: nothing was painted since it was saved.
    """

    def __init__(self) -> None:
        self.codes: Codes = np.zeros((HEIGHT, WIDTH), np.uint8)
        self.saved = True
        self._before: list[Codes] = []
        self._directions = equirect_directions(HEIGHT, WIDTH).astype(np.float32)

    @property
    def empty(self) -> bool:
        return not self.codes.any()

    def clear(self) -> bool:
        """Take everything away, which `undo` brings back; False if nothing is there."""
        if self.empty:
            return False
        self.begin_stroke()
        self.codes, self.saved = np.zeros_like(self.codes), False
        return True

    @property
    def shares(self) -> Shares:
        """(HEIGHT, WIDTH) in 0..1."""
        return np.asarray(self.codes / np.float32(255), np.float32)

    def become(self, shares: Shares) -> None:
        """Be another mask (HEIGHT, WIDTH) in 0..1; what can be undone stays."""
        self.codes = np.rint(255 * shares.clip(0, 1)).astype(np.uint8)
        self.saved = False

    def begin_stroke(self) -> None:
        """What is painted from here on is undone at once."""
        self._before = [*self._before, self.codes.copy()][-MOST:]

    def undo(self) -> bool:
        """Take the last stroke back; False if there is none."""
        if not self._before:
            return False
        self.codes, self.saved = self._before.pop(), False
        return True

    def paint(self, start: Array, end: Array, radius: float, erases: bool = False) -> None:
        """A stroke along the great circle from one direction to another.

        Args:
            start, end: unit vectors (3,).
            radius: of the brush, radians.
            erases: takes away what is painted there.
        """
        self._stroke(self.codes, start, end, radius, erases)
        self.saved = False

    def fill(self, corners: Sequence[Array], erases: bool = False) -> None:
        """Paint a polygon of great circles, its smaller side, or take it away.

        Args:
            corners: unit vectors (3,), three at least, in either sense.
        """
        directions = self._directions.reshape(-1, 3).astype(np.float64)
        depth = in_polygon(directions, np.stack(corners))
        self._lay(self.codes, depth.reshape(HEIGHT, WIDTH), erases)
        self.saved = False

    def _stroke(
        self, codes: Codes, start: Array, end: Array, radius: float, erases: bool = False
    ) -> None:
        aside = end - (start @ end) * start
        length = float(np.linalg.norm(aside))
        angle = float(np.arctan2(length, start @ end))
        count = 1 + int(np.ceil(angle / (SPACING * radius)))
        for turn in np.linspace(0, angle, count):
            way = np.sin(turn) / length if length else 0.0
            self._dab(codes, np.cos(turn) * start + way * aside, radius, erases)

    def _dab(self, codes: Codes, middle: Array, radius: float, erases: bool) -> None:
        """A disc whose edge is a pixel wide."""
        pixel = HALF_TURN / HEIGHT
        top = HALF_TURN / 2 - np.arcsin(np.clip(middle[1], -1, 1))
        first, last = (round((top + side * (radius + pixel)) / pixel) for side in (-1, 1))
        rows = slice(max(first, 0), max(last + 1, 0))
        away = np.arccos(np.clip(self._directions[rows] @ middle.astype(np.float32), -1, 1))
        self._lay(codes[rows], radius - away, erases)

    @staticmethod
    def _lay(codes: Codes, depth: Array, erases: bool) -> None:
        """Change codes (h, w) where something lies so deep in what is painted, radians."""
        inside = np.rint(255 * np.clip(depth * (HEIGHT / HALF_TURN) + 0.5, 0, 1)).astype(np.uint8)
        codes[:] = np.minimum(codes, 255 - inside) if erases else np.maximum(codes, inside)

    def picture(self, corners: Sequence[Array] = ()) -> Picture:
        """It as a red glass over the film, with the sides of a polygon that is still open."""
        codes = self.codes.copy()
        for start, end in pairwise([*corners[:1], *corners]):
            self._stroke(codes, start, end, LINE)
        red: Rgb = np.empty((HEIGHT, WIDTH, 4), np.uint8)
        red[..., :3] = RED
        red[..., 3] = np.rint(codes * OPACITY)
        return picture_from_rgb(red)

    def save(self, path: Path) -> None:
        """Write it as an equirect still, white on black; raises as `save_still`."""
        save_still(path, np.repeat(self.codes[..., None], 3, axis=2))
        self.saved = True
