"""Views: pictures of a part of the sphere, each as pixel -> direction and back.

They are `SphereMap`s as those of `vr360.projections`. None is a `Projection`, because none is a way
to keep a sphere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vr360.errors import InputError
from vr360.geometry import (
    HALF_TURN,
    QUARTER_TURN,
    Array,
    Mask,
    pixel_to_plane,
    plane_to_pixel,
)

RECTILINEAR, FISHEYE, LITTLE_PLANET = "rectilinear", "fisheye", "little-planet"


@dataclass(frozen=True)
class Rectilinear:
    """A flat view forward; `fov` is its horizontal field of view, radians below half a turn."""

    height: int
    width: int
    fov: float = QUARTER_TURN

    def __post_init__(self) -> None:
        if not 0 < self.fov < HALF_TURN:
            degrees = float(np.degrees(self.fov))
            raise InputError(
                f"a rectilinear view of {degrees:g} degrees was asked for; it must lie between "
                "0 and 180"
            )

    @property
    def pixels_per_quarter(self) -> float:
        return self.width / (2 * float(np.tan(self.fov / 2))) * QUARTER_TURN

    @property
    def _reach(self) -> tuple[float, float]:
        half = float(np.tan(self.fov / 2))
        return half, half * self.height / self.width

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        across, up = self._reach
        u, v = np.broadcast_arrays(
            pixel_to_plane(x, self.width) * across, pixel_to_plane(y, self.height) * -up
        )
        xyz: Array = np.stack([u, v, np.full(u.shape, -1.0)], axis=-1)
        return xyz, np.ones(u.shape, bool)

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        right, up, back = np.moveaxis(np.asarray(xyz, float), -1, 0)
        ahead = back < 0
        depth = np.where(ahead, -back, 1.0)
        reach_x, reach_y = self._reach
        u, v = right / depth / reach_x, -up / depth / reach_y
        seen = ahead & (np.abs(u) <= 1) & (np.abs(v) <= 1)
        return plane_to_pixel(u, self.width), plane_to_pixel(v, self.height), seen


@dataclass(frozen=True)
class Fisheye:
    """One ideal equidistant lens that looks ahead; `fov` radians span the largest circle."""

    height: int
    width: int
    fov: float = HALF_TURN

    def __post_init__(self) -> None:
        check_lens(self.fov)

    @property
    def pixels_per_quarter(self) -> float:
        return min(self.height, self.width) * QUARTER_TURN / self.fov

    @property
    def _reach(self) -> tuple[float, float]:
        side = min(self.height, self.width)
        return self.width / side, self.height / side

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        across, up = self._reach
        u, v = np.broadcast_arrays(
            pixel_to_plane(x, self.width) * across, pixel_to_plane(y, self.height) * up
        )
        radius = np.hypot(u, v)
        angle = radius * self.fov / 2
        scale = np.sin(angle) / np.maximum(radius, 1e-12)
        return np.stack([u * scale, -v * scale, -np.cos(angle)], axis=-1), radius <= 1

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        right, up, back = np.moveaxis(np.asarray(xyz, float), -1, 0)
        off = np.hypot(right, up)
        angle = np.arctan2(off, -back)
        scale = angle / np.maximum(off, 1e-12) * 2 / self.fov
        across, high = self._reach
        x = plane_to_pixel(right * scale / across, self.width)
        return x, plane_to_pixel(-up * scale / high, self.height), 2 * angle <= self.fov


@dataclass(frozen=True)
class LittlePlanet:
    """A stereographic picture about straight down, ahead at its top; `fov` radians span its width.

    Source: Snyder, *Map Projections: A Working Manual* (1987), 21.
    """

    height: int
    width: int
    fov: float = 4 / 3 * HALF_TURN

    def __post_init__(self) -> None:
        check_lens(self.fov)

    @property
    def pixels_per_quarter(self) -> float:
        return max(self.width / 4, self.height / 2)

    @property
    def _scale(self) -> float:
        return float(np.tan(self.fov / 4))

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        across = pixel_to_plane(x, self.width) * self._scale
        along = pixel_to_plane(y, self.height) * self._scale * self.height / self.width
        u, v = np.broadcast_arrays(across, along)
        square = u**2 + v**2
        xyz: Array = np.stack([2 * u, square - 1, 2 * v], axis=-1) / (1 + square)[..., None]
        return xyz, np.ones(u.shape, bool)

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        xyz = np.asarray(xyz, float)
        right, up, back = np.moveaxis(xyz / np.linalg.norm(xyz, axis=-1, keepdims=True), -1, 0)
        below = np.maximum(1 - up, 1e-9)
        u = right / below / self._scale
        v = back / below / self._scale * self.width / self.height
        seen = (np.abs(u) <= 1) & (np.abs(v) <= 1)
        return plane_to_pixel(u, self.width), plane_to_pixel(v, self.height), seen


def check_lens(fov: float) -> None:
    """Raise InputError for a lens that spans more than there is, or nothing."""
    if not 0 < fov < 2 * HALF_TURN:
        degrees = float(np.degrees(fov))
        raise InputError(f"a fisheye lens spans 0 to 360 degrees, got {degrees:g}")
