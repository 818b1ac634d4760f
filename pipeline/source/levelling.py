"""A level horizon, frame by frame, by what the camera knew of how it lay or by what is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from pipeline.choices import Level
from pipeline.source.delivery import Span
from vr360.cameras.attitude import Attitude
from vr360.errors import InputError
from vr360.frame import Frame, Projection, Rgb, Stereo, VideoInfo, peak_at
from vr360.geometry import Array
from vr360.media.attitude import attitude_of
from vr360.media.reader import read_frames
from vr360.projections import Equirect, SphereMap
from vr360.sampling import Sampler, build_sampler
from vr360.stereo import split_eyes

_BY_SENSORS = "the camera's telemetry"


class Levels(Protocol):
    """What a job says of its horizon."""

    @property
    def level(self) -> Level: ...
    @property
    def lock(self) -> bool: ...
    @property
    def span(self) -> Span: ...


@dataclass(frozen=True)
class Levelling:
    """How each frame of a film is turned, so that its horizon is level.

    Attributes:
        attitude: how the camera lay; its times are seconds from the film's first frame.
        locked: seconds into the film whose heading stays; None follows the camera's.
    """

    attitude: Attitude
    locked: Fraction | None = None

    def at(self, time: Fraction) -> Array:
        """(3, 3) rotation from the level sphere to the picture of a frame, `time` into the film."""
        turn: Array = self.over([float(time)])[0]
        return turn

    def of(self, frame: Frame) -> Array:
        """The same for a frame."""
        return self.at(frame.pts if frame.taken is None else frame.taken)

    def over(self, times: ArrayLike) -> Array:
        """(N, 3, 3) rotations at (N,) seconds into the film."""
        return self.attitude.turns(times, None if self.locked is None else float(self.locked))


def check_level(level: Level, lock: bool) -> None:
    """Raise InputError for a heading that is to stay without a level horizon."""
    if lock and level is Level.NONE:
        raise InputError("--lock keeps the heading of a level film: give --level too")


def open_levelling(job: Levels, info: VideoInfo, unfold: Callable[[Rgb], Rgb]) -> Levelling | None:
    """What levels a source; None where the job leaves it as it is.

    Args:
        job: what is wanted; by the picture, its whole span is read here once.
        info: the source.
        unfold: an eye of the source -> a whole equirect eye.

    Raises:
        InputError: a picture that cannot be turned, or telemetry that does not tell enough.
        MetadataError: telemetry that does not add up.
    """
    if job.level is Level.NONE:
        return None
    _check_whole(info)
    if job.level is Level.PICTURE:
        from pipeline.temporal.horizon import seen_attitude  # and what finds cuts: slow to load

        attitude = seen_attitude(_left_eyes(job, info, unfold))
        return Levelling(attitude, job.span.start if job.lock else None)
    attitude = _by_gravity(info)
    if job.lock and attitude.orientation is None:
        raise InputError(
            f"{info.path}: its telemetry tells where down is, not how the camera turned; "
            "leave --lock out"
        )
    return Levelling(attitude, job.span.start if job.lock else None)


def levelled(info: VideoInfo, level: Level) -> VideoInfo:
    """The source as what comes of it is told: its own pose no longer holds."""
    if level is Level.NONE:
        return info
    seen = level is Level.PICTURE
    notes = [f"the horizon is levelled by {'what is seen' if seen else _BY_SENSORS}"]
    if any(info.pose):
        notes.append("its pose is left out, for the picture is turned")
    if info.stereo is not Stereo.MONO:
        notes.append("both eyes turn alike; where the camera was tilted, depth suffers")
    return replace(info, pose=(0.0, 0.0, 0.0), notes=(*info.notes, *notes))


def open_leveller(
    levelling: Levelling | None, height: int, width: int, bit_depth: int
) -> Callable[[Rgb, Frame], Rgb]:
    """What turns whole equirect eyes (height, width, 3), each with the frame that it is of."""
    if levelling is None:
        return lambda eye, frame: eye
    sampler = build_sampler(Equirect(height, width), Equirect(height, width))

    def level(eye: Rgb, frame: Frame) -> Rgb:
        turn_once(sampler, levelling.of(frame))
        return sampler(eye, peak_at(bit_depth))

    return level


def looker(source: SphereMap) -> Callable[[Rgb], Rgb]:
    """An eye of a source -> the sphere, as large as levelling looks at it."""
    sampler: list[Sampler] = []

    def look(eye: Rgb) -> Rgb:
        from pipeline.temporal.horizon import HEIGHT

        if not sampler:
            sampler.append(build_sampler(source, Equirect(HEIGHT, 2 * HEIGHT)))
        return sampler[0](eye)

    return look


def turn_once(sampler: Sampler, turn: Array) -> None:
    """Turn a sampler, unless it is turned so already, as for the second eye."""
    if not np.array_equal(sampler.turn, turn.astype(sampler.turn.dtype)):
        sampler.turn_to(turn)


def _left_eyes(job: Levels, info: VideoInfo, unfold: Callable[[Rgb], Rgb]) -> Iterator[Frame]:
    for frame in read_frames(info, job.span.start, job.span.duration):
        yield replace(frame, rgb=unfold(split_eyes(frame.rgb, info.stereo)[0]))


def _check_whole(info: VideoInfo) -> None:
    if info.is_part or info.projection is Projection.HALF_EQUIRECT:
        raise InputError(
            f"{info.path}: shows a part of the sphere, and turned some of it would be missing; "
            "--level wants a whole one"
        )


def _by_gravity(info: VideoInfo) -> Attitude:
    attitude = attitude_of(info) if info.path.is_file() and not info.is_still else None
    if attitude is None:
        raise InputError(
            f"{info.path}: holds no telemetry that tells where down is (GPMF, CAMM); "
            "--level picture goes by what is seen"
        )
    return attitude
