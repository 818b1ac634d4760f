"""A clip looked at before it is painted: its left eyes, small, at the film's rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from pipeline.film.timeline import Placed
from pipeline.painting.prepared import Prepared
from pipeline.painting.state import Position
from pipeline.source.delivery import Span
from pipeline.take import even_frames, prepared_frames, unfolding_of
from vr360.frame import Rgb
from vr360.media.reader import Resampling

WIDTH = 512  # of the spheres


@dataclass(frozen=True)
class Watched:
    """The clip of a scene.

    Attributes:
        placed: the scene.
    """

    placed: Placed

    @property
    def rate(self) -> Fraction:
        """Of the film; a tick is one of its frames, counted from the clip's beginning."""
        return self.placed.job.rate or self.placed.info.rate

    def tick(self, seconds: Fraction) -> int:
        return round(seconds * self.rate)

    @property
    def first(self) -> int:
        """The scene's first tick."""
        return self.tick(self.placed.start)

    @property
    def last(self) -> int:
        """The scene's last tick."""
        return self.first + self.placed.count - 1

    def eyes(self, first: int, last: int) -> Iterator[Rgb]:
        """A whole sphere (h, w, 3) for each tick, as far as the clip goes; one that repeats is the
        same object.
        """
        return (frame.eyes[0] for frame in self.frames(first, last))

    def frames(self, first: int, last: int, after: Position | None = None) -> Iterator[Prepared]:
        """The same with their positions; `after` one of them, those that follow it."""
        placed = self.placed
        span = Span(first / self.rate, (last + 1 - first) / self.rate)
        job = replace(placed.job, paint_width=WIDTH, median=0, span=span)
        sphere = unfolding_of(job, placed.info, layered=True)
        even = even_frames(job, placed.info, Resampling(), after)
        return prepared_frames(job, placed.info, sphere, even, shows=False)
