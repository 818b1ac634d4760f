"""Look-ahead: temporal smoothing in both directions (forward-backward filtering), with a delay.

A causal EMA begins each shot with no history, so the first frames flicker. Here a window of painted
frames waits on disk and is smoothed backwards, too. The forward and the backward EMA are averaged,
weighted by the frames that each holds: at the beginning of a shot and at occlusions the backward
one counts, and where the forward one has its full memory nothing changes. Windows overlap by half
and are cross-faded, so no step shows between them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Painted
from pipeline.temporal.smoothing import Ahead, Smoother
from vr360.errors import OutputError
from vr360.partial import Partial

WINDOW = 96  # frames that wait on disk: the length of the look-ahead at a shot's beginning
STRIDE = WINDOW // 2  # frames that leave a window at once; the rest overlaps the next one


class LookAhead:
    """Painted frames in, the same with their backward EMA out, `WINDOW` frames later.

    Leaving it as a context manager ends the work on a window at the next frame: whoever breaks off
    does not wait for all of them.

    Args:
        folder: where frames wait, 12 bytes for each pixel and frame; 18 at 10 bits.
        smoothers: makes new ones, one for each eye.
    """

    def __init__(self, folder: Path, smoothers: Callable[[], list[Smoother]]) -> None:
        self.busy_seconds = 0.0
        self._left = False
        self._folder = folder
        self._smoothers = smoothers

    def __call__(self, frames: Iterable[Painted]) -> Iterator[Painted]:
        """Frames in order.

        Raises:
            OutputError: there is no room for them.
        """
        held: deque[_Held] = deque()
        for number, frame in enumerate(frames):
            if self._left:
                return
            if frame.begins_shot:
                yield from self._released(held, len(held))
            if held and frame.again:
                held[-1].times.append(frame.source.pts)
                continue
            held.append(_hold(frame, self._folder / str(number)))
            if len(held) == WINDOW:
                yield from self._released(held, STRIDE)
        yield from self._released(held, len(held))

    def __enter__(self) -> LookAhead:
        return self

    def __exit__(self, *error: object) -> None:
        self._left = True

    def _released(self, held: deque[_Held], count: int) -> Iterator[Painted]:
        """The first `count` of the frames held, the rest stays."""
        started = time.perf_counter()
        self._smooth_backwards(held)
        self.busy_seconds += time.perf_counter() - started
        for _ in range(0 if self._left else count):
            yield from held.popleft().released()

    def _smooth_backwards(self, held: Sequence[_Held]) -> None:
        """Run the EMA from the last frame to the first; the first half was in the last window."""
        smoothers, changed = self._smoothers(), 0.0
        for place in reversed(range(len(held))):
            if self._left:
                return
            sources, eyes, *_ = held[place].pictures()
            steps = zip(smoothers, sources, eyes, strict=True)
            now = held[place].frame.source.pts
            ahead = [smooth.foresee(one, eye, changed, now) for smooth, one, eye in steps]
            held[place].keep(ahead, place / STRIDE)
            changed = held[place].frame.changed


class NoLookAhead(AbstractContextManager[None]):
    """Painted frames pass as they are."""

    busy_seconds = 0.0

    def __call__(self, frames: Iterable[Painted]) -> Iterator[Painted]:
        return iter(frames)

    def __exit__(self, *error: object) -> None:
        pass


@dataclass
class _Held:
    """A painted frame whose pictures wait on disk.

    Attributes:
        frame: without its pictures.
        eyes: how many it has.
        painted: file with its source, its painting, and what is laid on that.
        ahead: file with its backward EMA.
        times: at which it is shown, seconds.
    """

    frame: Painted
    eyes: int
    painted: Path
    ahead: Path
    times: list[Fraction] = field(default_factory=list)

    def keep(self, ahead: Sequence[Ahead], share: float) -> None:
        """Store the backward EMA; cross-faded by `share` with that of the window before, if any."""
        if self.ahead.exists():
            ahead = [old.towards(new, share) for old, new in zip(self._ahead(), ahead, strict=True)]
        _store(self.ahead, [part for eye in ahead for part in (eye.picture, eye.age)])

    def pictures(self) -> list[list[NDArray[Any]]]:
        """Source, painting, and `kept` and `sharp` of `Painted`; of each eye, or of none."""
        stored, each = _stored(self.painted), self.eyes
        return [stored[first : first + each] for first in range(0, 4 * each, each)]

    def _ahead(self) -> list[Ahead]:
        parts = _stored(self.ahead)
        return [Ahead(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]

    def released(self) -> Iterator[Painted]:
        """It as often as it is shown; nothing of it stays on disk."""
        sources, eyes, kept, sharp = self.pictures()
        ahead = self._ahead()
        self.painted.unlink()
        self.ahead.unlink()
        first = self.frame.source
        for n, pts in enumerate(self.times):
            again = n > 0
            begins = first.begins_shot and not again
            source = Prepared(sources, pts, first.taken, again, begins)
            changed = 0.0 if again else self.frame.changed
            untouched = self.frame.untouched
            yield Painted(source, eyes, again, changed, ahead, None, untouched, kept, sharp)


def _hold(frame: Painted, path: Path) -> _Held:
    painted = path.with_suffix(".painted")
    _store(painted, [*frame.source.eyes, *frame.eyes, *frame.kept, *frame.sharp])
    bare = replace(frame.source, eyes=[])
    empty = replace(frame, source=bare, eyes=[], tracked=None, kept=(), sharp=())
    return _Held(empty, len(frame.eyes), painted, path.with_suffix(".ahead"), [frame.source.pts])


def _store(path: Path, pictures: Sequence[NDArray[Any]]) -> None:
    try:
        with path.open("wb") as file:
            for picture in pictures:
                np.save(file, picture)
    except OSError as error:
        raise OutputError(
            f"{path.parent}: frames that wait for those to come cannot be kept here "
            f"({error.strerror}); make room, or give --passes 1"
        ) from None


def _stored(path: Path) -> list[NDArray[Any]]:
    size, pictures = path.stat().st_size, []
    with path.open("rb") as file:
        while file.tell() < size:
            pictures.append(np.load(file))
    return pictures


@contextmanager
def looking_ahead(output: Path, smoothers: Callable[[], list[Smoother]]) -> Iterator[LookAhead]:
    """A `LookAhead` that keeps its frames beside `output` and leaves nothing of them behind."""
    waiting = Partial(output)
    try:
        yield LookAhead(waiting.make(folder=True), smoothers)
    finally:
        waiting.discard()
