"""Padding by tables: which pixel of its own each pixel of a padded picture is.

Whatever surface pictures lie on, they are padded by looking pixels up in a table, and weighed by
another. So a net that is given the tables knows neither the surface nor the size of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.nets.surface import PlacesPixels, Surface


@dataclass(frozen=True, eq=False)
class Placed:
    """Pictures (N, C, h, w) of some sizes on any surface; all share their statistics.

    Attributes:
        places: for every size which pixel of them all each pixel of the padded pictures is,
            (N, h + 2, w + 2).
        areas: (N, h, w, 1) for every size at which statistics are measured; each picture's sum
            to 1, see `Surface.weights`.
    """

    places: Sequence[Tensor]
    areas: Sequence[Tensor] = ()

    @property
    def together(self) -> int:
        return self.places[0].shape[0]

    def pad(self, features: Tensor, pad: int) -> Tensor:
        if pad != 1:
            raise ValueError(f"tables pad by one pixel, not by {pad}")
        count, channels, height, width = features.shape
        table = _of_width(self.places, width + 2)
        pixels = features.permute(0, 2, 3, 1).reshape(-1, channels)
        padded = pixels.index_select(0, table.reshape(-1))
        return padded.reshape(count, height + 2, width + 2, channels).permute(0, 3, 1, 2)

    def weights(self, features: Tensor) -> Tensor:
        return _of_width(self.areas, features.shape[-1]).permute(0, 3, 1, 2)


def _of_width(tables: Sequence[Tensor], width: int) -> Tensor:
    for table in tables:
        if table.shape[2] == width:
            return table
    raise ValueError(f"no table for pictures that are {width} pixels wide")


def places(surface: PlacesPixels, count: int, height: int, width: int) -> Tensor:
    """See `Placed`: `count` pictures (height, width) on a surface, int32."""
    picture = np.arange(count)[:, None, None]
    table = np.empty((count, height + 2, width + 2), np.int32)
    table[:, 1:-1, 1:-1] = np.arange(count * height * width).reshape(count, height, width)
    down, along = np.arange(-1, height + 1)[:, None], np.arange(-1, width + 1)[None]
    for y, x in (
        (np.array([[-1], [height]]), along),
        (down, np.array([[-1, width]])),
    ):
        table[:, y + 1, x + 1] = surface.pixels(picture, y, x, height, width)
    return torch.from_numpy(table)


def areas(surface: Surface, count: int, height: int, width: int) -> Tensor:
    """See `Placed`."""
    weights = surface.weights(torch.zeros(count, 1, height, width))
    return weights.expand(count, 1, height, width).permute(0, 2, 3, 1).contiguous()
