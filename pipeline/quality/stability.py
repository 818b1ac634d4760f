"""How still a painted film holds: warp error, flicker, sharpness, by region and over time.

The warp error follows Lai et al., *Learning Blind Video Temporal Consistency* (ECCV 2018): the mean
squared difference from an earlier picture that is moved to the present by the source's own flow.
Places count by their area on the sphere, by how far the flow there and back agree (what was hidden
does not), and by how well the flow explains the source itself, exp(-50 |difference|²) as there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.quality.regions import Tally
from pipeline.quality.together import Moment
from pipeline.quality.worst import Worst
from pipeline.temporal.flow import sphere_flow
from pipeline.temporal.views import sample
from vr360.change import SPAN, Map, alternation, luma, stillness
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN

LONG = 9
"""Frames between the two pictures of the long-term warp error."""

VISIBLE = 50.0  # as Lai et al. 2018
FIGURES = ("warp_error", "warp_error_long", "flicker", "sharpness")
TENTH = 10  # parts of a film of which the first and the last are compared

Motion = Callable[[Rgb, Rgb], tuple[Map, Map]]
"""present, earlier -> directions (H, W, 3) in the earlier picture, and confidence (H, W)."""


@dataclass(frozen=True)
class Stability:
    """Figures of a film in time; None where nothing could be measured.

    Attributes:
        warp_error: mean squared difference, 0..1, from the frame before along the source's flow.
        warp_error_long: the same from `LONG` frames before.
        flicker: mean alternation of luma, 0..1, where the source stands still.
        sharpness: mean slope of luma, in shares of full scale a degree.
        sharpness_drift: sharpness of the last tenth of the film over that of its first, divided by
            the same of the baseline, else of the source.
        *_ratio: the figure divided by the baseline's, which is the film painted frame by frame.
        regions: every figure and ratio by region.
    """

    warp_error: float | None
    warp_error_long: float | None
    flicker: float | None
    sharpness: float | None
    sharpness_drift: float | None
    warp_error_ratio: float | None
    warp_error_long_ratio: float | None
    flicker_ratio: float | None
    sharpness_ratio: float | None
    cuts: list[float]
    regions: dict[str, dict[str, float | None]]


@dataclass
class Trace:
    """What a report shows: figures over time, where they are high, and when.

    Attributes:
        times: of the frames, seconds.
        film, baseline, source: tallies by figure; the source is measured for sharpness alone.
    """

    with_baseline: bool
    times: list[float] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    film: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in FIGURES})
    baseline: dict[str, Tally] = field(default_factory=lambda: {n: Tally() for n in FIGURES})
    source: dict[str, Tally] = field(default_factory=lambda: {"sharpness": Tally()})
    worst: Worst = field(default_factory=Worst)


def flow_of_source(now: Rgb, earlier: Rgb) -> tuple[Map, Map]:
    flow = sphere_flow(now, earlier)
    return flow.direction, flow.confidence


class StabilityMeter:
    """Takes moments one by one, with ten of them in memory, and fills in a trace.

    Args:
        with_baseline: moments carry a baseline.
        motion: the source's flow; by default `sphere_flow` of the source's pictures.
    """

    def __init__(self, with_baseline: bool, motion: Motion = flow_of_source) -> None:
        self.trace = Trace(with_baseline)
        self._motion = motion
        self._past: deque[Moment] = deque(maxlen=LONG + 1)  # the present one is the last
        self._lumas: deque[list[Map]] = deque(maxlen=SPAN)  # of source, film, baseline

    def see(self, moment: Moment) -> None:
        if moment.cut:
            self._past.clear()
            self._lumas.clear()
            self.trace.cuts.append(float(moment.pts))
        self._past.append(moment)
        pictures = moment.source, moment.film, moment.baseline
        self._lumas.append([luma(rgb) for rgb in pictures if rgb is not None])
        self.trace.times.append(float(moment.pts))
        self._warp("warp_error", 1)
        self._warp("warp_error_long", LONG)
        self._flicker()
        self._sharpness()

    def _films(self) -> list[tuple[dict[str, Tally], list[Rgb]]]:
        """Tallies and pictures, the present one last, of the film and of the baseline."""
        trace = self.trace
        films = [(trace.film, [m.film for m in self._past])]
        baseline = [m.baseline for m in self._past if m.baseline is not None]
        return [*films, (trace.baseline, baseline)] if trace.with_baseline else films

    def _warp(self, name: str, gap: int) -> None:
        if len(self._past) <= gap:
            self._skip(name)
            return
        now, earlier = self._past[-1], self._past[-1 - gap]
        direction, confidence = self._motion(now.source, earlier.source)
        error = squared_error(now.source, earlier.source, direction)
        weights = confidence * np.exp(-3 * VISIBLE * error)
        errors = [squared_error(p[-1], p[-1 - gap], direction) for _, p in self._films()]
        for (tallies, _), values in zip(self._films(), errors, strict=True):
            tallies[name].add(values, weights)
        if gap == 1:
            film = self.trace.film[name].series[-1]
            self.trace.worst.offer(film, now, earlier, errors[0] * weights)

    def _flicker(self) -> None:
        if len(self._lumas) < SPAN:
            self._skip("flicker")
            return
        source, *films = zip(*self._lumas, strict=True)
        still = stillness(source)
        for (tallies, _), film in zip(self._films(), films, strict=True):
            tallies["flicker"].add(alternation(film), still)

    def _sharpness(self) -> None:
        source, *films = self._lumas[-1]
        self.trace.source["sharpness"].add(slope(source))
        for (tallies, _), film in zip(self._films(), films, strict=True):
            tallies["sharpness"].add(slope(film))

    def _skip(self, name: str) -> None:
        for tallies, _ in self._films():
            tallies[name].skip()


def squared_error(now: Rgb, earlier: Rgb, direction: Map) -> Map:
    """Mean over the channels of the squared difference from an earlier picture, moved; 0..1."""
    gap = sample(earlier, direction) - now
    return np.asarray(np.einsum("hwc,hwc->hw", gap, gap) / (3 * 255**2), np.float32)


def slope(values: Map) -> Map:
    """Length of the gradient of luma (H, W), shares of full scale a degree of the sphere.

    It spans about two rows in both directions; finer detail near a pole is not visible.
    """
    height, width = values.shape
    reach, degrees = _reach(height, width)
    columns = np.arange(width)[None]
    east, west = (np.take_along_axis(values, (columns + s * reach) % width, 1) for s in (1, -1))
    across = (east - west) / degrees
    down = np.gradient(values, 180 / height, axis=0)
    return np.asarray(cv2.magnitude(across.astype(np.float32), down.astype(np.float32)))


@lru_cache(maxsize=2)
def _reach(height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each row, columns to go east and west, and degrees between the two; (H, 1) each."""
    level = np.cos((0.5 - (np.arange(height) + 0.5) / height) * HALF_TURN)[:, None]
    reach = np.clip(np.rint(width / (2 * height) / level), 1, width // 4).astype(np.intp)
    angle = reach * HALF_TURN * 2 / width
    straight = 2 * np.arcsin(np.minimum(level * np.sin(angle), 1))  # along the great circle
    return reach, straight * 180 / HALF_TURN


def summarise(trace: Trace) -> Stability:
    """The trace's figures, by region and for the whole sphere."""
    film = {name: tally.means for name, tally in trace.film.items()}
    base = {name: tally.means for name, tally in trace.baseline.items()}
    ratios = {f"{n}_ratio": {r: _ratio(film[n][r], base[n][r]) for r in film[n]} for n in FIGURES}
    whole = {name: by_region["sphere"] for name, by_region in (film | ratios).items()}
    other = trace.baseline if trace.with_baseline else trace.source
    drift = _ratio(_drift(trace.film["sharpness"]), _drift(other["sharpness"]))
    shown = film | ratios if trace.with_baseline else film
    return Stability(sharpness_drift=drift, cuts=trace.cuts, regions=shown, **whole)


def _drift(tally: Tally) -> float | None:
    """The last tenth over the first."""
    series = [value for value in tally.series if value is not None]
    part = len(series) // TENTH
    if not part:
        return None
    return _ratio(float(np.mean(series[-part:])), float(np.mean(series[:part])))


def _ratio(value: float | None, base: float | None) -> float | None:
    """None without a base, and where a base of nothing makes every ratio infinite."""
    if value is None or base is None:
        return None
    return value / base if base > 0 else (1.0 if value == 0 else None)
