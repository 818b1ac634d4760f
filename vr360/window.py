"""The part of the sphere that a picture shows, and laying it in the whole one and cutting it out.

Cameras cut the nadir off, phones sweep a strip of the horizon, VR180 shows the front half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.errors import MetadataError

BOUND_STEPS = 1 << 32
QUARTER = 0.25
Picture = NDArray[Any]


def in_range(name: str, value: object, low: float, high: float) -> float:
    """The value as a float; raises MetadataError where it is none, or lies outside."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise MetadataError(f"{name} must be a number, got {value!r}")
    if not low <= value <= high:
        raise MetadataError(f"{name} must lie in {low:g} to {high:g}, got {value:g}")
    return float(value)


@dataclass(frozen=True)
class Bounds:
    """How much of the full sphere the picture of one eye leaves out at each side.

    Fractions in [0, 1) of the full height (top, bottom) and width (left, right), held in steps
    of 2^-32 as the `equi` box holds them.

    Raises:
        MetadataError: not a number, outside [0, 1), or nothing of the picture is left.
    """

    top: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    right: float = 0.0

    def __post_init__(self) -> None:
        for name in ("top", "bottom", "left", "right"):
            value = in_range(f"bound {name}", getattr(self, name), 0.0, 1.0)
            object.__setattr__(self, name, round(value * BOUND_STEPS) / BOUND_STEPS)
        for one, other in (("top", "bottom"), ("left", "right")):
            if getattr(self, one) + getattr(self, other) >= 1.0:
                raise MetadataError(f"bounds {one} + {other} must stay below 1 to leave a picture")

    @property
    def width(self) -> float:
        """Share of the full circle that the picture covers."""
        return 1.0 - self.left - self.right

    @property
    def height(self) -> float:
        """Share of pole to pole that the picture covers."""
        return 1.0 - self.top - self.bottom


FULL = Bounds()
FRONT_HALF = Bounds(left=QUARTER, right=QUARTER)


class Window(NamedTuple):
    """Where one eye of (height, width) lies in a whole equirect sphere; all in pixels."""

    height: int
    width: int
    top: int
    left: int
    full_height: int
    full_width: int

    @classmethod
    def of(cls, bounds: Bounds, height: int, width: int) -> Window:
        """The window that `bounds` cut, for an eye of that size; the sphere has an even width."""
        full_width = max(width, 2 * round(width / bounds.width / 2))
        full_height = max(height, round(height / bounds.height))
        top = min(round(bounds.top * full_height), full_height - height)
        left = min(round(bounds.left * full_width), full_width - width)
        return cls(height, width, top, left, full_height, full_width)

    @property
    def is_whole(self) -> bool:
        return (self.height, self.width) == (self.full_height, self.full_width)

    def place(self, eye: Picture, border: int = cv2.BORDER_REFLECT) -> Picture:
        """The whole sphere, from an eye (height, width, C).

        Args:
            border: `cv2.BORDER_REFLECT` mirrors the eye into what it leaves out, so that no edge
                shows; `cv2.BORDER_CONSTANT` leaves that black.
        """
        if self.is_whole:
            return eye
        bottom = self.full_height - self.top - self.height
        right = self.full_width - self.left - self.width
        return np.asarray(cv2.copyMakeBorder(eye, self.top, bottom, self.left, right, border))

    def cut(self, sphere: Picture) -> Picture:
        """Inverse of `place`."""
        if self.is_whole:
            return sphere
        rows = slice(self.top, self.top + self.height)
        return np.ascontiguousarray(sphere[rows, self.left : self.left + self.width])
