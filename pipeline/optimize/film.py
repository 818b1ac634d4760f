"""Painting a film by optimisation, shot by shot: DeepMovie (Anderson et al. 2016).

A shot's first frame begins with its source. The next ones begin with the last result, moved along
the flow of the source, and may be held to it; further passes go back and forth over the shot and
hold each frame to both of its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from torch import Tensor

from pipeline.looks.colours import (
    Palette,
    picture_palette,
    recoloured,
    sphere_palette,
)
from pipeline.optimize.descent import Terms
from pipeline.optimize.neighbours import Moved, moved
from pipeline.optimize.settings import OptimizeSettings
from pipeline.optimize.sphere import SpherePainter, Task, schedule
from pipeline.optimize.workspace import Workspace
from pipeline.source.preprocess import open_resizer
from pipeline.temporal.planar import Floats
from vr360.frame import Rgb, peak_of

PALETTE_FRAMES, PALETTE_HEIGHT = 8, 64  # frames, evenly spaced, and rows that colours are read off


@dataclass(frozen=True)
class Step:
    """Where a run stands.

    Attributes:
        frame, frames: of the whole film, all eyes; counted from 1.
        round: of the passes, counted from 1.
        width: of the scale.
        iteration, iterations: of this frame at this scale.
        terms: weighted, before the step.
        done: share of the whole run, 0..1.
    """

    frame: int
    frames: int
    round: int
    width: int
    iteration: int
    iterations: int
    terms: Terms
    done: float


Watch = Callable[[Step], None]
Shot = Sequence[Rgb]


class FilmPainter:
    """Paints the shots of a film, one eye at a time.

    Args:
        painter: of single spheres.
        settings: of the run.
        painting: (h, w, 3) uint8.
        size: (height, width) to paint at.
        work: keeps what is done.
        watch: told of every step.
    """

    def __init__(
        self,
        painter: SpherePainter,
        settings: OptimizeSettings,
        painting: Rgb,
        size: tuple[int, int],
        work: Workspace,
        watch: Watch,
    ) -> None:
        self._painter = painter
        self._settings = settings
        self._painting = painting
        self._size = size
        self._work = work
        self._watch = watch
        self._frames = 0
        self._cost = 0.0
        self._spent = 0.0

    def paint(self, shots: Sequence[Shot]) -> None:
        """Paint every shot; `result` has the frames then."""
        self._frames = sum(len(shot) for shot in shots)
        self._cost = sum(self._price(shot) for shot in shots)
        film = [frame for shot in shots for frame in shot]
        first = 0
        for shot in shots:
            look = _Look.of(self._settings.histogram, self._painting, shot, film)
            for turn in range(self._settings.passes):
                self._pass(shot, first, turn, look)
            first += len(shot)

    def result(self, frame: int) -> Tensor:
        """(1, 3, height, width) of a frame, counted from 0 over all shots."""
        rgb = self._work.result(_key(frame, self._settings.passes - 1))
        if rgb is None:
            raise ValueError(f"frame {frame} is not painted")
        return rgb

    def _pass(self, shot: Shot, first: int, turn: int, look: _Look) -> None:
        order = range(len(shot)) if turn % 2 == 0 else reversed(range(len(shot)))
        for n in order:
            key = _key(first + n, turn)
            if self._work.result(key) is None:
                task = self._task(shot, first, n, turn, look)
                self._work.keep(key, self._sphere(task, first + n, turn))
            self._spent += self._price_of(self._is_fresh(n, turn))
        if turn > 0:
            for n in range(len(shot)):
                self._work.drop(_key(first + n, turn - 1))

    def _task(self, shot: Shot, first: int, n: int, turn: int, look: _Look) -> Task:
        """What frame n of a shot is to become."""
        fresh = Task(
            _key(first + n, turn),
            look.source(shot[n]),
            look.painting,
            self._size,
            seed=self._settings.seed + first + n,
        )
        if turn > 0:
            own = self._painted(first + n, turn - 1)
            around = [m for m in (n - 1, n + 1) if 0 <= m < len(shot)]
            expected = [self._moved(shot, first, m, n, turn) for m in around]
            return replace(fresh, start=own, expected=expected)
        if self._is_fresh(n, turn):
            return fresh
        last = self._painted(first + n - 1, 0)
        if self._settings.init == "previous" and not self._settings.flow_weight:
            return replace(fresh, start=last)
        seen = moved(last, shot[n - 1], shot[n])
        start = seen.over(self._fitted(fresh.source)) if self._settings.init == "flow" else last
        return replace(fresh, start=start, expected=[seen])

    def _is_fresh(self, n: int, turn: int) -> bool:
        return turn == 0 and (n == 0 or self._settings.init == "independent")

    def _moved(self, shot: Shot, first: int, then: int, now: int, turn: int) -> Moved:
        """A neighbour's newest result, as frame `now` sees it."""
        newest = self._work.result(_key(first + then, turn))
        painted = self._painted(first + then, turn if newest is not None else turn - 1)
        return moved(painted, shot[then], shot[now])

    def _painted(self, frame: int, turn: int) -> Floats:
        rgb = self._work.result(_key(frame, turn))
        if rgb is None:
            raise ValueError(f"frame {frame} has no result of pass {turn}")
        return np.ascontiguousarray(rgb[0].permute(1, 2, 0).numpy())

    def _fitted(self, rgb: Rgb) -> Floats:
        small = open_resizer(rgb.shape[:2], self._size)(rgb)
        return np.asarray(small / np.float32(peak_of(rgb)), np.float32)

    def _sphere(self, task: Task, frame: int, turn: int) -> Tensor:
        spent = 0.0

        def watch(width: int, iteration: int, iterations: int, terms: Terms) -> None:
            nonlocal spent
            spent += width * width
            done = min(1.0, (self._spent + spent) / self._cost)
            at = frame + 1, self._frames, turn + 1
            self._watch(Step(*at, width, iteration, iterations, terms, done))

        return self._painter.paint(task, self._work, watch)

    def _price(self, shot: Shot) -> float:
        turns = range(self._settings.passes)
        return sum(self._price_of(self._is_fresh(n, t)) for t in turns for n in range(len(shot)))

    def _price_of(self, fresh: bool) -> float:
        steps = schedule(self._settings, self._size[1], fresh)
        return float(sum(width * width * iterations for width, iterations in steps))


