"""The perceptual loss of Johnson et al. 2016: features for content, Gram matrices for style."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor


def gram(features: Tensor) -> Tensor:
    """F Fᵀ / (C H W): (N, C, H, W) -> (N, C, C)."""
    channels, height, width = features.shape[-3:]
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / (channels * height * width)


def style_loss(features: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """Sum over the layers of the mean squared difference of Gram matrices."""
    losses = [
        F.mse_loss(gram(features[name]), target.expand(len(features[name]), -1, -1))
        for name, target in targets.items()
    ]
    total: Tensor = sum(losses[1:], losses[0])
    return total


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features."""
    return F.mse_loss(features, target)


def total_variation(rgb: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, down and across."""
    down = (rgb[..., 1:, :] - rgb[..., :-1, :]).square().mean()
    across = (rgb[..., 1:] - rgb[..., :-1]).square().mean()
    return down + across
