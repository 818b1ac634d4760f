"""The stages between reading and writing: marking cuts, painting, holding still.

Each is a function of one frame and of a state of its own; `Stages` binds them together. A take runs
them side by side, so what one hands to the next carries all that the next one needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.painting.eyes import carry_over
from pipeline.painting.key_frames import KeyFrames, KeyState
from pipeline.painting.layers import laid_on
from pipeline.painting.prepared import Prepared
from pipeline.painting.stylizer import PaintsEyes
from pipeline.temporal.flow import Tracked
from pipeline.temporal.smoothing import Ahead, Smoother
from vr360.frame import Frame, Rgb, Stereo
from vr360.stereo import join_eyes


@dataclass(frozen=True)
class Painted:
    """A frame and what was painted of it.

    Attributes:
        source: it, as prepared.
        eyes: painted, (H, W, 3) each.
        again: they are those of the frame before, which showed the same.
        changed: by how much its look differs from the frame before, see `Look.distance`.
        changes: the same over each eye, (H, W), where it is not the same everywhere.
        ahead: what the frames to come say of each eye, if that is known; see `LookAhead`.
        tracked: the motion of each eye, if that is known already; see `KeyFrames`.
        untouched: the eyes are the source itself, and stay it to the bit.
        kept, sharp: how much of the source itself, (H, W) in 0..1 for each eye, is laid on the eyes
            once they are held still, and the source for that; empty where none is.
    """

    source: Prepared
    eyes: list[Rgb]
    again: bool = False
    changed: float = 0.0
    ahead: Sequence[Ahead] | None = None
    tracked: Sequence[Tracked] | None = None
    untouched: bool = False
    kept: Sequence[NDArray[np.float32]] = ()
    sharp: Sequence[Rgb] = ()
    changes: Sequence[NDArray[np.float32]] = ()

    @property
    def begins_shot(self) -> bool:
        return self.source.begins_shot

    @property
    def everywhere(self) -> Sequence[float | NDArray[np.float32]]:
        """By how much the look differs, for each eye."""
        return self.changes or [self.changed] * len(self.eyes)


@dataclass
class PainterState:
    """The frame painted last: when it was shown, its painted eyes, and the last key frame."""

    pts: Fraction
    eyes: list[Rgb]
    key: KeyState | None = None


class Painter:
    """Paints frame by frame, both eyes at once; a repeated frame is painted once.

    Args:
        looks: each paints what the one before it has painted.
        bit_depth: of the painting.
        keys: decides which frames the net paints; None paints each.
    """

    def __init__(
        self, looks: Sequence[PaintsEyes], bit_depth: int, keys: KeyFrames | None = None
    ) -> None:
        self.busy_seconds = 0.0
        self.painted = 0
        self._last: PainterState | None = None
        self._looks = looks
        self._bit_depth = bit_depth
        self._keys = keys

    @property
    def state(self) -> PainterState | None:
        """All that the next frame depends on."""
        if self._last and self._keys:
            self._last.key = self._keys.state
        return self._last

    @state.setter
    def state(self, state: PainterState | None) -> None:
        self._last = state
        if self._keys:
            self._keys.state = state.key if state else None

    def step(self, frame: Prepared) -> Painted:
        """The next frame, painted."""
        started, last = time.perf_counter(), self._last
        changed = self._changed(last.pts, frame.pts) if last else 0.0
        again = last is not None and frame.repeats and not (frame.begins_shot or changed)
        untouched = all(look.is_nothing(frame.pts) for look in self._looks)
        if last and again:
            eyes, tracked = last.eyes, None
        else:
            eyes, tracked = self._eyes(frame, untouched)
        self._last = PainterState(frame.pts, eyes)
        self.busy_seconds += time.perf_counter() - started
        bare = replace(frame, sharp=[])  # what only painting needs goes no further
        kept = self._looks[-1].kept
        sharp = frame.sharp or frame.eyes if kept else ()
        changes = () if again else self._looks[-1].changes
        return Painted(bare, eyes, again, changed, None, tracked, untouched, kept, sharp, changes)

    def _changed(self, before: Fraction, now: Fraction) -> float:
        return max(look.changed(before, now) for look in self._looks)

    def _eyes(self, frame: Prepared, untouched: bool) -> tuple[list[Rgb], list[Tracked] | None]:
        """What is shown of a frame, and its motion where that had to be found."""
        if self._keys is None:
            return self._painted(frame), None
        if frame.begins_shot or untouched:
            self._keys.reset()
        if untouched:  # the source itself, which is never moved
            return self._painted(frame), None
        return self._between(self._keys, frame)

    def _between(self, keys: KeyFrames, frame: Prepared) -> tuple[list[Rgb], list[Tracked]]:
        """The painting of the last key frame, moved, or a key frame."""
        tracked = keys.track(frame)
        changed = 0.0 if keys.pts is None else self._changed(keys.pts, frame.pts)
        eyes = keys.moved(frame, changed)
        if eyes is None:
            eyes = self._painted(frame, keys.frames)
            keys.begin(frame, eyes)
        return eyes, tracked

    def _painted(self, frame: Prepared, elapsed: int = 1) -> list[Rgb]:
        eyes, sharp = frame.eyes, frame.sharp or frame.eyes
        for look in self._looks:
            if frame.begins_shot:
                look.begin_shot()
            eyes = sharp = look(eyes, self._bit_depth, frame.pts, sharp, elapsed)
        self.painted += 1
        return eyes


class Finisher:
    """Holds painted frames still, makes the eyes agree, and folds them to what is written.

    Args:
        smoothers: one for each eye, or none.
        fold: a whole equirect eye -> an eye of the film.
        match_eyes: carry the left eye's painting over to the right one.
    """

    def __init__(
        self,
        stereo: Stereo,
        fold: Callable[[Rgb], Rgb] = lambda eye: eye,
        smoothers: Iterable[Smoother] = (),
        match_eyes: bool = True,
    ) -> None:
        self.busy_seconds = 0.0
        self.frames = 0
        self.state: Rgb | None = None  # the picture finished last
        self.smoothers = list(smoothers)
        self._stereo = stereo
        self._fold = fold
        self._match_eyes = match_eyes

    def step(self, painted: Painted) -> Frame:
        """The frame of the film."""
        self.frames += 1
        if self.state is None or not painted.again:
            started = time.perf_counter()
            self.state = self._picture(painted)
            self.busy_seconds += time.perf_counter() - started
        return Frame(self.state, painted.source.pts)

    def _picture(self, painted: Painted) -> Rgb:
        sources, eyes = painted.source.eyes, painted.eyes
        if painted.begins_shot or painted.untouched:
            for smoother in self.smoothers:
                smoother.reset()
        if painted.untouched:
            return self._folded(eyes)
        if self.smoothers:
            none = [None] * len(eyes)
            known = painted.everywhere, painted.ahead or none, painted.tracked or none
            seconds = painted.source.pts
            steps = zip(self.smoothers, sources, eyes, *known, strict=True)
            eyes = [
                smooth(source, eye, changed, ahead, tracked, seconds)
                for smooth, source, eye, changed, ahead, tracked in steps
            ]
        if len(eyes) == 2 and self._match_eyes:
            eyes = [eyes[0], carry_over(sources[0], sources[1], eyes[0], eyes[1])]
        if painted.kept:
            layers = zip(eyes, painted.sharp, painted.kept, strict=True)
            eyes = [laid_on(eye, sharp, kept) for eye, sharp, kept in layers]
        return self._folded(eyes)

    def _folded(self, eyes: Sequence[Rgb]) -> Rgb:
        return join_eyes([self._fold(eye) for eye in eyes], self._stereo)
