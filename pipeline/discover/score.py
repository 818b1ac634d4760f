"""What `vr360 measure` knows of a painted clip, without a file in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from pipeline.discover.clips import Clip
from pipeline.quality.flashes import FlashMeter
from pipeline.quality.perception import PerceptionMeter
from pipeline.quality.seam import seam_gradient
from pipeline.quality.sphere import SphereMeter
from pipeline.quality.stability import StabilityMeter, summarise
from pipeline.quality.together import Moment
from vr360.frame import Rgb

Figures = Mapping[str, float | None]
IN_TIME = ("warp_error", "flicker", "sharpness")
"""Ratios of these are to the source's: how much less still the painting is than what it shows."""


def score(clip: Clip, painted: Sequence[Rgb], perception: PerceptionMeter | None) -> Figures:
    """Figures of docs/measures.md; `*_ratio` and `source_*` are against the clip itself.

    Args:
        perception: made for as many frames as the clip has; None leaves its figures out.
    """
    stability = StabilityMeter(with_baseline=True, motion=clip.motion)
    sphere = SphereMeter(len(clip.frames))
    for n, (film, source) in enumerate(zip(painted, clip.frames, strict=True)):
        time = n / clip.rate if clip.rate else Fraction(0)
        stability.see(Moment(time, clip.begins[n], film, source, source))
        alone = Moment(time, clip.begins[n], film, source)
        sphere.see(alone)
        if perception:
            perception.see(alone)
    held = summarise(stability.trace)
    figures: dict[str, float | None] = {
        name: getattr(held, name) for name in (*IN_TIME, *(f"{n}_ratio" for n in IN_TIME))
    }
    figures["flash_rate"], figures["source_flash_rate"] = _flashes(clip, painted)
    figures["seam_ratio"] = _seam_ratio(clip.frames, painted)
    figures["face_edge_gradient"] = sphere.figures.face_edge_gradient
    figures["pole_ratio"] = sphere.figures.pole_ratio
    seen = perception.figures if perception else None
    figures["style_loss"] = seen.style_loss if seen else None
    figures["content_loss"] = seen.content_loss if seen else None
    return figures


def _flashes(clip: Clip, painted: Sequence[Rgb]) -> tuple[int | None, int | None]:
    if clip.is_still:
        return None, None
    film, source = FlashMeter(clip.rate), FlashMeter(clip.rate)
    for meter, frames in ((film, painted), (source, clip.frames)):
        for frame in frames:
            meter.see(frame)
    return film.flash_rate, source.flash_rate


def _seam_ratio(sources: Sequence[Rgb], films: Sequence[Rgb]) -> float | None:
    before, after = (float(np.mean([seam_gradient(f) for f in fs])) for fs in (sources, films))
    return after / before if before and np.isfinite([before, after]).all() else None
