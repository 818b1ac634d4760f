"""The story: a 360° film in one projection goes in, the same film in another comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from pipeline.choices import FaceLayout, Level, PictureKind, settle
from pipeline.source.delivery import (
    Progress,
    Rewritten,
    Span,
    as_asked,
    open_result,
    rewrite,
)
from pipeline.source.levelling import (
    Levelling,
    check_level,
    levelled,
    looker,
    open_levelling,
    turn_once,
)
from vr360.choices import ToneMap
from vr360.cubelayout import CubeLayout
from vr360.errors import InputError
from vr360.frame import Frame, Projection, Rgb, Stereo, VideoInfo, peak_at
from vr360.geometry import Array, rotation
from vr360.media.checks import check_files, check_kind
from vr360.media.presets import Overrides, PresetName
from vr360.media.probe import probe
from vr360.media.reader import Resampling
from vr360.media.six_faces import FacesWriter, find_faces, read_faces
from vr360.media.stills import STILL_SUFFIXES
from vr360.media.turning import Turning
from vr360.media.writer import Writer
from vr360.projections import (
    VIEWS,
    CubeMap,
    Equirect,
    HalfEquirect,
    ProjectionMap,
    source_map,
    sphere_map,
    usual_size,
)
from vr360.reports import Reported
from vr360.sampling import Interpolation, Sampler, build_sampler
from vr360.spherical import SphericalMetadata
from vr360.stereo import eye_size, join_eyes, picture_size, split_eyes
from vr360.views import RECTILINEAR

LENSES = (*VIEWS, PictureKind.DUAL_FISHEYE)


@dataclass(frozen=True)
class Side:
    """What one side of a conversion looks like.

    Attributes:
        projection: None is what the file says.
        layout: cubes only; None is the usual one.
        fov: radians that a fisheye's circle or a rectilinear picture's width spans.

    Raises:
        InputError: a value that cannot be.
    """

    projection: PictureKind | None = None
    layout: FaceLayout | None = None
    fov: float | None = None

    def __post_init__(self) -> None:
        settle(self, projection=PictureKind, layout=FaceLayout)
        if self.projection is PictureKind.AUTO:
            object.__setattr__(self, "projection", None)
        if self.fov is not None and self.projection in LENSES:
            sphere_map(self.projection, 1, 2, fov=self.fov)  # a lens spans no more than it can

    @property
    def is_six_faces(self) -> bool:
        return self.layout is FaceLayout.FACES


@dataclass(frozen=True)
class ConvertJob:
    """What to convert, from what, and into what.

    Attributes:
        source, target: both sides; each eye of a stereo film is one picture of these.
        turn: (3, 3) rotation from the target's directions to the source's.
        size: (height, width) of the result, all eyes included; None is as fine as the source.
        stereo: how the eyes lie, which stays as it is; None is what the file says.
        span: the part wanted.
        level, lock: a level horizon, and a heading that stays, see `Levelling`; `turn` comes then.
        chapters: take those that follow the first one too, see `with_chapters`.
        to_sdr: the tone map of HDR that is delivered as SDR; None leaves it HDR.
        preset, encoding: see `vr360.media.presets`; None goes by the output's suffix.

    Raises:
        InputError: a value that cannot be.
    """

    input: Path
    output: Path
    source: Side = field(default_factory=Side)
    target: Side = field(default_factory=lambda: Side(PictureKind.EQUIRECT))
    turn: Array = field(default_factory=lambda: np.eye(3))
    size: tuple[int, int] | None = None
    stereo: Stereo | None = None
    span: Span = field(default_factory=Span)
    level: Level = Level.NONE
    lock: bool = False
    chapters: bool = True
    to_sdr: ToneMap | None = None
    interpolation: Interpolation = Interpolation.CUBIC
    preset: PresetName | None = None
    encoding: Overrides = field(default_factory=Overrides)
    force: bool = False

    def __post_init__(self) -> None:
        settle(
            self,
            paths=("input", "output"),
            stereo=Stereo,
            interpolation=Interpolation,
            preset=PresetName,
            level=Level,
            to_sdr=ToneMap,
        )
        check_level(self.level, self.lock)
        if self.level is not Level.NONE and self.source.projection in VIEWS:
            raise InputError(
                f"--level wants a whole sphere, and --from {self.source.projection} is none"
            )


@dataclass(frozen=True)
class ConvertReport(Reported):
    """What came out; `metadata` is None where no metadata has a name for it."""

    output: Path
    projection: str
    height: int
    width: int
    source: VideoInfo
    metadata: SphericalMetadata | None
    rewritten: Rewritten


def convert(job: ConvertJob, progress: Progress = lambda frames, _: frames) -> ConvertReport:
    """Convert a film, a still or a folder of frames; on failure nothing half-done is left.

    Raises:
        Vr360Error: anything about the input or the output that stands in the way.
    """
    check_files(job.input, job.output, job.preset, job.force)
    info = as_asked(with_full_depth(job, probe_source(job)), job.chapters, job.to_sdr)
    job.span.check(info)
    check_kind(job.output, info)
    source = map_of(job, info)
    levelling = open_levelling(job, info, looker(source))
    info = levelled(info, job.level)
    target = target_map(job, info, source)
    metadata = metadata_of(job, target, info.stereo)
    info, turn, metadata = settle_pose(job, info, metadata)
    height, width = picture_size((target.height, target.width), info.stereo)
    turning = None if levelling is None else lambda times: levelling.over(times) @ turn
    film = open_film(job, info, (height, width), metadata, turn, turning)
    sampler = build_sampler(source, target, turn, job.interpolation)
    count = Resampling()
    rewritten = rewrite(
        source_frames(job, info, count),
        film,
        resampling(sampler, info, turn, levelling),
        progress,
        job.span.count(info),
        count,
    )
    return ConvertReport(
        output=job.output,
        projection=job.target.projection or Projection.EQUIRECT,
        height=height,
        width=width,
        source=info,
        metadata=metadata,
        rewritten=rewritten,
    )


def probe_source(job: ConvertJob) -> VideoInfo:
    """What the source is, where the job does not say."""
    if job.source.is_six_faces:
        front = probe(find_faces(job.input)["F"], Projection.CUBEMAP, Stereo.MONO)
        packed = replace(front, path=job.input, height=2 * front.height, width=3 * front.width)
        return replace(packed, projection=Projection(job.source.projection or Projection.CUBEMAP))
    if job.source.projection in VIEWS:
        flat = job.source.projection == RECTILINEAR  # a square of a lens is no pair of eyes
        stereo = job.stereo if flat else job.stereo or Stereo.MONO
        info = probe(job.input, Projection.CUBEMAP, stereo)  # whose size nothing contradicts
        return replace(
            info, projection=Projection.EQUIRECT, reason=f"{job.source.projection}: as asked for"
        )
    asked = None if job.source.projection is None else Projection(job.source.projection)
    return probe(job.input, asked, job.stereo, parts=True)


def with_full_depth(job: ConvertJob, info: VideoInfo) -> VideoInfo:
    """The source as it is to be read: 16 bits stay 16 bits from PNG to PNG."""
    pictures = info.pixel_format == "rgb" and job.output.suffix.lower() in ("", ".png")
    return replace(info, bit_depth=16) if pictures and info.bit_depth > 8 else info


def map_of(job: ConvertJob, info: VideoInfo) -> ProjectionMap:
    """The map of each eye of the source; a part of the sphere is laid in a whole one, see `placed`.

    Raises:
        InputError: the size contradicts the projection or the stereo layout.
    """
    if not info.is_part:
        return source_map(info, job.source.projection, named_layout(job.source), job.source.fov)
    window = info.window
    if info.projection is Projection.HALF_EQUIRECT:
        return HalfEquirect(window.full_height, window.width)
    return Equirect(window.full_height, window.full_width)


def placed(info: VideoInfo, eye: Rgb) -> Rgb:
    """An eye of the source as `map_of` has it, black where a part of the sphere leaves out."""
    if not info.is_part:
        return eye
    window = info.window
    if info.projection is Projection.HALF_EQUIRECT:
        window = window._replace(left=0, full_width=window.width)
    return window.place(eye, cv2.BORDER_CONSTANT)


def settle_pose(
    job: ConvertJob, info: VideoInfo, metadata: SphericalMetadata | None
) -> tuple[VideoInfo, Array, SphericalMetadata | None]:
    """The source with a note of what became of its pose, the turn, and the result's metadata.

    A picture that is not turned, in a file that can say so, keeps the pose that the source states;
    any other is turned by it, as a player would have.
    """
    if not any(info.pose):
        return info, job.turn, metadata
    yaw, pitch, roll = info.pose
    words = f"its pose (yaw {yaw:.6g}°, pitch {pitch:.6g}°, roll {roll:.6g}°)"
    if metadata is not None and job.output.suffix and np.array_equal(job.turn, np.eye(3)):
        note = f"{words} stays in the metadata"
        kept = replace(metadata, yaw=yaw, pitch=pitch, roll=roll)
        return replace(info, notes=(*info.notes, note)), job.turn, kept
    note = f"the picture is turned by {words}"
    upright = rotation(*np.radians(info.pose)).T
    return replace(info, notes=(*info.notes, note)), upright @ job.turn, metadata


def target_map(job: ConvertJob, info: VideoInfo, source: ProjectionMap) -> ProjectionMap:
    """Where directions lie on one eye of the result.

    Raises:
        InputError: a size that contradicts the projection or the stereo layout.
    """
    projection = job.target.projection or Projection.EQUIRECT
    layout = named_layout(job.target)
    if layout is None and projection == Projection.CUBEMAP and not is_of_stills(job):
        layout = CubeLayout.CBMP  # which the metadata of films has a name for
    if job.size is None:
        height, width = usual_size(source, projection, layout=layout, fov=job.target.fov)
    else:
        height, width = eye_size(job.size, info.stereo)
    try:
        return sphere_map(projection, height, width, layout=layout, fov=job.target.fov)
    except InputError as error:
        raise InputError(f"{job.output}: {error}; see --size") from None


def named_layout(side: Side) -> CubeLayout | None:
    """How faces lie, as far as the job says; six pictures are handled as one."""
    if side.is_six_faces:
        return CubeLayout.C3X2
    return None if side.layout is None else CubeLayout(side.layout)


def is_of_stills(job: ConvertJob) -> bool:
    """Whether the result is a still or a folder of them."""
    return job.output.suffix.lower() in ("", *STILL_SUFFIXES)


def metadata_of(job: ConvertJob, target: ProjectionMap, stereo: Stereo) -> SphericalMetadata | None:
    """What to say of the result, or None where there is no name for it."""
    projection = job.target.projection or Projection.EQUIRECT
    equirect = projection in (Projection.EQUIRECT, Projection.HALF_EQUIRECT)
    if is_of_stills(job) and (not equirect or stereo is Stereo.RIGHT_LEFT):
        return None
    if projection in (*VIEWS, Projection.EQUI_ANGULAR):
        return None
    if isinstance(target, CubeMap) and target.layout is not CubeLayout.CBMP:
        return None
    if projection == Projection.DUAL_FISHEYE:
        fov = float(np.degrees(getattr(target, "fov", 0.0)))
        named = 180 <= fov <= 280  # what a mesh of two lenses covers the sphere with
        return SphericalMetadata(Projection.DUAL_FISHEYE, stereo, lens_fov=fov) if named else None
    return SphericalMetadata(Projection(projection), stereo)


def open_film(
    job: ConvertJob,
    info: VideoInfo,
    size: tuple[int, int],
    metadata: SphericalMetadata | None,
    turn: Array,
    turning: Turning | None = None,
) -> Writer:
    """The output, with the source's sound and the metadata of what it shows."""
    if job.target.is_six_faces:
        return FacesWriter(job.output, info.bit_depth, info, job.force)
    return open_result(job, info, size, metadata, turn=turn, turning=turning)


def source_frames(job: ConvertJob, info: VideoInfo, count: Resampling) -> Iterator[Frame]:
    """The pictures of the source, six faces as one."""
    if job.source.is_six_faces:
        return iter((Frame(read_faces(job.input, info.bit_depth), Fraction(0)),))
    return job.span.frames(info, count)


def resampling(
    sampler: Sampler, info: VideoInfo, turn: Array, levelling: Levelling | None
) -> Callable[[Frame], Rgb]:
    """Change every eye by itself, so that nothing crosses from one to the other."""
    peak = peak_at(info.bit_depth)

    def changed(frame: Frame) -> Rgb:
        if levelling is not None:
            turn_once(sampler, levelling.of(frame) @ turn)
        eyes = split_eyes(frame.rgb, info.stereo)
        return join_eyes([sampler(placed(info, eye), peak) for eye in eyes], info.stereo)

    return changed
