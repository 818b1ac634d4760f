"""How far the two eyes of a painted film disagree about what both of them see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.painting.eyes import eye_to_eye, moved_along
from pipeline.temporal.bands import enlarge
from pipeline.temporal.flow import FINE
from vr360.frame import Rgb, peak_of
from vr360.geometry import row_areas


def cross_eye_errors(
    source_left: Rgb, source_right: Rgb, films: Sequence[tuple[Rgb, Rgb]]
) -> tuple[float | None, ...]:
    """Mean squared difference, 0 to 1, between the right eye and the left one moved to it.

    The source says where each point of the right eye is in the left one, and which points both
    see; pixels weigh by their area and by how sure that is.

    Args:
        source_left, source_right: the source's eyes (H, W, 3).
        films: left and right eye of one size, painted of the source.

    Returns:
        For each film; None where the eyes have nothing in common.
    """
    flow, seen = eye_to_eye(source_right, source_left, FINE)
    errors: list[float | None] = []
    for left, right in films:
        height, width = right.shape[:2]
        difference = (right - moved_along(left, flow)) / peak_of(right)
        weight = enlarge(seen, height, width).reshape(height, width) * row_areas(height)[:, None]
        total = float(weight.sum())
        error = float((np.square(difference).mean(axis=2) * weight).sum())
        errors.append(error / total if total > 0 else None)
    return tuple(errors)
