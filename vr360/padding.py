"""Continuing a picture over its edges the way the sphere does.

Convention: to the left and right an equirect picture wraps. Over a pole, rows mirror and shift by
W / 2: one step further along a meridian lies the same row, half a turn away.
`vr360.sampling.padding` does the same to tensors, and to the faces of cubes.
"""

from __future__ import annotations

import numpy as np

from vr360.frame import Rgb


def sphere_pad_rgb(rgb: Rgb, pad: int) -> Rgb:
    """Continue an equirect picture over its edges as the sphere does.

    Args:
        rgb: (H, W) or (H, W, C), full 360° x 180°, W even.
        pad: pixels on every side, at most H and at most W.

    Returns:
        (H + 2 pad, W + 2 pad) or (H + 2 pad, W + 2 pad, C).

    Raises:
        ValueError: no even width, or more padding than picture.
    """
    check_padding(rgb.shape[0], rgb.shape[1], pad)
    if pad == 0:
        return rgb
    height, width = rgb.shape[:2]
    padded = np.empty((height + 2 * pad, width + 2 * pad, *rgb.shape[2:]), rgb.dtype)
    rows = padded[:, pad : pad + width]
    rows[pad : pad + height] = rgb
    rows[:pad] = np.roll(rgb[:pad][::-1], width // 2, axis=1)
    rows[pad + height :] = np.roll(rgb[height - pad :][::-1], width // 2, axis=1)
    padded[:, :pad] = rows[:, width - pad :]
    padded[:, pad + width :] = rows[:, :pad]
    return padded


def check_padding(height: int, width: int, pad: int) -> None:
    """Raise ValueError for a sphere of such a size that cannot be continued so far."""
    if width % 2:
        raise ValueError(f"the half turn over a pole needs an even width, got {width}")
    if not 0 <= pad <= min(height, width):
        raise ValueError(f"pad must lie between 0 and {min(height, width)}, got {pad}")
