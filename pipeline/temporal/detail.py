"""How much detail an average lacks, and how much tone: the unsharp gain and the tone correction.

Detail is what a box blur takes away, d(x) = x - blur(x). Unsharp masking adds a multiple of it:
x + gain * d(x).
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.temporal.average import detail
from pipeline.temporal.planar import Floats
from pipeline.temporal.settings import SETTINGS
from pipeline.temporal.views import blur
from pipeline.temporal.warp import pad_poles, pole_padded, unpadded
from vr360.frame import Rgb


def detail_energies(mean: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """(h, w, 3) mean of |detail| around, see `Past.energy`."""
    everything = slice(0, len(painted))
    height, width = painted.shape[:2]
    averaged, doubled, fresh = (pole_padded(height, width, 1)[..., 0] for _ in range(3))
    averaged[:] = cv2.cvtColor(mean, cv2.COLOR_RGB2GRAY)
    unpadded(doubled)[:] = unpadded(averaged) + detail(averaged, everything)
    unpadded(fresh)[:] = cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY)
    for picture in (doubled, fresh):
        pad_poles(picture)
    fields = [
        cv2.resize(np.abs(detail(level, everything)), field[::-1], interpolation=cv2.INTER_AREA)
        for level in (averaged, doubled, fresh)
    ]
    return blur(np.stack(fields, axis=-1), SETTINGS.energy_radius)


def tone_rate(average: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """(h, w, 3) codes a frame: tone_share of what the average lacks to the painting's mean."""
    gap = cv2.subtract(painted, unpadded(average), dtype=cv2.CV_32F)
    small = cv2.resize(gap, field[::-1], interpolation=cv2.INTER_AREA)
    rate = np.float32(SETTINGS.tone_share / SETTINGS.interval)
    return blur(np.asarray(small, np.float32), SETTINGS.energy_radius) * rate


def unsharp_gain(energy: Floats, depth: int) -> Floats:
    """(h, w): by how much more than 1 detail is amplified to be as rich as the painting's.

    With energies e1 of the average, e2 of it with its detail doubled and e of the painting, energy
    grows about linearly with the gain: gain = (surplus * e - e1) / (e2 - e1).
    """
    floor = np.float32(SETTINGS.detail_floor * (1 << (depth - 8)))
    averaged, doubled, wanted = np.moveaxis(energy, -1, 0)
    gain = (SETTINGS.energy_surplus * wanted - averaged) / np.maximum(doubled - averaged, floor)
    return np.asarray(np.clip(gain, SETTINGS.least_gain - 1, SETTINGS.most_gain - 1), np.float32)
