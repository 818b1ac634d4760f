"""How the camera itself moved between two pictures, from the motion of what they show.

A shake of a 360° camera turns the whole sphere; a step moves things along great circles away from
the direction of travel, the nearer the faster. For a point in direction d that was in direction p:
p ~ R (d + T / distance). Whatever its distance, R^T p lies in the plane of d and T, so R and T can
be found without knowing any distance, and what moves by itself is an outlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CameraMotion:
    """From the present camera to the previous one.

    Attributes:
        rotation: (3, 3), turns a far direction of the present into that of the previous picture.
        travel: (3,) unit vector in the present camera's frame; near things came from there.
        spread: radians, the usual distance of the points from the great circles through `travel`.
    """

    rotation: Array
    travel: Array
    spread: float


def camera_motion(now: Array, before: Array, weight: Array, rounds: int = 5) -> CameraMotion:
    """Rotation and direction of travel that explain most of the motion.

    First the rotation that explains most by itself; then two linear least-squares problems in turn:
    the travel most nearly perpendicular to all d x R^T p, and the small rotation that brings the
    points to their great circles. All are reweighted by Geman and McClure's function.

    Args:
        now, before: (N, 3) unit vectors of the same points in both pictures.
        weight: (N,) area and trust of each point, not negative.

    Returns:
        The motion; without any travel, `travel` is arbitrary and `rotation` still right.
    """
    rotation, trust = _turning_alone(now, before, weight, rounds)
    travel, spread = _travel(now, before @ rotation, trust), 0.0
    for _ in range(rounds):
        along = now @ travel
        level = np.maximum(np.sqrt(np.maximum(1 - along**2, 0)), 1e-3)
        across = _crossed(now, travel) / level[:, None]  # perpendicular to the great circles
        off = np.einsum("ni,ni->n", across, before @ rotation)
        spread = _spread(off, weight)
        trust = weight * _robust(off, spread)
        axes = (now * along[:, None] - travel) / level[:, None]  # now x across
        turn = _solve((axes * trust[:, None]).T @ axes, (axes * trust[:, None]).T @ off)
        rotation = rotation @ cv2.Rodrigues(turn)[0]
        trust = trust / np.maximum(level, 0.1) ** 2
        travel = _travel(now, before @ rotation, trust)
    if np.einsum("n,ni,i->", weight, before @ rotation - now, travel) < 0:
        travel = -travel
    return CameraMotion(rotation, travel, spread)


def _turning_alone(now: Array, before: Array, weight: Array, rounds: int) -> tuple[Array, Array]:
    """The rotation that most points follow, and how much each point does."""
    rotation, trust = np.eye(3), weight
    for _ in range(rounds):
        moved = before @ rotation - now
        length = np.linalg.norm(moved, axis=1)
        trust = weight * _robust(length, _spread(length, weight))
        normal = trust.sum() * np.eye(3) - (now * trust[:, None]).T @ now
        turn = _solve(normal, trust @ np.cross(now, moved))
        rotation = rotation @ cv2.Rodrigues(turn)[0]
    return rotation, trust


def _travel(now: Array, before: Array, weight: Array) -> Array:
    normals = np.cross(now, before)
    travel: Array = np.linalg.eigh((normals * weight[:, None]).T @ normals)[1][:, 0]
    return travel


def _crossed(vectors: Array, fixed: Array) -> Array:
    """np.cross(vectors, fixed), faster."""
    x, y, z = fixed
    crossed: Array = vectors @ np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return crossed


def _spread(off: Array, weight: Array) -> float:
    order = np.argsort(abs(off))
    share = np.cumsum(weight[order])
    middle = order[np.searchsorted(share, share[-1] / 2)]
    return max(1.4826 * float(abs(off[middle])), 1e-6)


def _robust(off: Array, spread: float) -> Array:
    return 1 / (1 + (off / (2 * spread)) ** 2) ** 2


def _solve(normal: Array, right: Array) -> Array:
    damping = 1e-9 * np.trace(normal) + 1e-30
    solution: Array = np.linalg.solve(normal + damping * np.eye(3), right)
    return solution
