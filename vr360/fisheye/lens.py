"""A camera of two fisheye lenses: which pixel of its picture looks in which direction.

The model is that of Hugin's circular fisheye, so that calibrations made with it can be read: the
ideal lens is equidistant (radius = focal * angle), a polynomial bends the radius, the optical
centre may lie anywhere, and each lens is turned by a yaw, pitch and roll of its own.

    r     = focal * angle / unit                 unit is half of the picture's shorter side
    r'    = r * (a r^3 + b r^2 + c r + 1 - a - b - c)
    pixel = centre + unit * r' * (right, down)
    light = 1 + vb q^2 + vc q^4 + vd q^6         q is the distance from the vignetting's centre over
                                                 half of the picture's diagonal

Directions are those of `vr360.geometry`; pixels are counted from the centre of the first one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from vr360.geometry import HALF_TURN, Array, rotation

Pixels = tuple[Array, Array]

_SOLVER_ROUNDS = 12


@dataclass(frozen=True)
class Lens:
    """One lens of a picture.

    Attributes:
        focal: pixels a radian.
        centre: (x, y) of the optical axis, pixels.
        unit: pixels that count as radius 1 for `distortion`.
        fov: angle across the whole image circle that may be used, radians.
        turn: yaw, pitch and roll of the lens in the camera, radians, as `geometry.rotation`.
        distortion: (a, b, c) of the polynomial.
        circle: (x, y, radius) in pixels of what the lens paints.
        box: (left, right, top, bottom), the pixels that belong to this lens, ends excluded.
        vignetting: (vb, vc, vd), what is left of the light.
        dark_centre: (x, y) about which it falls off, pixels.
        dark_unit: pixels that count as radius 1 for `vignetting`.
        exposure: EV of the lens; 1 more is half the light taken.
    """

    focal: float
    centre: tuple[float, float]
    unit: float
    fov: float
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    distortion: tuple[float, float, float] = (0.0, 0.0, 0.0)
    circle: tuple[float, float, float] = (0.0, 0.0, np.inf)
    box: tuple[float, float, float, float] = (-np.inf, np.inf, -np.inf, np.inf)
    vignetting: tuple[float, float, float] = (0.0, 0.0, 0.0)
    dark_centre: tuple[float, float] = (0.0, 0.0)
    dark_unit: float = 1.0
    exposure: float = 0.0

    @cached_property
    def rotation(self) -> Array:
        """(3, 3) from the lens's own directions to the camera's."""
        return rotation(*self.turn)

    @property
    def axis(self) -> Array:
        """(3,) where the lens looks."""
        axis: Array = -self.rotation[:, 2]
        return axis

    def angle(self, direction: ArrayLike) -> Array:
        """Radians between the optical axis and directions (..., 3)."""
        own = np.asarray(direction, float) @ self.rotation
        return np.asarray(np.arctan2(np.hypot(own[..., 0], own[..., 1]), -own[..., 2]))

    def project(self, direction: ArrayLike) -> Pixels:
        """Where in the picture directions (..., 3) lie; outside `fov` the answer means nothing."""
        own = np.asarray(direction, float) @ self.rotation
        off = np.hypot(own[..., 0], own[..., 1])
        radius = self.unit * self._bend(np.arctan2(off, -own[..., 2]) * self.focal / self.unit)
        scale = radius / np.maximum(off, 1e-12)
        return self.centre[0] + scale * own[..., 0], self.centre[1] - scale * own[..., 1]

    def unproject(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Directions (..., 3) in which pixels look; the inverse of `project`."""
        across, up = np.asarray(x, float) - self.centre[0], self.centre[1] - np.asarray(y, float)
        radius = np.hypot(across, up)
        angle = self._straighten(radius / self.unit) * self.unit / self.focal
        scale = np.sin(angle) / np.maximum(radius, 1e-12)
        own = np.stack([across * scale, up * scale, -np.cos(angle)], axis=-1)
        return np.asarray(own @ self.rotation.T)

    def _bend(self, r: Array) -> Array:
        a, b, c = self.distortion
        return np.asarray(r * (1 - a - b - c + r * (c + r * (b + r * a))))

    def _straighten(self, bent: Array) -> Array:
        """Invert the polynomial by Newton's method; calibrations differ little from r' = r."""
        a, b, c = self.distortion
        r = bent
        for _ in range(_SOLVER_ROUNDS):
            slope = 1 - a - b - c + r * (2 * c + r * (3 * b + r * 4 * a))
            r = r - (self._bend(r) - bent) / np.where(np.abs(slope) < 0.1, 0.1, slope)
        return r

    def margin(self, direction: ArrayLike) -> Array:
        """Radians from directions (..., 3) to the edge of what the lens sees; negative outside."""
        x, y = self.project(direction)
        cx, cy, radius = self.circle
        left, right, top, bottom = self.box
        inside = np.minimum(radius - np.hypot(x - cx, y - cy), np.minimum(x - left, right - 1 - x))
        inside = np.minimum(inside, np.minimum(y - top, bottom - 1 - y)) / self.focal
        return np.asarray(np.minimum(inside, self.fov / 2 - self.angle(direction)))

    def light(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Share of the scene's light at pixels, exposure included; linear."""
        q = np.hypot(np.asarray(x) - self.dark_centre[0], np.asarray(y) - self.dark_centre[1])
        q2 = (q / self.dark_unit) ** 2
        vb, vc, vd = self.vignetting
        falloff = 1 + q2 * (vb + q2 * (vc + q2 * vd))
        return np.asarray(np.maximum(falloff, 0.05) * 2.0**-self.exposure)

    def scaled(self, factor: float) -> Lens:
        """The same lens in a picture `factor` times the size."""

        def place(xy: tuple[float, float]) -> tuple[float, float]:
            return (xy[0] + 0.5) * factor - 0.5, (xy[1] + 0.5) * factor - 0.5

        left, right, top, bottom = self.box
        return replace(
            self,
            focal=self.focal * factor,
            centre=place(self.centre),
            unit=self.unit * factor,
            circle=(*place(self.circle[:2]), self.circle[2] * factor),
            box=(left * factor, right * factor, top * factor, bottom * factor),
            dark_centre=place(self.dark_centre),
            dark_unit=self.dark_unit * factor,
        )

    def moved(self, right: float) -> Lens:
        """The same lens with its picture `right` pixels further to the right."""
        left, end, top, bottom = self.box
        return replace(
            self,
            centre=(self.centre[0] + right, self.centre[1]),
            circle=(self.circle[0] + right, *self.circle[1:]),
            box=(left + right, end + right, top, bottom),
            dark_centre=(self.dark_centre[0] + right, self.dark_centre[1]),
        )

    def turned(self, quarters: int, middle: tuple[float, float]) -> Lens:
        """The same lens with its picture turned clockwise about `middle` by quarter turns."""
        if quarters % 4 == 0:
            return self

        def place(xy: tuple[float, float]) -> tuple[float, float]:
            return middle[0] + middle[1] - xy[1], middle[1] - middle[0] + xy[0]

        left, right, top, bottom = self.box
        one, two = place((left - 0.5, bottom - 0.5)), place((right - 0.5, top - 0.5))
        yaw, pitch, roll = self.turn
        once = replace(
            self,
            centre=place(self.centre),
            turn=(yaw, pitch, roll - HALF_TURN / 2),
            circle=(*place(self.circle[:2]), self.circle[2]),
            box=(one[0] + 0.5, two[0] + 0.5, one[1] + 0.5, two[1] + 0.5),
            dark_centre=place(self.dark_centre),
        )
        return once.turned(quarters % 4 - 1, middle)
