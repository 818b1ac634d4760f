"""The ground: hills, a lake basin and mountains as two height maps, and rays that hit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN

from .noise import Floats, band_noise, f32, remap, smoothstep

NEAR_CELL, NEAR_SIZE = 0.5, 1024  # +-256 m
FAR_CELL, FAR_SIZE = 10.0, 1280  # +-6.4 km
OCTAVE = 16  # texels per bump of the noise tile
STRIDE = 0.6  # share of the height over ground that a ray may walk: no slope is above 1.3
LEAST = 0.004  # a ray's shortest step as a share of its length

_tiles = [band_noise(1024, 1024 / OCTAVE, seed) for seed in (1, 2)]


def wave(x: Floats, z: Floats, length: float, tile: int = 0) -> Floats:
    """Noise of one octave with bumps `length` metres long, deviation 1."""
    size = _tiles[tile].shape[0]
    u, v = (np.asarray(a * (OCTAVE / length), np.float32) for a in (x, z))
    u, v = (a - np.floor(a / size) * size for a in (u, v))
    table = np.pad(_tiles[tile], (0, 1), "wrap")
    return remap(table, u.ravel(), v.ravel()).reshape(x.shape)


def fbm(x: Floats, z: Floats, length: float, octaves: int, gain: float = 0.5) -> Floats:
    total = np.zeros(x.shape, np.float32)
    amplitude = 1.0
    for octave in range(octaves):
        total += amplitude * wave(x + 37 * octave, z - 91 * octave, length, octave % 2)
        length, amplitude = length * 0.47, amplitude * gain
    return total


def ridges(x: Floats, z: Floats, length: float, octaves: int) -> Floats:
    """Sharp-crested noise, about 0..1; the detail gathers on the heights, as on mountains."""
    total = np.zeros(x.shape, np.float32)
    weight = np.ones(x.shape, np.float32)
    amplitude = 0.5
    for octave in range(octaves):
        fold = np.abs(wave(x + 53 * octave, z + 17 * octave, length, octave % 2))
        crest = (1 - np.minimum(np.sqrt(fold * fold + 0.02) / 1.9, 1)) ** 2
        total += amplitude * weight * crest
        weight = np.clip(crest * 1.5, 0, 1)
        length, amplitude = length * 0.49, amplitude * 0.44
    return total


def lake(x: Floats, z: Floats) -> Floats:
    """Above 0 inside the lake, about 1 in its middle."""
    bays = 0.10 * wave(x, z, 170.0) + 0.05 * wave(x, z, 60.0, 1)
    bays = bays * smoothstep(30, 160, np.hypot(x, z))
    return f32(1 - np.hypot((x - 20) / 640, (z + 330) / 296) + bays)


def ground(x: Floats, z: Floats) -> Floats:
    """Height in metres above the lake's surface."""
    r = np.hypot(x, z)
    ahead = -z / np.maximum(r, 1)  # 1 forward, -1 behind
    meadow = 3.2 + 0.7 * wave(x, z, 48.0) + 0.10 * wave(x, z, 7.0, 1) + 0.02 * wave(x, z, 1.9)
    rise = smoothstep(40, 420, r)
    hills = rise * (26 + 17 * fbm(x, z, 260.0, 4, 0.42)) + smoothstep(350, 1500, r) * 55
    hills += smoothstep(50, 260, r) * 5.0 * fbm(x, z, 75.0, 3)
    hills += smoothstep(90, 420, r) * smoothstep(-0.2, -0.9, ahead) * 45
    bend = 160 * wave(x, z, 900.0), 160 * wave(x, z, 900.0, 1)
    peaks = ridges(x + bend[0], z + bend[1], 3000.0, 6)
    reach = smoothstep(620, 2300, r) * (0.55 + 0.45 * smoothstep(-0.5, 0.7, ahead))
    mountains = reach * 4300 * np.maximum(peaks - 0.10, 0) ** 1.2
    land = meadow + hills + mountains
    basin = lake(x, z)
    wet = smoothstep(-0.10, 0.045, basin)
    return f32(land * (1 - wet) + (-9.0 * np.maximum(basin, -0.02) - 0.25) * wet)


