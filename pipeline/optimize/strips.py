"""A sphere in parts that fit into memory and still see exactly what the whole one sees.

A part is a pair of meridian strips half a turn apart, from pole to pole. Over a pole each goes on
in the other, so sphere padding in front of every convolution needs nothing from outside. To the
left and right they overlap their neighbours by as much as the network looks around; there lies no
weight, so sums over all parts are sums over the sphere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.nets.surface import SPHERE, Surface
from pipeline.nets.vgg import CONVOLUTIONS, layer_indices
from vr360.geometry import row_areas

STRIDE = 16  # pixels of the picture to one feature behind the last pooling but one


@dataclass(frozen=True)
class Strips:
    """Surface of features (2, C, H, w): two opposite strips of an equirect `width` pixels wide.

    `core` columns have weight, `halo` more on both sides belong to the neighbours.
    """

    width: int
    core: int
    halo: int
    together: int = 2

    def pad(self, features: Tensor, pad: int) -> Tensor:
        opposite = features.flip(0)
        north, south = opposite[..., :pad, :].flip(-2), opposite[..., -pad:, :].flip(-2)
        rows = torch.cat([north, features, south], dim=-2)
        return torch.nn.functional.pad(rows, (pad, pad))

    def weights(self, features: Tensor) -> Tensor:
        height, columns = features.shape[-2:]
        shrink = (self.core + 2 * self.halo) // columns
        weights = np.repeat(row_areas(height)[:, None] * (shrink / self.width), columns, axis=1)
        weights[:, : self.halo // shrink] = 0
        weights[:, columns - self.halo // shrink :] = 0
        return torch.from_numpy(weights).to(features.device, features.dtype)[None, None]


@dataclass(frozen=True)
class Part:
    """Some columns of a picture, and the surface that they are.

    Attributes:
        columns: (N, w) of the N pictures of a batch; None is the picture as it is.
    """

    surface: Surface
    columns: Tensor | None = None

    def cut(self, rgb: Tensor) -> Tensor:
        """(1, 3, H, W) -> (N, 3, H, w)."""
        if self.columns is None:
            return rgb
        return torch.cat([rgb.index_select(-1, c.to(rgb.device)) for c in self.columns])


WHOLE = (Part(SPHERE),)


def parts_of(height: int, width: int, halo: int, most: int) -> Sequence[Part]:
    """The fewest parts of at most `most` pixels each; the whole sphere where it fits.

    Strips never become narrower than `halo`, which would cost more than it saves.

    Args:
        height: of the picture.
        width: of the picture, a multiple of 2 `STRIDE`.
        halo: how far the network looks around, in pixels, a multiple of `STRIDE`; see `reach`.
        most: pixels of a part.
    """
    if height * width <= most:
        return WHOLE
    counts = [n for n in range(1, width // 2 // STRIDE + 1) if width // 2 % (n * STRIDE) == 0]
    wide = [n for n in counts if width // 2 // n >= halo] or [1]
    fits = [n for n in wide if 2 * height * (width // 2 // n + 2 * halo) <= most]
    count = fits[0] if fits else wide[-1]
    core = width // 2 // count
    surface = Strips(width, core, halo)
    return [Part(surface, _columns(n * core, core, halo, width)) for n in range(count)]


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


def _columns(first: int, core: int, halo: int, width: int) -> Tensor:
    columns = torch.arange(first - halo, first + core + halo)
    return torch.stack([columns % width, (columns + width // 2) % width])
