"""Optical flow between two flat grey pictures: OpenCV's DIS."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]


def planar_flow(
    current: NDArray[Any], previous: NDArray[Any], preset: int, finest: int | None = None
) -> Floats:
    """Backward flow: pixels (h, w, 2) from each point of a picture to where it was before.

    Dense Inverse Search: Kroeger, Timofte, Dai, Van Gool, *Fast Optical Flow using Dense Inverse
    Search* (2016).

    Args:
        current, previous: (h, w) uint8.
        preset: one of `cv2.DISOPTICAL_FLOW_PRESET_*`.
        finest: stop at 1 / 2^finest of the size; None is as the preset has it.
    """
    search = cv2.DISOpticalFlow.create(preset)
    if finest is not None:
        search.setFinestScale(finest)
    start: Any = None  # not zeros, which count as a guess
    found = search.calc(np.ascontiguousarray(current), np.ascontiguousarray(previous), start)
    return np.asarray(found, np.float32)
