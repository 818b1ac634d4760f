"""What a film will take: time, memory, disk and cost, from a short trial on this machine."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.jobs.coding import Coding, coding_of
from pipeline.jobs.scan import scan_source
from pipeline.jobs.schedule import SEGMENT, best_length, frames_waited, split
from pipeline.jobs.segments import Making, Segment
from pipeline.painting.asked import probe_source
from pipeline.painting.job import StylizeJob
from pipeline.painting.state import save_state
from pipeline.source.delivery import Progress, Span
from pipeline.stylize import open_film
from pipeline.take import Take, unfolding_of
from vr360.errors import InputError
from vr360.frame import VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import Writer

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
        length: frames of a segment with which they are done first.
        waited: frames that one of them paints meanwhile.
        efficiency: which share of what they paint is the film; the rest is warm-up and waiting.
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
    length: int
    waited: int
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
        return self.seconds - self.painting + self.waited / self.fps

    @property
    def efficiency(self) -> float:
        return self.frames / (self.workers * self.waited)

    def as_data(self) -> dict[str, Any]:
        """For a script."""
        shared = {"seconds_shared": self.seconds_shared, "efficiency": self.efficiency}
        return asdict(self) | {"seconds": self.seconds} | shared


def forecast(
    job: StylizeJob,
    workers: int = 1,
    price: float | None = None,
    trial: float = TRIAL,
    warm_up: int = 0,
    scanning: Progress = lambda frames, _: frames,
) -> Forecast:
    """Paint a few seconds from the middle of a film, and count on from there.

    Args:
        job: what is wanted; nothing is written to its output.
        workers: machines that share the work.
        price: of one machine for one hour.
        trial: seconds to paint.
        warm_up: see `JobOptions`.
        scanning: shows how far the source is scanned for its cuts, which several workers need.

    Raises:
        Vr360Error: as `stylize`; a still.
    """
    info = probe_source(job)
    if info.is_still:
        raise InputError(f"{job.input}: a still needs no plan")
    with tempfile.TemporaryDirectory(prefix="vr360-plan-") as place:
        found = _Trial(Path(place), job, info, trial)
    frames = job.span.count(info, job.rate)
    if workers == 1:
        return _forecast(frames, found, price)
    started = time.perf_counter()
    scan = scan_source(job, info, unfolding_of(job, info), "", scanning)
    seconds = time.perf_counter() - started
    shared = _shared(scan.cuts, scan.frames, workers, warm_up, found.length)
    return replace(_forecast(scan.frames, found, price), scanning=seconds, **shared)


def _shared(cuts: list[int], frames: int, workers: int, warm_up: int, most: int) -> dict[str, int]:
    length = best_length(cuts, frames, workers, warm_up, most)
    waited = frames_waited(split(cuts, frames, length, warm_up), workers, warm_up)
    return {"workers": workers, "length": length, "waited": waited}


def held_memory(job: StylizeJob, info: VideoInfo, length: int, keep: bool) -> int:
    """Bytes of frames that a job holds in memory, with segments of so many frames at most."""
    film = open_film(job, info, unfolding_of(job, info))
    coding = coding_of(film, job.rate or info.rate, keep)
    return coding.held(coding.shortened(length))


def _from_the_middle(job: StylizeJob, info: VideoInfo) -> StylizeJob:
    middle = (job.span.start + job.span.end(info)) / 2
    return replace(job, span=Span(middle), cuts="none", passes=1)


def _forecast(frames: int, found: _Trial, price: float | None) -> Forecast:
    beside = 2 * found.state * (frames > found.length) + found.spare
    estimate = Forecast(
        frames=frames,
        fps=1 / (found.painting * _SECOND_PASSES),
        loading=found.loading,
        scanning=frames * found.scanning,
        painting=frames * found.painting * _SECOND_PASSES,
        assembling=found.joining + frames * found.assembling,
        workers=1,
        length=found.length,
        waited=frames,
        memory=_peak_memory() + found.unheld,
        film=round(frames * found.film),
        folder=round(frames * found.segment + beside),
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
        joining: seconds, however many frames there are.
        segment, film: bytes a frame.
        length: frames of a segment at most.
        spare: bytes at most of the frames of a segment that are too many to be held.
        unheld: bytes that a whole segment would have held in memory beside those of the trial.
        state: bytes.
    """

    def __init__(self, place: Path, job: StylizeJob, info: VideoInfo, seconds: float) -> None:
        started = time.perf_counter()
        sphere = unfolding_of(job, info)
        self._job = replace(_from_the_middle(job, info), output=place / f"film{job.output.suffix}")
        self._info, self._sphere = info, sphere
        film = open_film(self._job, replace(info, audio=()), sphere)
        coding = coding_of(film, job.rate or info.rate, keep=False)
        self.length = coding.shortened(SEGMENT)
        self.spare = coding.held_bytes * self.length - coding.held(self.length)
        take = Take(self._job, info, sphere, coding.bit_depth)
        with Making(Segment(place, "trial"), coding) as made, take:
            self.loading, self.painting = self._paint(take, made, started, seconds)
            self.frames = made.frames
            self.unheld = max(0, coding.held(self.length) - coding.held(self.frames))
            save_state(place / "state", take.state)
            made.complete(None)
            self.scanning = self._scan(job)
            self.state = (place / "state").stat().st_size
            self.segment = made.film.stat().st_size / self.frames
            self.joining, self.assembling, self.film = self._assemble(film, made.film, coding)

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

    def _scan(self, job: StylizeJob) -> float:
        """Seconds a frame that finding the cuts takes."""
        started, rate = time.perf_counter(), job.rate or self._info.rate
        span = Span(self._job.span.start, self.frames / rate)
        scan = scan_source(replace(job, span=span), self._info, self._sphere, "")
        return (time.perf_counter() - started) / scan.frames

    def _assemble(self, film: Writer, segment: Path, coding: Coding) -> tuple[float, ...]:
        """Of the film that is made of a segment: seconds in all, seconds and bytes a frame."""
        started = time.perf_counter()
        with film:
            if coding.film:
                list(coding.film.join([segment], Fraction(0)))
            else:
                for frame in read_frames(probe(segment)):
                    film.write(frame)
        seconds = time.perf_counter() - started
        a_frame = 0 if coding.film else seconds / self.frames  # packets are joined in no time
        return seconds - a_frame * self.frames, a_frame, _size(self._job.output) / self.frames


def _size(place: Path) -> int:
    """Bytes of a file, or of all files in a folder and below."""
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())


def _peak_memory() -> int:
    """Bytes, of this process and of the largest that it has started."""
    unit = 1 if sys.platform == "darwin" else 1024
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(resource.getrusage(kind).ru_maxrss for kind in kinds) * unit
