"""What a film will take: time, memory, disk and cost, from a short trial on this machine."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.jobs.plan import SEGMENT
from pipeline.jobs.segments import Making, Segment
from pipeline.painting.job import StylizeJob
from pipeline.painting.state import save_state
from pipeline.source.delivery import Span
from pipeline.stylize import open_film
from pipeline.take import Take, probe_source, unfolding_of
from vr360.errors import InputError
from vr360.frame import VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames

TRIAL = 10.0
"""Seconds of painting that the forecast rests on, after the nets are loaded."""

_FIRST = 3  # frames that are not counted: each of them is measured, and a graph may be compiled
_SECOND_PASSES = 1 + 1 / 48  # every 48th frame is measured as well, see `statistics.INTERVAL`


@dataclass(frozen=True)
class Forecast:
    """What a film will take.

    Attributes:
        frames: of the film.
        fps: frames a second that are painted.
        loading, scanning, painting, assembling: seconds; `seconds` is all of it.
        seconds_shared: by so many workers of this kind, each with a machine of its own.
        workers: see there.
        memory: bytes at most, of this program and of its encoder.
        film: bytes of the film, without its sound.
        folder: bytes that the job needs beside it until it is complete.
        cost: of the hours that all machines work, in the unit of the price; None without one.
        tried: frames that were painted to find out.
    """

    frames: int
    fps: float
    loading: float
    scanning: float
    painting: float
    assembling: float
    workers: int
    memory: int
    film: int
    folder: int
    cost: float | None
    tried: int

    @property
    def seconds(self) -> float:
        return self.loading + self.scanning + self.painting + self.assembling

    @property
    def seconds_shared(self) -> float:
        return self.seconds - self.painting * (1 - 1 / self.workers)

    def as_data(self) -> dict[str, Any]:
        """For a script."""
        return asdict(self) | {"seconds": self.seconds, "seconds_shared": self.seconds_shared}


def forecast(
    job: StylizeJob, workers: int = 1, price: float | None = None, trial: float = TRIAL
) -> Forecast:
    """Paint a few seconds from the middle of a film, and count on from there.

    Args:
        job: what is wanted; nothing is written to its output.
        workers: machines that share the work.
        price: of one machine for one hour.
        trial: seconds to paint.

    Raises:
        Vr360Error: as `stylize`; a still.
    """
    info = probe_source(job)
    if info.is_still:
        raise InputError(f"{job.input}: a still needs no plan")
    with tempfile.TemporaryDirectory(prefix="vr360-plan-") as place:
        found = _Trial(Path(place), _from_the_middle(job, info), info, trial)
    return _forecast(job, info, found, workers, price)


def _from_the_middle(job: StylizeJob, info: VideoInfo) -> StylizeJob:
    middle = (job.span.start + job.span.end(info)) / 2
    return replace(job, span=Span(middle), cuts="none", passes=1)


def _forecast(
    job: StylizeJob, info: VideoInfo, found: _Trial, workers: int, price: float | None
) -> Forecast:
    frames = job.span.count(info, job.rate)
    states = frames // SEGMENT * found.state
    estimate = Forecast(
        frames=frames,
        fps=1 / (found.painting * _SECOND_PASSES),
        loading=found.loading,
        scanning=frames * found.scanning,
        painting=frames * found.painting * _SECOND_PASSES,
        assembling=frames * found.assembling,
        workers=workers,
        memory=_peak_memory(),
        film=round(frames * found.film),
        folder=round(frames * found.segment) + states,
        cost=None,
        tried=found.frames,
    )
    if price is None:
        return estimate
    return replace(estimate, cost=price * estimate.seconds / 3600)


class _Trial:
    """Seconds and bytes a frame, as they were found.

    Attributes:
        frames: that were painted.
        loading: seconds before the first frame was there.
        painting, scanning, assembling: seconds a frame.
        segment, film: bytes a frame.
        state: bytes.
    """

    def __init__(self, place: Path, job: StylizeJob, info: VideoInfo, seconds: float) -> None:
        started = time.perf_counter()
        sphere = unfolding_of(job, info)
        self._job = replace(job, output=place / f"film{job.output.suffix}")
        self._info, self._sphere = info, sphere
        depth = open_film(self._job, info, sphere).bit_depth
        take = Take(job, info, sphere, depth)
        with Making(Segment(place, "trial"), job.rate or info.rate, depth) as made, take:
            self.loading, self.painting = self._paint(take, made, started, seconds)
            self.frames = made.frames
            save_state(place / "state", take.state)
            made.complete(None)
            self.scanning = take.stage_seconds["decode and prepare"] / self.frames
            self.state = (place / "state").stat().st_size
            self.segment = made.film.stat().st_size / self.frames
            self.assembling, self.film = self._assemble(made.film)

    def _paint(
        self, take: Take, made: Making, started: float, seconds: float
    ) -> tuple[float, float]:
        """Seconds before the first frame, and for each of the others."""
        times = list[float]()
        for frame in take:
            made.write(frame)
            times.append(time.perf_counter())
            if times[-1] - times[0] > seconds and len(times) > _FIRST + 1:
                take.stop()
        if len(times) <= _FIRST + 1:
            raise InputError(f"{self._job.input}: too short to need a plan")
        steps = [after - before for before, after in pairwise(times)]
        return times[0] - started, median(steps[_FIRST:])

    def _assemble(self, segment: Path) -> tuple[float, float]:
        """Seconds and bytes a frame of the film that is made of a segment."""
        started = time.perf_counter()
        mute = replace(self._info, audio=())
        film = open_film(self._job, mute, self._sphere)
        with film:
            for frame in read_frames(probe(segment)):
                film.write(frame)
        seconds = time.perf_counter() - started
        output = self._job.output
        parts = output.iterdir() if output.is_dir() else [output]
        return seconds / self.frames, sum(part.stat().st_size for part in parts) / self.frames


def _peak_memory() -> int:
    """Bytes, of this process and of the largest that it has started."""
    unit = 1 if sys.platform == "darwin" else 1024
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(resource.getrusage(kind).ru_maxrss for kind in kinds) * unit
