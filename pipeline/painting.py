"""The two stages between reading and writing: painting frames, and holding them still.

They run side by side, so what one hands to the other carries all that the other needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from pipeline.keyframes import Time
from pipeline.preprocess import Prepared
from pipeline.stereo import carry_over
from pipeline.stylizer import Stylizer
from pipeline.temporal.cuts import Cuts
from pipeline.temporal.smoothing import Ahead, Smoother
from vr360.frame import Frame, Rgb, Stereo
from vr360.stereo import join_eyes, split_eyes


@dataclass(frozen=True)
class Painted:
    """A frame and what was painted of it.

    Attributes:
        source: as prepared, all eyes.
        eyes: painted, (H, W, 3) each; the same object again where the source repeats a frame.
        begins_shot: it has nothing to do with the frame before.
        changed: by how much its look differs from the frame before, see `Look.distance`.
        ahead: what the frames to come say of each eye, if that is known; see `LookAhead`.
    """

    source: Frame
    eyes: list[Rgb]
    begins_shot: bool
    changed: float = 0.0
    ahead: Sequence[Ahead] | None = None


class Painter:
    """Paints frame by frame, both eyes at once; a repeated frame is painted once.

    Args:
        looks: each paints what the one before it has painted.
    """

    def __init__(
        self, looks: Sequence[Stylizer], cuts: Cuts, stereo: Stereo, bit_depth: int
    ) -> None:
        self.busy_seconds = 0.0
        self.painted = 0
        self._looks = looks
        self._cuts = cuts
        self._stereo = stereo
        self._bit_depth = bit_depth

    def paint(self, frames: Iterable[Frame]) -> Iterator[Painted]:
        """Frames as prepared, in order."""
        last: Painted | None = None
        for frame in frames:
            begins = self._cuts.begins(frame)
            bare = Frame(frame.rgb, frame.pts)  # what only painting needs goes no further
            changed = self._changed(last.source, frame) if last else 0.0
            if last is None or begins or changed or frame.rgb is not last.source.rgb:
                last = Painted(bare, self._eyes(frame, begins), begins, changed)
            else:
                last = Painted(bare, last.eyes, False)
            yield last

    def _changed(self, before: Frame, now: Frame) -> float:
        tracks = (look.track for look in self._looks)
        return max(track.at(now.pts).distance(track.at(before.pts)) for track in tracks)

    def _eyes(self, frame: Frame, begins_shot: bool) -> list[Rgb]:
        started = time.perf_counter()
        eyes = split_eyes(frame.rgb, self._stereo)
        sharp = split_eyes(frame.sharp, self._stereo) if isinstance(frame, Prepared) else eyes
        for look in self._looks:
            if begins_shot:
                look.begin_shot()
            eyes = sharp = look(eyes, self._bit_depth, frame.pts, sharp)
        self.busy_seconds += time.perf_counter() - started
        self.painted += 1
        return eyes


class Finisher:
    """Holds painted frames still, makes the eyes agree, and folds them to what is written.

    Args:
        smoothers: one for each eye, or none.
        fold: a whole equirect eye -> an eye of the film.
        match_eyes: carry the left eye's painting over to the right one.
        shows_source: seconds -> whether what was painted then is the source itself; it is passed
            on to the bit, and what is painted next begins anew.
    """

    def __init__(
        self,
        stereo: Stereo,
        fold: Callable[[Rgb], Rgb] = lambda eye: eye,
        smoothers: Iterable[Smoother] = (),
        match_eyes: bool = True,
        shows_source: Callable[[Time], bool] = lambda _: False,
    ) -> None:
        self.busy_seconds = 0.0
        self.frames = 0
        self._stereo = stereo
        self._fold = fold
        self._smoothers = list(smoothers)
        self._match_eyes = match_eyes
        self._shows_source = shows_source
        self._last: tuple[list[Rgb], Rgb] | None = None  # eyes as painted, the finished picture

    def __call__(self, painted: Painted) -> Frame:
        """The frame of the film."""
        self.frames += 1
        if self._last is None or painted.eyes is not self._last[0]:
            started = time.perf_counter()
            self._last = painted.eyes, self._picture(painted)
            self.busy_seconds += time.perf_counter() - started
        return Frame(self._last[1], painted.source.pts)

    def _picture(self, painted: Painted) -> Rgb:
        sources, eyes = split_eyes(painted.source.rgb, self._stereo), painted.eyes
        source_itself = self._shows_source(painted.source.pts)
        if painted.begins_shot or source_itself:
            for smoother in self._smoothers:
                smoother.reset()
        if source_itself:
            return self._folded(eyes)
        if self._smoothers:
            aheads = painted.ahead or repeat(None, len(eyes))
            steps = zip(self._smoothers, sources, eyes, aheads, strict=True)
            eyes = [
                smooth(source, eye, painted.changed, ahead) for smooth, source, eye, ahead in steps
            ]
        if len(eyes) == 2 and self._match_eyes:
            eyes = [eyes[0], carry_over(sources[0], sources[1], eyes[0], eyes[1])]
        return self._folded(eyes)

    def _folded(self, eyes: Sequence[Rgb]) -> Rgb:
        return join_eyes([self._fold(eye) for eye in eyes], self._stereo)
