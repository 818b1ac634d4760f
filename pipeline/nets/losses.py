"""Perceptual losses: features for content, Gram matrices for style (Johnson et al. 2016).

A Gram matrix grows with the fourth power of its features, and so does its distance: summed as they
are, one layer drowns the others. `even_style_loss` weighs them alike.
"""

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


def gram_distance(grams: Tensor, targets: Tensor) -> Tensor:
    """‖G - G*‖² / ‖G*‖² of (N, C, C) and (N or 1, C, C): (N,)."""
    return (grams - targets).square().sum((1, 2)) / targets.square().sum((1, 2))


def even_style_loss(
    grams: Mapping[str, Tensor],
    targets: Mapping[str, Tensor],
    weights: Mapping[str, float] | None = None,
) -> Tensor:
    """Mean over layers of ‖G - G*‖² / (‖G‖² + ‖G*‖²), near 0 alike and at most about 1: (N,).

    Cheng et al. 2021, "Style-Aware Normalized Loss for Improving Arbitrary Style Transfer". What a
    distance is divided by is taken as given: no slope leads to a darker or a brighter picture.

    Args:
        grams: per layer (N, C, C).
        targets: the painting's, (N or 1, C, C).
        weights: of the layers, around 1; None is all alike.
    """
    missed = []
    for name, target in targets.items():
        whole = target.square().sum((1, 2)) + grams[name].detach().square().sum((1, 2))
        weight = 1.0 if weights is None else weights[name]
        missed.append(weight * (grams[name] - target).square().sum((1, 2)) / whole)
    return torch.stack(missed).mean(0)


def normalised(features: Tensor, least: float = 1e-2) -> Tensor:
    """Features (N, C, h, w) with mean 0 and deviation 1 in each channel of each picture.

    What is left says where things are and not how bright, how colourful they are.
    """
    deviation, mean = torch.std_mean(features, (2, 3), keepdim=True)
    return (features - mean) / (deviation + least)


def relative_content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Squared difference over the target's own square, (N, C, h, w) both: (N,)."""
    return content_loss(features, target) / target.square().mean((1, 2, 3))


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
        rgb: (N, 3, H, W), H and W at least twice the stride.
        stride: period of the grid, even.
        patch: pixels a side, a multiple of the stride; less where the picture is smaller.
    """
    patch = min(patch, (min(rgb.shape[-2:]) - stride) // stride * stride)
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
