"""What is near, by the parallax of a stereo pair.

A point at a distance is seen by both eyes in directions that differ by the pupils' distance over
its own. That angle is measured by the flow from one eye to the other; how far things are that
differ by less than a fraction of a pixel cannot be told.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.looks.masks import Floats, Seen, edge
from pipeline.temporal.flow import Quality, grey, parallax
from pipeline.temporal.views import blur, length, sphere_directions

PUPILS = 0.064  # metres between the eyes
FINE = Quality(768, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, 1)
SOFT = 0.25  # of the limit: where the mask goes from 0 to 1
SURE = 0.5  # confidence below which the surroundings decide
REACH = 3  # pixels of the field that these are


class Near:
    """The mask of what lies nearer than a distance.

    Args:
        metres: the distance.
    """

    def __init__(self, metres: float) -> None:
        self._angle = PUPILS / metres

    def __call__(self, seen: Seen) -> Floats:
        height, width = seen.size
        if seen.other is None:
            return np.zeros((height, width), np.float32)
        found = near(disparity(seen.eye, seen.other), self._angle)
        return np.asarray(cv2.resize(found, (width, height)), np.float32)


def disparity(eye: Floats, other: Floats) -> Floats:
    """(h, w) radians by which the other eye sees each point elsewhere, occlusions filled."""
    height = min(FINE.height, len(eye))
    flow = parallax(grey(eye, height), grey(other, height), FINE)
    rays = sphere_directions(*flow.confidence.shape)
    angle = length(flow.direction - rays)
    sure = (flow.confidence > SURE).astype(np.float32)
    around = blur(angle * sure, REACH) / np.maximum(blur(sure, REACH), 1e-6)
    return np.where(sure > 0, angle, around).astype(np.float32)


def near(angle: Floats, limit: float) -> Floats:
    """(h, w) in 0..1: 1 where the disparity is clearly more than a limit, radians."""
    return edge((angle - limit).astype(np.float64), SOFT * limit)
