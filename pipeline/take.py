"""A take: one source, its looks and a span of it -> an iterator of finished frames, with its state.

Four stages run side by side, a few frames apart: decoding and preparing, painting, holding still,
and whoever takes the frames. What they remember is one value, see `PaintState`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from types import TracebackType

from pipeline.backends import choose_device
from pipeline.choices import EyePainting, Temporal
from pipeline.looks.track import smoothness_over
from pipeline.painting.job import StylizeJob
from pipeline.painting.key_frames import KeyFrames
from pipeline.painting.layers import Layered
from pipeline.painting.look_ahead import LookAhead, NoLookAhead, looking_ahead
from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Finisher, Painter
from pipeline.painting.state import PaintState, Position, Stages
from pipeline.painting.stylizer import PaintsEyes, Stylizer, load_stylizer
from pipeline.source.levelling import open_leveller, open_levelling
from pipeline.source.preprocess import median_blur
from pipeline.source.unfolding import Unfolding, open_unfolding
from pipeline.temporal.cuts import Cuts, open_cuts
from pipeline.temporal.flow import Quality
from pipeline.temporal.raft import flow_quality
from pipeline.temporal.smoothing import Smoother
from vr360.frame import Frame, Rgb, Stereo, VideoInfo
from vr360.media.reader import Resampling, at_constant_rate, read_ahead, read_frames
from vr360.media.threads import depth_of
from vr360.stereo import split_eyes


class Take:
    """Iterate over it once, inside a `with` block, to get the finished frames in order.

    Args:
        job: what to paint, and how.
        info: the source, from `pipeline.painting.asked`.
        sphere: how whole spheres are made of it, and what becomes of them.
        bit_depth: of the finished frames.
        state: go on from here; None begins anew.
        count: take in so many frames of the source and no more. What they wait for is then in the
            state: another take that is given it goes on as if there had been no break.
        looks: those of another take of the same job that has ended; loaded anew by default.
        marks: what says where shots begin, if that is known already.
        layered: paints instead of the job's own looks.
        watch: is shown every frame of the source that is taken in, before anything is done to it.

    Attributes:
        resampling: how far the source was from an even rate.
        stages: what happens to each frame of it.
        state: between two frames all that the next one depends on; complete once all frames have
            been taken.

    Raises:
        Vr360Error: a look, a camera or a value that stands in the way; nothing is read before.
    """

    def __init__(
        self,
        job: StylizeJob,
        info: VideoInfo,
        sphere: Unfolding,
        bit_depth: int,
        state: PaintState | None = None,
        count: int | None = None,
        looks: list[Stylizer] | None = None,
        marks: Cuts[Prepared] | None = None,
        watch: Callable[[Frame], None] = lambda frame: None,
        layered: Layered | None = None,
    ) -> None:
        self.job, self.info, self.sphere = job, info, sphere
        self.resampling = Resampling()
        self.looks = open_looks(job, looks, layered)
        self._watch = watch
        self._stopped = self._broken_off = False
        self._painter = Painter(self.looks, bit_depth, open_keys(job, info, sphere, self.looks))
        self._finisher = open_finisher(job, info, sphere, self.looks)
        marks = marks or open_marks(job, info)
        self.stages = Stages(marks, self.looks, self._painter, self._finisher)
        self._ahead = open_look_ahead(job, info, sphere, self.looks)
        self._count = count
        self._shows = layered is not None or job.shows_source
        if job.passes != 1 and (state or count is not None):
            raise ValueError("with look-ahead a take cannot be broken off and gone on with")
        if state:
            self.stages.state = state

    @property
    def state(self) -> PaintState:
        return self.stages.state

    @state.setter
    def state(self, state: PaintState) -> None:
        self.stages.state = state

    def stop(self) -> None:
        """Paint no more; what is painted still comes out.

        What it was taken from is then further on than `state`, whose position says so: whoever goes
        on from it gives the position of the last frame that came out.
        """
        self._stopped = True

    @property
    def frames(self) -> int:
        """How many have been finished."""
        return self._finisher.frames

    @property
    def painted(self) -> int:
        """How many frames were painted; fewer where the source shows a frame twice."""
        return self._painter.painted

    @property
    def expected(self) -> int:
        """How many frames will come, as far as the source knows."""
        whole = self.job.span.count(self.info, self.job.rate)
        return whole if self._count is None else min(whole, self._count)

    @property
    def stage_seconds(self) -> dict[str, float]:
        """How long each stage was busy."""
        return {
            "decode and prepare": self._source.busy_seconds,
            "paint": self._painter.busy_seconds,
            "hold still": self._look_ahead.busy_seconds + self._finisher.busy_seconds,
        }

    def __enter__(self) -> Take:
        self._look_ahead = self._ahead.__enter__()
        depth = depth_of(*self.sphere.drawn, self.info.bit_depth)
        depth = depth if depth > 1 else 0  # frames of 8K are read, painted and held still in turns
        self._source = read_ahead(self._marked(), depth)
        painted = map(self._painter.step, self._until_stopped(self._source))
        self._painted = read_ahead(self._look_ahead(painted), depth)
        return self

    def __iter__(self) -> Iterator[Frame]:
        return map(self._finisher.step, self._painted)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._look_ahead.__exit__(kind, error, trace)  # whoever breaks off waits for no window
        self._painted.close()
        self._source.close()
        self._ahead.__exit__(kind, error, trace)

    def _until_stopped(self, frames: Iterable[Prepared]) -> Iterator[Prepared]:
        for frame in frames:
            if self._stopped:
                return
            yield frame

    def _marked(self) -> Iterator[Prepared]:
        frames = even_frames(self.job, self.info, self.resampling, self.state.position)
        taken = self._taken_in(frames)
        prepared = prepared_frames(self.job, self.info, self.sphere, taken, self._shows)
        yield from self.stages.mark(prepared)
        if not self._broken_off:
            yield from self.stages.cuts.rest()

    def _taken_in(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for n, frame in enumerate(frames):
            if n == self._count:
                self._broken_off = True
                return
            self._watch(frame)
            yield frame


def unfolding_of(job: StylizeJob, info: VideoInfo, layered: bool = False) -> Unfolding:
    """How the source's eyes become whole spheres, and these the result's eyes.

    Args:
        layered: looks are painted beside the job's own.
    """
    paints = job.paints or layered
    sphere = open_unfolding(info, job.size, job.camera, job.paint_width, paints)
    levelling = open_levelling(job, info, sphere.unfold)
    level = open_leveller(levelling, *sphere.drawn, info.bit_depth)
    return replace(sphere, level=level, turning=levelling.over if levelling else None)


def load_looks(job: StylizeJob, may_change: bool = False) -> list[Stylizer]:
    """The looks as the job wants them painted, one after the other.

    Args:
        may_change: see `Stylizer`.
    """
    return [
        load_stylizer(
            style,
            strength=strength,
            stroke=stroke,
            device=job.device,
            projection=job.projection,
            padding=job.padding,
            statistics=job.statistics,
            preserve_colour=job.preserve_colour,
            may_change=may_change,
        )
        for style, strength, stroke in job.looks
    ]


def open_looks(
    job: StylizeJob, looks: list[Stylizer] | None, layered: Layered | None
) -> Sequence[PaintsEyes]:
    """What paints: layers, looks that another take had, or those of the job."""
    if layered:
        layered.begin_shot()
        return [layered]
    return load_looks(job) if looks is None else _as_new(looks)


def even_frames(
    job: StylizeJob, info: VideoInfo, count: Resampling, position: Position | None = None
) -> Iterator[Frame]:
    """Frames of the source at an even rate, from behind a position on."""
    start, duration = job.span.start, job.span.duration
    if position:
        duration = None if duration is None else start + duration - position.taken
        start = position.taken
    frames: Iterator[Frame] = read_frames(info, start, duration)
    if info.is_still:
        return frames
    after = position.pts if position else None
    return at_constant_rate(frames, job.rate or info.rate, count, job.span.end(info), after)


def prepared_frames(
    job: StylizeJob,
    info: VideoInfo,
    sphere: Unfolding,
    frames: Iterable[Frame],
    shows: bool | None = None,
) -> Iterator[Prepared]:
    """Whole spheres, blurred; a repeated frame is prepared once.

    Args:
        shows: whether the picture itself ever shows; by default, whether the job's looks let it.
    """
    shows = job.shows_source if shows is None else shows
    eyes, sharp = list[Rgb](), list[Rgb]()
    for frame in frames:
        if not (eyes and frame.repeats):
            each = split_eyes(frame.rgb, info.stereo)
            whole = [sphere.whole(eye, frame) for eye in each]
            eyes = [median_blur(eye, job.median) for eye in whole]
            sharp = whole if shows else eyes
        yield Prepared(eyes, frame.pts, frame.taken, frame.repeats, sharp=sharp)


def open_marks(job: StylizeJob, info: VideoInfo) -> Cuts[Prepared]:
    """What says with which frames a shot begins."""
    if info.is_still:
        return Cuts()
    return open_cuts(job.cuts, job.rate or info.rate, lambda frame: frame.eyes[0])


def open_finisher(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[PaintsEyes]
) -> Finisher:
    """What happens to painted frames before they are given out."""
    matched = job.eyes is EyePainting.MATCHED and paints(looks)
    return Finisher(info.stereo, sphere.fold, open_smoothers(job, info, sphere, looks), matched)


def open_look_ahead(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[PaintsEyes]
) -> AbstractContextManager[LookAhead | NoLookAhead]:
    """What painted frames pass through; with one pass they pass as they are."""
    if job.passes == 1 or not smooths(job, info, looks):
        return nullcontext(NoLookAhead())
    return looking_ahead(job.output, lambda: open_smoothers(job, info, sphere, looks))


def paints(looks: Sequence[PaintsEyes]) -> bool:
    """Whether any look ever changes the picture."""
    return not all(look.is_nothing() for look in looks)


def smooths(job: StylizeJob, info: VideoInfo, looks: Sequence[PaintsEyes]) -> bool:
    """Whether frames are held still: painted films, unless `--temporal none` says no."""
    return not info.is_still and job.temporal is not Temporal.NONE and paints(looks)


def open_smoothers(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[PaintsEyes]
) -> list[Smoother]:
    """One for each eye, or none."""
    if not smooths(job, info, looks):
        return []
    quality = flow_of(job, sphere)
    key_frames = job.paint_every != 1
    smoothness = smoothness_over(job.smoothness)
    return [Smoother(smoothness, quality, key_frames) for _ in range(eyes_of(info))]


def open_keys(
    job: StylizeJob, info: VideoInfo, sphere: Unfolding, looks: Sequence[PaintsEyes]
) -> KeyFrames | None:
    """What decides which frames the net paints; None where it paints them all."""
    if job.paint_every == 1 or info.is_still or not paints(looks):
        return None
    return KeyFrames(job.paint_every, eyes_of(info), flow_of(job, sphere))


def flow_of(job: StylizeJob, sphere: Unfolding) -> Quality:
    """How finely the source's motion is estimated."""
    return flow_quality(job.flow, sphere.around // 2, choose_device(job.device))


def eyes_of(info: VideoInfo) -> int:
    """How many eyes a frame has."""
    return 1 if info.stereo is Stereo.MONO else 2


def _as_new(looks: list[Stylizer]) -> list[Stylizer]:
    for look in looks:
        look.begin_shot()
    return looks
