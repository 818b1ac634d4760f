"""The perceptual loss of Johnson et al. 2016: features for content, Gram matrices for style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import FunctionCtx


def gram(features: Tensor) -> Tensor:
    """F Fᵀ / (C H W): (N, C, H, W) -> (N, C, C)."""
    channels, height, width = features.shape[-3:]
    products: Tensor = _Products.apply(features.flatten(2))
    return products / (channels * height * width)


class _Products(torch.autograd.Function):
    """F Fᵀ, whose slope is one product more: autograd knows no symmetry and takes two."""

    @staticmethod
    def forward(context: FunctionCtx, flat: Tensor) -> Tensor:
        context.save_for_backward(flat)
        return flat @ flat.mT

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        (flat,) = context.saved_tensors
        pulled: Tensor = (slope + slope.mT) @ flat
        return pulled


def style_loss(features: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """Squared difference of Gram matrices over the targets' own squares, all layers together.

    0 is the painting's own texture, 1 that of a grey card.

    Args:
        features: per layer (N, C, h, w).
        targets: the painting's Gram matrices per layer, (N or 1, C, C).
    Returns:
        (N,).
    """
    missed = [
        (gram(features[name]) - target).square().mean((1, 2)) for name, target in targets.items()
    ]
    whole = [target.square().mean((1, 2)) for target in targets.values()]
    return torch.stack(missed).sum(0) / torch.stack(whole).sum(0)


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features (N, C, h, w): (N,)."""
    return (features - target).square().mean((1, 2, 3))


def total_variation(rgb: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, down and across."""
    down = (rgb[..., 1:, :] - rgb[..., :-1, :]).square().mean()
    across = (rgb[..., 1:] - rgb[..., :-1]).square().mean()
    return down + across


def grid_energy(rgb: Tensor, stride: int, patch: int = 64) -> Tensor:
    """Mean square of what repeats with the period `stride` all over a patch.

    Trends are taken out first, by a filter that lets no multiple of the stride's frequency through
    and keeps every ramp; what is left is averaged over the blocks of each patch.

    Args:
        rgb: (N, 3, H, W), H and W at least `patch` + `stride`.
        stride: period of the grid, even.
        patch: pixels a side, a multiple of the stride.
    """
    box = torch.ones(stride + 1, device=rgb.device, dtype=rgb.dtype)
    box[[0, -1]] = 0.5
    kernel = torch.outer(box, box).expand(3, 1, -1, -1) / stride**2
    reach = stride // 2
    detail = rgb[..., reach:-reach, reach:-reach] - F.conv2d(rgb, kernel, groups=3)
    rows, columns = (size // patch for size in detail.shape[-2:])
    detail = detail[..., : rows * patch, : columns * patch]
    count = patch // stride
    blocks = detail.reshape(len(rgb), 3, rows, count, stride, columns, count, stride)
    return blocks.mean((3, 6)).square().mean()
