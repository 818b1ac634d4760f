"""A sphere as the network sees it: the faces of a cube, where strokes are as long everywhere.

On an equirect a stroke at a pole is a needle. So the picture that is painted stays an equirect, and
what looks at it sees six equi-angular faces of the same angular resolution. Small spheres are seen
whole: every convolution pads a face with its true neighbours. Large ones are seen in parts that
fit into memory, square tiles of a face with as much of the sphere around them as the network sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from pipeline.nets.surface import CubeFaces, Surface
from pipeline.nets.vgg_layers import CONVOLUTIONS, layer_indices
from vr360.cubemap import FACES, face_areas, face_to_xyz, xyz_to_face
from vr360.geometry import Array, Mask
from vr360.projections import Equirect
from vr360.sampling import build_sampler
from vr360.sampling.device import DeviceSampler

STRIDE = 16  # pixels of the picture to one feature behind the last pooling but one


@dataclass(frozen=True)
class Tile:
    """A square of `core` pixels of an equi-angular face of `size`, and `halo` more all around.

    As a `SphereMap` it lies on the face's plane, which goes on beyond the face's edges. As a
    `Surface` only the core has weight, its share of the sphere; zeros are padded around the halo.
    """

    size: int
    face: int
    left: int
    top: int
    core: int
    halo: int
    together: int = 1

    @property
    def height(self) -> int:
        return self.core + 2 * self.halo

    @property
    def width(self) -> int:
        return self.height

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        u = np.asarray(x) + (self.left - self.halo)
        v = np.asarray(y) + (self.top - self.halo)
        xyz = face_to_xyz(self.face, u, v, self.size)
        return xyz, np.ones(xyz.shape[:-1], bool)

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        """Of directions less than a quarter turn from the face's."""
        _, u, v = xyz_to_face(xyz, self.size, face=np.full(np.shape(xyz)[:-1], self.face))
        x, y = u - (self.left - self.halo), v - (self.top - self.halo)
        return x, y, np.ones(x.shape, bool)

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return torch.nn.functional.pad(features, (pad,) * 4)

    def weights(self, features: Tensor) -> Tensor:
        times = self.height // features.shape[-1]
        left, top, core, halo = (n // times for n in (self.left, self.top, self.core, self.halo))
        areas = face_areas(self.size // times)[top : top + core, left : left + core]
        framed = np.pad(areas, halo)
        return torch.from_numpy(framed).to(features.device, features.dtype)[None, None]


@dataclass(frozen=True)
class Part:
    """What the network sees at once.

    Attributes:
        surface: that its pictures lie on.
        cut: (1, 3, H, W) of an equirect -> (N, 3, h, w), those pictures.
        share: of the sphere that each picture's weights, which sum to 1, stand for; 1 where the
            weights themselves are shares of the sphere.
    """

    surface: Surface
    cut: Callable[[Tensor], Tensor]
    share: float = 1.0


def parts_of(height: int, width: int, halo: int, most: int, device: str = "cpu") -> Sequence[Part]:
    """All six faces at once, or the fewest tiles of at most `most` pixels each.

    Tiles never become narrower than `halo`, which would cost more than it saves; and a face that
    the network sees past, a quarter turn from its middle, is not divided.

    Args:
        height: of the equirect.
        width: of the equirect; a quarter of it is the size of a face.
        halo: how far the network looks around, in pixels, a multiple of `STRIDE`; see `reach`.
        most: pixels of a part.
    """
    sphere, size = Equirect(height, width), face_size(width)
    if len(FACES) * size**2 <= most or 2 * halo >= size:
        tiles = [Tile(size, face, 0, 0, size, 0) for face in range(len(FACES))]
        return [Part(CubeFaces(), _cutter(sphere, tiles, device), 1 / len(FACES))]
    core = _core(size, halo, most)
    places = range(0, size, core)
    tiles = [
        Tile(size, face, left, top, core, halo)
        for face in range(len(FACES))
        for top in places
        for left in places
    ]
    return [Part(tile, _cutter(sphere, [tile], device)) for tile in tiles]


def face_size(width: int) -> int:
    """Pixels of a face's side, as wide as a quarter of the equirect, that the poolings divide."""
    return max(STRIDE, round(width / 4 / STRIDE) * STRIDE)


def _core(size: int, halo: int, most: int) -> int:
    counts = [n for n in range(1, size // STRIDE + 1) if size % (n * STRIDE) == 0]
    wide = [size // n for n in counts if size // n >= halo] or [size]
    return next((core for core in wide if (core + 2 * halo) ** 2 <= most), wide[-1])


def _cutter(
    sphere: Equirect, tiles: Sequence[Tile], device: str = "cpu"
) -> Callable[[Tensor], Tensor]:
    samplers = [_sampler(sphere, tile, device) for tile in tiles]
    return lambda rgb: torch.cat([sample(rgb) for sample in samplers])


@lru_cache(maxsize=64)
def _sampler(sphere: Equirect, tile: Tile, device: str) -> DeviceSampler:
    return DeviceSampler(build_sampler(sphere, tile), device)


def reach(network: str, layers: Sequence[str]) -> int:
    """How far, in pixels, the deepest of the layers looks around, as a multiple of `STRIDE`."""
    indices = layer_indices(network)
    index = max(indices[name] for name in layers)
    far, at, stride = 0, 0, 1
    for count in CONVOLUTIONS[network]:
        for _ in range(count):
            far, at = far + stride, at + 2
            if at > index:
                return -(-far // STRIDE) * STRIDE
        far, at, stride = far + stride, at + 1, 2 * stride
    raise ValueError(f"{network} has no layer {index}")
