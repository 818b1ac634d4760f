"""The feed-forward net: Johnson et al. 2016 with instance normalisation, rebuilt for cost.

One net paints every style of a gallery: the convolutions are shared, and what they put out is
scaled and shifted as the look at hand says (Dumoulin, Shlens, Kudlur 2016, "A learned
representation for artistic style").

The picture enters through a pixel-unshuffle, so that all residual blocks work at a quarter of its
height and width, and leaves through two bilinear upsamplings, each followed by a convolution.
Bilinear, because every coarser way leaves the stride as a grid in flat sky: a pixel-shuffle decoder
by its weights (Odena et al. 2016, "Deconvolution and checkerboard artifacts"), nearest neighbours
by the stairs they make of a gradient. It costs no more: the features are padded while small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from pipeline.nets.layers import (
    Conv,
    Residual,
    Stem,
    UpConv,
    affine,
    channels_first,
    channels_last,
    normalise,
    unshuffled,
)
from pipeline.nets.looks import Modulation, plain_look
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net, NetGeometry
from pipeline.nets.surface import SPHERE, Surface

STRIDE = 4  # pixel-unshuffle factor; rolls by multiples of it commute with the net
MULTIPLE = 2 * STRIDE  # widths: the half turn over a pole must be whole at quarter resolution
HALF, FULL = 16, 8  # channels on the way up, at half and at full resolution


@dataclass(frozen=True)
class NetConfig:
    """What rebuilds a net from a checkpoint.

    Attributes:
        channels: width of the residual blocks; cost grows with its square.
        blocks: residual blocks; they decide how far a stroke can reach.
    """

    channels: int = 48
    blocks: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= 512 or not 1 <= self.blocks <= 32:
            raise ValueError(f"channels 1..512 and blocks 1..32, got {self}")


class StyleNet(Net):
    """Residual blocks at a quarter of the picture's size."""

    kind: ClassVar[str] = "stylenet"
    config: NetConfig

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.stem = Stem(STRIDE, 0, width)
        self.body = nn.ModuleList(Residual(width) for _ in range(config.blocks))
        self.to_half = UpConv(width, HALF)
        self.to_full = UpConv(HALF, FULL)
        self.to_rgb = Conv(FULL, 3)

    @classmethod
    def from_config(cls, fields: Mapping[str, Any]) -> Self:
        return cls(NetConfig(**fields))

    @property
    def geometry(self) -> NetGeometry:
        quarter = 1 + 2 * self.config.blocks + 1  # stem, body, first upsampling
        half = 1 + 1  # convolution, second upsampling
        reach = STRIDE * (quarter + 1) + 2 * half + 2  # and a block's own width, full resolution
        return NetGeometry(STRIDE, MULTIPLE, reach)

    @property
    def look_size(self) -> int:
        """A scale and a shift for each channel that takes them."""
        return 2 * ((1 + 2 * self.config.blocks) * self.config.channels + HALF + 3)

    def plain_look(self) -> Tensor:
        width = self.config.channels
        return plain_look([width] * (1 + 2 * self.config.blocks) + [HALF, 3])

    def paint(
        self,
        rgb: Tensor,
        looks: Tensor,
        surface: Surface = SPHERE,
        moments: Moments | None = None,
    ) -> tuple[Tensor, Tensor]:
        moments, look = moments or Moments(surface), Modulation(looks)
        x = unshuffled(channels_last(rgb) - 0.5, STRIDE)  # (N, H/4, W/4, 48)
        x = torch.relu(normalise(self.stem(x, surface), moments, look))
        for block in self.body:
            x = block(x, surface, moments, look)
        y = torch.relu(affine(self.to_half(x, surface), *look(HALF)))  # (N, H/2, W/2, 16)
        y = torch.relu(self.to_full(y, surface))  # (N, H, W, 8)
        painted = torch.sigmoid(affine(self.to_rgb(y, surface), *look(3)))
        return channels_first(painted), channels_first(x)
