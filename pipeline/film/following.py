"""Masks painted on some frames, carried to the others by the flow of the clip.

Between two painted masks both are carried (`pipeline.film.carrying`), the one forth, the other
back, and mixed: the nearer weighs more, and so does that whose way nothing came in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction

import cv2
import numpy as np

from pipeline.film.carrying import QUALITY, between, carried, carry, moved, put_down, small
from pipeline.film.watching import Watched
from pipeline.looks.masks import Floats, Seen
from pipeline.looks.memory import Memory, Way, expected
from pipeline.painting.prepared import Prepared
from pipeline.painting.state import Position


class Followed:
    """A mask that was painted on some frames of a clip; both eyes have the same.

    Args:
        painted: seconds of the clip, rising, and the mask (H, W) in 0..1 there.
        clip: what it is carried through.
    """

    def __init__(self, painted: Sequence[tuple[Fraction, Floats]], clip: Watched) -> None:
        height = QUALITY.height
        self._clip = clip
        self._times = [clip.tick(seconds) for seconds, _ in painted]
        self._painted = [_reduced(mask, height) for _, mask in painted]
        self._way: tuple[int, int, list[Floats]] | None = None  # its number, first tick, masks
        self._onward = Onward(self._times[-1], self._painted[-1], clip)

    @property
    def memory(self) -> Memory | None:
        """How far it is behind the last painted one; those before are found anew."""
        return self._onward.way

    @memory.setter
    def memory(self, memory: Memory | None) -> None:
        self._onward.go_on(expected(Way, memory))

    def begin_shot(self) -> None:
        """Where it is goes by the clip alone."""

    def __call__(self, seen: Seen) -> Floats:
        mask = self._at(self._clip.tick(Fraction(seen.clip_seconds)))
        height, width = seen.size
        return np.asarray(cv2.resize(mask, (width, height)), np.float32)

    def _at(self, tick: int) -> Floats:
        number = bisect_right(self._times, tick)
        if number == len(self._times):
            self._way = None  # some MB a mask
            return self._onward(tick)
        if self._way is None or self._way[0] != number:
            self._way = number, *self._masks(number, tick)
        _, first, masks = self._way
        return masks[min(max(0, tick - first), len(masks) - 1)]

    def _masks(self, number: int, tick: int) -> tuple[int, list[Floats]]:
        """All between two painted ones, or before the first, and the first's tick."""
        first = self._times[number - 1] if number else min(tick, self._clip.first)
        frames = [small(eye) for eye in self._clip.eyes(first, self._times[number])]
        if number == 0:
            return first, [c.mask for c in carry(self._painted[0], frames[::-1], QUALITY)][::-1]
        before, after = self._painted[number - 1 : number + 1]
        return first, between(before, after, frames, QUALITY)


class Onward:
    """The last painted mask, carried on frame by frame as far as it is asked for.

    Args:
        first: tick that it was painted at.
        mask: (H, W) in 0..1.
        clip: what it is carried through.

    Attributes:
        way: how far it is; None at its beginning.
    """

    def __init__(self, first: int, mask: Floats, clip: Watched) -> None:
        self.way: Way | None = None
        self._first, self._mask, self._clip = first, mask, clip
        self._frames: Iterator[Prepared] | None = None

    def go_on(self, way: Way | None) -> None:
        self.way, self._frames = way, None

    def __call__(self, tick: int) -> Floats:
        if self.way and self.way.tick > tick:
            self.go_on(None)
        if self._frames is None:
            self._frames = self._following()
        while self.way is None or self.way.tick < tick:
            frame = next(self._frames, None)
            if frame is None:
                break
            self.way = self._next(frame)
        if self.way is None or self.way.tick == self._first:
            return self._mask
        return moved(self._mask, self.way.carriage)

    def _following(self) -> Iterator[Prepared]:
        position = Position(self.way.pts, self.way.taken) if self.way else None
        return self._clip.frames(self._first, max(self._first, self._clip.last), position)

    def _next(self, frame: Prepared) -> Way:
        now = small(frame.eyes[0])
        way, taken = self.way, frame.pts if frame.taken is None else frame.taken
        carriage = carried(way.carriage, now, QUALITY) if way else put_down(now, QUALITY)
        return Way(way.tick + 1 if way else self._first, frame.pts, taken, carriage)


def _reduced(mask: Floats, height: int) -> Floats:
    """No higher than that, and twice as wide as high."""
    rows = min(height, len(mask))
    reduced = cv2.resize(mask, (2 * rows, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.float32)
