"""Parts of the sphere that figures are told apart by, and sums over them by area."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.change import Map
from vr360.geometry import HALF_TURN, equirect_directions, row_areas

Sums = NDArray[np.float64]

NAMES = ("sphere", "equator", "middle", "poles", "seam", "faces")
"""Everything; |lat| below 30°, from 30° to 60°, above 60°; within `NEAR` of the ±180° meridian;
within `NEAR` of the edges of a cube's faces."""

LOW, HIGH = HALF_TURN / 6, HALF_TURN / 3
NEAR = HALF_TURN / 90


@dataclass(frozen=True)
class Regions:
    """The regions of an equirect picture.

    Attributes:
        bands: (4, H) area of a pixel of each row where it lies in sphere, equator, middle, poles.
        beside_seam: columns on each side of ±180°.
        on_edges: indices of the pixels at face edges, and their areas.
    """

    bands: Sums
    beside_seam: int
    on_edges: tuple[NDArray[np.intp], Sums]

    def sums(self, values: Map) -> Sums:
        """Integrals (6,) of (H, W) values over `NAMES`, in shares of the sphere."""
        rows = values.sum(axis=1, dtype=np.float64)
        side = self.beside_seam
        seam = values[:, :side].sum(axis=1) + values[:, -side:].sum(axis=1)
        index, areas = self.on_edges
        edges = (areas * values.ravel()[index]).sum()
        bands = (self.bands * rows).sum(axis=1)
        return np.array([*bands, (self.bands[0] * seam).sum(), edges])


@lru_cache(maxsize=2)
def regions(height: int, width: int) -> Regions:
    """The regions of pictures of one size."""
    areas = row_areas(height) / width
    lat = np.abs((0.5 - (np.arange(height) + 0.5) / height) * HALF_TURN)
    masks = [lat >= 0, lat < LOW, (lat >= LOW) & (lat < HIGH), lat >= HIGH]
    edges = np.flatnonzero(_angle_to_edges(height, width).ravel() < NEAR)
    return Regions(
        bands=np.stack([areas * mask for mask in masks]),
        beside_seam=max(1, round(width * NEAR / (2 * HALF_TURN))),
        on_edges=(edges, areas[edges // width]),
    )


def _angle_to_edges(height: int, width: int) -> NDArray[np.float64]:
    """From every pixel to the nearest plane that parts the two faces next to it, radians."""
    second, first = np.moveaxis(np.sort(np.abs(equirect_directions(height, width)))[..., 1:], 2, 0)
    return np.asarray(np.arcsin((first - second) / np.sqrt(2)))


class Tally:
    """One figure over a film: values of all frames and their weights, summed by region.

    Attributes:
        series: mean over the sphere of each frame; None where nothing counted.
        heat: weighted mean of every place over time, (HEAT_ROWS, 2 HEAT_ROWS).
    """

    HEAT_ROWS = 90

    def __init__(self) -> None:
        self.series: list[float | None] = []
        self._values = np.zeros(len(NAMES))
        self._weights = np.zeros(len(NAMES))
        self._heat = np.zeros((2, self.HEAT_ROWS, 2 * self.HEAT_ROWS))

    def add(self, values: Map, weights: Map | None = None) -> None:
        """One more frame's map (H, W), and how much each place counts (1 by default)."""
        weights = np.ones_like(values) if weights is None else weights
        weighted = np.asarray(values * weights, np.float32)
        parts = regions(*values.shape)
        value, weight = parts.sums(weighted), parts.sums(weights)
        self._values += value
        self._weights += weight
        self._heat += np.stack([_shrunk(weighted), _shrunk(weights)])
        self.series.append(_share(value[0], weight[0]))

    def skip(self) -> None:
        """One more frame, of which this figure knows nothing."""
        self.series.append(None)

    @property
    def means(self) -> dict[str, float | None]:
        """Over all frames, by region."""
        pairs = zip(NAMES, self._values, self._weights, strict=True)
        return {name: _share(value, weight) for name, value, weight in pairs}

    @property
    def heat(self) -> Map:
        value, weight = self._heat
        return np.asarray(np.divide(value, weight, out=np.zeros_like(value), where=weight > 0.01))


def _share(value: float, weight: float) -> float | None:
    return float(value / weight) if weight > 1e-9 else None


def _shrunk(values: Map) -> Map:
    size = 2 * Tally.HEAT_ROWS, Tally.HEAT_ROWS
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
