"""Light and materials: what a ray that hit something sees there."""

from __future__ import annotations

import cv2
import numpy as np

from vr360.geometry import FULL_TURN

from .camera import walk
from .noise import Floats, Texture, band_noise, f32, fractal_noise, normalise, smoothstep
from .patches import Patches, PatchHits
from .sky import SUN, SUN_COLOUR, clear_sky
from .terrain import Terrain
from .textures import SIZE, TUFT, Atlas, build_lawn

AMBIENT = f32([0.30, 0.40, 0.58])  # light of the open sky on level ground
BOUNCE = f32([0.10, 0.11, 0.06])


def haze(light: Floats, direction: Floats, distance: Floats) -> Floats:
    """Light (N, 3) after `distance` metres of air."""
    level = direction.copy()
    level[:, 1] = np.maximum(level[:, 1], 0.03)
    air = clear_sky(normalise(level)) * f32([0.80, 0.86, 0.95])
    clear = np.exp(-distance[:, None] / f32([8200, 6600, 4700]))
    return np.asarray(light * clear + air * (1 - clear), np.float32)


def tonemap(light: Floats) -> Floats:
    """Linear light to R'G'B' in 0..1: a filmic shoulder (after Hable 2010) and gamma."""
    x = np.maximum(light, 0) * 1.05
    shoulder = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)  # Narkowicz's fit of ACES
    return np.asarray(np.clip(shoulder, 0, 1) ** (1 / 2.2), np.float32)


