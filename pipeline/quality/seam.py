"""How visible the ±180° meridian is."""

from __future__ import annotations

import numpy as np

from vr360.frame import Rgb, peak_of
from vr360.geometry import row_areas

BESIDE = 8  # columns on each side of the seam that it is compared with


def seam_gradient(rgb: Rgb) -> float:
    """Mean step across ±180° over the mean step between columns just beside it.

    1.0: the seam is a place like any other. Rows weigh by the area they cover. A real panorama
    may carry a step of its own (stitching, exposure); divide by the same figure of the source.

    Args:
        rgb: (H, W, 3), one equirect eye.
    """
    peak = peak_of(rgb)
    columns = np.roll(rgb, BESIDE + 1, axis=1)[:, : 2 * BESIDE + 2].astype(np.float64) / peak
    steps = np.abs(np.diff(columns, axis=1)).mean(axis=2)  # (H, 2 BESIDE + 1)
    weighted = row_areas(len(rgb)) @ steps
    across = weighted[BESIDE]
    beside = np.delete(weighted, BESIDE).mean()
    return float(across / beside) if beside > 0 else (1.0 if across == 0 else float("inf"))
