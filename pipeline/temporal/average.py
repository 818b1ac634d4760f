"""The running average of a painting: moved, renewed, given its contrast back, rounded to codes.

All that is done at the picture's own size is done here, in bands of rows.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.bands import Enlarged, in_bands
from pipeline.temporal.planar import Floats
from pipeline.temporal.warp import (
    REACH,
    Motion,
    Shifts,
    continue_over_poles,
    inner,
    warp_rows,
)
from vr360.filters import Around, box_blur
from vr360.frame import Rgb, bit_depth, peak_at

DETAIL = 3  # pixels: what a blur of this size takes away is detail; averages lose the finest
PLAY = 2.0  # codes that a result may be off: fewer than anybody sees


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
    """The average moved to the present, and the new painting's share and tone.

    Args:
        average: (H + 2 REACH, W, 3) so far, roomy.
        painted: (H, W, 3) the new painting.
        moved: from the present back to the average.
        share: (h, w) of the new painting, 0..1.
        tone: (h, w, 3) codes to be added.
        result: roomy, is filled in.
        warped: (H, W, 3), is filled with the average moved to the present.
    """
    height, width = painted.shape[:2]
    shifts = Shifts(moved)
    shares, tones = (Enlarged(field, height, width) for field in (share, tone))

    def step(rows: slice) -> None:
        before = warp_rows(average, shifts, rows)
        if warped is not None:
            warped[rows] = before
        change = cv2.subtract(painted[rows], before, dtype=cv2.CV_32F)
        cv2.multiply(change, cv2.merge([shares[rows]] * 3), dst=change)
        cv2.add(change, tones[rows], dst=change)
        cv2.add(before, change, dst=inner(result)[rows])

    in_bands((height, width), len(share), step)
    continue_over_poles(result)


def blend(average: Floats, other: Halves, share: Floats, result: Floats) -> None:
    """Fill `result`, roomy as `average` is, with it and a share (h, w) of `other` (H, W, 3)."""
    height, width = other.shape[:2]
    shares = Enlarged(share, height, width)

    def step(rows: slice) -> None:
        change = cv2.subtract(other[rows].astype(np.float32), inner(average)[rows])
        cv2.multiply(change, cv2.merge([shares[rows]] * 3), dst=change)
        cv2.add(inner(average)[rows], change, dst=inner(result)[rows])

    in_bands((height, width), len(share), step)
    continue_over_poles(result)


def detail(picture: Floats, rows: slice) -> Floats:
    """What a blur takes from some rows of a roomy picture (H + 2 REACH, W) or (..., C)."""
    side = DETAIL // 2
    near = picture[rows.start + REACH - side : rows.stop + REACH + side]
    soft = box_blur(near, DETAIL, Around.RING)  # the rows above and below are there already
    return np.asarray(cv2.subtract(near[side:-side], soft[side:-side]), np.float32)


def sharpened(average: Floats, gain: Floats, last: Rgb) -> Rgb:
    """The average as codes, its detail amplified, each code held until it is a whole one off.

    A value that drifts slowly would else step to and fro between two codes, and in flat, dark areas
    that is all that is left of the boiling.

    Args:
        average: roomy.
        gain: (h, w) by which detail is amplified, less 1.
        last: (H, W, 3) the last result.
    """
    height, width = last.shape[:2]
    gains = Enlarged(gain, height, width)
    result = np.empty_like(last)

    def step(rows: slice) -> None:
        exact = detail(average, rows)
        cv2.multiply(exact, cv2.merge([gains[rows]] * 3), dst=exact)
        cv2.add(inner(average)[rows], exact, dst=exact)
        _settle(exact, last[rows], result[rows])

    in_bands((height, width), len(gain), step)
    return result


def _settle(exact: Floats, last: Rgb, result: Rgb) -> None:
    depth = bit_depth(last)
    change = cv2.subtract(exact, last, dtype=cv2.CV_32F)
    cv2.threshold(change, PLAY, 0, cv2.THRESH_TOZERO_INV, dst=change)
    cv2.threshold(change, -PLAY, 0, cv2.THRESH_TOZERO, dst=change)
    kind = cv2.CV_8U if depth == 8 else cv2.CV_16U  # OpenCV rounds and stays within these
    cv2.subtract(exact, change, dst=result, dtype=kind)
    if depth > 8:
        np.minimum(result, peak_at(depth), out=result)
