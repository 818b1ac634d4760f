"""The hand-held camera: where it is at a time, and the rays that its pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN, lonlat_to_xyz, pixel_to_lonlat, rotation

Doubles = NDArray[np.float64]
Eye = Literal["left", "centre", "right"]

EYE_HEIGHT = 1.72  # metres
PUPILS = 0.064  # metres between the eyes
WALK_REACH = 13.5  # metres: the walk never leaves this distance from the world's origin


@dataclass(frozen=True)
class Pose:
    """origin (3,) in metres; rotation (3, 3) from camera to world."""

    origin: Doubles
    rotation: Doubles

    def to_world(self, direction: NDArray[Any]) -> Doubles:
        return direction @ self.rotation.T

    def to_camera(self, direction: NDArray[Any]) -> Doubles:
        return direction @ self.rotation


def walk(t: Any) -> tuple[Any, Any]:
    """Place (x, z) on the path, about 1.2 m/s at most."""
    return 12.0 * np.sin(0.07 * t), -6.0 * np.sin(0.14 * t)


def sway(t: float, rate: float, phase: float) -> float:
    """A shake of deviation about 1 whose parts never repeat together."""
    parts = (0.62, 1.0), (1.0, 0.83), (1.71, 0.47), (2.93, 0.2)
    return float(sum(a * np.sin(FULL_TURN * f * rate * t + phase * (1 + f)) for f, a in parts))


def pose(t: float, ground: float) -> Pose:
    """Pose at `t` seconds over land of height `ground` metres."""
    x, z = walk(t)
    step = 0.022 * np.sin(FULL_TURN * 1.85 * t) + 0.006 * sway(t, 0.5, 2.0)
    side = 0.018 * np.sin(FULL_TURN * 0.925 * t)
    origin = np.array([x + side, ground + EYE_HEIGHT + step, z])
    degree = FULL_TURN / 360
    pan = -0.28 + 0.42 * np.sin(0.40 * t)
    yaw = pan + 0.34 * degree * sway(t, 0.8, 0.4)
    pitch = 0.45 * degree * sway(t, 0.9, 1.3) - 0.3 * degree
    roll = 0.38 * degree * sway(t, 0.7, 3.1)
    return Pose(origin, rotation(yaw, pitch, roll))


def viewing_circle(direction: NDArray[Any], eye: Eye) -> Doubles:
    """Offset (N, 3) of each ray's origin in the camera's frame, metres.

    Omnidirectional stereo: the eyes stand on a circle of the pupils' distance, each ray leaves it
    along its tangent, so that parallax is right whichever way the head turns about its axis.
    """
    side = {"left": -0.5, "centre": 0.0, "right": 0.5}[eye] * PUPILS
    level = np.hypot(direction[:, 0], direction[:, 2])
    level = np.maximum(level, 1e-12)
    across = np.stack([-direction[:, 2], 0 * level, direction[:, 0]], 1) / level[:, None]
    return np.asarray(side * across)


def seen_from(point: NDArray[Any], eye: Eye) -> tuple[Doubles, Doubles]:
    """Direction (N, 3) and distance (N,) in which an eye sees points of the camera's frame.

    The inverse of the rays of `viewing_circle`; points inside the circle have no answer (nan).
    """
    side = {"left": -0.5, "centre": 0.0, "right": 0.5}[eye] * PUPILS
    level = np.hypot(point[:, 0], point[:, 2])
    lon = np.arctan2(point[:, 0], -point[:, 2]) - np.arcsin(side / np.maximum(level, 1e-12))
    tangent = np.sqrt(level**2 - side**2)
    lat = np.arctan2(point[:, 1], tangent)
    return lonlat_to_xyz(lon, lat), np.hypot(tangent, point[:, 1])


def equirect_rays(x: NDArray[Any], y: NDArray[Any], height: int, width: int) -> Doubles:
    """Directions (N, 3) through places of an equirect picture; over a pole they come down again."""
    return lonlat_to_xyz(*pixel_to_lonlat(x, y, height, width))
