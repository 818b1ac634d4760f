"""What a net asks of the surface that its pictures lie on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.nets.moments import Moments
from pipeline.nets.net import Net
from pipeline.nets.placed import Placed, areas, places
from pipeline.nets.surface import PLANE, PlacesPixels


@dataclass(frozen=True)
class Needs:
    """What a net asks of a surface.

    Attributes:
        padded: sizes of the features that it pads: how many times smaller than the picture.
        weighed: likewise, of those whose pixels it weighs by their area.
        normalised: channels that it normalises.
    """

    padded: frozenset[int]
    weighed: frozenset[int]
    normalised: int

    def placed(self, surface: PlacesPixels, count: int, height: int, width: int) -> Placed:
        """The tables of that surface, for pictures of that size."""
        return Placed(
            [places(surface, count, height // n, width // n) for n in sorted(self.padded)],
            [areas(surface, count, height // n, width // n) for n in sorted(self.weighed)],
        )


@torch.no_grad()
def needs(net: Net) -> Needs:
    """Found by painting the smallest picture."""
    side = 2 * net.geometry.multiple
    plane = _Noting(side)
    moments = Moments(plane)
    net(torch.zeros(1, 3, side, side), net.plain_look(), plane, moments)
    return Needs(frozenset(plane.padded), frozenset(plane.weighed), moments.used().shape[-1])


class _Noting:
    """A plane that notes how many times smaller than the picture is what it is asked about."""

    together = 1

    def __init__(self, side: int) -> None:
        self._side = side
        self.padded: set[int] = set()
        self.weighed: set[int] = set()

    def pad(self, features: Tensor, pad: int) -> Tensor:
        self.padded.add(self._side // features.shape[-1])
        return PLANE.pad(features, pad)

    def weights(self, features: Tensor) -> Tensor:
        self.weighed.add(self._side // features.shape[-1])
        return PLANE.weights(features)
