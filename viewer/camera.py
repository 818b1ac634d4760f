"""Where the viewer looks, and how the mouse turns it. Pure: no clock, no window, no OpenGL.

Conventions (`vr360.geometry`): yaw turns right, pitch turns up, `fov` is the horizontal field of
view. The content follows the cursor: the point that was grabbed stays under it. Screen points are
given in pixels from the top left corner, `size` is (height, width).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import acos, asin, atan2, cos, exp, hypot, radians, sin, tan

import numpy as np

from vr360.geometry import FULL_TURN, HALF_TURN, Array, rotation

FOV_MIN = radians(20.0)
FOV_MAX = radians(150.0)
FOV_START = radians(90.0)
PITCH_MAX = HALF_TURN / 2
ZOOM_STEP = 1.1  # a notch of the wheel
GLIDE_DECAY = 4.0  # a second: a flick dies out within about one

Point = tuple[float, float]
Size = tuple[int, int]


@dataclass(frozen=True)
class Camera:
    """A direction of view; radians. Any yaw is allowed and wrapped, pitch and fov are clamped."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fov: float = FOV_START

    def __post_init__(self) -> None:
        object.__setattr__(self, "yaw", wrap_angle(self.yaw))
        object.__setattr__(self, "pitch", min(max(self.pitch, -PITCH_MAX), PITCH_MAX))
        object.__setattr__(self, "fov", min(max(self.fov, FOV_MIN), FOV_MAX))

    def matrix(self) -> Array:
        """(3, 3) rotation from view to world directions."""
        return rotation(self.yaw, self.pitch, self.roll)

    def zoomed(self, notches: float) -> Camera:
        """Zoom in for positive wheel notches; the tangent scales, so the picture scales evenly."""
        half = tan(self.fov / 2) * ZOOM_STEP**-notches
        return replace(self, fov=2 * atan2(half, 1.0))

    def turned(self, yaw: float = 0.0, pitch: float = 0.0) -> Camera:
        return replace(self, yaw=self.yaw + yaw, pitch=self.pitch + pitch)

    def dragged(self, start: Point, end: Point, size: Size) -> Camera:
        """Turn so that the content at `start` lies at `end`, for a rectilinear view without roll.

        Near the poles the exact answer would need roll; the nearest reachable pitch is taken.
        """
        grabbed = self.matrix() @ view_ray(start, size, self.fov)
        aim = view_ray(end, size, self.fov)
        pitch = _pitch_that_lifts(aim, float(grabbed[1]), self.pitch)
        level = rotation(0.0, pitch) @ aim
        yaw = atan2(grabbed[0], -grabbed[2]) - atan2(level[0], -level[2])
        return replace(self, yaw=yaw, pitch=pitch, roll=0.0)


@dataclass(frozen=True)
class Glide:
    """What is left of a flick after the mouse let go: turning speeds in radians a second."""

    yaw_speed: float = 0.0
    pitch_speed: float = 0.0

    @property
    def resting(self) -> bool:
        return hypot(self.yaw_speed, self.pitch_speed) < radians(0.5)

    def step(self, camera: Camera, seconds: float) -> tuple[Camera, Glide]:
        """Camera and glide after `seconds`; the decay is exact, whatever the frame rate."""
        left = exp(-GLIDE_DECAY * seconds)
        way = (1 - left) / GLIDE_DECAY
        turned = camera.turned(self.yaw_speed * way, self.pitch_speed * way)
        return turned, Glide(self.yaw_speed * left, self.pitch_speed * left)


def wrap_angle(angle: float) -> float:
    """The same angle within [-half a turn, half a turn)."""
    return (angle + HALF_TURN) % FULL_TURN - HALF_TURN


def view_ray(point: Point, size: Size, fov: float) -> Array:
    """Unit vector (3,) in view axes through a point of a rectilinear view."""
    height, width = size
    half = tan(fov / 2)
    x = (2 * point[0] / width - 1) * half
    y = (1 - 2 * point[1] / height) * half * height / width
    ray = np.array([x, y, -1.0])
    unit: Array = ray / np.linalg.norm(ray)
    return unit


def _pitch_that_lifts(aim: Array, height: float, near: float) -> float:
    """The pitch, closest to `near`, that turns the ray `aim` to the given height above level."""
    up, forward = float(aim[1]), -float(aim[2])
    reach = hypot(up, forward)
    lean = atan2(forward, up)
    swing = acos(min(max(height / reach, -1.0), 1.0))
    choices = [wrap_angle(lean + swing), wrap_angle(lean - swing)]
    best = min(choices, key=lambda pitch: abs(pitch - near))
    return asin(sin(best)) if cos(best) >= 0 else near
