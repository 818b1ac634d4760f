"""The story: a 360° film goes in, a painted one comes out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from pipeline.backends import choose_device
from pipeline.painting import Finisher, Painter
from pipeline.preprocess import check_median, prepare
from pipeline.rewrite import Progress, Span, open_result
from pipeline.stylizer import Stylizer, load_stylizer
from pipeline.temporal.ahead import LookAhead, NoLookAhead, looking_ahead
from pipeline.temporal.cuts import Cuts, open_cuts
from pipeline.temporal.raft import flow_quality
from pipeline.temporal.smoothing import DEFAULT_SMOOTHNESS, Smoother, check_smoothness
from pipeline.unfolding import Unfolding, open_unfolding
from vr360.errors import InputError
from vr360.frame import Frame, Projection, Stereo, VideoInfo
from vr360.media.presets import Overrides
from vr360.media.probe import probe
from vr360.media.reader import Resampling, at_constant_rate, read_ahead, read_frames
from vr360.media.targets import check_target
from vr360.media.writer import Writer
from vr360.spherical import SphericalMetadata
from vr360.stereo import picture_size

TEMPORAL = ("flow", "none")
PASSES = (1, 2)
EYES = ("matched", "own")


@dataclass(frozen=True)
class StylizeJob:
    """What to paint, how, and into what.

    Attributes:
        style, strength: the look over time, as `parse_look` reads it.
        preserve_colour: paint the brightness and keep the film's colours.
        then: looks that paint, one after the other, what the one before has painted.
        preset, encoding: see `vr360.media.presets`; None goes by the output's suffix.
        median: kernel of the blur before the net; 0 is none.
        span: the part wanted.
        size: (height, width) of the result, all eyes included; None keeps the source's.
        paint_width: pixels around the spheres that are painted, whatever the size of the result:
            strokes are as many degrees long as in films of that width. None takes the result's.
        rate: frames a second of the result; None keeps the source's.
        projection, padding, statistics: how the net paints the sphere, see `Stylizer`.
        temporal, smoothness: `flow` holds the film still along the source's motion, by 0 (not at
            all) to 1; `none` paints frame by frame.
        flow: what finds the motion, see `flow_quality`.
        passes: 2 looks ahead as well, see `LookAhead`; it takes longer, and room on disk.
        eyes: `matched` gives the right eye the left one's painting where both see; `own` its own.
        cuts: `auto`, `none`, or a file that lists them; see `open_cuts`.
        source_projection, stereo: what the user knows better than the file.
        camera: lenses of dual-fisheye footage, see `vr360.fisheye.film`.
    """

    input: Path
    output: Path
    style: str | Sequence[str]
    strength: str | float = 1.0
    then: Sequence[str] = ()
    preserve_colour: bool = False
    preset: str | None = None
    encoding: Overrides = field(default_factory=Overrides)
    median: int = 3
    span: Span = field(default_factory=Span)
    size: tuple[int, int] | None = None
    paint_width: int | None = None
    rate: Fraction | None = None
    projection: str = "auto"
    padding: str = "sphere"
    statistics: str = "shot"
    temporal: str = "flow"
    smoothness: float = DEFAULT_SMOOTHNESS
    passes: int = 1
    flow: str = "auto"
    eyes: str = "matched"
    cuts: str = "auto"
    device: str = "auto"
    source_projection: Projection | None = None
    stereo: Stereo | None = None
    camera: str = "auto"
    force: bool = False


@dataclass(frozen=True)
class StylizeReport:
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
    looks = load_looks(job)
    sphere = open_unfolding(info, job.size, job.camera, job.paint_width)
    cuts = Cuts() if info.is_still else open_cuts(job.cuts, job.rate or info.rate)
    resampling = Resampling()
    frames = cuts.watch(prepared_frames(job, info, sphere, resampling), info.stereo)
    finish = open_finisher(job, info, sphere, looks)
    total = job.span.count(info, job.rate)
    with (
        open_film(job, info, sphere) as film,
        open_look_ahead(job, info, sphere, looks) as ahead,
        read_ahead(frames) as source,
    ):
        painter = Painter(looks, cuts, info.stereo, film.bit_depth)
        with read_ahead(ahead(painter.paint(source))) as painted, ahead:
            for frame in progress(map(finish, painted), total):
                film.write(frame)
    return StylizeReport(
        output=job.output,
        frames=finish.frames,
        painted=painter.painted,
        seconds=time.perf_counter() - started,
        source=info,
        resampling=resampling,
        backend=looks[0].backend.name,
        layout=looks[0].explain(sphere.around),
        stage_seconds={
            "decode and prepare": source.busy_seconds,
            "paint": painter.busy_seconds,
            "hold still": ahead.busy_seconds + finish.busy_seconds,
            "encode": film.busy_seconds,
        },
    )


def load_looks(job: StylizeJob) -> list[Stylizer]:
    """The looks as the job wants them painted, one after the other."""
    wanted = [(job.style, job.strength), *((style, 1.0) for style in job.then)]
    return [
        load_stylizer(
            style,
            strength=strength,
            device=job.device,
            projection=job.projection,
            padding=job.padding,
            statistics=job.statistics,
            preserve_colour=job.preserve_colour,
        )
        for style, strength in wanted
    ]


def open_finisher(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[Stylizer]
) -> Finisher:
    """What happens to painted frames before they are written."""
    if job.eyes not in EYES:
        raise InputError(f"--eyes {job.eyes}: one of {', '.join(EYES)}")
    matched = job.eyes == "matched" and paints(looks)
    return Finisher(info.stereo, sphere.fold, open_smoothers(job, info, sphere, looks), matched)


def open_look_ahead(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[Stylizer]
) -> AbstractContextManager[LookAhead | NoLookAhead]:
    """What painted frames pass through; with one pass they pass as they are."""
    if job.passes not in PASSES:
        raise InputError(f"--passes {job.passes}: give 1 or 2")
    if job.passes == 1 or not open_smoothers(job, info, sphere, looks):
        return nullcontext(NoLookAhead())
    return looking_ahead(job.output, info.stereo, lambda: open_smoothers(job, info, sphere, looks))


def paints(looks: Sequence[Stylizer]) -> bool:
    """Whether any look ever changes the picture."""
    return not all(look.track.is_nothing for look in looks)


def open_smoothers(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[Stylizer]
) -> list[Smoother]:
    """One for each eye of a painted film; none for stills and `--temporal none`."""
    if job.temporal not in TEMPORAL:
        raise InputError(f"--temporal {job.temporal}: one of {', '.join(TEMPORAL)}")
    check_smoothness(job.smoothness)
    if info.is_still or job.temporal == "none" or not paints(looks):
        return []
    quality = flow_quality(job.flow, sphere.around // 2, choose_device(job.device))
    return [
        Smoother(job.smoothness, quality) for _ in range(1 if info.stereo is Stereo.MONO else 2)
    ]


def probe_source(job: StylizeJob) -> VideoInfo:
    """The source, if it can be painted from where the job says."""
    check_target(
        job.output, job.force or job.output.is_dir(), job.input
    )  # its writer knows folders
    info = probe(job.input, job.source_projection, job.stereo, job.rate)  # a folder has no rate
    check_median(job.median, info.bit_depth)
    job.span.check(info)
    return info


def prepared_frames(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, count: Resampling
) -> Iterator[Frame]:
    """Whole spheres at an even rate, blurred; a repeated frame is the same object twice."""
    frames = read_frames(info, job.span.start, job.span.duration)
    prepared = (
        Frame(prepare(frame.rgb, info.stereo, sphere.unfold, job.median), frame.pts)
        for frame in frames
    )
    if info.is_still:
        return prepared
    return at_constant_rate(prepared, job.rate or info.rate, count, job.span.end(info))


def open_film(job: StylizeJob, info: VideoInfo, sphere: Unfolding) -> Writer:
    """The output, with the source's sound and the metadata of a sphere."""
    size = picture_size((sphere.height, sphere.width), info.stereo)
    metadata = SphericalMetadata(sphere.projection, info.stereo)
    return open_result(job, info, size, metadata, job.rate)
