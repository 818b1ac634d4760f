"""The story: a 360° film goes in, a painted one comes out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.painting.asked import probe_source
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Progress, open_result, sphere_metadata
from pipeline.source.unfolding import Unfolding
from pipeline.take import Take, unfolding_of
from vr360.frame import VideoInfo
from vr360.media.reader import Resampling
from vr360.media.writer import Writer
from vr360.reports import Reported
from vr360.stereo import picture_size

__all__ = ["StylizeJob", "StylizeReport", "stylize"]


@dataclass(frozen=True)
class StylizeReport(Reported):
    """What came out.

    `layout` says how the net saw the sphere and why. `stage_seconds` is the time each stage was
    busy; stages run side by side.
    """

    output: Path
    frames: int
    painted: int  # fewer than `frames` where the source shows a frame twice
    seconds: float
    source: VideoInfo
    resampling: Resampling
    backend: str
    layout: str
    stage_seconds: dict[str, float]


def stylize(job: StylizeJob, progress: Progress = lambda frames, _: frames) -> StylizeReport:
    """Paint a film, a still or a folder of frames; on failure nothing half-done is left.

    Raises:
        Vr360Error: anything about the input, the style or the output that stands in the way.
    """
    started = time.perf_counter()
    info = probe_source(job)
    sphere = unfolding_of(job, info)
    film = open_film(job, info, sphere)
    take = Take(job, info, sphere, film.bit_depth)
    with film, take:
        for frame in progress(take, take.expected):
            film.write(frame)
    return StylizeReport(
        output=job.output,
        frames=take.frames,
        painted=take.painted,
        seconds=time.perf_counter() - started,
        source=info,
        resampling=take.resampling,
        backend=take.looks[0].backend.name,
        layout=take.looks[0].explain(sphere.around),
        stage_seconds=take.stage_seconds | {"encode": film.busy_seconds},
    )


def open_film(job: StylizeJob, info: VideoInfo, sphere: Unfolding) -> Writer:
    """The output, with the source's sound and the metadata of a sphere."""
    size = picture_size((sphere.height, sphere.width), info.stereo)
    metadata = sphere_metadata(info, sphere.projection)
    return open_result(job, info, size, metadata, job.rate, turning=sphere.turning)
