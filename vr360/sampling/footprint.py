"""How much of the source one pixel of the target covers, and what follows for its filter.

A target coarser than its source is rendered at a whole multiple of its size and averaged, so that
each of its pixels weighs the area it covers. What is left is the stretching of an equirect source
towards its poles, which runs along its rows whatever the turn: there rows are averaged over as many
pixels as the target covers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vr360.geometry import Array, Mask
from vr360.projections import Equirect, SphereMap

_POINTS = (192, 384)  # at most so many of the target's pixels are asked
_LARGEST_STEP = 1.25  # source pixels; cubic taps span so much before much aliases
_OVERSAMPLING = 1.5  # so that no wave of the source is folded before it is averaged
_WIDTHS = np.array([1, 3, 5, 7, 11, 15, 23, 31, 47, 63, 95, 127, 191, 255, 383, 511])
_ROW_BINS = 240


@dataclass(frozen=True)
class RowAverage:
    """Rows `start` to `stop` of the source, averaged over `width` pixels (odd)."""

    start: int
    stop: int
    width: int


@dataclass(frozen=True)
class Footprint:
    """Attributes:
    supersampling: how many times finer the target is rendered, each way.
    rows: averages along an equirect source's rows, before anything is looked up.
    """

    supersampling: int
    rows: tuple[RowAverage, ...] = ()


def measure_footprint(source: SphereMap, target: SphereMap, turn: Array) -> Footprint:
    """What filter the pair wants; see `build_sampler` for the arguments."""
    x, y, slopes = _slopes(source, target, turn)
    if not x.size:
        return Footprint(1)
    if not isinstance(source, Equirect):
        area = np.abs(slopes[0, 0] * slopes[1, 1] - slopes[0, 1] * slopes[1, 0])
        return Footprint(_supersampling(np.sqrt(area)))
    across, down = np.hypot(*slopes[:, 0]), np.hypot(*slopes[:, 1])
    times = _supersampling(down)
    return Footprint(times, _row_averages(source, y, across / times))


def _slopes(source: SphereMap, target: SphereMap, turn: Array) -> tuple[Array, Array, Array]:
    """Source pixels (N,) that the target looks at, and (2 target axes, x y, N) derivatives."""
    height, width = target.height, target.width
    rows = np.linspace(0, height - 1, min(height, _POINTS[0])).round()[:, None]
    columns = np.linspace(0, width - 1, min(width, _POINTS[1])).round()[None]
    found = [
        _look(source, target, turn, columns + dx, rows + dy)
        for dx, dy in ((0, 0), (-0.25, 0), (0.25, 0), (0, -0.25), (0, 0.25))
    ]
    seen = np.logical_and.reduce([mask for _, mask in found])
    middle, left, right, above, below = (place[:, seen] for place, _ in found)
    slopes = np.stack([right - left, below - above]) * 2
    if isinstance(source, Equirect):
        slopes[:, 0] -= np.round(slopes[:, 0] / (2 * source.width)) * (2 * source.width)
    return middle[0], middle[1], slopes


def _look(
    source: SphereMap, target: SphereMap, turn: Array, x: Array, y: Array
) -> tuple[Array, Mask]:
    xyz, seen = target.directions(x, y)
    at_x, at_y, shown = source.pixels(xyz @ turn.T)
    return np.stack([at_x, at_y]), seen & shown


def _supersampling(scales: Array) -> int:
    """From source pixels to a target pixel; jumps between faces and lenses do not count."""
    usual = float(scales[scales <= 8 * np.median(scales)].mean())
    return 1 if usual <= _LARGEST_STEP else round(_OVERSAMPLING * usual)


def _row_averages(source: Equirect, y: Array, across: Array) -> tuple[RowAverage, ...]:
    bins = min(_ROW_BINS, source.height)
    index = np.clip((y + 0.5) * bins / source.height, 0, bins - 1).astype(int)
    filled = np.unique(index)
    spans = np.array([np.median(across[index == i]) for i in filled])
    centres = (filled + 0.5) * source.height / bins - 0.5
    span = np.interp(np.arange(source.height), centres, spans)
    widest = _WIDTHS[: max(1, np.searchsorted(_WIDTHS, source.width // 4, side="right"))]
    widths = widest[np.searchsorted(widest, span + 1e-6, side="right").clip(1) - 1]
    starts = np.flatnonzero(np.diff(widths, prepend=-1))
    stops = [*starts[1:], source.height]
    runs = (RowAverage(int(a), int(b), int(widths[a])) for a, b in zip(starts, stops, strict=True))
    return tuple(run for run in runs if run.width > 1)
