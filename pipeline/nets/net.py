"""What a net promises to those that lay out spheres for it, run it, train it and store it.

Everything outside `pipeline/nets` knows a net by this alone. Another architecture is a subclass of
`Net`, with a `kind` of its own, in the registry of `pipeline.nets.checkpoint`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from pipeline.nets.moments import Moments
from pipeline.nets.surface import SPHERE, Surface


@dataclass(frozen=True)
class NetGeometry:
    """What the pictures must be like that a net paints, in pixels of these pictures.

    Attributes:
        stride: pixels to one of its coarsest features. Heights and the sides of cube faces are
            multiples of it; turning a sphere by a multiple of it and painting commute.
        multiple: widths of equirect pictures are multiples of it: the half turn over a pole must
            be whole among the coarsest features.
        reach: beyond so many pixels an input pixel cannot influence an output pixel, the shared
            statistics apart.
    """

    stride: int
    multiple: int
    reach: int


class Net(nn.Module, ABC):
    """Paints rgb (N, 3, H, W) in [0, 1] as looks (N or 1, K) say, on any surface.

    Attributes:
        kind: its name in the card of a checkpoint.
        config: a frozen dataclass of plain values; with it `from_config` builds the net again.
        geometry: what pictures it takes.
        look_size: K, how many numbers a look holds.
    """

    kind: ClassVar[str]
    config: Any

    @classmethod
    @abstractmethod
    def from_config(cls, fields: Mapping[str, Any]) -> Self:
        """The untrained net that a card describes; TypeError or ValueError if it is none."""

    @property
    @abstractmethod
    def geometry(self) -> NetGeometry: ...

    @property
    @abstractmethod
    def look_size(self) -> int: ...

    @abstractmethod
    def plain_look(self) -> Tensor:
        """The look (1, K) that leaves what the convolutions put out as it is."""

    @abstractmethod
    def paint(
        self,
        rgb: Tensor,
        looks: Tensor,
        surface: Surface = SPHERE,
        moments: Moments | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The painted picture, of the same shape and range, and features it was painted from.

        Args:
            rgb: (N, 3, H, W) in [0, 1], of sizes that `geometry` allows.
            looks: (N or 1, K).
            surface: what lies beyond the edges, and how much each pixel counts.
            moments: the statistics of the normalisations; None measures each picture's own.
        """

    def forward(
        self,
        rgb: Tensor,
        looks: Tensor,
        surface: Surface = SPHERE,
        moments: Moments | None = None,
    ) -> Tensor:
        return self.paint(rgb, looks, surface, moments)[0]
