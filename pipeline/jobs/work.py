"""Painting what is missing of a job, by one process or by many side by side.

Each takes the next segment that nobody holds and whose beginning is known. The folder is the truth:
processes say nothing to each other but by what lies in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

from pipeline.jobs.claims import Claim, claimed
from pipeline.jobs.plan import Planned
from pipeline.jobs.segments import Manifest, Segment
from pipeline.jobs.stop import PausedError, Stop
from pipeline.jobs.studio import Studio
from pipeline.source.delivery import Progress
from vr360.frame import Frame

Engine = Callable[[Studio, Progress, Stop], dict[str, Manifest]]
"""What paints all that is missing: `paint`, or a cluster's."""

_LEAST = 1 << 20  # bytes, however small the pictures are
PATIENCE = 0.5  # seconds between two looks at what others are doing
_STATE = 80  # bytes a pixel that stopping writes: a state, 73 of a small sphere, and what waits


class Progressing:
    """What is there of a job: each file is verified once, when it is met first.

    Attributes:
        manifests: of complete segments, by key.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.manifests: dict[str, Manifest] = {}
        self.look()

    def look(self) -> None:
        """Meet segments that have come to be."""
        for planned in self._studio.plan.segments:
            if planned.key not in self.manifests:
                manifest = self._studio.verified(planned)
                if manifest:
                    self.manifests[planned.key] = manifest
        self._need_states()

    def _need_states(self) -> None:
        """Segments whose state is gone are missing too where another has to go on from it.

        States go once the next segment is there; then that one was damaged. Whoever looks reads
        segments in order, so one that is being painted meanwhile is not taken for damaged.
        """
        for planned in reversed(self._studio.plan.segments):
            before = self.manifests.get(planned.after or "")
            if planned.key not in self.manifests and before and before.state is None:
                Segment(self._studio.folder, before.key).remove_manifest()
                del self.manifests[before.key]

    def meet(self, planned: Planned) -> None:
        """Take the word of a segment that this process has just painted, if it came to its end."""
        manifest = self._studio.segment(planned).manifest()
        if manifest:
            self.manifests[planned.key] = manifest

    @property
    def frames(self) -> int:
        """How many frames are complete, those of paused segments included."""
        missing = self.missing
        parts = (self._studio.segment(planned).part.manifest() for planned in missing)
        whole = sum(p.frames for p in self._studio.plan.segments if p not in missing)
        return whole + sum(part.frames for part in parts if part)

    @property
    def missing(self) -> list[Planned]:
        return [p for p in self._studio.plan.segments if p.key not in self.manifests]

    def ready(self) -> list[Planned]:
        """Segments that can be painted now: those that most frames wait for come first."""
        missing = self.missing
        ready = [p for p in missing if p.after is None or p.after in self.manifests]
        return sorted(ready, key=lambda planned: -_waiting(planned, missing))


def _waiting(planned: Planned, missing: list[Planned]) -> int:
    """Frames that cannot be painted by anybody else before this segment is."""
    frames, key = 0, planned.key
    for other in missing:
        if other is planned or other.after == key:
            frames, key = frames + other.frames, other.key
    return frames


def paint(studio: Studio, progress: Progress, stop: Stop) -> dict[str, Manifest]:
    """Paint until the film is complete; the manifests of its segments, by key.

    Raises:
        PausedError: it was asked to stop, or the disk is nearly full.
        Vr360Error: what stands in the way of a segment.
    """
    there = Progressing(studio)
    with closing(_frames(studio, there, stop)) as frames:
        for _ in progress(frames, studio.plan.frames - there.frames):
            pass
    if there.missing:
        raise paused(studio, there, stop)
    return there.manifests


def pausing(studio: Studio, stop: Stop) -> None:
    """Raise PausedError where the job is to stop."""
    if stop.look(studio.folder, reserve(studio)):
        raise paused(studio, Progressing(studio), stop)


def paused(studio: Studio, there: Progressing, stop: Stop) -> PausedError:
    """Says why the job stopped, and what is kept."""
    kept = f"{there.frames} of {studio.plan.frames} frames are kept"
    return PausedError(f"paused ({stop.reason}): {kept}; go on with: {studio.plan.again}")


def render(studio: Studio, planned: Planned, stop: Stop) -> Path:
    """Paint one segment, unless another process does or has done so; where it lies.

    Raises:
        Vr360Error: what stands in its way.
    """
    for _ in _claimed(studio, {planned.key: planned}, stop):
        pass
    return studio.segment(planned).film


def _frames(studio: Studio, there: Progressing, stop: Stop) -> Generator[Frame, None, None]:
    while there.missing and not stop.look(studio.folder, reserve(studio)):
        ready = {planned.key: planned for planned in there.ready()}
        painted = yield from _claimed(studio, ready, stop)
        if painted:
            there.meet(painted)
        there.look()


def _claimed(
    studio: Studio, ready: dict[str, Planned], stop: Stop
) -> Generator[Frame, None, Planned | None]:
    """Paint the first segment that nobody holds; wait a moment where each is held."""
    with claimed(studio.folder, ready) as mine:
        if mine is None:
            time.sleep(PATIENCE)
        elif not studio.verified(ready[mine[0]]):  # nobody has been faster
            yield from _segment(studio, ready[mine[0]], mine[1], stop)
            return ready[mine[0]]
    return None


def _segment(studio: Studio, planned: Planned, claim: Claim, stop: Stop) -> Iterator[Frame]:
    def is_last() -> bool:
        claim.moved()
        return bool(stop.look(studio.folder, reserve(studio)))

    return studio.paint(planned, is_last)


def reserve(studio: Studio) -> int:
    """Bytes that stopping may write: frames in hand, those that are held, and a state."""
    return _STATE * studio.pixels + studio.coding.held(studio.plan.length) + _LEAST
