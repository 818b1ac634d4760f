"""The scene: what any frame shows, how far it is, and where each of its points was before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN
from vr360.projections import DualFisheye

from .camera import Eye, Pose, equirect_rays, pose, seen_from, viewing_circle, walk
from .movers import movers
from .noise import Floats, f32, normalise
from .patches import Ints, Patches, PatchHits, join, trace
from .shade import Materials, tonemap
from .shadows import tree_shadow
from .sky import SUN, Sky
from .terrain import Terrain
from .textures import build_atlas
from .trees import plant

SKY, LAND, WATER, PIECE = 0, 1, 2, 3
TILE = 8
BAND = 131072  # rays in one go
SUBPIXELS = ((-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375))
FRAME_RATE = 24
SHALLOW = 0.05  # metres: higher than this no point is the lake's

Rays = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class View:
    """One picture and its ground truth.

    Attributes:
        rgb: (H, W, 3) uint8, R'G'B'.
        depth: (H, W) float32, metres along the ray through the pixel's centre; inf for the sky.
        sky: (H, W) bool.
        kind: (H, W) uint8: SKY, LAND, WATER or PIECE (trees, grass, boat, balloons, birds).
    """

    rgb: NDArray[np.uint8]
    depth: Floats
    sky: NDArray[np.bool_]
    kind: NDArray[np.uint8]


@dataclass(frozen=True)
class Flow:
    """Where each pixel's point was in the previous frame.

    Attributes:
        direction: (H, W, 3) float64 unit vectors in the previous frame's camera, y up, -z forward.
        occluded: (H, W) bool, the point was hidden behind something in the previous frame.
        water: (H, W) bool, the lake: `direction` follows the resting surface, waves and
            reflections do not.
    """

    direction: NDArray[np.float64]
    occluded: NDArray[np.bool_]
    water: NDArray[np.bool_]


@dataclass
class Hits:
    """What N rays meet: distance (N,), kind (N,), and the pieces' own coordinates."""

    distance: Floats
    kind: NDArray[np.uint8]
    pieces: PatchHits


@dataclass(frozen=True)
class Moment:
    """Everything that depends on the time."""

    t: float
    pose: Pose
    patches: Patches
    tall: Patches  # what the water mirrors
    horizon: Floats


