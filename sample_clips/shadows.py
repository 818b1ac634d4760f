"""The shade of the trees on the ground, painted once."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Floats, f32
from .patches import Patches
from .sky import SUN
from .terrain import NEAR_CELL, NEAR_SIZE, Terrain
from .textures import CONIFER, TUFT, Atlas


def tree_shadow(terrain: Terrain, trees: Patches, atlas: Atlas) -> Floats:
    """(NEAR_SIZE, NEAR_SIZE) share of sunlight that the trees leave on the near ground."""
    cards = (trees.layer >= CONIFER) & (trees.layer < TUFT)
    leaves = (trees.layer < CONIFER) | (trees.layer >= TUFT + 4)
    close = np.abs(trees.corner[:, [0, 2]]).max(1) < terrain.near.reach
    dark = np.zeros((NEAR_SIZE, NEAR_SIZE), np.float32)
    for chosen, grid in ((cards, 48), (leaves, 10)):
        pick = np.flatnonzero(chosen & close)
        _splat(dark, terrain, trees, atlas, pick, grid, turn=chosen is cards)
    soft = 0.6 * cv2.GaussianBlur(dark, (0, 0), 0.8) + 0.4 * cv2.GaussianBlur(dark, (0, 0), 2.2)
    return np.asarray(0.10 + 0.90 * np.exp(-2.6 * soft), np.float32)


def _splat(
    dark: Floats,
    terrain: Terrain,
    trees: Patches,
    atlas: Atlas,
    pick: NDArray[np.int64],
    grid: int,
    turn: bool,
) -> None:
    """Add the covered area of each piece, per texel, where the sun throws it."""
    axis = ((np.arange(grid) + 0.5) / grid).astype(np.float32)
    u, v = (a.ravel() for a in np.meshgrid(axis, axis))
    side, rise = trees.side[pick], trees.rise[pick]
    corner = trees.corner[pick]
    if turn:  # a flat card stands for a round tree: show its full width to the sun
        middle = corner + side / 2
        across = f32([-SUN[2], 0, SUN[0]]) / np.hypot(SUN[0], SUN[2])
        side = across * np.linalg.norm(side, axis=1)[:, None]
        corner = middle - side / 2
    full = atlas.is_solid(trees.layer[pick][:, None], u, v, np.ones_like(u))
    area = np.linalg.norm(side, axis=1) * np.linalg.norm(rise, axis=1) / (u.size * NEAR_CELL**2)
    points = corner[:, None] + u[:, None] * side[:, None] + v[:, None] * rise[:, None]
    weight = np.broadcast_to(area[:, None], full.shape)[full]
    x, y, z = (points[..., k][full] for k in range(3))
    fall = y - terrain.height(x, z)
    for _ in range(3):  # to the slope that the shade falls on
        gx, gz = x - SUN[0] / SUN[1] * fall, z - SUN[2] / SUN[1] * fall
        fall = y - np.maximum(terrain.height(gx, gz), 0)
    ix, iz = (np.round(a).astype(int) for a in terrain.near.position(gx, gz))
    inside = (ix >= 0) & (iz >= 0) & (ix < NEAR_SIZE) & (iz < NEAR_SIZE)
    np.add.at(dark, (iz[inside], ix[inside]), weight[inside])
