"""The story: a 360° film goes in, a painted one comes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipeline.preprocess import check_median, prepare
from pipeline.stylizer import Stylizer, load_stylizer
from pipeline.tensors import to_rgb, to_tensor
from vr360.errors import NotEquirectError
from vr360.frame import Frame, Projection, Stereo, VideoInfo
from vr360.media.presets import Preset, choose_preset
from vr360.media.probe import probe
from vr360.media.reader import Resampling, at_constant_rate, read_ahead, read_frames
from vr360.media.writer import open_writer
from vr360.spherical import SphericalMetadata
from vr360.stereo import join_eyes, split_eyes

Progress = Callable[[Iterable[Frame], int], Iterable[Frame]]
"""Passes frames on and shows how far they are; the number is how many will come."""


@dataclass(frozen=True)
class StylizeJob:
    """What `vr360 stylize` was asked to do; the command's help explains each."""

    input: Path
    output: Path
    style: str
    strength: float = 1.0
    preset: Preset | None = None
    median: int = 3
    start: Fraction = Fraction(0)
    duration: Fraction | None = None
    size: tuple[int, int] | None = None  # height, width
    rate: Fraction | None = None
    padding: str = "sphere"
    device: str = "auto"
    projection: Projection | None = None
    stereo: Stereo | None = None
    force: bool = False


@dataclass(frozen=True)
class StylizeReport:
    """What came out. Stage seconds are busy time; stages run beside each other."""

    output: Path
    frames: int
    seconds: float
    source: str
    backend: str
    repeated: int
    dropped: int
    stage_seconds: dict[str, float]


def stylize(job: StylizeJob, progress: Progress = lambda frames, total: frames) -> StylizeReport:
    """Paint a film, a still or a folder of frames; nothing half-done is left on failure.

    Raises:
        Vr360Error: anything about the input, the style or the output that stands in the way.
    """
    info = probe_equirect(job)
    look = load_stylizer(
        job.style, strength=job.strength, device=job.device, padding=job.padding
    )
    painter = Painter(look, info.stereo, depth)
    with open_film(job, info) as film, read_ahead(source_frames(job, info)) as source:
        for frame in progress(source, total):
            film.write(painter(frame))
    return StylizeReport()
