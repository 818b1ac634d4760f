"""The sky: a gradient, the sun and clouds, painted once onto a map of the upper half sphere."""

from __future__ import annotations

import numpy as np

from vr360.geometry import FULL_TURN, HALF_TURN, lonlat_to_xyz, xyz_to_lonlat

from .noise import Floats, Texture, f32, fractal_noise, normalise, remap, smoothstep

SUN = normalise(f32([-0.74, 0.43, -0.52]))
SUN_COLOUR = f32([1.0, 0.82, 0.58]) * 3.1
WIDTH, HEIGHT = 3072, 768
LOWEST = -0.06  # radians: the map begins a little below the horizon
BASE, TOP = 1100.0, 1750.0  # metres: the layer of clouds


def clear_sky(direction: Floats) -> Floats:
    """Linear light (N, 3) of the cloudless sky, sun's glow included, its disc not."""
    up = np.clip(direction[:, 1], 0, 1)[:, None]
    toward = np.clip(direction @ SUN, -1, 1)[:, None]
    zenith, middle = f32([0.055, 0.16, 0.47]), f32([0.20, 0.43, 0.80])
    haze = f32([0.72, 0.80, 0.88])
    light = middle + (zenith - middle) * smoothstep(0.05, 0.85, up)
    light = light + (haze - light) * np.exp(-up * 6.5)
    warm = f32([1.0, 0.66, 0.34])
    glow = 0.75 * np.exp((toward - 1) * 55) + 0.30 * np.exp((toward - 1) * 7)
    low = np.exp(-up * 5.0) * np.exp((toward - 1) * 1.6)
    return np.asarray(light + warm * (glow + 0.38 * low), np.float32)


class Sky:
    """Light from any direction above the horizon; fixed at infinity, so it only ever rotates."""

    def __init__(self) -> None:
        self._shape = Texture.tiled(fractal_noise(1024, 4, 11, 2.1), 17000.0)
        self._detail = Texture.tiled(fractal_noise(1024, 5, 12, 1.75), 3300.0)
        lon = ((np.arange(WIDTH) + 0.5) / WIDTH - 0.5) * FULL_TURN
        lat = LOWEST + (np.arange(HEIGHT) + 0.5) / HEIGHT * (HALF_TURN / 2 - LOWEST)
        direction = lonlat_to_xyz(lon, lat[:, None]).astype(np.float32).reshape(-1, 3)
        light = np.concatenate([self._paint(part) for part in np.array_split(direction, 24)])
        light = light.reshape(HEIGHT, WIDTH, 3)
        self._map = np.ascontiguousarray(np.pad(light, ((0, 0), (1, 1), (0, 0)), "wrap"))

    def light(self, direction: Floats) -> Floats:
        """Linear light (N, 3) from unit directions (N, 3); below the horizon its lowest row."""
        lon, lat = xyz_to_lonlat(direction)
        x = (lon / (FULL_TURN) + 0.5) * WIDTH + 0.5
        y = (lat - LOWEST) / (HALF_TURN / 2 - LOWEST) * HEIGHT - 0.5
        return remap(self._map, x.astype(np.float32), y.astype(np.float32))

    def _paint(self, direction: Floats) -> Floats:
        light = clear_sky(direction)
        disc = smoothstep(0.99972, 0.99993, direction @ SUN)[:, None]
        light = light + disc * f32([9.0, 7.6, 5.2])
        wisps = self._wisps(direction)[:, None]
        light += (f32([1.0, 0.97, 0.93]) - light) * wisps
        cloud, cover = self._clouds(direction)
        return np.asarray(light * (1 - cover) + cloud, np.float32)

    def _wisps(self, direction: Floats) -> Floats:
        up = np.maximum(direction[:, 1], 0.05)
        x, z = (direction[:, i] / up * 6000 for i in (0, 2))
        streak = self._shape.sample(x * 1.3 + 0.9 * z, z * 2.6 - 1.1 * x, 150.0)
        return f32(0.28 * smoothstep(0.5, 2.3, streak) * smoothstep(0.08, 0.35, direction[:, 1]))

    def _clouds(self, direction: Floats, steps: int = 14) -> tuple[Floats, Floats]:
        """Light (N, 3) and cover (N, 1) of the cumulus layer, marched from below."""
        up = np.maximum(direction[:, 1], 0.035)
        clear = np.ones(up.shape, np.float32)
        light = np.zeros((up.size, 3), np.float32)
        toward = direction @ SUN
        silver = (0.75 + 1.0 * np.exp((toward - 1) * 9))[:, None]
        sun, shade = f32([1.0, 0.86, 0.70]), f32([0.40, 0.47, 0.60])
        for step in range(steps):
            level = (step + 0.5) / steps
            distance = (BASE + level * (TOP - BASE)) / up
            x, z = direction[:, 0] * distance, direction[:, 2] * distance
            footprint = distance * 0.003
            dense = self._density(x, z, level, footprint)
            some = np.flatnonzero(dense > 0)
            x, z, footprint, dense = x[some], z[some], footprint[some], dense[some]
            ahead = self._density(x + SUN[0] * 260, z + SUN[2] * 260, level + 0.22, footprint)
            lit = np.exp(-1.9 * ahead)[:, None]
            colour = (sun * lit * silver[some] * 1.15 + shade * (0.55 + 0.45 * level)).astype("f4")
            length = np.minimum((TOP - BASE) / steps / up[some], 320)
            opaque = 1 - np.exp(-dense * length * 0.012)
            light[some] += (clear[some] * opaque)[:, None] * colour
            clear[some] *= 1 - opaque
        far = np.exp(-BASE / up / 16000)[:, None]
        fade = smoothstep(0.02, 0.09, direction[:, 1])[:, None] * far
        return light * fade, (1 - clear)[:, None] * fade

    def _density(self, x: Floats, z: Floats, level: float, footprint: Floats) -> Floats:
        shape = self._shape.sample(x, z, footprint)
        profile = 1.15 * level**1.2 + 0.55 * max(0.12 - level, 0) / 0.12
        dense = (shape - 0.50 - profile) * 1.5
        some = np.flatnonzero((shape > 0.2) & (dense > -1.3))  # detail adds no more than that
        x, z, footprint = x[some] + 900 * level, z[some] - 700 * level, footprint[some]
        fine = self._detail.sample(x, z, footprint)
        edge = smoothstep(0.2, 0.8, shape[some])  # single flakes of detail are no clouds
        out = np.zeros_like(shape)
        out[some] = np.clip(dense[some] + 0.34 * fine * edge, 0, 1) * edge
        return out