def slope_limited(height: Floats, cell: float, steepest: float) -> Floats:
    """The highest land under `height` that is nowhere steeper: scree below every cliff."""
    height = height.copy()
    for jump in (32, 16, 8, 4, 2, 1, 1):
        for dx, dz in ((1, 0), (0, 1), (1, 1), (1, -1)):
            for sign in (-1, 1):
                shift = (sign * dz * jump, sign * dx * jump)
                fall = f32(steepest * cell * jump * np.hypot(dx, dz))
                np.minimum(height, np.roll(height, shift, (0, 1)) + fall, out=height)
    return height


@dataclass(frozen=True)
class Grid:
    """A square height map centred on the world's origin; `cell` metres a texel."""

    height: Floats
    cell: float

    @property
    def reach(self) -> float:
        return float((self.height.shape[0] / 2 - 2) * self.cell)

    def position(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        half = self.height.shape[0] / 2
        return x / self.cell + half, z / self.cell + half

    def sample(self, layer: Floats, x: Floats, z: Floats) -> Floats:
        return remap(layer, *self.position(x, z))


def build_grid(cell: float, size: int) -> Grid:
    axis = ((np.arange(size) - size / 2) * cell).astype(np.float32)
    x, z = np.meshgrid(axis, axis)
    return Grid(ground(x, z).astype(np.float32), cell)


def build_grids() -> tuple[Grid, Grid]:
    """The near and the far grid; the near one runs into the far one at its border."""
    near, far = build_grid(NEAR_CELL, NEAR_SIZE), build_grid(FAR_CELL, FAR_SIZE)
    far = Grid(slope_limited(far.height, FAR_CELL, 1.3), FAR_CELL)
    axis = ((np.arange(NEAR_SIZE) - NEAR_SIZE / 2) * NEAR_CELL).astype(np.float32)
    x, z = np.meshgrid(axis, axis)
    coarse = far.sample(far.height, x.ravel(), z.ravel()).reshape(x.shape)
    mix = smoothstep(near.reach * 0.8, near.reach * 0.99, np.maximum(abs(x), abs(z)))
    return Grid((near.height * (1 - mix) + coarse * mix).astype(np.float32), NEAR_CELL), far


def slopes(grid: Grid) -> Floats:
    """(S, S, 3) unit normals of the land."""
    dx = cv2.Sobel(grid.height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8 / grid.cell)
    dz = cv2.Sobel(grid.height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8 / grid.cell)
    normal = np.stack([-dx, np.ones_like(dx), -dz], -1)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float32)


