"""What a picture continues into at its edges, and how much of it each pixel covers.

A convolution asks the surface for the pixels beyond the edge, a normalisation asks it for the area
behind each pixel. The same net is therefore at home on the sphere (films), on a plane (training
photographs) and, to show what goes wrong, on a plane that ends in zeros.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from vr360.geometry import row_areas
from vr360.padding import sphere_pad


class Surface(Protocol):
    """A way to continue features (N, C, H, W) and to weigh their pixels."""

    def pad(self, features: Tensor, pad: int) -> Tensor:
        """(N, C, H + 2 pad, W + 2 pad)."""

    def weights(self, features: Tensor) -> Tensor:
        """Broadcastable to (N, C, H, W), summing to 1 over H and W."""


class Sphere:
    """Full 360° x 180° equirect: longitude wraps, poles mirror, rows weigh by their area."""

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return sphere_pad(features, pad)

    def weights(self, features: Tensor) -> Tensor:
        height, width = features.shape[-2:]
        areas = torch.from_numpy(row_areas(height) / width)
        return areas.to(features.device, features.dtype).view(1, 1, height, 1)


class Plane:
    """An ordinary picture; `mode` is torch's padding mode (`reflect`, or `constant` for zeros)."""

    def __init__(self, mode: str = "reflect") -> None:
        self.mode = mode

    def pad(self, features: Tensor, pad: int) -> Tensor:
        return F.pad(features, (pad,) * 4, mode=self.mode)

    def weights(self, features: Tensor) -> Tensor:
        height, width = features.shape[-2:]
        return features.new_full((1, 1, 1, 1), 1.0 / (height * width))


SPHERE = Sphere()
PLANE = Plane("reflect")
ZEROS = Plane("constant")
