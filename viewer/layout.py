"""How the sphere and the eyes lie on a picture, and how the screen shows them.

Conventions:
    - Cube faces lie in a grid of 3 x 2: right, left, up / down, front, back, all upright seen from
      inside; up has front at its lower edge, down has front at its upper edge (spherical video V2,
      `cbmp` layout 0; ffmpeg's `c3x2`).
    - Equi-angular faces lie as YouTube stores them: left, front, right / down, back, up, the lower
      row turned by a quarter (ffmpeg's `eac`).
    - Dual fisheye: two equidistant lenses side by side; the front lens lies in the right half
      (ffmpeg's `dfisheye`) unless `swap_lenses`.
    - Half equirect covers 180 degrees of longitude around the front.
    - Layout tb: left eye on top. lr: left eye on the left. rl: left eye on the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vr360.frame import Projection, Stereo
from vr360.geometry import HALF_TURN


class View(StrEnum):
    """How the sphere is shown."""

    RECTILINEAR = "rectilinear"
    PLANET = "planet"
    FLAT = "flat"


class Eyes(StrEnum):
    """Which eyes are shown."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "side-by-side"
    ANAGLYPH = "anaglyph"


@dataclass(frozen=True)
class Layout:
    """Projection and stereo of a picture.

    Attributes:
        lens_fov: radians that the diameter of a fisheye circle spans.
        lens_roll: radians that both lenses are turned clockwise.
    """

    projection: Projection = Projection.EQUIRECT
    stereo: Stereo = Stereo.MONO
    swap_lenses: bool = False
    lens_fov: float = HALF_TURN
    lens_roll: float = 0.0

    @property
    def is_cube(self) -> bool:
        return self.projection in (Projection.CUBEMAP, Projection.EQUI_ANGULAR)


@dataclass(frozen=True)
class Face:
    """Where a cube face lies in the 3 x 2 grid, and how often it is to be turned left."""

    column: int
    row: int
    quarter_turns: int = 0


# In the order of OpenGL's cube maps: +x, -x, +y, -y, front, back.
CUBEMAP_FACES = (Face(0, 0), Face(1, 0), Face(2, 0), Face(0, 1), Face(1, 1), Face(2, 1))
EQUI_ANGULAR_FACES = (
    Face(2, 0),
    Face(0, 0),
    Face(2, 1, 3),
    Face(0, 1, 3),
    Face(1, 0),
    Face(1, 1, 1),
)


def faces(projection: Projection) -> tuple[Face, ...]:
    return CUBEMAP_FACES if projection is Projection.CUBEMAP else EQUI_ANGULAR_FACES


def eye_area(stereo: Stereo, eye: int, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of an eye (0 left, 1 right) in a picture or one of its planes."""
    if stereo is Stereo.MONO:
        return slice(0, height), slice(0, width)
    if stereo is Stereo.TOP_BOTTOM:
        half = height // 2
        return slice(eye * half, eye * half + half), slice(0, width)
    side = eye if stereo is Stereo.LEFT_RIGHT else 1 - eye
    half = width // 2
    return slice(0, height), slice(side * half, side * half + half)
