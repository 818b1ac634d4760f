"""Pictures into torch and out of it: numpy outside, tensors inside."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from vr360.frame import Rgb, peak_at, peak_of


def to_tensor(pictures: Sequence[Rgb], device: torch.device | str = "cpu") -> Tensor:
    """Equally large rgb (H, W, 3) -> (N, 3, H, W) float in [0, 1]; the single upload.

    In memory a pixel's channels stay together, as nets like them.
    """
    peak = peak_of(pictures[0])
    stacked = np.stack(pictures)
    if stacked.dtype == np.uint16:  # not every device takes it; ten bits fit into int16 as well
        stacked = stacked.view(np.int16)
    return torch.from_numpy(stacked).to(device).float().mul_(1 / peak).permute(0, 3, 1, 2)


def to_rgb(pictures: Tensor, depth: int) -> list[Rgb]:
    """(N, 3, H, W) float in [0, 1] -> rgb (H, W, 3) of 8 or 10 bits; the single download."""
    return [_to_host(picture, depth) for picture in pictures]


def _to_host(picture: Tensor, depth: int) -> Rgb:
    peak = peak_at(depth)
    kind = np.uint8 if depth == 8 else np.uint16
    # torch converts to uint8 fast; int16 holds every 10-bit code.
    codes = picture.clamp(0, 1).mul_(peak).round_().to(torch.uint8 if depth == 8 else torch.int16)
    return codes.permute(1, 2, 0).contiguous().cpu().numpy().astype(kind, copy=False)
