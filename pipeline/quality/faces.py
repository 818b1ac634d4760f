"""How visible the edges of a cube's faces are."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.views import sample
from vr360.frame import Rgb, peak_of
from vr360.geometry import FULL_TURN

BESIDE = 8  # steps on each side of an edge that it is compared with


def face_edge_gradient(rgb: Rgb) -> float:
    """Mean step across the twelve edges of the cube over the mean step beside them.

    1.0: an edge is a place like any other. Steps are one pixel of the equator long and lie on
    great circles across the edge; places along an edge are evenly spaced on the sphere, so that
    equal lengths weigh equally. Divide by the same figure of the source.

    Args:
        rgb: (H, W, 3), one equirect eye.
    """
    peak = peak_of(rgb)
    values = sample(rgb, _across_edges(rgb.shape[1])) / peak  # (edges, 2 BESIDE + 2, 3)
    steps = np.abs(np.diff(values, axis=1)).mean(axis=(0, 2))
    beside = float(np.delete(steps, BESIDE).mean())
    across = float(steps[BESIDE])
    return across / beside if beside > 0 else (1.0 if across == 0 else float("inf"))


@lru_cache(maxsize=2)
def _across_edges(width: int) -> NDArray[np.float32]:
    """Directions (N, 2 BESIDE + 2, 3): each row a short path across an edge, its middle on it."""
    step = FULL_TURN / width
    offset = (np.arange(2 * BESIDE + 2) - BESIDE - 0.5) * step
    paths = []
    for on, normal in _edges(max(8, width // 8)):
        paths.append(
            np.cos(offset)[None, :, None] * on[:, None] + np.sin(offset)[None, :, None] * normal
        )
    return np.concatenate(paths).astype(np.float32)


def _edges(count: int) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """For each of the twelve edges, points (count, 3) on it and the normal (3,) of its plane."""
    reach = np.arcsin(1 / np.sqrt(3))
    along = ((np.arange(count) + 0.5) / count * 2 - 1) * reach
    edges = []
    for axis, (a, b) in product(range(3), product((-1.0, 1.0), repeat=2)):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        middle, normal, end = np.zeros(3), np.zeros(3), np.zeros(3)
        middle[[first, second]] = a, b
        normal[[first, second]] = a, -b
        end[axis] = 1
        middle, normal = middle / np.sqrt(2), normal / np.sqrt(2)
        edges.append((np.cos(along)[:, None] * middle + np.sin(along)[:, None] * end, normal))
    return edges
