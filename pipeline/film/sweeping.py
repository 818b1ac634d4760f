"""Wipes and irises: how much of the next scene shows in each direction.

Both are measured by angles from a direction, not by pixels: no seam, and no step at a pole.
"""

from __future__ import annotations

import numpy as np

from pipeline.film.script import Change, Transition
from pipeline.looks.masks import Floats, edge
from vr360.geometry import (
    FULL_TURN,
    HALF_TURN,
    QUARTER_TURN,
    Array,
    equirect_directions,
    lonlat_to_xyz,
    xyz_to_lonlat,
)
from vr360.polygons import angle_between


class Sweep:
    """The share of the next scene over the sphere.

    Args:
        height, width: of an eye.
        transition: a wipe, whose edges run to both sides from its yaw until they meet behind, or an
            iris, which opens about its direction.
    """

    def __init__(self, height: int, width: int, transition: Transition) -> None:
        self._shape = height, width
        self._wipes = transition.kind is Change.WIPE
        self._feather = max(transition.feather, HALF_TURN / height)
        directions = equirect_directions(height, width).reshape(-1, 3)
        self._lat, self._away = _from(directions, transition, self._wipes)

    def __call__(self, progress: float) -> Floats:
        """(H, W) in 0..1 at a share of the way; 0 everywhere at 0, 1 everywhere at 1."""
        radius = progress * HALF_TURN
        depth = self._lune(radius) if self._wipes else radius - self._away
        # the edge itself moves by its own width, so that nothing of it is left at either end
        depth = depth + (2 * progress - 1) * self._feather / 2
        return edge(depth, self._feather).reshape(self._shape)

    def _lune(self, radius: float) -> Array:
        """How deep directions lie between two meridians, as the angle to the nearer of them."""
        beside = radius - self._away
        across = np.sin(np.minimum(np.abs(beside), QUARTER_TURN))
        return np.asarray(np.sign(beside) * np.arcsin(np.cos(self._lat) * across))


def _from(directions: Array, transition: Transition, wipes: bool) -> tuple[Array, Array]:
    """Latitudes, and how far directions are away: around the vertical, or along the sphere."""
    lon, lat = xyz_to_lonlat(directions)
    if not wipes:
        return lat, angle_between(directions, lonlat_to_xyz(transition.yaw, transition.pitch))
    turned = (lon - transition.yaw + HALF_TURN) % FULL_TURN - HALF_TURN
    return lat, np.abs(turned)
