"""What a picture continues into at its edges, and how much of it each pixel covers.

A convolution asks the surface for the pixels beyond the edge, a normalisation asks it for the area
behind each pixel and for how many pictures share their statistics: the eyes of a stereo film, the
faces of a cube. The same net is therefore at home on the sphere (films), on a plane (training
photographs) and, to show what goes wrong, on a plane that ends in zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vr360.cubemap import face_areas
from vr360.geometry import row_areas
from vr360.sampling.padding import face_pad, pixels_of_faces, sphere_pad

Numbers = NDArray[np.int64]


class Surface(Protocol):
    """A way to continue features (N, C, H, W) and to weigh their pixels; hashable.

    `together` neighbours in the batch share one set of statistics; it divides N.
    """

    @property
    def together(self) -> int: ...

    def pad(self, features: Tensor, pad: int) -> Tensor:
        """(N, C, H + 2 pad, W + 2 pad)."""

    def weights(self, features: Tensor) -> Tensor:
        """Broadcastable to (N, C, H, W), summing to 1 over H and W."""


class PlacesPixels(Surface, Protocol):
    """A surface of which each pixel beyond an edge is one of its own."""

    def pixels(self, picture: Numbers, y: Numbers, x: Numbers, height: int, width: int) -> Numbers:
        """Which pixel of pictures (N, height, width) lies at y, x: at most one beyond an edge."""


@dataclass(frozen=True)
class Sphere:
    """Full 360° x 180° equirect: longitude wraps, poles mirror, rows weigh by their area."""

    together: int = 1

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return sphere_pad(features, pad)

    def weights(self, features: Tensor) -> Tensor:
        height, width = features.shape[-2:]
        return _like(features, row_areas(height)[:, None] / width)

    def pixels(self, picture: Numbers, y: Numbers, x: Numbers, height: int, width: int) -> Numbers:
        beyond = (y < 0) | (y >= height)
        row = np.where(y < 0, -1 - y, np.where(y >= height, 2 * height - 1 - y, y))
        column = (x + beyond * (width // 2)) % width
        return np.asarray((picture * height + row) * width + column)


@dataclass(frozen=True)
class Plane:
    """An ordinary picture; `mode` is torch's padding mode (`reflect`, or `constant` for zeros)."""

    mode: str = "reflect"
    together: int = 1

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return F.pad(features, (pad,) * 4, mode=self.mode)

    def weights(self, features: Tensor) -> Tensor:
        height, width = features.shape[-2:]
        return _like(features, np.full((1, 1), 1 / (height * width)))

    def pixels(self, picture: Numbers, y: Numbers, x: Numbers, height: int, width: int) -> Numbers:
        if self.mode != "reflect":
            raise ValueError(f"a plane padded by {self.mode} goes on in no pixels of its own")
        row, column = abs(y), abs(x)
        row = np.where(row < height, row, 2 * (height - 1) - row)
        column = np.where(column < width, column, 2 * (width - 1) - column)
        return np.asarray((picture * height + row) * width + column)


@dataclass(frozen=True)
class CubeFaces:
    """Equi-angular faces (6 N, C, S, S), F R B L U D: each goes on in its true neighbours.

    `together` is a multiple of six: the faces of a cube, of both eyes' cubes.
    """

    together: int = 6

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return face_pad(features, pad)

    def weights(self, features: Tensor) -> Tensor:
        return _like(features, 6 * face_areas(features.shape[-1]))

    def pixels(self, picture: Numbers, y: Numbers, x: Numbers, height: int, width: int) -> Numbers:
        return pixels_of_faces(picture, y, x, height)


@dataclass(frozen=True)
class ExtendedSphere:
    """An equirect of (height, width) that was continued over its edges and will be cropped back.

    `margin` pixels were added on the left and on top, and at least as many opposite, to a picture
    of (total_height, total_width). What lies beyond *its* edge is cropped away, so its last pixels
    do; only what the crop keeps has weight.
    """

    height: int
    width: int
    margin: int
    total_height: int
    total_width: int
    together: int = 1

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return F.pad(features, (pad,) * 4, mode="replicate")

    def weights(self, features: Tensor) -> Tensor:
        rows, columns = np.zeros(self.total_height), np.zeros(self.total_width)
        rows[self.margin : self.margin + self.height] = row_areas(self.height)
        columns[self.margin : self.margin + self.width] = 1 / self.width
        # Features are coarser than the picture: one of them holds the area of several pixels.
        rows = rows.reshape(features.shape[-2], -1).sum(1)
        columns = columns.reshape(features.shape[-1], -1).sum(1)
        return _like(features, np.outer(rows, columns))

    def pixels(self, picture: Numbers, y: Numbers, x: Numbers, height: int, width: int) -> Numbers:
        row, column = y.clip(0, height - 1), x.clip(0, width - 1)
        return np.asarray((picture * height + row) * width + column)


def _like(features: Tensor, weights: np.ndarray) -> Tensor:
    return torch.from_numpy(weights).to(features.device, features.dtype)[None, None]


SPHERE = Sphere()
PLANE = Plane("reflect")
ZEROS = Plane("constant")
