"""Where trees and tufts stand, and what they are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN

from .camera import WALK_REACH
from .noise import Floats, f32, normalise
from .patches import Patches, join, solid
from .terrain import Terrain, lake, wave
from .textures import BARK, BROADLEAF, CONIFER, LEAVES, TUFT

GREEN = f32([0.088, 0.145, 0.030])
PINE = f32([0.045, 0.085, 0.040])


def cards(
    foot: Floats, width: Floats, height: Floats, facing: Floats, layer: NDArray[Any], albedo: Floats
) -> Patches:
    """Upright pictures (P,) that stand on `foot` and look along `facing` (P, 3), level."""
    right = np.stack([-facing[:, 2], 0 * facing[:, 0], facing[:, 0]], 1)
    side = right * width[:, None]
    rise = f32([0, 1, 0]) * height[:, None]
    count = len(foot)
    plain = solid(foot - side / 2, side, rise, albedo)
    # normals fan out as on a round crown, so that flat pictures take light like solid trees
    up = f32([0, 1, 0])
    return replace(
        plain,
        layer=layer,
        normal=(facing * 0.75 - right - 0.1 * up).astype(np.float32),
        normal_u=(2 * right).astype(np.float32),
        normal_v=np.broadcast_to(up * f32(1.1), (count, 3)).copy(),
        leafy=np.ones(count, np.float32),
    )


def leafy_tree(rng: np.random.Generator, foot: Floats, height: float, albedo: Floats) -> Patches:
    """A tree of leaf-bearing cards around a trunk, to stand near the camera."""
    centre = foot + f32([0, height * 0.64, 0])
    count = 230
    out = normalise(rng.standard_normal((count, 3)))
    shell = rng.random(count) ** 0.45
    lumps = 1 + 0.22 * np.sin(out @ f32([3.1, 4.3, 2.2]) * 2.1 + foot[0])
    size = f32([height * 0.36, height * 0.36, height * 0.36])
    middle = centre + out * (shell * lumps)[:, None] * size
    span = height * rng.uniform(0.15, 0.22, count)
    a = normalise(rng.standard_normal((count, 3)))
    b = normalise(np.cross(a, normalise(rng.standard_normal((count, 3)))))
    side, rise = a * span[:, None], b * span[:, None]
    leaves = solid(middle - (side + rise) / 2, side, rise, albedo)
    low = 0.72 + 0.28 * np.clip((middle[:, 1] - foot[1]) / height, 0, 1)
    shade = (low * (0.45 + 0.55 * shell) * rng.uniform(0.85, 1.15, count))[:, None]
    leaves = replace(
        leaves,
        layer=LEAVES + rng.integers(3, size=count),
        albedo=(albedo * shade).astype(np.float32),
        normal=(out + 0.35 * rng.standard_normal((count, 3))).astype(np.float32),
        leafy=np.ones(count, np.float32),
    )
    return join([leaves, *_trunk(rng, foot, height)])


def _trunk(rng: np.random.Generator, foot: Floats, height: float) -> list[Patches]:
    brown = f32([0.12, 0.085, 0.06])
    ring = np.arange(6) / 6 * FULL_TURN
    radius = height * 0.028
    corner = np.stack([np.cos(ring), 0 * ring, np.sin(ring)], 1) * radius
    side = np.roll(corner, -1, 0) - corner
    rise = np.tile(f32([0, height * 0.62, 0]), (6, 1))
    stem = solid(foot + corner - f32([0, 0.3, 0]), side, rise, brown)
    out = normalise(corner.astype(np.float32))
    nextout = np.roll(out, -1, 0)
    stem = replace(stem, normal=out, normal_u=nextout - out, layer=np.full(6, BARK))
    limbs = []
    for _ in range(7):
        turn, start = rng.random() * FULL_TURN, rng.uniform(0.3, 0.55) * height
        reach = f32([np.cos(turn), rng.uniform(0.5, 1.0), np.sin(turn)]) * height * 0.28
        wide = normalise(np.cross(reach, [0, 1, 0])) * f32(height * 0.016)
        at = foot + f32([0, start, 0]) - wide / 2
        limbs.append(solid(at, wide, reach, brown))
    return [stem, *limbs]


def plant(terrain: Terrain) -> tuple[Patches, Patches]:
    """The trees, and what is low: tufts of grass, reeds and stones."""
    rng = np.random.default_rng(2024)
    trees = join([*_near_trees(rng, terrain), _forest(rng, terrain)])
    return trees, join([_tufts(rng, terrain), _reeds(rng, terrain), *_boulders(rng, terrain)])


NEAR_TREES = [  # x, z, height: framing the lake, shading the path behind
    (-13.0, -12.5, 10.5),
    (-29.0, -16.0, 9.5),
    (21.0, -9.5, 8.5),
    (33.0, -20.0, 10.0),
    (22.0, 15.0, 12.5),
    (-19.0, 15.0, 9.5),
    (1.0, 19.0, 8.0),
    (-8.0, 31.0, 11.0),
    (38.0, 2.0, 8.0),
]


def _near_trees(rng: np.random.Generator, terrain: Terrain) -> list[Patches]:
    trees = []
    for number, (x, z, height) in enumerate(NEAR_TREES):
        y = terrain.height(f32([x]), f32([z]))[0]
        tint = f32([1 + 0.9 * (number % 3 == 1), 1.0, 1.0]) * (0.9 + 0.1 * (number % 2))
        trees.append(leafy_tree(rng, f32([x, y - 0.1, z]), height, GREEN * tint))
    return trees


def _scatter(
    rng: np.random.Generator, count: int, least: float, most: float
) -> tuple[Floats, Floats]:
    """Places spread evenly over the logarithm of the distance from the meadow."""
    r = np.exp(rng.uniform(np.log(least), np.log(most), count))
    turn = rng.random(count) * FULL_TURN
    return (r * np.sin(turn)).astype(np.float32), (-r * np.cos(turn)).astype(np.float32)


def _forest(rng: np.random.Generator, terrain: Terrain) -> Patches:
    x, z = _scatter(rng, 15000, 48.0, 1500.0)
    y = terrain.height(x, z)
    steep = terrain.layer(terrain.normals, x, z)[:, 1]
    groves = wave(x, z, 130.0) + 0.5 * wave(x, z, 40.0, 1)
    wanted = (y > 1.2) & (y < 210) & (steep > 0.76) & (groves > 0.35) & (lake(x, z) < -0.02)
    x, y, z = x[wanted], y[wanted], z[wanted]
    count = x.size
    pine = wave(x, z, 210.0, 1) + 0.6 * rng.standard_normal(count) + y / 60 > 0.5
    height = np.where(pine, rng.uniform(10, 19, count), rng.uniform(7, 13, count))
    height *= np.clip(np.hypot(x, z) / 90, 0.75, 1.15)
    width = np.where(pine, 0.62, 1.0) * height
    layer = np.where(pine, CONIFER, BROADLEAF) + rng.integers(4, size=count)
    tint = 1 + np.c_[0.55 * rng.random(count) ** 2, 0.2 * rng.random(count), 0 * x] - 0.1
    albedo = np.where(pine[:, None], PINE, 0.72 * GREEN) * tint
    facing = normalise(np.stack([-x, 0 * x, -z], 1))  # to the meadow where the camera walks
    foot = np.stack([x, y - 0.25, z], 1).astype(np.float32)
    width, height, albedo = (f32(a) for a in (width, height, albedo))
    return cards(foot, width, height, facing, layer, albedo)


def _tufts(rng: np.random.Generator, terrain: Terrain) -> Patches:
    x, z = _scatter(rng, 11000, 2.5, 30.0)
    x, z = x * 1.5 + 2, z - 1
    y = terrain.height(x, z)
    wanted = (y > 0.35) & (wave(x, z, 9.0) + 0.6 * rng.standard_normal(x.size) > 0.25)
    x, y, z = x[wanted], y[wanted], z[wanted]
    count = x.size
    turn = rng.random(count) * FULL_TURN / 2
    facing = np.stack([np.sin(turn), 0 * turn, np.cos(turn)], 1).astype(np.float32)
    height = rng.uniform(0.16, 0.42, count).astype(np.float32)
    layer = TUFT + rng.integers(4, size=count)
    layer[(layer == TUFT + 3) & (wave(x, z, 14.0, 1) < 0.1)] = TUFT
    tint = rng.uniform(0.8, 1.2, (count, 1)) * [1.0, 1.0, 0.8]
    albedo = (f32([0.078, 0.132, 0.030]) * tint).astype(np.float32)
    foot = np.stack([x, y - 0.03, z], 1).astype(np.float32)
    tufts = cards(foot, height * 1.5, height, facing, layer, albedo)
    up = np.tile(f32([0, 1, 0]), (count, 1))  # lit like the lawn they grow from
    return replace(tufts, normal=up, normal_u=0 * up, normal_v=0 * up)


def _reeds(rng: np.random.Generator, terrain: Terrain) -> Patches:
    x, z = _scatter(rng, 30000, 16.0, 110.0)
    y = terrain.height(x, z)
    wanted = (y > -0.22) & (y < 0.4) & (wave(x, z, 11.0) > 0.1)
    x, y, z = x[wanted], y[wanted], z[wanted]
    count = x.size
    facing = normalise(np.stack([-x, 0 * x, -z], 1))
    height = rng.uniform(0.5, 1.15, count).astype(np.float32)
    tint = rng.uniform(0.7, 1.2, (count, 1)) * [1.1, 0.95, 0.7]
    albedo = (f32([0.11, 0.15, 0.045]) * tint).astype(np.float32)
    foot = np.stack([x, y - 0.05, z], 1).astype(np.float32)
    return cards(foot, height * 0.8, height, facing, TUFT + rng.integers(3, size=count), albedo)


BOULDERS = [  # x, z, radius
    (-5.5, -9.5, 0.75), (-6.7, -9.0, 0.4), (14.5, -6.5, 0.9), (15.8, -7.4, 0.5), (4.0, 8.5, 0.6),
    (-15.5, 3.0, 1.1), (-14.2, 4.1, 0.5), (11.0, 10.5, 0.8), (17.0, -27.5, 1.0), (-3.0, -25.5, 0.8),
]  # fmt: skip


def _boulders(rng: np.random.Generator, terrain: Terrain) -> list[Patches]:
    return [_boulder(rng, terrain, *place) for place in BOULDERS]


def _boulder(rng: np.random.Generator, terrain: Terrain, x: float, z: float, r: float) -> Patches:
    """A round stone: a sphere of 14 x 9 faces, pushed about by a few waves."""
    turn = np.arange(15) / 14 * FULL_TURN
    tilt = np.arange(10)[:, None] / 9 * FULL_TURN / 2
    out = np.stack(
        np.broadcast_arrays(np.sin(tilt) * np.cos(turn), np.cos(tilt), np.sin(tilt) * np.sin(turn)),
        -1,
    )
    waves = [np.sin(out @ rng.normal(0, 2.3, 3) + rng.random() * 6) for _ in range(5)]
    y = float(terrain.height(f32([x]), f32([z]))[0])
    wide = np.array([1.15, 0.72, 1.0]) * r
    points = f32(out * (1 + 0.09 * np.sum(waves, 0))[..., None] * wide + [x, y + 0.15 * r, z])
    normals = normalise(f32(out / wide))
    a, b, c, d = (slice(None, -1), slice(None, -1)), (slice(None, -1), slice(1, None)), (
        slice(1, None), slice(None, -1)), (slice(1, None), slice(1, None))  # fmt: skip
    grey = f32([0.135, 0.125, 0.115])
    stones = []
    for first, second, third in ((a, b, c), (d, c, b)):
        p, q, s = (points[k].reshape(-1, 3) for k in (first, second, third))
        n, m, o = (normals[k].reshape(-1, 3) for k in (first, second, third))
        stone = solid(p, q - p, s - p, grey, triangle=True)
        flat = np.full(len(p), BARK)
        stones.append(replace(stone, normal=n, normal_u=m - n, normal_v=o - n, layer=flat))
    return join(stones)


assert WALK_REACH < 15, "near trees stand beyond the walk"
