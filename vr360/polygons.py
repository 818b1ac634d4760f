"""Polygons of great circles. Angles are radians.

Source: signed angles at a point on the sphere by Van Oosterom and Strackee, "The solid angle of a
plane triangle" (1983), whose sum winds once about what lies inside of a polygon.
"""

from __future__ import annotations

import numpy as np

from vr360.geometry import HALF_TURN, Array


def in_polygon(directions: Array, corners: Array) -> Array:
    """How deep directions lie in a polygon of great circles, on its smaller side.

    Args:
        directions: (N, 3).
        corners: (M, 3) unit vectors, M at least 3, in either sense.
    """
    after = np.roll(corners, -1, axis=0)
    sense = np.sign(np.sum(np.cross(corners, after).sum(0) * corners.sum(0)))
    winding, distance = np.zeros(len(directions)), np.full(len(directions), np.inf)
    for first, second in zip(corners, after, strict=True):
        winding += _angle_at(directions, first, second)
        distance = np.minimum(distance, _from_arc(directions, first, second))
    return np.where(winding * sense > HALF_TURN, distance, -distance)


def _angle_at(directions: Array, first: Array, second: Array) -> Array:
    """The signed angle under which two points are seen from each direction, along the sphere."""
    turn = directions @ np.cross(first, second)
    along = first @ second - (directions @ first) * (directions @ second)
    return np.arctan2(turn, along)


def _from_arc(directions: Array, first: Array, second: Array) -> Array:
    """Angles from directions to the great-circle arc between two points."""
    normal = np.cross(first, second)
    normal /= max(float(np.linalg.norm(normal)), 1e-12)
    across = directions @ normal
    beside = (directions @ np.cross(normal, first) >= 0) & (
        directions @ np.cross(second, normal) >= 0
    )
    ends = np.minimum(angle_between(directions, first), angle_between(directions, second))
    return np.where(beside, np.abs(np.arcsin(np.clip(across, -1, 1))), ends)


def angle_between(directions: Array, other: Array) -> Array:
    """Angles from directions (N, 3) to one (3,); exact near 0 too."""
    across = np.linalg.norm(np.cross(directions, other), axis=1)
    return np.asarray(np.arctan2(across, directions @ other))
