"""Continuing a picture over its edges the way the sphere does.

Convention: to the left and right the picture wraps. Over a pole, rows mirror and shift by W / 2:
one step further along a meridian lies the same row, half a turn away.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vr360.frame import Rgb


def sphere_pad(rgb: Tensor, pad: int) -> Tensor:
    """Continue an equirect picture or feature map over its edges as the sphere does.

    Args:
        rgb: (N, C, H, W), full 360° x 180°, W even.
        pad: pixels on every side, at most H and at most W.

    Returns:
        (N, C, H + 2 pad, W + 2 pad).
    """
    _check(rgb.shape[-2], rgb.shape[-1], pad)
    if pad == 0:
        return rgb
    half = rgb.shape[-1] // 2
    north = rgb[..., :pad, :].flip(-2).roll(half, -1)
    south = rgb[..., -pad:, :].flip(-2).roll(half, -1)
    rows = torch.cat([north, rgb, south], dim=-2)
    return torch.cat([rows[..., -pad:], rows, rows[..., :pad]], dim=-1)


def sphere_pad_rgb(rgb: Rgb, pad: int) -> Rgb:
    """`sphere_pad` for host pictures: (H, W, 3) -> (H + 2 pad, W + 2 pad, 3)."""
    _check(rgb.shape[0], rgb.shape[1], pad)
    half = rgb.shape[1] // 2
    north = np.roll(rgb[:pad][::-1], half, axis=1)
    south = np.roll(rgb[rgb.shape[0] - pad :][::-1], half, axis=1)
    rows = np.concatenate([north, rgb, south])
    return np.pad(rows, ((0, 0), (pad, pad), (0, 0)), mode="wrap") if pad else rgb


def _check(height: int, width: int, pad: int) -> None:
    if width % 2:
        raise ValueError(f"the half turn over a pole needs an even width, got {width}")
    if not 0 <= pad <= min(height, width):
        raise ValueError(f"pad must lie between 0 and {min(height, width)}, got {pad}")
