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
import torch.nn.functional as F
from torch import Tensor, nn

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


class Conv(nn.Module):
    """A convolution that asks the surface what lies beyond the edge."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel)
        self.pad = kernel // 2

    def forward(self, x: Tensor, surface: Surface) -> Tensor:
        out: Tensor = self.conv(surface.pad(x, self.pad))
        return out


class UpConv(nn.Module):
    """Bilinear upsampling to twice the size, then a 3x3 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3)

    def forward(self, x: Tensor, surface: Surface) -> Tensor:
        wide = F.interpolate(surface.pad(x, 1), scale_factor=2.0, mode="bilinear")
        out: Tensor = self.conv(wide[..., 1:-1, 1:-1])  # one pixel of margin is the conv's own
        return out


def normalise(x: Tensor, moments: Moments, look: Modulation) -> Tensor:
    """Instance normalisation by given moments, scaled and shifted as the look says."""
    mean, variance = moments(x).unbind(1)
    gamma, beta = look(x.shape[1])
    scale = torch.rsqrt(variance + 1e-5) * gamma
    # One multiplication and one addition a pixel, however the moments were come by.
    return _affine(x, scale, beta - mean * scale)


def _affine(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return x * scale[..., None, None].to(x.dtype) + shift[..., None, None].to(x.dtype)


class Residual(nn.Module):
    """conv, norm, relu, conv, norm, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels)
        self.conv2 = Conv(channels, channels)

    def forward(self, x: Tensor, surface: Surface, moments: Moments, look: Modulation) -> Tensor:
        y = torch.relu(normalise(self.conv1(x, surface), moments, look))
        return x + normalise(self.conv2(y, surface), moments, look)


class StyleNet(Net):
    """Residual blocks at a quarter of the picture's size."""

    kind: ClassVar[str] = "stylenet"
    config: NetConfig

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.stem = Conv(3 * STRIDE**2, width)
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
        x = F.pixel_unshuffle(rgb - 0.5, STRIDE)  # (N, 48, H/4, W/4)
        x = torch.relu(normalise(self.stem(x, surface), moments, look))
        for block in self.body:
            x = block(x, surface, moments, look)
        y = torch.relu(_affine(self.to_half(x, surface), *look(HALF)))  # (N, 16, H/2, W/2)
        y = torch.relu(self.to_full(y, surface))  # (N, 8, H, W)
        return torch.sigmoid(_affine(self.to_rgb(y, surface), *look(3))), x
