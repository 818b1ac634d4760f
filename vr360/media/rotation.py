"""Pictures that the camera stored lying on their side."""

from __future__ import annotations

import numpy as np

from vr360.frame import Rgb


def upright(rgb: Rgb, rotation: int) -> Rgb:
    """Turn a picture as its display matrix says.

    Args:
        rgb: (H, W, 3) as stored.
        rotation: degrees counter-clockwise, a multiple of 90, as PyAV reports it.

    Returns:
        (H, W, 3) or (W, H, 3), contiguous.
    """
    turns = rotation // 90 % 4
    return np.ascontiguousarray(np.rot90(rgb, turns)) if turns else rgb
