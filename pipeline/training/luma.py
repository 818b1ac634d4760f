"""Styles that leave a film its colours: only the luma of what they paint is used, and learned.

Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving color in neural artistic style transfer",
luminance-only transfer. The eye is far less sensitive to strokes in chroma than in luma.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vr360.change import REC709


def luma_of(rgb: Tensor) -> Tensor:
    """Rec. 709 luma of R'G'B': (N, 3, H, W) -> (N, 1, H, W)."""
    weights = torch.from_numpy(REC709).to(rgb).view(1, 3, 1, 1)
    return (rgb * weights).sum(1, keepdim=True)


def in_grey(rgb: Tensor, which: Tensor) -> Tensor:
    """(N, 3, H, W), those of `which` (N,) as three equal channels of luma."""
    if not which.any():
        return rgb
    return torch.where(which[:, None, None, None], luma_of(rgb).expand_as(rgb), rgb)


def with_chroma(painted: Tensor, rgb: Tensor) -> Tensor:
    """The luma of `painted` with the colour differences of `rgb`, each (N, 3, H, W) in [0, 1].

    Moving all three channels by the same amount leaves R' - Y' and B' - Y' as they are.
    """
    return (rgb + luma_of(painted) - luma_of(rgb)).clamp(0, 1)
