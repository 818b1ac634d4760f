"""What both nets are made of: convolutions that know the surface, normalisation by a look.

Features are (N, H, W, C) in here, channels last: a pixel's channels lie together, as convolutions
like them best, and padding, shuffling and scaling need not take planes apart and join them again.
"""

from __future__ import annotations

import numpy as np
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
        return convolved(surface.pad(channels_first(x), self.pad), self.conv.weight, self.conv.bias)


class Stem(Conv):
    """The first convolution, over what `unshuffled` makes of rgb and what else is joined to it.

    Its weights take the pixels of each colour one after the other, as torch's own `pixel_unshuffle`
    has them.
    """

    order: Tensor

    def __init__(self, times: int, others: int, outputs: int) -> None:
        super().__init__(3 * times**2 + others, outputs)
        colours = torch.arange(3 * times**2).reshape(3, -1).T.flatten()
        rest = torch.arange(len(colours), len(colours) + others)
        self.register_buffer("order", torch.cat([colours, rest]), persistent=False)

    def forward(self, x: Tensor, surface: Surface) -> Tensor:
        weight = self.conv.weight[:, self.order]
        return convolved(surface.pad(channels_first(x), self.pad), weight, self.conv.bias)


class UpConv(nn.Module):
    """Bilinear upsampling to twice the size, then a 3x3 convolution.

    Both at once: each of the four pixels that a pixel becomes is a sum over the 3x3 pixels around
    it, so that one convolution at the small size, with four times the channels, has all of them.
    """

    taps: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3)
        self.register_buffer("taps", enlarging_taps(2, 3), persistent=False)

    def forward(self, x: Tensor, surface: Surface) -> Tensor:
        weight = torch.einsum("yak,xbl,oikl->yxoiab", self.taps, self.taps, self.conv.weight)
        bias = self.conv.bias
        assert bias is not None
        padded = surface.pad(channels_first(x), 1)
        return shuffled(convolved(padded, weight.flatten(0, 2), bias.repeat(4)), 2)


def enlarging_taps(times: int, kernel: int) -> Tensor:
    """What a convolution over a row enlarged bilinearly takes from the row itself.

    Returns:
        (times, 3, kernel): each of the pixels that one becomes takes so much from the pixel before,
        that pixel and the one behind it, through each tap of the kernel.
    """
    at = (np.arange(times)[:, None] + np.arange(kernel) - kernel // 2 + 0.5) / times - 0.5
    near = 1 - abs(at[:, None] - np.array([-1, 0, 1])[None, :, None])
    return torch.from_numpy(near.clip(0).astype(np.float32))


def unshuffled(x: Tensor, times: int) -> Tensor:
    """(N, H, W, C) -> (N, H / times, W / times, times² C): pixels become channels, row by row."""
    count, height, width, channels = x.shape
    rows = x.reshape(count, height // times, times, width // times, times * channels)
    return rows.transpose(2, 3).reshape(count, height // times, width // times, -1)


def shuffled(x: Tensor, times: int) -> Tensor:
    """(N, H, W, times² C) -> (N, times H, times W, C), the way back."""
    count, height, width, channels = x.shape
    rows = x.reshape(count, height, width, times, channels // times).transpose(2, 3)
    return rows.reshape(count, height * times, width * times, -1)


def channels_last(x: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H, W, C); nothing is moved."""
    return x.permute(0, 2, 3, 1)


def channels_first(x: Tensor) -> Tensor:
    """(N, H, W, C) -> (N, C, H, W), as torch's functions take it; nothing is moved."""
    return x.permute(0, 3, 1, 2)


def convolved(padded: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """(N, C, H + 2, W + 2) -> (N, H, W, O)."""
    return channels_last(F.conv2d(padded, weight, bias))


def normalise(x: Tensor, moments: Moments, look: Modulation) -> Tensor:
    """Instance normalisation by given moments, scaled and shifted as the look says."""
    mean, variance = moments(channels_first(x)).unbind(1)
    gamma, beta = look(x.shape[-1])
    scale = torch.rsqrt(variance + 1e-5) * gamma
    # One multiplication and one addition a pixel, however the moments were come by.
    return affine(x, scale, beta - mean * scale)


def affine(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Features (N, H, W, C) times scale plus shift, (N or 1, C) each."""
    # As rows of pixels: on four axes OpenVINO would rearrange them twice.
    pixels = x.reshape(len(scale), -1, x.shape[-1])
    scaled = pixels * scale[:, None].to(x.dtype) + shift[:, None].to(x.dtype)
    return scaled.reshape(x.shape)


class Residual(nn.Module):
    """conv, norm, relu, conv, norm, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = Conv(channels, channels)
        self.conv2 = Conv(channels, channels)

    def forward(self, x: Tensor, surface: Surface, moments: Moments, look: Modulation) -> Tensor:
        y = torch.relu(normalise(self.conv1(x, surface), moments, look))
        return x + normalise(self.conv2(y, surface), moments, look)
