"""What a frame's neighbours lead to expect of its painting (DeepMovie: Anderson et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.painting.eyes import moved_along
from pipeline.temporal.bands import enlarge
from pipeline.temporal.flow import FINE, SphereFlow, grey, grey_flow
from pipeline.temporal.occlusion import confidence
from pipeline.temporal.planar import Floats
from vr360.frame import Rgb

SURE = 0.3, 0.6  # confidence below which a neighbour is ignored, above which it is believed


@dataclass(frozen=True)
class Moved:
    """A neighbour's painting, moved to where its things are now.

    Attributes:
        rgb: (H, W, 3) float32.
        trust: (H, W) float32 in 0..1, confidence in the flow; 0 at occlusions.
    """

    rgb: Floats
    trust: Floats

    def over(self, other: Floats) -> Floats:
        """Where it is believed; elsewhere `other` (H, W, 3)."""
        return np.asarray(other + self.trust[..., None] * (self.rgb - other), np.float32)


def moved(painted: Floats, then: Rgb, now: Rgb) -> Moved:
    """The painting (H, W, 3) of the frame `then`, as the motion of the source takes it to `now`.

    Args:
        painted: of any size.
        then, now: (h, w, 3), the frames of the source.
    """
    flow, sure = _flow(now, then)
    low, high = SURE
    believed = np.clip((enlarge(sure, *painted.shape[:2]) - low) / (high - low), 0, 1)
    return Moved(moved_along(painted, flow), believed.reshape(painted.shape[:2]))


def _flow(now: Rgb, then: Rgb) -> tuple[SphereFlow, Floats]:
    height = min(FINE.height, len(now))
    here, there = grey(now, height), grey(then, height)
    flow = grey_flow(here, there, FINE)
    return flow, confidence(flow, here, there)
