"""The exponential moving average (EMA) of a painting: warp, update, unsharp masking, rounding.

These are the steps at the picture's own size. Each runs in bands of rows (`bands.py`). In the
formulas, a is the average, p the painting, w the average warped to the present, n its age.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.bands import Enlarged, in_bands
from pipeline.temporal.planar import Floats
from pipeline.temporal.warp import (
    PAD,
    Motion,
    Shifts,
    pad_poles,
    unpadded,
    warp_rows,
)
from vr360.filters import Around, box_blur
from vr360.frame import Rgb, bit_depth, peak_at

BLUR_SIZE = 3  # pixels: what a box blur of this size takes away is detail; EMAs lose the finest
HYSTERESIS = 2.0  # codes: a smaller change of the output is not shown, and not visible

Halves = NDArray[np.float16]


def update(
    average: Floats,
    painted: Rgb,
    moved: Motion,
    share: Floats,
    tone: Floats,
    result: Floats,
    warped: Halves | None = None,
) -> None:
    """One step of the EMA: a(t) = w + share * (p - w) + tone, with w = warp(a(t-1)), share = 1 / n.

    Args:
        average: (H + 2 PAD, W, 3) a(t-1), in codes, with its rows over the poles (`pole_padded`).
        painted: (H, W, 3) p, in codes.
        moved: motion from the present back to the average.
        share: (h, w) weight of the new painting, 0..1.
        tone: (h, w, 3) codes to be added.
        result: (H + 2 PAD, W, 3), is filled with a(t).
        warped: (H, W, 3), is filled with w.
    """
    height, width = painted.shape[:2]
    shifts = Shifts(moved)
    shares, tones = (Enlarged(field, height, width) for field in (share, tone))

    def step(rows: slice) -> None:
        w = warp_rows(average, shifts, rows)  # (rows, W, 3)
        if warped is not None:
            warped[rows] = w
        change = cv2.subtract(painted[rows], w, dtype=cv2.CV_32F)
        cv2.multiply(change, cv2.merge([shares[rows]] * 3), dst=change)  # (rows, W, 3)
        cv2.add(change, tones[rows], dst=change)
        cv2.add(w, change, dst=unpadded(result)[rows])

    in_bands((height, width), len(share), step)
    pad_poles(result)


def blend(average: Floats, other: Halves, share: Floats, result: Floats) -> None:
    """Cross-fade two averages: result = average + share * (other - average).

    Args:
        average: (H + 2 PAD, W, 3) codes, with its rows over the poles.
        other: (H, W, 3) codes.
        share: (h, w) weight of `other`, 0..1.
        result: as `average`, is filled.
    """
    height, width = other.shape[:2]
    shares = Enlarged(share, height, width)

    def step(rows: slice) -> None:
        change = cv2.subtract(other[rows].astype(np.float32), unpadded(average)[rows])
        cv2.multiply(change, cv2.merge([shares[rows]] * 3), dst=change)
        cv2.add(unpadded(average)[rows], change, dst=unpadded(result)[rows])

    in_bands((height, width), len(share), step)
    pad_poles(result)


def detail(picture: Floats, rows: slice) -> Floats:
    """d(x) = x - blur(x) for some rows of a picture (H + 2 PAD, W) or (..., C)."""
    side = BLUR_SIZE // 2
    near = picture[rows.start + PAD - side : rows.stop + PAD + side]  # (rows + 2, W, C)
    soft = box_blur(near, BLUR_SIZE, Around.RING)  # the rows above and below are there already
    return np.asarray(cv2.subtract(near[side:-side], soft[side:-side]), np.float32)


def sharpened(average: Floats, gain: Floats, last: Rgb) -> Rgb:
    """The output of a frame: unsharp masking, then hysteresis, then rounding to codes.

    o(t) = a + gain * d(a), where it is within `HYSTERESIS` codes of o(t-1) set to o(t-1). Without
    the hysteresis a value that drifts slowly alternates between two codes; in flat, dark areas
    nothing else is left of the flicker.

    Args:
        average: (H + 2 PAD, W, 3) a, in codes.
        gain: (h, w) multiple of the detail that is added; -1 removes it, 0 leaves the average.
        last: (H, W, 3) o(t-1), 8 or 10 bits.
    Returns:
        (H, W, 3) as `last`.
    """
    height, width = last.shape[:2]
    gains = Enlarged(gain, height, width)
    result = np.empty_like(last)

    def step(rows: slice) -> None:
        exact = detail(average, rows)
        cv2.multiply(exact, cv2.merge([gains[rows]] * 3), dst=exact)
        cv2.add(unpadded(average)[rows], exact, dst=exact)
        _round_with_hysteresis(exact, last[rows], result[rows])

    in_bands((height, width), len(gain), step)
    return result


def _round_with_hysteresis(exact: Floats, last: Rgb, result: Rgb) -> None:
    depth = bit_depth(last)
    change = cv2.subtract(exact, last, dtype=cv2.CV_32F)
    cv2.threshold(change, HYSTERESIS, 0, cv2.THRESH_TOZERO_INV, dst=change)
    cv2.threshold(change, -HYSTERESIS, 0, cv2.THRESH_TOZERO, dst=change)
    kind = cv2.CV_8U if depth == 8 else cv2.CV_16U  # OpenCV rounds and stays within these
    cv2.subtract(exact, change, dst=result, dtype=kind)
    if depth > 8:
        np.minimum(result, peak_at(depth), out=result)
