"""A dual-fisheye film goes in, an equirect one comes out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.choices import Level, settle
from pipeline.source.delivery import Progress, Span, as_asked, open_result, rewrite, sphere_metadata
from pipeline.source.levelling import (
    Levelling,
    check_level,
    levelled,
    open_leveller,
    open_levelling,
)
from vr360.choices import ToneMap
from vr360.errors import InputError
from vr360.fisheye.calibration import Calibration
from vr360.fisheye.camera import Camera
from vr360.fisheye.film import Footage, open_footage, result_size
from vr360.fisheye.pto import write_pto
from vr360.frame import Projection, Rgb, Stereo, VideoInfo
from vr360.media.checks import check_files, check_kind
from vr360.media.presets import Overrides, PresetName
from vr360.media.probe import probe
from vr360.media.targets import check_target
from vr360.media.writer import Writer
from vr360.projections import Equirect, source_map, usual_size
from vr360.reports import Reported
from vr360.sampling import build_sampler


@dataclass(frozen=True)
class StitchJob:
    """What to stitch, with which camera, and into what.

    Attributes:
        footage: the camera, what is odd about the footage, the part wanted.
        size: (height, width) of the result; None is as fine as the lenses.
        level, lock: a level horizon, and a heading that stays, see `Levelling`.
        chapters: take those that follow the first one too, see `with_chapters`.
        to_sdr: the tone map of HDR that is delivered as SDR; None leaves it HDR.
        preset, encoding: see `vr360.media.presets`; None goes by the output's suffix.
        save_camera: Hugin project to write the camera to.

    Raises:
        InputError: a value that cannot be.
    """

    input: Path
    output: Path
    footage: Footage = field(default_factory=Footage)
    size: tuple[int, int] | None = None
    level: Level = Level.NONE
    lock: bool = False
    chapters: bool = True
    to_sdr: ToneMap | None = None
    preset: PresetName | None = None
    encoding: Overrides = field(default_factory=Overrides)
    save_camera: Path | None = None
    force: bool = False

    def __post_init__(self) -> None:
        settle(
            self,
            paths=("input", "output", "save_camera"),
            preset=PresetName,
            level=Level,
            to_sdr=ToneMap,
        )
        check_level(self.level, self.lock)
        turn = self.footage.turn
        if (
            self.level is not Level.NONE
            and turn is not None
            and not np.array_equal(turn, np.eye(3))
        ):
            raise InputError("--level finds the horizon itself: leave --yaw, --pitch, --roll out")
        if self.size is not None:
            check_whole(*self.size)

    @property
    def span(self) -> Span:
        """The part wanted."""
        return Span(self.footage.start, self.footage.duration)


@dataclass(frozen=True)
class StitchReport(Reported):
    """What came out; `calibration` is None where the preset was taken as it is."""

    output: Path
    height: int
    width: int
    frames: int
    seconds: float
    camera: str
    camera_source: str
    calibration: Calibration | None
    source: VideoInfo


def stitch(job: StitchJob, progress: Progress = lambda frames, _: frames) -> StitchReport:
    """Stitch a film, a still or a folder of frames; on failure nothing half-done is left.

    Raises:
        Vr360Error: anything about the input, the camera or the output that stands in the way.
    """
    started = time.perf_counter()
    check_files(job.input, job.output, job.preset, job.force)
    if job.save_camera is not None:
        check_target(job.save_camera, job.force, job.input)
    info = probe(job.input, Projection.DUAL_FISHEYE, Stereo.MONO)
    info = as_asked(info, job.chapters, job.to_sdr)
    job.span.check(info)
    check_kind(job.output, info)
    height, width = result_shape(job, info)
    opened = open_lenses(job, info, height, width)
    levelling = open_levelling(job, info, opened.change)
    info = levelled(info, job.level)
    level = open_leveller(levelling, height, width, info.bit_depth)
    if job.save_camera is not None and opened.camera is not None:
        write_pto(opened.camera, job.save_camera)
    rewritten = rewrite(
        job.span.frames(info),
        open_film(job, info, (height, width), levelling),
        lambda frame: level(opened.change(frame.rgb), frame),
        progress,
        job.span.count(info),
    )
    return StitchReport(
        output=job.output,
        height=height,
        width=width,
        frames=rewritten.frames,
        seconds=time.perf_counter() - started,
        camera=opened.camera.name if opened.camera else "GoPro MAX",
        camera_source=opened.camera.source if opened.camera else "stitched in the camera",
        calibration=opened.calibration,
        source=info,
    )


def open_film(
    job: StitchJob, info: VideoInfo, size: tuple[int, int], levelling: Levelling | None = None
) -> Writer:
    """The output, with the source's sound turned as the picture is."""
    turn = None if job.footage.turn is None else job.footage.turn.T
    turning = levelling.over if levelling else None
    metadata = sphere_metadata(info, Projection.EQUIRECT)
    return open_result(job, info, size, metadata, turn=turn, turning=turning)


class Lenses(NamedTuple):
    """What makes a sphere of each frame; `camera` is None where the camera has stitched."""

    change: Callable[[Rgb], Rgb]
    camera: Camera | None = None
    calibration: Calibration | None = None


def open_lenses(job: StitchJob, info: VideoInfo, height: int, width: int) -> Lenses:
    """The stitcher of two fisheyes, or the sampler of faces that need none."""
    if info.projection is Projection.EQUI_ANGULAR:
        turn = None if job.footage.turn is None else job.footage.turn.T
        return Lenses(build_sampler(source_map(info), Equirect(height, width), turn))
    opened = open_footage(info, job.footage, height, width)
    return Lenses(opened.stitcher, opened.camera, opened.calibration)


def result_shape(job: StitchJob, info: VideoInfo) -> tuple[int, int]:
    """(height, width) of the result.

    Raises:
        InputError: a size that no whole sphere has.
    """
    faces = info.projection is Projection.EQUI_ANGULAR
    usual = usual_size(source_map(info), Projection.EQUIRECT) if faces else result_size(info)
    height, width = job.size or usual
    check_whole(height, width)
    return height, width


def check_whole(height: int, width: int) -> None:
    """Raise InputError for a size that no whole sphere has."""
    if width != 2 * height:
        raise InputError(f"--size {width}x{height}: a whole sphere is twice as wide as high")