def cast_shadow(grid: Grid, sun: Floats, reach: float) -> Floats:
    """(S, S) share of the sun that reaches each texel past the land towards it."""
    height = np.maximum(grid.height, 0)
    lit = np.ones_like(height)
    step = grid.cell * 1.5
    distance = step
    while distance < reach:
        shift = f32([[1, 0, sun[0] * distance / grid.cell], [0, 1, sun[2] * distance / grid.cell]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = height.shape[::-1]
        moved = cv2.warpAffine(height, shift, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        over = moved - height - sun[1] * distance
        lit = np.minimum(lit, np.clip(0.5 - over / (0.05 * distance + 0.2), 0, 1))
        distance += max(step, 0.08 * distance)
    return cv2.GaussianBlur(lit, (0, 0), 1.0)


class Terrain:
    """Height maps and the rays that hit them. Water lies flat at height 0."""

    def __init__(self, sun: Floats) -> None:
        self.near, self.far = build_grids()
        self.normals = [slopes(g) for g in (self.near, self.far)]
        self.light = [cast_shadow(self.near, sun, 300.0), cast_shadow(self.far, sun, 4000.0)]
        self._surface = [np.maximum(g.height, 0) for g in (self.near, self.far)]
        self.top = float(self.far.height.max())

    def is_near(self, x: Floats, z: Floats) -> Any:
        return np.maximum(abs(x), abs(z)) < self.near.reach

    def layer(self, layers: list[Floats], x: Floats, z: Floats) -> Floats:
        """Samples (N[, C]) of a pair of layers, near and far."""
        near = self.is_near(x, z)
        out = np.empty((x.size, *layers[0].shape[2:]), np.float32)
        for grid, layer, here in ((self.near, layers[0], near), (self.far, layers[1], ~near)):
            out[here] = grid.sample(layer, x[here], z[here])
        return out

    def height(self, x: Floats, z: Floats) -> Floats:
        """Height (N,) of the land, below 0 under the lake."""
        return self.layer([self.near.height, self.far.height], x, z)

    def horizon(self, origin: Floats, bins: int = 1440) -> Floats:
        """(bins,) tangent of the highest land in each azimuth, with a margin."""
        azimuth = ((np.arange(bins) + 0.5) / bins - 0.5) * FULL_TURN
        far = np.arange(160.0, self.far.reach * 1.4, 0.9 * self.far.cell)
        r = np.concatenate([np.geomspace(0.5, 155, 120), far]).astype(np.float32)
        x = (origin[0] + np.sin(azimuth)[:, None] * r).astype(np.float32)
        z = (origin[2] - np.cos(azimuth)[:, None] * r).astype(np.float32)
        tangent = (self.height(x.ravel(), z.ravel()).reshape(x.shape) - origin[1]) / r
        top = tangent.max(1)
        return f32(np.maximum.reduce([np.roll(top, s) for s in (-2, -1, 0, 1, 2)]) + 0.012)

    def trace(self, origin: Floats, direction: Floats, start: Floats) -> Floats:
        """Distance (N,) to the land or the water along unit rays, inf where there is none.

        Args: origin (N, 3) or (1, 3), direction (N, 3), start (N,) distance to begin at.
        """
        rays = np.concatenate([np.broadcast_to(origin, direction.shape).T, direction.T])
        hit = np.full(start.shape, np.inf, np.float32)
        alive = np.arange(start.size)
        t = start.astype(np.float32)
        for grid, surface in zip((self.near, self.far), self._surface, strict=True):
            met, above, below, alive, t = _march(grid, surface, rays, alive, t)
            hit[met] = _bisect(grid, surface, rays[:, met], above, below)
        return hit


def _march(
    grid: Grid, surface: Floats, rays: Floats, alive: NDArray[Any], t: Floats
) -> tuple[NDArray[Any], Floats, Floats, NDArray[Any], Floats]:
    """Walk the rays `alive` of (6, N) over one grid, from `t` on.

    Returns: those that went under the surface with a distance above and one below it, then those
        that left the grid with where they did.
    """
    top = float(surface.max())
    met: list[tuple[NDArray[Any], Floats, Floats]] = [(alive[:0], t[:0], t[:0])]
    left: list[tuple[NDArray[Any], Floats]] = [(alive[:0], t[:0])]
    ray, last = rays[:, alive], t
    while alive.size:
        x, y, z = ray[:3] + t * ray[3:]
        gap = y - grid.sample(surface, x, z)
        outside = (np.maximum(abs(x), abs(z)) > grid.reach) | ((y > top) & (ray[4] > 0))
        under = (gap < 0) & ~outside
        met.append((alive[under], last[under], t[under]))
        left.append((alive[outside], t[outside]))
        go = ~(under | outside)
        last = t[go]
        t = last + np.maximum(gap[go] * STRIDE, last * LEAST + 0.02)
        if not go.all():
            alive, ray = alive[go], ray[:, go]
    under_parts, left_parts = zip(*met, strict=True), zip(*left, strict=True)
    first, above, below = (np.concatenate(part) for part in under_parts)
    gone, where = (np.concatenate(part) for part in left_parts)
    return first, above, below, gone, where


def _bisect(grid: Grid, surface: Floats, rays: Floats, above: Floats, below: Floats) -> Floats:
    """Distance (N,) of the surface between one above and one below it, to a 500th of their gap."""
    for _ in range(9):
        middle = (above + below) / 2
        x, y, z = rays[:3] + middle * rays[3:]
        over = y > grid.sample(surface, x, z)
        above, below = np.where(over, middle, above), np.where(over, below, middle)
    return (above + below) / 2
