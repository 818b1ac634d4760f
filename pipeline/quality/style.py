"""What a style does to the sphere, whatever the film: its grid and its equivariance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vr360.frame import BT709_LUMA

Paint = Callable[[Tensor], Tensor]
"""(N, 3, H, W) float in [0, 1] -> the same, painted."""

PATCH = 256  # pixels a side; a multiple of the stride, so that its frequencies are exact bins
NEAR, RING = 1, 6  # bins that count as the frequency itself, and as its neighbours


def flat_sky(height: int, width: int, seed: int = 0) -> Tensor:
    """(1, 3, H, W): a cloudless sky, blue above and pale below, with a camera's noise.

    Nothing in it has an edge, so whatever is regular in the painted result comes from the net.
    """
    lat = torch.linspace(1, -1, height).view(1, 1, height, 1)
    lon = torch.linspace(-np.pi, np.pi, width + 1)[:-1].view(1, 1, 1, width)
    top, bottom = (torch.tensor(c).view(1, 3, 1, 1) for c in ((0.25, 0.45, 0.8), (0.7, 0.8, 0.9)))
    sky = bottom + (top - bottom) * (lat + 1) / 2 + 0.05 * torch.cos(lon)
    noise = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    return (sky + noise / 255).clamp(0, 1)


def grid_ratio(rgb: Tensor, stride: int) -> float:
    """Spectral energy at the net's stride and its harmonics over that of their neighbours.

    1.0: no grid. Luma spectra of all PATCH x PATCH patches, windowed, are averaged; each
    harmonic's energy is compared with the ring of frequencies around it; the mean over the
    harmonics is the figure.

    Args:
        rgb: (1, 3, H, W) in [0, 1], painted flat sky.
        stride: of the net, a divisor of `PATCH`.
    """
    energy = _patch_spectrum(rgb)  # (PATCH, PATCH)
    step = PATCH // stride
    ratios = [
        _peak_over_ring(energy, u, v)
        for u in range(0, PATCH, step)
        for v in range(0, PATCH, step)
        if (u, v) != (0, 0)
    ]
    return float(np.mean(ratios))


def yaw_equivariance_max(paint: Paint, rgb: Tensor, shift: int) -> float:
    """Largest difference between painting a turned sphere and turning a painted one.

    Args:
        rgb: (N, 3, H, W) in [0, 1].
        shift: pixels to turn by, a multiple of the stride.
    """
    turned = paint(rgb.roll(shift, -1))
    return float((turned - paint(rgb).roll(shift, -1)).abs().max())


def _patch_spectrum(rgb: Tensor) -> NDArray[np.float64]:
    luma = (rgb[0] * torch.tensor(BT709_LUMA).view(3, 1, 1)).sum(0).double().numpy()
    rows, columns = luma.shape[0] // PATCH, luma.shape[1] // PATCH
    patches = luma[: rows * PATCH, : columns * PATCH]
    patches = patches.reshape(rows, PATCH, columns, PATCH).swapaxes(1, 2).reshape(-1, PATCH, PATCH)
    window = np.hanning(PATCH + 1)[:-1]
    patches = (patches - patches.mean((1, 2), keepdims=True)) * np.outer(window, window)
    energy: NDArray[np.float64] = (np.abs(np.fft.fft2(patches)) ** 2).mean(0)
    return energy


def _peak_over_ring(energy: NDArray[np.float64], u: int, v: int) -> float:
    around = np.roll(energy, (RING - u, RING - v), (0, 1))[: 2 * RING + 1, : 2 * RING + 1]
    offset = np.abs(np.arange(-RING, RING + 1))
    distance = np.maximum.outer(offset, offset)
    return float(around[distance <= NEAR].mean() / around[distance > NEAR + 1].mean())
