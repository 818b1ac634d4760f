"""No finer along a row than on the sphere.

Near the poles of an equirect picture, pixels lie closer along a row than any eye tells apart, and
the objective, which counts places by their area, hardly asks for them. Adam moves every pixel by
the same step all the same: what nobody asks for would become confetti.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vr360.geometry import HALF_TURN

FADE = 2.0  # times the waves that are as fine as the rows are apart: from here on none is left


def even(rgb: Tensor) -> Tensor:
    """A sphere (..., H, W), or the gradient of one, without waves that are too fine for their row.

    Linear, its own adjoint, and the same wherever the sphere is turned to about its axis.
    """
    height, width = rgb.shape[-2:]
    latitude = (0.5 - (torch.arange(height, device=rgb.device) + 0.5) / height) * HALF_TURN
    finest = width / 2 * latitude.cos()[:, None]
    waves = torch.arange(width // 2 + 1, device=rgb.device)
    kept = ((FADE - waves / finest) / (FADE - 1)).clamp(0, 1)
    evened: Tensor = torch.fft.irfft(torch.fft.rfft(rgb) * kept, n=width)
    return evened
