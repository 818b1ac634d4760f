"""The foot of the camera, straight down in its clip, covered by what lies around it.

What is seen on the edge of the circle is continued into it by the harmonic function, which knows no
extremes inside: nothing shows where it begins. Seen in stereographic projection, which is
conformal, that is Poisson's integral: each harmonic of the edge fades as a power of the distance
from the pole. With `fill`, ground from beside is laid in, and only its difference on the edge
continued: the membrane of seamless cloning (Perez, Gangnet, Blake, "Poisson image editing", 2003).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np

from pipeline.film.overlays import Overlay
from pipeline.film.script import Cover, Flat, Nadir
from pipeline.looks.masks import Floats
from pipeline.source.unfolding import Unfolding
from pipeline.temporal.views import places, sample_at, sphere_directions, turned
from vr360.frame import Rgb, peak_of
from vr360.geometry import FULL_TURN, HALF_TURN, QUARTER_TURN, Array, rotation

BESIDE = 2.1  # radii from the pole to where ground is taken, so that it lies outside the circle
TRIED = 24  # directions that ground is taken from
_FOREVER = Fraction(10**9)


def covered(sphere: Unfolding, nadir: Nadir | None, first: Callable[[], Rgb]) -> Unfolding:
    """The same, with the nadir of its spheres covered before they are painted.

    Args:
        first: gives the first eye of the clip, which decides where ground is taken from.
    """
    if nadir is None or nadir.kind is Cover.IMAGE:
        return sphere
    fills = nadir.kind is Cover.FILL
    cover = Covering(nadir.size / 2, fills, lambda: sphere.unfold(first()))
    return replace(sphere, unfold=lambda eye: cover(sphere.unfold(eye)))


def open_logo(nadir: Nadir | None, height: int, width: int) -> Callable[[Rgb], Rgb]:
    """What lays a picture over the nadir of a painted eye (height, width, 3)."""
    if nadir is None or nadir.kind is not Cover.IMAGE:
        return lambda eye: eye
    overlay = Overlay(logo(nadir), height, width)
    return lambda eye: overlay(eye, 0.0)


def logo(nadir: Nadir) -> Flat:
    """A picture that covers the nadir, as one on the sphere."""
    place = (*nadir.place, "image")
    values = {"file": nadir.file}
    return Flat(
        "image",
        Fraction(0),
        _FOREVER,
        0.0,
        -QUARTER_TURN,
        0.0,
        nadir.size,
        values=values,
        place=place,
    )


class Covering:
    """Covers a circle about the nadir, pixels outside of which stay as they are.

    Args:
        radius: of the circle, radians.
        fills: takes ground from beside; else what lies on the edge runs smoothly into the middle.
        first: gives the sphere that decides where; by default the first one that is covered.
    """

    def __init__(self, radius: float, fills: bool, first: Callable[[], Rgb] | None = None) -> None:
        self._radius = radius
        self._fills = fills
        self._first = first
        self._from: Array | None = None  # the turn to the ground that is taken

    def __call__(self, sphere: Rgb) -> Rgb:
        """A whole equirect eye (H, W, 3)."""
        height = len(sphere)
        edge = int(np.floor(height * (1 - self._radius / HALF_TURN) - 0.5))  # the last row outside
        if edge >= height - 1:
            return sphere
        inside = sphere[edge:].astype(np.float32)  # from the edge down
        ground = self._ground(sphere, edge) if self._fills else np.zeros_like(inside)
        done = ground + harmonic(inside[0] - ground[0], height, edge)
        covered = sphere.copy()
        codes = np.rint(done[1:]).clip(0, peak_of(sphere))
        covered[edge + 1 :] = codes.astype(sphere.dtype)
        return covered

    def _ground(self, sphere: Rgb, edge: int) -> Floats:
        """What lies beside, as it covers the rows from `edge` on."""
        if self._from is None:
            seen = self._first() if self._first else sphere
            self._from = min(self._turns(), key=lambda turn: self._misfit(seen, edge, turn))
        return _seen(sphere, edge, len(sphere), self._from, self._radius)

    def _turns(self) -> list[Array]:
        """From the nadir to the middle of each place that ground is taken from."""
        headings = np.arange(TRIED) * FULL_TURN / TRIED
        tilt = rotation(pitch=BESIDE * self._radius)
        return [rotation(yaw) @ tilt @ rotation(-yaw) for yaw in headings]

    def _misfit(self, sphere: Rgb, edge: int, turn: Array) -> float:
        """How much the ground differs on the edge."""
        seen = _seen(sphere, edge, edge + 1, turn, self._radius)
        return float(abs(seen - sphere[edge : edge + 1]).mean())


def harmonic(edge: Floats, height: int, row: int) -> Floats:
    """The harmonic function with those values on a row of an equirect sphere, down to its pole.

    Args:
        edge: (W, C).
        height: rows of the whole sphere.
        row: which of them.

    Returns:
        (height - row, W, C).
    """
    polar = HALF_TURN * (height - np.arange(row, height) - 0.5) / height
    share = np.tan(polar / 2) / np.tan(polar[0] / 2)
    spectrum = np.fft.rfft(edge, axis=0)
    fades = share[:, None] ** np.arange(len(spectrum))
    found = np.fft.irfft(fades[..., None] * spectrum, len(edge), axis=1)
    return np.asarray(found, np.float32)


def _seen(sphere: Rgb, first: int, last: int, turn: Array, radius: float) -> Floats:
    """Rows of the sphere as they would be were it turned, (last - first, W, 3)."""
    height, width = sphere.shape[:2]
    x, y = places(turned(sphere_directions(height, width)[first:last], turn), height, width)
    top = max(0, int(height * (1 - (1 + BESIDE) * radius / HALF_TURN)) - 4)  # above, none is taken
    return sample_at(sphere[top:], x, y - np.float32(top))