@dataclass(frozen=True)
class _Look:
    """The painting for one shot, and what the colours of its frames become before it."""

    painting: Rgb
    wanted: Palette | None = None

    @classmethod
    def of(cls, histogram: str, painting: Rgb, shot: Shot, film: Shot) -> _Look:
        if histogram == "none":
            return cls(painting)
        colours = _palette(film if histogram == "film" else shot)
        recast = recoloured(painting, picture_palette(painting), colours)
        return cls(recast, picture_palette(recast) if histogram == "film" else None)

    def source(self, frame: Rgb) -> Rgb:
        if self.wanted is None:
            return frame
        return recoloured(frame, _palette([frame]), self.wanted)


def _palette(frames: Sequence[Rgb]) -> Palette:
    some = frames[:: max(1, len(frames) // PALETTE_FRAMES)]
    size = 2 * PALETTE_HEIGHT, PALETTE_HEIGHT
    return sphere_palette([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in some])


def _key(frame: int, turn: int) -> str:
    return f"frame{frame:05}-pass{turn + 1}"


def shots_of(frames: Sequence[Rgb], begins: Sequence[bool]) -> Iterator[Shot]:
    """Split at the frames that begin a shot; the first always does."""
    starts = [n for n, new in enumerate(begins) if new or n == 0]
    for start, end in zip(starts, [*starts[1:], len(frames)], strict=True):
        yield frames[start:end]
