"""Two eyes, one painting: what one eye shows, the other shows at the same place.

Painted one by one, the eyes disagree about every stroke, and that hurts to look at. So the left
eye's painting is carried over to the right one by the parallax of the source, and the right eye's
own painting fills in where only the right eye sees.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.temporal.bands import enlarge
from pipeline.temporal.flow import Quality, SphereFlow, grey, parallax
from pipeline.temporal.occlusion import confidence
from pipeline.temporal.planar import Floats
from pipeline.temporal.warp import motion, pad_poles, pole_padded, unpadded, warp
from vr360.frame import Rgb, peak_of

USUAL = Quality(384, cv2.DISOPTICAL_FLOW_PRESET_FAST, 1)


def carry_over(left: Rgb, right: Rgb, painted_left: Rgb, painted_right: Rgb) -> Rgb:
    """The right eye with the left one's painting wherever both eyes see.

    Args:
        left, right: the source's eyes (H, W, 3).
        painted_left, painted_right: what was painted of them, of one size and kind.

    Returns:
        Like `painted_right`.
    """
    flow, visible = eye_to_eye(right, left, USUAL)
    carried = moved_along(painted_left, flow)
    # Two paintings mixed half and half are neither: a narrow border between the two.
    share = np.clip((enlarge(visible, *painted_right.shape[:2]) - 0.3) / 0.3, 0, 1)
    own = painted_right.astype(np.float32)
    mixed = own + share.reshape(*own.shape[:2], 1) * (carried - own)
    peak = peak_of(painted_right)
    return np.asarray(mixed.round().clip(0, peak), painted_right.dtype)


def eye_to_eye(eye: Rgb, other: Rgb, quality: Quality) -> tuple[SphereFlow, Floats]:
    """The disparity from `eye` to `other`, and its confidence (h, w) in 0..1; 0 at occlusions."""
    height = min(quality.height, len(eye))
    here, there = grey(eye, height), grey(other, height)
    flow = parallax(here, there, quality)
    return flow, confidence(flow, here, there)


def moved_along(picture: Rgb, flow: SphereFlow) -> Floats:
    """Backward warping: (H, W, 3), sampled where the flow says that each pixel's point is."""
    height, width = picture.shape[:2]
    extended = pole_padded(height, width)
    unpadded(extended)[:] = picture
    pad_poles(extended)
    return warp(extended, motion(flow.direction, height, width))
