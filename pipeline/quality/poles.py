"""Whether the strokes at the poles are like those at the equator.

A net that paints the equirect picture paints strokes of equal size in pixels, and near a pole a
pixel is a narrow thing: seen from within, strokes become needles there. Small views all over the
sphere show how long strokes are. What a net paints depends on what it is given, so views at the
poles are compared with those views of the equator whose source looks most alike; then a net that
paints alike in every direction gets 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.views import sample
from vr360.change import luma
from vr360.filters import Around, gaussian_blur
from vr360.frame import Rgb
from vr360.geometry import (
    FULL_TURN,
    HALF_TURN,
    perspective_directions,
    rotation,
    spiral,
)

Floats = NDArray[np.float64]

VIEWS = 200  # over the sphere, by a Fibonacci spiral: equal areas
FIELD = HALF_TURN / 9  # 20 degrees
POLAR, EQUATORIAL = HALF_TURN / 3, HALF_TURN * 35 / 180  # latitudes from which, up to which
ALIKE = 6  # views of the equator that one at a pole is compared with
FINER = 2  # times: else looking up blurs both ways at the equator, and one way at the poles
FAINT = 1e-3  # contrast below which a view shows no stroke


@dataclass(frozen=True)
class Strokes:
    """What views show, (VIEWS,) each, as logarithms.

    Attributes:
        contrast: root mean square of luma's detail.
        scale: length of the detail: its size over that of its slope, in pixels of the equator.
    """

    contrast: Floats
    scale: Floats


def strokes(rgb: Rgb) -> Strokes:
    """The strokes of one equirect eye (H, W, 3)."""
    values = cv2.resize(luma(rgb), None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    rows = [_stroke(sample(values, directions)) for directions in _views(rgb.shape[1])]
    return Strokes(*np.array(rows).T)


def pole_ratio(film: Sequence[Strokes], source: Sequence[Strokes]) -> float | None:
    """Scale of strokes at the poles over that at like places of the equator.

    Args:
        film, source: of the same frames.

    Returns:
        The geometric mean over views; None where either end of the sphere shows nothing.
    """
    looks = np.stack([_joined(source, "contrast"), _joined(source, "scale")], axis=1)
    shown = _joined(film, "contrast") > np.log(FAINT)
    lat = np.tile(latitudes(), len(film))
    poles, equator = shown & (lat >= POLAR), shown & (lat <= EQUATORIAL)
    if not poles.any() or equator.sum() < ALIKE:
        return None
    looks /= looks[shown].std(axis=0) + 1e-6
    gap = np.square(looks[poles][:, None] - looks[equator][None]).sum(axis=2)
    nearest = np.argsort(gap, axis=1)[:, :ALIKE]
    scale = _joined(film, "scale")
    return float(np.exp(np.mean(scale[poles] - scale[equator][nearest].mean(axis=1))))


def _joined(parts: Sequence[Strokes], name: str) -> Floats:
    return np.concatenate([getattr(part, name) for part in parts])


def _stroke(view: NDArray[np.float32]) -> tuple[float, float]:
    """Logarithms of contrast and scale."""
    detail = view - gaussian_blur(view, len(view) / 8, Around.FLAT)
    power = np.square(detail).mean()
    slope = np.sum([np.square(g).mean() for g in np.gradient(detail)])
    floor = 1e-12
    return float(np.log(power + floor) / 2), float(np.log((power + floor) / (slope + floor)) / 2)


def latitudes() -> Floats:
    """Of the views, (VIEWS,), without their sign."""
    return np.abs(spiral(VIEWS)[1])


@lru_cache(maxsize=2)
def _views(width: int) -> NDArray[np.float32]:
    """(VIEWS, S, S, 3) unit vectors; a pixel is as large as one of the equator."""
    size = max(16, round(width * FIELD / FULL_TURN))
    plane = perspective_directions(size, size, FIELD)
    plane /= np.linalg.norm(plane, axis=2, keepdims=True)
    turns = [rotation(yaw, pitch) for yaw, pitch in zip(*spiral(VIEWS), strict=True)]
    return np.stack([plane @ turn.T for turn in turns]).astype(np.float32)
