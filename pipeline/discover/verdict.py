"""What is wrong with a look, and which one comes first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pipeline.quality.flashes import MOST

Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Criterion:
    """A figure that looks are judged by.

    Attributes:
        title: head of its column.
        over: one figure from those of all clips.
        limit: what is beyond it is rejected: above, or `below`.
        fault: what is said then, with the value.
        reason: why the limit lies there.
        unless: a figure of the source; where it is as high, the look is not to blame.
    """

    figure: str
    title: str
    over: Callable[[Iterable[float]], float]
    limit: float
    fault: str
    reason: str
    below: bool = False
    unless: str = ""

    def broken(self, figures: Figures) -> str | None:
        """What is wrong with one clip, if it is."""
        value, own = figures.get(self.figure), figures.get(self.unless)
        if not self.beyond(value) or (own is not None and value is not None and own >= value):
            return None
        return self.fault.format(value)

    def beyond(self, value: float | None) -> bool:
        """Whether a figure lies on the wrong side of the limit."""
        if value is None:
            return False
        return value < self.limit if self.below else value > self.limit


CRITERIA = (
    Criterion(
        "warp_error_ratio",
        "restlessness",
        fmean,
        8.0,
        "flickers: warp error {:.1f}x the source's",
        "painted frame by frame; `vr360 stylize` holds a film still and takes 72 to 91 % of it "
        "away, so at 8 it stays at most about twice as restless as the source",
    ),
    Criterion(
        "flash_rate",
        "flashes a second",
        max,
        MOST,
        "flashes {:.0f} times a second",
        "more than three a second over a quarter of the view can harm (ITU-R BT.1702)",
        unless="source_flash_rate",
    ),
    Criterion(
        "seam_ratio",
        "seam",
        max,
        1.3,
        "seam {:.1f}",
        "1 is no seam; a net that pads with zeros reaches 1.9 to 3.0 on real panoramas",
    ),
    Criterion(
        "face_edge_gradient",
        "face edges",
        max,
        1.3,
        "edges of the cube's faces {:.1f}",
        "1 is none; small stills without any scatter by 0.1",
    ),
    Criterion(
        "pole_ratio",
        "poles",
        min,
        0.8,
        "strokes at the poles are needles: {:.2f} of their length",
        "1 is alike in every direction; strokes of equal length in pixels stay below 0.8",
        below=True,
    ),
    Criterion(
        "content_loss",
        "from the source",
        fmean,
        1.3,
        "content is lost: {:.2f}",
        "0 is the source; panoramas of different places lie 1.4 to 1.9 apart",
    ),
    Criterion(
        "style_loss",
        "from the painting",
        fmean,
        1.0,
        "no nearer to the painting than the source: {:.2f}",
        "0 is the painting's textures, 1 is as far from them as the source",
    ),
)

ASKED = "style", "strength", "stroke", "scale"
"""What makes a look."""

STEADY_STEPS = 2  # to a doubling of the warp error: what differs by less is equally steady


def rank(jobs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Combinations of `ASKED`, the best first, from the jobs of all clips.

    Those without a fault come first, then the steadier ones, in steps of a factor of √2, then
    those nearer to their painting.
    """
    together: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for job in jobs:
        together.setdefault(tuple(job[name] for name in ASKED), []).append(job)
    found = [_combination(parts) for parts in together.values()]
    found.sort(key=_place)
    return [{"rank": n, **combination} for n, combination in enumerate(found, 1)]


def _combination(jobs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    named = len(jobs) > 1
    faults = [
        f"{fault} ({job['clip']})" if named else fault
        for job in jobs
        for criterion in CRITERIA
        if (fault := criterion.broken(job["figures"]))
    ]
    figures = {criterion.figure: _over(criterion, jobs) for criterion in CRITERIA}
    first = jobs[0]
    shown = {name: first[name] for name in (*ASKED, "thumbnail")}
    return {**shown, "faults": faults, "figures": figures, "jobs": [job["key"] for job in jobs]}


def _over(criterion: Criterion, jobs: Sequence[Mapping[str, Any]]) -> float | None:
    values = [job["figures"].get(criterion.figure) for job in jobs]
    known = [value for value in values if value is not None]
    return criterion.over(known) if known else None


def _place(combination: Mapping[str, Any]) -> tuple[Any, ...]:
    figures = combination["figures"]
    warp, style = figures["warp_error_ratio"] or 0.0, figures["style_loss"]
    step = round(STEADY_STEPS * math.log2(warp)) if warp > 0 else -math.inf
    return bool(combination["faults"]), step, math.inf if style is None else style, warp
