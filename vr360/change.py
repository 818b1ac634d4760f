"""Where two pictures differ, and where a film flickers: maps over the sphere and their means.

Maps are (H, W) float32 in shares of full scale, per pixel of an equirect picture; only the means
weigh by area, so that a map can be laid over the picture as it is.

Flicker is what changes where nothing should. As in coding (Fan, Gao, Lu, Zhao, "Flicking reduction
in all intra frame coding", JVT-E070, 2002) only places count where the source stands still. What
changes there is the part of luma that three frames alternate by, |a - 2 b + c| / 2: the shortest
symmetric filter that lets neither constants nor ramps through, so a lamp that is slowly dimmed does
not flicker. Two values taken in turn give their difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.filters import box_blur
from vr360.frame import BT709_LUMA, Rgb, peak_of

Map = NDArray[np.float32]

SPAN = 3
"""Frames that flicker is seen in."""

REC709 = np.array([BT709_LUMA], np.float32)
CELL = 5  # pixels whose mean must stand still: a camera's noise is no motion
STILL, MOVING = 2 / 255, 6 / 255  # change of that mean up to which, from which


def luma(rgb: Rgb) -> Map:
    """Rec. 709 luma (H, W) of R'G'B', 0..1."""
    peak = peak_of(rgb)
    return np.asarray(cv2.transform(rgb.astype(np.float32), REC709 / peak), np.float32)


def difference(a: Rgb, b: Rgb) -> Map:
    """Mean absolute difference of the channels of two pictures of one size and depth, 0..1."""
    peak = peak_of(a)
    return np.asarray(cv2.absdiff(a, b).mean(axis=2, dtype=np.float32) / peak, np.float32)


def flicker(film: Sequence[Rgb], source: Sequence[Rgb] | None = None) -> Map:
    """Luma that alternates over three successive pictures, where their sources stand still.

    Args:
        film: three pictures, in order of time; the map belongs to the middle one.
        source: what they were painted from; without it, motion shows as well.
    """
    change = alternation([luma(rgb) for rgb in film])
    return change if source is None else change * stillness([luma(rgb) for rgb in source])


def alternation(lumas: Sequence[Map]) -> Map:
    """|a - 2 b + c| / 2 of three maps."""
    before, now, after = lumas
    return np.asarray(np.abs(before - 2 * now + after) / 2, np.float32)


def stillness(lumas: Sequence[Map]) -> Map:
    """1 where the maps agree, 0 where they differ, in between where that is open."""
    calm = [box_blur(values, CELL) for values in lumas]
    change = np.max(calm, axis=0) - np.min(calm, axis=0)
    return np.asarray(np.clip((MOVING - change) / (MOVING - STILL), 0, 1), np.float32)