class Materials:
    """Grass, sand, rock, snow and water, all fixed to the world; only the waves run."""

    def __init__(self, terrain: Terrain, atlas: Atlas, shadow: Floats) -> None:
        self.terrain, self.atlas = terrain, atlas
        self.shadow = shadow
        self.trail = trail(terrain)
        self.lawn = build_lawn()
        self.mottle = Texture.tiled(fractal_noise(1024, 6, 31, 1.5), 60.0)
        self.broad = Texture.tiled(fractal_noise(1024, 6, 32, 1.6), 1900.0)
        self.grain = Texture.tiled(fractal_noise(1024, 4, 34, 1.25), 13.0)
        self.ripple = Texture.tiled(_slopes(band_noise(512, 22, 33)), 16.0)

    def land(self, point: Floats, direction: Floats, distance: Floats, pixel: float) -> Floats:
        """Linear light (N, 3) of the land at points (N, 3)."""
        x, y, z = point.T
        normal = self.terrain.layer(self.terrain.normals, x, z)
        slope = normal[:, 1].copy()
        facing = np.maximum(-(normal * direction).sum(1), 0.04)
        footprint = distance * pixel / np.sqrt(facing)
        albedo = self._albedo(x, y, z, slope, footprint)
        bump = self.broad.sample(z * 3.1, x * 3.1, footprint * 3.1) * smoothstep(0.92, 0.7, slope)
        sun = np.maximum(normal @ SUN, 0) * (1 + 0.22 * bump)
        sun = sun * self.terrain.layer(self.terrain.light, x, z) * self.shade_of_trees(x, z)
        sun = sun * self.shade_of_clouds(x, z)
        ambient = AMBIENT * (0.62 + 0.38 * slope[:, None]) + BOUNCE
        return haze(albedo * (sun[:, None] * SUN_COLOUR + ambient), direction, distance)

    def shade_of_trees(self, x: Floats, z: Floats) -> Floats:
        near = self.terrain.near
        return np.where(self.terrain.is_near(x, z), near.sample(self.shadow, x, z), 1)

    def trail_at(self, x: Floats, z: Floats) -> Floats:
        near = self.terrain.near
        return np.where(self.terrain.is_near(x, z), near.sample(self.trail, x, z), 0)

    def shade_of_clouds(self, x: Floats, z: Floats) -> Floats:
        away = smoothstep(40, 160, np.hypot(x, z))
        cover = smoothstep(0.1, 0.9, self.broad.sample(x * 0.7 + 90, z * 0.7, 20.0))
        return f32(1 - 0.62 * away * cover)

    def _albedo(self, x: Floats, y: Floats, z: Floats, slope: Floats, footprint: Floats) -> Floats:
        mottle = self.mottle.sample(x, z, footprint)
        broad = self.broad.sample(x, z, footprint)
        grain = self.grain.sample(x + 0.3 * y, z - 0.4 * y, footprint)
        green, straw = f32([0.072, 0.125, 0.026]), f32([0.20, 0.175, 0.06])
        dry = smoothstep(-0.9, 2.4, mottle + 0.9 * broad)[:, None]
        grass = (green + (straw - green) * dry * 0.75) * self.lawn.sample(x, z, footprint)
        grass = grass * (1 + 0.10 * grain[:, None])
        rock = f32([0.21, 0.185, 0.16]) * (1 + 0.16 * grain + 0.22 * mottle + 0.15 * broad)[:, None]
        sand = f32([0.42, 0.34, 0.21]) * (1 + 0.12 * grain + 0.06 * mottle)[:, None]
        pebbles = self.lawn.sample(1.9 * z, 1.9 * x, 1.9 * footprint)[:, 1]
        earth = f32([0.22, 0.165, 0.11]) * (0.45 + 0.55 * pebbles + 0.16 * grain)[:, None]
        trodden = self.trail_at(x, z) + 0.10 * mottle + 0.10 * grain
        grass = grass + (earth - grass) * smoothstep(0.75, 1.05, trodden)[:, None]
        steep = smoothstep(0.80, 0.66, slope + 0.05 * mottle + 0.03 * broad)
        steep = np.maximum(steep, smoothstep(260, 520, y + 60 * broad + 20 * mottle))[:, None]
        beach = smoothstep(0.75, 0.25, y + 0.12 * mottle)[:, None]
        snow = smoothstep(390, 560, y + 70 * broad + 30 * mottle) * smoothstep(0.50, 0.70, slope)
        albedo = grass + (rock - grass) * steep
        albedo = albedo + (sand - albedo) * beach * (1 - 0.35 * smoothstep(0.12, 0.0, y))[:, None]
        return np.asarray(albedo + (0.88 - albedo) * snow[:, None], np.float32)

    def pieces(self, patches: Patches, hits: PatchHits, direction: Floats, pixel: float) -> Floats:
        """Linear light (N, 3) of the patches that rays hit; every ray must have hit one."""
        which = hits.patch
        u, v = hits.u[:, None], hits.v[:, None]
        normal = patches.normal[which] + u * patches.normal_u[which] + v * patches.normal_v[which]
        normal = normalise(normal)
        leafy = patches.leafy[which][:, None]
        away = (normal * direction).sum(1, keepdims=True) > 0
        normal = np.where(away & (leafy < 0.5), -normal, normal)
        texels = hits.distance * pixel * SIZE / patches.tall[which]
        sun = self._sun_on_pieces(patches, hits, normal, leafy)
        albedo = patches.albedo[which] * self.atlas.sample(
            patches.layer[which], hits.u, hits.v, texels
        )
        through = 0.30 * leafy * np.maximum(direction @ SUN, 0)[:, None] ** 2
        tint = f32([1.1, 1.15, 0.55])
        ambient = AMBIENT * (0.62 + 0.38 * normal[:, 1:2]) + BOUNCE
        light = albedo * ((sun + through * tint) * SUN_COLOUR + ambient)
        return haze(light, direction, hits.distance)

    def _sun_on_pieces(
        self, patches: Patches, hits: PatchHits, normal: Floats, leafy: Floats
    ) -> Floats:
        facing = (normal @ SUN)[:, None]
        wrap = 0.38 * leafy
        sun = np.maximum(facing + wrap, 0) / (1 + wrap)
        low = np.isin(patches.layer[hits.patch], range(TUFT, TUFT + 4))
        foot = patches.corner[hits.patch[low]]
        sun[low] *= self.shade_of_trees(foot[:, 0], foot[:, 2])[:, None]
        return np.asarray(sun, np.float32)

    def waves(self, x: Floats, z: Floats, t: float, footprint: Floats) -> Floats:
        """Unit normals (N, 3) of the water; waves finer than the footprint are flat."""
        slope = np.zeros((x.size, 2), np.float32)
        for scale, run, height, turn in (
            (1.0, 0.55, 0.020, 0.3),
            (2.7, 0.9, 0.022, 1.9),
            (9.0, 1.5, 0.016, 1.1),
        ):
            c, s = np.cos(turn), np.sin(turn)
            u, v = (c * x + s * z) / scale - run * t / scale, (c * z - s * x) / scale
            d = self.ripple.sample(u.astype(np.float32), v.astype(np.float32), footprint / scale)
            slope += height * np.stack([c * d[:, 0] - s * d[:, 1], s * d[:, 0] + c * d[:, 1]], 1)
        calm = 0.55 + 0.45 * smoothstep(-0.8, 0.8, self.broad.sample(x, z, footprint))
        slope *= calm[:, None]
        return normalise(np.stack([-slope[:, 0], np.ones_like(x), -slope[:, 1]], 1))

    def water(
        self, point: Floats, direction: Floats, normal: Floats, mirrored: Floats, distance: Floats
    ) -> Floats:
        """Linear light (N, 3) of the lake, given what the mirrored rays see."""
        facing = np.maximum(-(normal * direction).sum(1), 0.02)[:, None]
        fresnel = 0.02 + 0.98 * (1 - facing) ** 5
        bottom = np.minimum(self.terrain.height(point[:, 0], point[:, 2]), 0)[:, None]
        deep = f32([0.012, 0.055, 0.085])
        sand = f32([0.16, 0.17, 0.12])
        shallow = np.exp(bottom / f32([0.5, 0.9, 1.0]) / facing**0.5)
        body = deep + (sand - deep) * shallow
        light = body * (1 - fresnel) + mirrored * fresnel
        return haze(light, direction, distance)


def trail(terrain: Terrain) -> Floats:
    """How trodden the near ground is, 0..1: the walk itself and a way down to the shore."""
    t = np.linspace(0, FULL_TURN / 0.07, 400)
    ways = [np.stack(walk(t), 1), TO_SHORE]
    size = terrain.near.height.shape[0]
    fine = np.zeros((size, size), np.float32)
    for way in ways:
        line = np.stack(terrain.near.position(way[:, 0], way[:, 1]), 1) * 64
        cv2.polylines(fine, [np.round(line).astype(np.int32)], False, 1.0, 1, cv2.LINE_AA, 6)
    return cv2.GaussianBlur(fine, (0, 0), 0.8) * 2.0


TO_SHORE = f32([[9.0, -5.5], [9.5, -10], [7.0, -16], [8.5, -22], [13.0, -28], [14.0, -36]])


def _slopes(height: Floats) -> Floats:
    dx = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    dz = np.roll(height, -1, 0) - np.roll(height, 1, 0)
    slopes = np.stack([dx, dz], -1)
    return np.asarray(slopes / slopes.std(), np.float32)
