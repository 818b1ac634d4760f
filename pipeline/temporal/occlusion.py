"""Occlusion: where the optical flow cannot say what a point was in the frame before."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.temporal.flow import SphereFlow
from pipeline.temporal.planar import Floats, Grey
from pipeline.temporal.settings import SETTINGS
from pipeline.temporal.views import blur, sample


def confidence(flow: SphereFlow, now: Grey, before: Grey) -> Floats:
    """How well the flow explains the source: (h, w) in 0..1, 0 at occlusions.

    c = f * exp(-(miss / (tolerance + contrast))^2), where f is the flow's own forward-backward
    consistency (Sundaram, Brox and Keutzer 2010, "Dense point trajectories by GPU-accelerated large
    displacement optical flow"), miss the difference between the warped source and the present one,
    and contrast the local standard deviation of the present one.
    """
    size = flow.confidence.shape[::-1]
    small, small_before = (
        cv2.resize(g, size, interpolation=cv2.INTER_AREA).astype(np.float32) for g in (now, before)
    )
    miss = blur(np.abs(sample(small_before, flow.direction) - small), 1)
    mean = blur(small, 2)
    contrast = np.sqrt(np.maximum(blur(small * small, 2) - mean * mean, 0))
    allowed = SETTINGS.brightness_tolerance + contrast
    return np.asarray(flow.confidence * np.exp(-((miss / allowed) ** 2)), np.float32)
