"""Masks in directions: where on the sphere something holds, 0 to 1, soft at the edges.

A shape is measured by angles between directions, never by pixels, so it knows no seam and no pole:
turned with the picture it stays the same shape. Angles are radians.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vr360.change import luma
from vr360.filters import gaussian_blur
from vr360.frame import Rgb, peak_of
from vr360.geometry import HALF_TURN, QUARTER_TURN, Array, equirect_directions, lonlat_to_xyz
from vr360.polygons import angle_between

Floats = NDArray[np.float32]
Value = Callable[[float], float]
"""A number at a moment, seconds."""


@dataclass(frozen=True)
class Seen:
    """What a mask is asked about.

    Attributes:
        eye: the picture (H, W, 3), a whole equirect sphere.
        seconds: of the scene.
        number: of the eye, 0 or 1.
        clip_seconds: of the clip.
        other: what the other eye sees; None where there is one eye alone.
    """

    eye: Rgb
    seconds: float
    number: int = 0
    clip_seconds: float = 0.0
    other: Rgb | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.eye.shape[0], self.eye.shape[1]


class Mask(Protocol):
    """(H, W) float32 in 0..1 for a picture."""

    def __call__(self, seen: Seen) -> Floats: ...


class Shape:
    """A mask that depends on directions and on time alone; what does not change is kept.

    Args:
        outline: what the shape is at a moment: directions (N, 3) -> how deep in it they lie, in
            radians; negative outside.
        feather: width of the soft edge; never narrower than a pixel.
        is_still: whether it is always the same.
    """

    def __init__(
        self, outline: Callable[[float, Array], Array], feather: Value, is_still: bool = False
    ) -> None:
        self._outline = outline
        self._feather = feather
        self._is_still = is_still
        self._kept: dict[tuple[int, int], Floats] = {}

    def __call__(self, seen: Seen) -> Floats:
        if seen.size in self._kept:
            return self._kept[seen.size]
        height, width = seen.size
        directions = equirect_directions(height, width).reshape(-1, 3)
        feather = max(self._feather(seen.seconds), HALF_TURN / height)
        found = edge(self._outline(seen.seconds, directions), feather).reshape(height, width)
        if self._is_still:
            self._kept[seen.size] = found
        return found


def edge(depth: Array, feather: float) -> Floats:
    """0 outside, 1 inside, smoothstep over `feather` about the edge itself."""
    share = np.clip(depth / feather + 0.5, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def in_circle(directions: Array, yaw: float, pitch: float, radius: float) -> Array:
    """How deep directions (N, 3) lie in a circle; a quarter turn of radius is half the sphere."""
    return radius - angle_between(directions, lonlat_to_xyz(yaw, pitch))


def in_band(directions: Array, low: float, high: float) -> Array:
    """How deep directions lie between two latitudes; one at a pole is no edge."""
    latitude = np.arcsin(np.clip(directions[:, 1], -1, 1))
    below = latitude - low if low > -QUARTER_TURN else np.full(len(latitude), np.inf)
    above = high - latitude if high < QUARTER_TURN else np.full(len(latitude), np.inf)
    return np.minimum(below, above)


@dataclass(frozen=True)
class LumaKey:
    """What is neither darker nor brighter than two lumas in 0..1; soft over `softness`."""

    low: float
    high: float
    softness: float = 0.05

    def __call__(self, seen: Seen) -> Floats:
        light = luma(seen.eye).astype(np.float64)
        below = light - self.low if self.low > 0 else np.full(light.shape, np.inf)
        above = self.high - light if self.high < 1 else np.full(light.shape, np.inf)
        return edge(np.minimum(below, above), max(self.softness, 1e-3))


@dataclass(frozen=True)
class ColourKey:
    """What is nearer to a colour than `tolerance`, as the distance in R'G'B' of 0..1."""

    colour: tuple[float, float, float]
    tolerance: float = 0.2
    softness: float = 0.1

    def __call__(self, seen: Seen) -> Floats:
        rgb = seen.eye / peak_of(seen.eye)
        off = np.linalg.norm(rgb - np.array(self.colour), axis=2)
        return edge(self.tolerance - off, max(self.softness, 1e-3))


@dataclass(frozen=True)
class Feathered:
    """Another mask, its edges softened by a Gaussian of `feather` radians."""

    mask: Mask
    feather: float

    def __call__(self, seen: Seen) -> Floats:
        found = self.mask(seen)
        sigma = self.feather / HALF_TURN * len(found) / 2
        return np.asarray(gaussian_blur(found, sigma), np.float32) if sigma > 0.3 else found


@dataclass(frozen=True)
class Joined:
    """Masks of other masks: shares of one are taken from, added to or kept of another."""

    join: Callable[..., Floats]
    parts: Sequence[Mask]

    def __call__(self, seen: Seen) -> Floats:
        return np.asarray(self.join(*(part(seen) for part in self.parts)), np.float32)


def union(one: Floats, other: Floats) -> Floats:
    """Where either holds."""
    return one + other - one * other


def difference(one: Floats, other: Floats) -> Floats:
    """Where the one holds and the other does not."""
    return one * (1 - other)


def intersection(one: Floats, other: Floats) -> Floats:
    """Where both hold."""
    return one * other


def complement(one: Floats) -> Floats:
    """Where it does not hold."""
    return 1 - one
