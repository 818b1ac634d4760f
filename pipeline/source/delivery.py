"""A film goes in, the same film with every picture changed comes out; sound and times are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from vr360 import reports
from vr360.choices import ToneMap
from vr360.errors import InputError
from vr360.frame import Frame, Projection, Rgb, VideoInfo
from vr360.geometry import Array
from vr360.media.chapters import with_chapters
from vr360.media.presets import Overrides
from vr360.media.reader import Resampling, at_constant_rate, read_ahead, read_frames
from vr360.media.tonemap import as_sdr
from vr360.media.turning import Turning
from vr360.media.writer import Writer, open_writer
from vr360.spherical import SphericalMetadata

Progress = reports.Progress[Frame]


@dataclass(frozen=True)
class Span:
    """The part of the source that is wanted, seconds; None is to its end."""

    start: Fraction = Fraction(0)
    duration: Fraction | None = None

    def check(self, info: VideoInfo) -> None:
        """Raise InputError where there is no such part."""
        if self.duration is not None and self.duration <= 0:
            raise InputError(f"--duration {float(self.duration):g}: give a time above 0")
        if not info.is_still and self.start >= info.duration:
            raise InputError(
                f"{info.path}: --start {float(self.start):g} s lies behind its end, "
                f"{float(info.duration):.2f} s"
            )

    def end(self, info: VideoInfo) -> Fraction:
        """When the last frame wanted ends, in the source's time."""
        if self.duration is None:
            return info.duration
        return min(info.duration, self.start + self.duration)

    def count(self, info: VideoInfo, rate: Fraction | None = None) -> int:
        """How many frames will come, at the source's rate or another, as far as it knows."""
        if info.is_still:
            return 1
        return max(1, round((self.end(info) - self.start) * (rate or info.rate)))

    def frames(self, info: VideoInfo, count: Resampling | None = None) -> Iterator[Frame]:
        """The frames at an even rate; a repeated one is the same object twice."""
        frames = read_frames(info, self.start, self.duration)
        if info.is_still:
            return frames
        return at_constant_rate(frames, info.rate, count, self.end(info))


def as_asked(info: VideoInfo, chapters: bool, to_sdr: ToneMap | None) -> VideoInfo:
    """The source with the chapters that follow it, tone-mapped, if that is wanted.

    Raises:
        InputError: a chapter of another kind, or SDR that is to become SDR.
    """
    return as_sdr(with_chapters(info) if chapters else info, to_sdr)


class Delivery(Protocol):
    """What every job says of the film it writes; see `vr360.media.presets`."""

    @property
    def output(self) -> Path: ...
    @property
    def preset(self) -> str | None: ...
    @property
    def encoding(self) -> Overrides: ...
    @property
    def span(self) -> Span: ...
    @property
    def force(self) -> bool: ...


def sphere_metadata(info: VideoInfo, projection: Projection) -> SphericalMetadata:
    """What to say of a result that shows what the source shows, as equirect or half of it.

    The pose is kept, and the bounds of a picture of a part of the sphere.
    """
    yaw, pitch, roll = info.pose
    return SphericalMetadata(projection, info.stereo, yaw, pitch, roll, info.bounds)


def open_result(
    job: Delivery,
    info: VideoInfo,
    size: tuple[int, int],
    metadata: SphericalMetadata | None,
    rate: Fraction | None = None,
    turn: Array | None = None,
    turning: Turning | None = None,
) -> Writer:
    """The output of a job, with the source's sound, depth and, without another, its rate.

    Args:
        job: what is wanted.
        info: the source.
        size: (height, width) of the result, all eyes included.
        metadata: what to say of it.
        rate: frames a second, where not the source's.
        turn: how the picture is turned, which ambisonic sound follows.
        turning: the same where it changes over time, see `FilmWriter`.

    Raises:
        OutputError: nothing can be written there.
    """
    return open_writer(
        job.output,
        *size,
        rate or info.rate,
        job.preset,
        bit_depth=info.bit_depth,
        overrides=job.encoding,
        source=info,
        duration=job.span.duration,
        metadata=metadata,
        force=job.force,
        turn=None if turn is None or np.array_equal(turn, np.eye(3)) else turn,
        turning=turning,
    )


@dataclass(frozen=True)
class Rewritten:
    """What came out. `stage_seconds` is the time each stage was busy; stages run side by side."""

    frames: int
    seconds: float
    resampling: Resampling
    stage_seconds: dict[str, float]


def rewrite(
    frames: Iterable[Frame],
    film: Writer,
    change: Callable[[Frame], Rgb],
    progress: Progress = lambda frames, _: frames,
    total: int = 1,
    resampling: Resampling | None = None,
) -> Rewritten:
    """Read ahead, change each picture once, encode behind; on failure nothing half-done is left.

    Args:
        frames: what comes in, see `Span.frames`.
        film: where it goes; opened and completed here.
        change: a frame in, a picture (H, W, 3) of the film's size out.
        progress: shows how far it is.
        total: how many frames will come.
        resampling: what `frames` fills in as they pass.

    Raises:
        Vr360Error: anything about the source or the output that stands in the way.
    """
    started = time.perf_counter()
    once = _Once(change)
    with film, read_ahead(frames) as source:
        count = 0
        for frame in progress(source, total):
            film.write(Frame(once(frame), frame.pts))
            count += 1
    return Rewritten(
        frames=count,
        seconds=time.perf_counter() - started,
        resampling=resampling or Resampling(),
        stage_seconds={
            "decode": source.busy_seconds,
            "change": once.busy_seconds,
            "encode": film.busy_seconds,
        },
    )


class _Once:
    """Changes a picture that is shown several times in a row only once."""

    def __init__(self, change: Callable[[Frame], Rgb]) -> None:
        self.busy_seconds = 0.0
        self._change = change
        self._last: tuple[Rgb, Rgb] | None = None  # before, after

    def __call__(self, frame: Frame) -> Rgb:
        if self._last is None or frame.rgb is not self._last[0]:
            started = time.perf_counter()
            self._last = frame.rgb, self._change(frame)
            self.busy_seconds += time.perf_counter() - started
        return self._last[1]
