"""Egomotion: the rotation and direction of translation of the camera between two pictures.

For a point in direction d that was in direction p: p ~ R (d + T / distance). Whatever its distance,
R^T p lies in the plane of d and T (the epipolar constraint), so R and the direction of T are found
without any distance. What moves by itself is an outlier; estimation is robust.
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
    """Rotation and translation by iteratively reweighted least squares.

    First the rotation alone. Then two linear problems alternate: the translation most nearly
    perpendicular to all d x R^T p, and the small rotation that brings the points to their great
    circles (epipolar lines). Weights are those of Geman and McClure's robust estimator.

    Args:
        now, before: (N, 3) unit vectors of the same points in both pictures.
        weight: (N,) area and confidence of each point, not negative.

    Returns:
        The motion; without any travel, `travel` is arbitrary and `rotation` still right.
    """
    now, before = now.T.copy(), before.T.copy()  # (3, N): a coordinate's numbers side by side
    rotation, robust = _rotation_alone(now, before, weight, rounds)
    travel, spread = _travel(now, rotation.T @ before, robust), 0.0
    for _ in range(rounds):
        turned = rotation.T @ before
        along = travel @ now
        level = np.maximum(np.sqrt(np.maximum(1 - along**2, 0)), 1e-3)
        across = _cross(now, travel) / level  # perpendicular to the great circles
        off = _dot(across, turned)
        spread = _spread(off, weight)
        robust = weight * _geman_mcclure(off, spread)
        axes = (now * along - travel[:, None]) / level  # now x across
        turn = _solve((axes * robust) @ axes.T, (axes * robust) @ off)
        rotation = rotation @ cv2.Rodrigues(turn)[0]
        robust = robust / np.maximum(level, 0.1) ** 2
        travel = _travel(now, rotation.T @ before, robust)
    if travel @ ((rotation.T @ before - now) @ weight) < 0:
        travel = -travel
    return CameraMotion(rotation, travel, spread)


def _rotation_alone(now: Array, before: Array, weight: Array, rounds: int) -> tuple[Array, Array]:
    """The rotation (3, 3) that most points follow, and the robust weight (N,) of each."""
    rotation, robust = np.eye(3), weight
    for _ in range(rounds):
        moved = rotation.T @ before - now
        length = np.sqrt(_dot(moved, moved))
        robust = weight * _geman_mcclure(length, _spread(length, weight))
        normal = robust.sum() * np.eye(3) - (now * robust) @ now.T
        turn = _solve(normal, _cross(now, moved) @ robust)
        rotation = rotation @ cv2.Rodrigues(turn)[0]
    return rotation, robust


def _travel(now: Array, before: Array, weight: Array) -> Array:
    """(3,) the eigenvector of least eigenvalue of the normals d x R^T p: perpendicular to them."""
    normals = _cross(now, before)
    travel: Array = np.linalg.eigh((normals * weight) @ normals.T)[1][:, 0]
    return travel


def _cross(a: Array, b: Array) -> Array:
    """(3, N) x (3, N) or (3,); numpy's own takes ten times as long."""
    crossed = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    return np.stack(crossed)


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(a * b, axis=0))


def _spread(off: Array, weight: Array) -> float:
    """Robust standard deviation: 1.4826 times the weighted median of |off|."""
    order = np.argsort(abs(off))
    share = np.cumsum(weight[order])
    middle = order[np.searchsorted(share, share[-1] / 2)]
    return max(1.4826 * float(abs(off[middle])), 1e-6)


def _geman_mcclure(off: Array, spread: float) -> Array:
    """Weights 1 / (1 + (off / 2 spread)^2)^2 of the residuals."""
    return 1 / (1 + (off / (2 * spread)) ** 2) ** 2


def _solve(normal: Array, right: Array) -> Array:
    damping = 1e-9 * np.trace(normal) + 1e-30
    solution: Array = np.linalg.solve(normal + damping * np.eye(3), right)
    return solution
