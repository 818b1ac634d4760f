"""What both nets are made of: convolutions that know the surface, normalisation by a look."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.nets.looks import Modulation
from pipeline.nets.moments import Moments
from pipeline.nets.surface import Surface


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
    return affine(x, scale, beta - mean * scale)


def affine(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Features (N, C, H, W) times scale plus shift, (N or 1, C) each."""
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