class Scene:
    """A valley with a lake; every method is a function of its arguments alone."""

    def __init__(self, fps: float = FRAME_RATE) -> None:
        self.fps = fps
        self.terrain = Terrain(SUN)
        self.atlas = build_atlas()
        self.trees, low = plant(self.terrain)
        self.fixed = join([self.trees, low])

    @cached_property
    def sky(self) -> Sky:
        return Sky()

    @cached_property
    def materials(self) -> Materials:
        shadow = tree_shadow(self.terrain, self.fixed, self.atlas)
        return Materials(self.terrain, self.atlas, shadow)

    def pose(self, frame: float) -> Pose:
        """The camera's place and attitude."""
        t = frame / self.fps
        x, z = walk(t)
        x, z = f32([0, 1.5, -1.5, 0, 0]) + x, f32([0, 0, 0, 1.5, -1.5]) + z
        return pose(t, float(self.terrain.height(x, z).mean()))

    def moment(self, frame: float) -> Moment:
        t, here = frame / self.fps, self.pose(frame)
        moving = movers(t)
        patches, tall = join([self.fixed, moving]), join([self.trees, moving])
        return Moment(t, here, patches, tall, self.terrain.horizon(here.origin.astype(np.float32)))

    def render(self, frame: float, height: int, width: int, eye: Eye = "centre") -> View:
        """The equirect picture of (height, width) that an eye sees."""
        rays: Rays = lambda x, y: equirect_rays(x, y, height, width)  # noqa: E731
        return self._render(self.moment(frame), rays, height, width, eye, FULL_TURN / width)

    def fisheye(self, frame: float, size: int, fov_deg: float = 195.0) -> NDArray[np.uint8]:
        """(size, 2 size, 3) uint8: the view through a `DualFisheye`, black outside its images."""
        lens = DualFisheye(size, 2 * size, np.radians(fov_deg))
        rays: Rays = lambda x, y: lens.directions(x, y)[0]  # noqa: E731
        view = self._render(self.moment(frame), rays, size, 2 * size, "centre", lens.fov / size)
        y, x = np.mgrid[:size, : 2 * size]
        inside = lens.directions(x.ravel(), y.ravel())[1].reshape(size, 2 * size)
        return np.where(inside[..., None], view.rgb, 0).astype(np.uint8)

    def _render(
        self, now: Moment, rays: Rays, height: int, width: int, eye: Eye, pixel: float
    ) -> View:
        rgb = np.zeros((height * width, 3), np.float32)
        depth = np.zeros(height * width, np.float32)
        kind = np.zeros(height * width, np.uint8)
        key = np.zeros(height * width, np.int32)
        for index in tiled(np.arange(height * width), width):
            x, y = index % width, index // width
            hits, light = self._see(now, rays(x, y), eye, pixel, mirror=False)
            rgb[index], depth[index], kind[index] = tonemap(light), hits.distance, hits.kind
            key[index] = np.where(
                hits.kind == PIECE, hits.pieces.patch, -hits.kind.astype(np.int32)
            )
        rough = edges(key.reshape(height, width), depth.reshape(height, width)).ravel()
        rough |= kind == WATER  # not seen to yet, and what it mirrors has edges anywhere
        for index in tiled(np.flatnonzero(rough), width, BAND // len(SUBPIXELS), TILE // 2):
            rgb[index] = self._average(now, rays, index % width, index // width, eye, pixel)
        rgb8 = np.round(rgb * 255).astype(np.uint8).reshape(height, width, 3)
        kinds = kind.reshape(height, width)
        return View(rgb8, depth.reshape(height, width), kinds == SKY, kinds)

    def _average(
        self, now: Moment, rays: Rays, x: NDArray[Any], y: NDArray[Any], eye: Eye, pixel: float
    ) -> Floats:
        """The pixels' mean colours, each from four rays; the four stand side by side."""
        shift = np.array(SUBPIXELS)
        x, y = ((a[:, None] + shift[:, k]).ravel() for k, a in enumerate((x, y)))
        light = self._see(now, rays(x, y), eye, pixel)[1]
        return np.asarray(tonemap(light).reshape(-1, len(SUBPIXELS), 3).mean(1), np.float32)

    def _see(
        self, now: Moment, rays: NDArray[Any], eye: Eye, pixel: float, mirror: bool = True
    ) -> tuple[Hits, Floats]:
        """What rays of the camera's frame hit, and the linear light (N, 3) they bring."""
        origin, direction = self._world(now.pose, rays, eye)
        hits = self._trace(now, origin, direction, pixel)
        light = self._shade(now.patches, hits, origin, direction, pixel)
        lake = np.flatnonzero(hits.kind == WATER)
        if mirror and lake.size:
            some = origin if len(origin) == 1 else origin[lake]
            distance = hits.distance[lake]
            point = some + distance[:, None] * direction[lake]
            light[lake] = self._water(now, point, direction[lake], distance, pixel)
        return hits, light

    @staticmethod
    def _world(here: Pose, rays: NDArray[Any], eye: Eye) -> tuple[Floats, Floats]:
        origin = here.origin[None]
        if eye != "centre":
            origin = origin + here.to_world(viewing_circle(rays, eye))
        # einsum: BLAS is slow for many short vectors while other processes use the cores
        along = np.einsum("ni,ji->nj", rays.astype(np.float32), f32(here.rotation))
        return origin.astype(np.float32), along

    def _trace(self, now: Moment, origin: Floats, direction: Floats, pixel: float) -> Hits:
        pieces = trace(now.patches, self.atlas, origin, direction, pixel)
        bins = now.horizon.size
        turn = np.arctan2(direction[:, 0], -direction[:, 2]) / (FULL_TURN) + 0.5
        top = now.horizon[np.minimum((turn * bins).astype(int), bins - 1)]
        level = np.hypot(direction[:, 0], direction[:, 2])
        low = np.flatnonzero(direction[:, 1] < top * level)
        ground = np.full(len(direction), np.inf, np.float32)
        some = origin if len(origin) == 1 else origin[low]
        start = np.full(low.size, 0.3, np.float32)
        ground[low] = self.terrain.trace(some, direction[low], start, pieces.distance[low])
        return self._nearest(pieces, ground, origin, direction)

    def _nearest(
        self, pieces: PatchHits, ground: Floats, origin: Floats, direction: Floats
    ) -> Hits:
        kind = np.where(np.isinf(ground), SKY, LAND).astype(np.uint8)
        met = np.flatnonzero(kind)
        some = origin if len(origin) == 1 else origin[met]
        point = some + ground[met, None] * direction[met]
        wet = (self.terrain.height(point[:, 0], point[:, 2]) < 0) & (point[:, 1] < SHALLOW)
        kind[met[wet]] = WATER
        down = np.flatnonzero(wet & (direction[met, 1] < 0))
        height = np.broadcast_to(some[:, 1], met.shape)[down]
        ground = ground.copy()
        ground[met[down]] = -height / direction[met[down], 1]  # the lake is level to the last digit
        kind[pieces.distance <= np.where(kind == SKY, 1e9, ground)] = PIECE
        return Hits(np.minimum(pieces.distance, ground), kind, pieces)

    def _shade(
        self, patches: Patches, hits: Hits, origin: Floats, direction: Floats, pixel: float
    ) -> Floats:
        """Linear light (N, 3) of everything but water."""
        light = np.zeros((len(direction), 3), np.float32)
        up = np.flatnonzero(hits.kind == SKY)
        light[up] = self.sky.light(direction[up])
        land = np.flatnonzero(hits.kind == LAND)
        some = origin if len(origin) == 1 else origin[land]
        point = some + hits.distance[land, None] * direction[land]
        light[land] = self.materials.land(point, direction[land], hits.distance[land], pixel)
        on = np.flatnonzero(hits.kind == PIECE)
        part = PatchHits(
            hits.distance[on], hits.pieces.patch[on], hits.pieces.u[on], hits.pieces.v[on]
        )
        light[on] = self.materials.pieces(patches, part, direction[on], pixel)
        return light

    def _water(
        self, now: Moment, point: Floats, direction: Floats, distance: Floats, pixel: float
    ) -> Floats:
        facing = np.maximum(-direction[:, 1], 0.02)
        normal = self.materials.waves(
            point[:, 0], point[:, 2], now.t, distance * pixel / np.sqrt(facing)
        )
        away = direction - 2 * (direction * normal).sum(1, keepdims=True) * normal
        away[:, 1] = np.maximum(np.abs(away[:, 1]), 0.004)
        away = normalise(away)
        # rays seem to come from the mirrored camera: culled in groups from there
        apparent = (point - distance[:, None] * away).astype(np.float32)
        pieces = trace(now.tall, self.atlas, apparent, away, pixel, distance + 0.05)
        ground = self.terrain.trace(apparent, away, distance + 0.5, pieces.distance)
        hits = self._nearest(pieces, ground, apparent, away)
        hits.kind[hits.kind == WATER] = SKY
        hits.distance[hits.kind == SKY] = np.inf
        mirrored = self._shade(now.tall, hits, apparent, away, 2 * pixel)
        return self.materials.water(point, direction, normal, mirrored, distance)

    def flow(self, frame: float, height: int, width: int, eye: Eye = "centre") -> Flow:
        """Where each pixel's point was in frame - 1, from geometry alone; exact up to rounding."""
        now, before = self.moment(frame), self.moment(frame - 1)
        direction = np.zeros((height * width, 3))
        hidden = np.zeros(height * width, bool)
        water = np.zeros(height * width, bool)
        for index in tiled(np.arange(height * width), width):
            rays = equirect_rays(index % width, index // width, height, width)
            hits, was, distance = self._trackback(now, before, rays, eye, FULL_TURN / width)
            direction[index], water[index] = was, hits.kind == WATER
            hidden[index] = self._hidden(before, was, distance, eye, FULL_TURN / width)
        shape = (height, width)
        return Flow(direction.reshape(*shape, 3), hidden.reshape(shape), water.reshape(shape))

    def _trackback(
        self, now: Moment, before: Moment, rays: NDArray[Any], eye: Eye, pixel: float
    ) -> tuple[Hits, NDArray[Any], NDArray[Any]]:
        """Hits, and direction (N, 3) and distance (N,) of the same points one frame before."""
        origin, direction = self._world(now.pose, rays, eye)
        hits = self._trace(now, origin, direction, pixel)
        start = now.pose.origin + now.pose.to_world(viewing_circle(rays, eye))
        along = now.pose.to_world(rays)
        was = before.pose.to_camera(along)
        distance = np.full(len(rays), np.inf)
        met = np.flatnonzero(hits.kind != SKY)
        point = start[met] + hits.distance[met, None].astype(float) * along[met]
        moving = hits.kind[met] == PIECE
        moving &= hits.pieces.patch[met] >= len(self.fixed)
        on = met[moving]
        piece = hits.pieces
        shift = [m.patches.points(piece.patch[on], piece.u[on], piece.v[on]) for m in (now, before)]
        point[moving] += shift[1].astype(float) - shift[0]
        seen = before.pose.to_camera(point - before.pose.origin)
        was[met], distance[met] = seen_from(seen, eye)
        return hits, was, distance

    def _hidden(
        self, before: Moment, rays: NDArray[Any], distance: NDArray[Any], eye: Eye, pixel: float
    ) -> NDArray[Any]:
        origin, direction = self._world(before.pose, rays, eye)
        seen = self._trace(before, origin, direction, pixel)
        return seen.distance < np.minimum(distance * 0.99 - 0.02, 1e9)


def tiled(index: Ints, width: int, most: int = BAND, tile: int = TILE) -> Iterator[Ints]:
    """Pixels `index` in portions of at most `most`, neighbours side by side along a Z-curve."""
    x, y = index % width // tile, index // width // tile
    order = np.argsort(_interleaved(x) + 2 * _interleaved(y), kind="stable")
    for first in range(0, index.size, most):
        yield index[order[first : first + most]]


def _interleaved(number: Ints) -> Ints:
    """Numbers below 2 ** 16 with a zero between their bits."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        number = (number | number << shift) & mask
    return number


def edges(key: NDArray[np.int32], depth: Floats) -> NDArray[np.bool_]:
    """(H, W) pixels beside something else: another piece, or land far behind."""
    rough = np.zeros(key.shape, bool)
    near = np.log(np.where(np.isinf(depth), 1e5, depth))
    for axis in (0, 1):
        step = (np.roll(key, -1, axis) != key) | (abs(np.roll(near, -1, axis) - near) > 0.15)
        if axis == 0:
            step[-1] = False  # the last row has a pole below it
        rough |= step | np.roll(step, 1, axis)
    return rough
