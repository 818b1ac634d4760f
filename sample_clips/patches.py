"""Flat parallelograms and triangles with textures: all that stands on the ground or moves."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .noise import Floats, f32, normalise
from .textures import SIZE, Atlas

Ints = NDArray[np.int64]

GROUP = 256  # rays that are culled together
BATCH = 512  # pairs of (group, patch) in one go: bounds the memory


@dataclass(frozen=True)
class Patches:
    """P flat pieces; a point is `corner + u * side + v * rise`, 0 <= u, v <= 1.

    Attributes:
        corner, side, rise: (P, 3) metres.
        triangle: (P,) only u + v <= 1 belongs to the piece.
        layer: (P,) layer of the texture atlas.
        albedo: (P, 3) linear, times the texture's.
        normal, normal_u, normal_v: (P, 3) shading normal `normal + u normal_u + v normal_v`.
        leafy: (P,) 0 solid, 1 lets light through as leaves do.
    """

    corner: Floats
    side: Floats
    rise: Floats
    triangle: NDArray[np.bool_]
    layer: Ints
    albedo: Floats
    normal: Floats
    normal_u: Floats
    normal_v: Floats
    leafy: Floats

    def __len__(self) -> int:
        return len(self.corner)

    @cached_property
    def tall(self) -> Floats:
        """(P,) length of `rise`, at least a millimetre."""
        return f32(np.maximum(np.linalg.norm(self.rise, axis=1), 1e-3))

    def moved(self, rotation: Floats, shift: Floats) -> Patches:
        """Turned by (3, 3) about the origin, then shifted by (3,)."""
        turned = {
            name: (getattr(self, name) @ rotation.T).astype(np.float32)
            for name in ("corner", "side", "rise", "normal", "normal_u", "normal_v")
        }
        turned["corner"] = (turned["corner"] + shift).astype(np.float32)
        return replace(self, **turned)

    def points(self, patch: Ints, u: Floats, v: Floats) -> Floats:
        """(N, 3) points of the patches `patch` (N,) at (u, v)."""
        spread = u[:, None] * self.side[patch] + v[:, None] * self.rise[patch]
        return np.asarray(self.corner[patch] + spread, np.float32)

    def bounds(self) -> tuple[Floats, Floats]:
        """Centres (P, 3) and radii (P,) of spheres around the pieces."""
        diagonals = (abs(self.side + self.rise) ** 2, abs(self.side - self.rise) ** 2)
        radius = np.sqrt(np.maximum(*(d.sum(1) for d in diagonals))) / 2
        return self.corner + (self.side + self.rise) / 2, radius


def join(parts: list[Patches]) -> Patches:
    names = [f.name for f in fields(Patches)]
    return Patches(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def solid(
    corner: ArrayLike, side: ArrayLike, rise: ArrayLike, albedo: ArrayLike, triangle: bool = False
) -> Patches:
    """Plain pieces (P, 3) with their own flat normals."""
    corner, side, rise = (np.asarray(a, np.float32).reshape(-1, 3) for a in (corner, side, rise))
    count = len(corner)
    zero = np.zeros((count, 3), np.float32)
    return Patches(
        corner=corner,
        side=side,
        rise=rise,
        triangle=np.full(count, triangle),
        layer=np.zeros(count, np.int64),
        albedo=np.broadcast_to(f32(albedo), (count, 3)).copy(),
        normal=normalise(np.cross(side, rise)),
        normal_u=zero,
        normal_v=zero,
        leafy=np.zeros(count, np.float32),
    )


@dataclass
class PatchHits:
    """Nearest patch of each ray: distance (N,) inf for none, patch (N,) -1 for none, u, v (N,)."""

    distance: Floats
    patch: Ints
    u: Floats
    v: Floats


def trace(
    patches: Patches,
    atlas: Atlas,
    origin: Floats,
    direction: Floats,
    pixel: float,
    start: Floats | float = 0.01,
) -> PatchHits:
    """Nearest hit of each unit ray (N, 3) beyond `start`, through holes of the texture.

    Neighbouring rays should stand side by side in the list: they are culled in groups.
    `pixel` is the angle between rays, which decides how fine the holes are.
    """
    count = len(direction)
    hits = PatchHits(
        np.full(count, np.inf, np.float32),
        np.full(count, -1, np.int64),
        np.zeros(count, np.float32),
        np.zeros(count, np.float32),
    )
    if len(patches) == 0 or count == 0:
        return hits
    padded = -(-count // GROUP) * GROUP
    index = np.minimum(np.arange(padded), count - 1)
    rays = direction[index].reshape(-1, GROUP, 3)
    origins = np.broadcast_to(origin, (count, 3))[index].reshape(-1, GROUP, 3)
    group, patch = _candidates(patches, origins, rays)
    inverse = np.linalg.inv(
        np.stack([patches.side, patches.rise, np.cross(patches.side, patches.rise)], -1) + _tiny()
    ).astype(np.float32)
    starts = np.broadcast_to(f32(start), (count,))
    rays_t = np.ascontiguousarray(rays.transpose(0, 2, 1))
    origins_t = np.ascontiguousarray(origins.transpose(0, 2, 1))
    for first in range(0, len(group), BATCH):
        part = slice(first, first + BATCH)
        pairs = group[part], patch[part]
        _intersect(patches, atlas, inverse, rays_t, origins_t, starts, pairs, pixel, hits)
    return hits


def _tiny() -> Floats:
    return np.eye(3, dtype=np.float32) * f32(1e-9)


def _candidates(patches: Patches, origins: Floats, rays: Floats) -> tuple[Ints, Ints]:
    """Pairs (group, patch) whose cone of rays may touch the sphere around the patch."""
    axis = normalise(rays.mean(1))
    spread = np.einsum("gri,gi->gr", rays, axis).min(1) - 1e-5
    base = origins.mean((0, 1))
    apart = np.linalg.norm(origins - base, axis=-1).max(1)  # origins differ between rays
    groups: list[Ints] = []
    pieces: list[Ints] = []
    centre, radius = patches.bounds()
    to = centre - base
    far = np.linalg.norm(to, axis=1)
    for slack in np.unique(np.ceil(np.log2(np.maximum(apart, 0.01)))):
        some = np.flatnonzero(np.ceil(np.log2(np.maximum(apart, 0.01))) == slack)
        sine = np.minimum((radius + 2.0**slack) / np.maximum(far, 1e-6), 1)
        cosine = np.sqrt(1 - sine**2)
        wide = np.sqrt(np.maximum(1 - spread[some] ** 2, 0))
        left = np.c_[axis[some], -spread[some], wide].astype(np.float32)
        right = np.c_[to / far[:, None], cosine, sine].astype(np.float32)
        near = (left @ right.T >= 0) | (sine >= 1)[None] | (spread[some] < 0)[:, None]
        g, p = np.nonzero(near)
        groups.append(some[g])
        pieces.append(p)
    return np.concatenate(groups), np.concatenate(pieces)


def _intersect(
    patches: Patches,
    atlas: Atlas,
    inverse: Floats,
    rays: Floats,
    origins: Floats,
    starts: Floats,
    pairs: tuple[Ints, Ints],
    pixel: float,
    hits: PatchHits,
) -> None:
    """Test pairs of (group of rays, patch) and keep what is nearer than what was found before."""
    group, patch = pairs
    matrix = inverse[patch]
    along = matrix @ rays[group]  # (K, 3, GROUP)
    apart = matrix @ (origins[group] - patches.corner[patch][:, :, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        t = -apart[:, 2] / along[:, 2]
        u = apart[:, 0] + t * along[:, 0]
        v = apart[:, 1] + t * along[:, 1]
    inside = (u >= 0) & (v >= 0) & (u <= 1) & (v <= 1) & (t > 0)
    pair, lane = np.nonzero(inside)
    ray = group[pair] * GROUP + lane
    real = ray < len(hits.distance)
    pair, lane, ray = pair[real], lane[real], ray[real]
    t, u, v = t[pair, lane], u[pair, lane], v[pair, lane]
    which = patch[pair]
    keep = (t < hits.distance[ray]) & (t > starts[ray])
    keep &= ~patches.triangle[which] | (u + v <= 1)
    t, u, v, which, ray = (a[keep] for a in (t, u, v, which, ray))
    texels = t * pixel * SIZE / patches.tall[which]
    order = np.flatnonzero(atlas.is_solid(patches.layer[which], u, v, texels))
    order = order[np.argsort(-t[order], kind="stable")]  # the nearest is written last
    hits.distance[ray[order]] = t[order]
    hits.patch[ray[order]] = which[order]
    hits.u[ray[order]] = u[order]
    hits.v[ray[order]] = v[order]
