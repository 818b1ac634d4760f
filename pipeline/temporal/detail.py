"""How much detail an average lacks, and how much tone: the unsharp gain and the tone correction.

Detail is what a box blur takes away, d(x) = x - blur(x). Unsharp masking adds a multiple of it:
x + gain * d(x).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.temporal.average import detail
from pipeline.temporal.bands import in_bands
from pipeline.temporal.planar import Floats
from pipeline.temporal.settings import SETTINGS
from pipeline.temporal.views import blur
from pipeline.temporal.warp import pad_poles, pole_padded, unpadded
from vr360.frame import Rgb


def detail_energies(mean: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """(h, w, 3) mean of |detail| around, see `Past.energy`."""
    averaged = np.asarray(cv2.cvtColor(mean, cv2.COLOR_RGB2GRAY), np.float32)
    fields = [
        _energy(averaged, field),
        _energy(_doubled(averaged, field[0]), field),
        _energy(_padded_grey(painted), field),
    ]
    return blur(np.stack(fields, axis=-1), SETTINGS.energy_radius)


def _energy(level: Floats, field: tuple[int, ...]) -> Floats:
    """(h, w) mean of |detail| of a grey picture (H + 2 PAD, W)."""
    return _reduced(lambda rows: np.abs(detail(level, rows)), unpadded(level).shape, field)


def _doubled(grey: Floats, unit: int) -> Floats:
    """A grey picture (H + 2 PAD, W) with its detail doubled."""
    doubled = np.empty_like(grey)

    def step(rows: slice) -> None:
        cv2.add(unpadded(grey)[rows], detail(grey, rows), dst=unpadded(doubled)[rows])

    height, width = unpadded(grey).shape
    in_bands((height, width), unit, step)
    pad_poles(doubled)
    return doubled


def _padded_grey(picture: Rgb) -> Floats:
    """(H, W, 3) -> (H + 2 PAD, W)."""
    height, width = picture.shape[:2]
    grey: Floats = pole_padded(height, width, 1)[..., 0]
    unpadded(grey)[:] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    pad_poles(grey)
    return grey


def tone_rate(average: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """(h, w, 3) codes a frame: tone_share of what the average lacks to the painting's mean."""

    def gap(rows: slice) -> Floats:
        lacking = cv2.subtract(painted[rows], unpadded(average)[rows], dtype=cv2.CV_32F)
        return np.asarray(lacking, np.float32)

    small = _reduced(gap, painted.shape, field)
    rate = np.float32(SETTINGS.tone_share / SETTINGS.interval)
    return blur(small, SETTINGS.energy_radius) * rate


def _reduced(
    part: Callable[[slice], Floats], size: tuple[int, ...], field: tuple[int, ...]
) -> Floats:
    """Area means (h, w) or (h, w, C) of a picture of (H, W) or (H, W, C) that is made in bands."""
    small = np.empty((*field, *size[2:]), np.float32)

    def step(rows: slice) -> None:
        first, last = (row * field[0] // size[0] for row in (rows.start, rows.stop))
        shape = field[1], last - first
        small[first:last] = cv2.resize(part(rows), shape, interpolation=cv2.INTER_AREA)

    in_bands((size[0], size[1]), field[0], step)
    return small


def unsharp_gain(energy: Floats, depth: int) -> Floats:
    """(h, w): by how much more than 1 detail is amplified to be as rich as the painting's.

    With energies e1 of the average, e2 of it with its detail doubled and e of the painting, energy
    grows about linearly with the gain: gain = (surplus * e - e1) / (e2 - e1).
    """
    floor = np.float32(SETTINGS.detail_floor * (1 << (depth - 8)))
    averaged, doubled, wanted = np.moveaxis(energy, -1, 0)
    gain = (SETTINGS.energy_surplus * wanted - averaged) / np.maximum(doubled - averaged, floor)
    return np.asarray(np.clip(gain, SETTINGS.least_gain - 1, SETTINGS.most_gain - 1), np.float32)
