"""Where segments are painted: a job, its plan and its nets, which are loaded once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from itertools import islice
from pathlib import Path

from pipeline.jobs.coding import Coding
from pipeline.jobs.extra import Extra
from pipeline.jobs.lock import me
from pipeline.jobs.log import events
from pipeline.jobs.plan import Plan, Planned, check_source
from pipeline.jobs.scan import Scan, digest
from pipeline.jobs.segments import Making, Manifest, Segment
from pipeline.painting.job import StylizeJob
from pipeline.painting.layers import Layered
from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import PainterState
from pipeline.painting.state import PaintState, Position
from pipeline.painting.stylizer import Stylizer
from pipeline.source.unfolding import Unfolding
from pipeline.take import Take, load_looks
from pipeline.temporal.cuts import Cuts, CutState
from vr360.errors import InputError, VideoOpenError
from vr360.frame import Frame, Stereo, VideoInfo

Interrupted = Callable[[], bool]
"""Whether the frame in hand is to be the last."""


class Studio:
    """Paints segments of one job into its folder.

    Args:
        folder: of the job.
        plan: of the job.
        scan: of its source.
        job, info, sphere: see `Take`.
        coding: of the segments.
        extra: what is painted beside the job's own look.
    """

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        scan: Scan,
        job: StylizeJob,
        info: VideoInfo,
        sphere: Unfolding,
        coding: Coding,
        extra: Extra | None = None,
    ) -> None:
        self._extra = extra
        self.folder, self.plan, self.scan = folder, plan, scan
        self.job, self.info, self.sphere, self.coding = job, info, sphere, coding

    @cached_property
    def looks(self) -> list[Stylizer]:
        return load_looks(self.job, may_change=True)

    @cached_property
    def layers(self) -> Layered | None:
        """What paints instead of the looks."""
        return self._extra.layers() if self._extra else None

    @property
    def rate(self) -> Fraction:
        return Fraction(self.scan.rate)

    @property
    def pixels(self) -> int:
        """Of the spheres that are painted for one frame."""
        eyes = 1 if self.info.stereo is Stereo.MONO else 2
        return eyes * self.sphere.around**2 // 2

    def segment(self, planned: Planned) -> Segment:
        return Segment(self.folder, planned.key, self.coding.suffix)

    def verified(self, planned: Planned) -> Manifest | None:
        """What a segment holds; None unless it is there and whole."""
        manifest = self.segment(planned).verified()
        return manifest if manifest and manifest.frames == planned.frames else None

    def paint(self, planned: Planned, is_last: Interrupted) -> Iterator[Frame]:
        """Paint what is missing of a segment; frames come as they are finished.

        Where it is stopped before its end, what is painted is kept as its part.

        Args:
            planned: the segment; the one that it goes on from is complete.
            is_last: is asked after every frame.

        Raises:
            Vr360Error: anything about the source, the look or the disk that stands in the way.
        """
        check_source(self.plan)
        started, part = time.perf_counter(), self._part(planned)
        done = part[0].frames if part else 0
        take = self._take(planned, part[1] if part else None, done)
        skip = 0 if part else planned.warm_up
        events.info("%s: begun, %d of them are there", planned, done)
        with Making(self.segment(planned), self.coding) as made:
            for frame in self._painted_before(planned, part[0] if part else None):
                made.write(frame)
            yield from _through(take, made, skip, is_last)
            if made.frames < planned.frames and not is_last():
                raise VideoOpenError(f"{self.job.input}: frames are missing behind {take.frames}")
            if made.frames:
                seconds = time.perf_counter() - started + (part[0].seconds if part else 0)
                painted = take.painted - skip + (part[0].painted if part else 0)
                self._settle(planned, made, take, seconds, painted)

    def _settle(
        self, planned: Planned, made: Making, take: Take, seconds: float, painted: int
    ) -> None:
        whole, segment = made.frames == planned.frames, self.segment(planned)
        is_needed = planned.is_awaited or not whole
        film, state, size = made.complete(take.state if is_needed else None, whole)
        manifest = Manifest(
            key=planned.key,
            film=film,
            state=state,
            frames=made.frames,
            painted=painted,
            size=size,
            seconds=seconds,
            warm_up=planned.warm_up,
            entered=planned.after,
            backend=take.looks[0].backend.name,
            layout=take.looks[0].explain(self.sphere.around),
            stage_seconds=take.stage_seconds,
            by=me(),
        )
        (segment if whole else segment.part).settle(made, manifest)
        how = "done" if whole else "paused within"
        events.info("%s: %s, %d frames, %.2f fps", planned, how, made.frames, made.frames / seconds)
        if whole:
            segment.part.remove()
        if whole and planned.after and not self.plan.keep:
            Segment(self.folder, planned.after).forget_state()

    def _part(self, planned: Planned) -> tuple[Manifest, PaintState] | None:
        """What was painted of a segment before a pause."""
        part = self.segment(planned).part
        manifest = part.verified()
        if manifest is None or manifest.frames >= planned.frames:
            return None
        return manifest, part.leaving()

    def _painted_before(self, planned: Planned, part: Manifest | None) -> Iterator[Frame]:
        if part is None:
            return iter(())
        first = self.scan.pts(planned.first)
        return self.segment(planned).part.frames(part, first, self.rate)

    def _take(self, planned: Planned, state: PaintState | None, done: int) -> Take:
        first = planned.first + done if state else planned.first - planned.warm_up
        count = planned.first + planned.frames - first
        take = Take(
            self.job,
            self.info,
            self.sphere,
            self.coding.bit_depth,
            count=count,
            looks=None if self.layers else self.looks,
            layered=self.layers,
            marks=Cuts[Prepared](),
            watch=_Watch(self.scan, first, self.job),
        )
        if state is None and planned.after:
            state = Segment(self.folder, planned.after).leaving()
        begins = state is None
        take.state = self._placed(state or take.state, first, begins)
        return take

    def _placed(self, state: PaintState, first: int, begins: bool) -> PaintState:
        """A state at its place in this film: it may come from another one, painted to other times.

        Args:
            state: what is remembered.
            first: number of the next frame.
            begins: nothing is remembered, so a cut there means nothing.
        """
        position = self.scan.before(first)
        last = position.pts if position and not begins else None
        times = [self.scan.pts(cut) for cut in self.scan.cuts]
        painter = state.painter and _shifted(state.painter, _time(position))
        cuts = CutState[Prepared](times, last)
        return replace(state, cuts=cuts, painter=painter, position=position)


class _Watch:
    """Sees that the frames that are taken in are those that were scanned."""

    def __init__(self, scan: Scan, first: int, job: StylizeJob) -> None:
        self._scan, self._next, self._job = scan, first, job

    def __call__(self, frame: Frame) -> None:
        known = self._scan.digests[self._next : self._next + 1]
        if known != [digest(frame.rgb)]:
            raise InputError(
                f"{self._job.input}: frame {self._next} is not what it was when the job began; "
                "what is painted is kept"
            )
        self._next += 1


def _through(take: Take, made: Making, skip: int, is_last: Interrupted) -> Iterator[Frame]:
    with take:
        frames = iter(take)
        for _ in islice(frames, skip):
            if is_last():
                return
        for frame in frames:
            made.write(frame)
            yield frame
            if is_last():
                take.stop()


def _shifted(painter: PainterState, pts: Fraction) -> PainterState:
    """The frame painted last as if it had been shown at another time, and its key frame with it."""
    key = painter.key and replace(painter.key, pts=painter.key.pts + pts - painter.pts)
    return replace(painter, pts=pts, key=key)


def _time(position: Position | None) -> Fraction:
    assert position is not None
    return position.pts
