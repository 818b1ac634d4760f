"""A film in the making as a value: everything that the next frame depends on.

`Stages.step(state, frame)` paints one frame more. A state can be saved, loaded in another process,
even on another machine of the same kind, and gone on with: what comes out is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.looks.memory import Averages, Carriage, Motions, Way
from pipeline.painting.key_frames import KeyState
from pipeline.painting.look_state import LayeredState, LookState, ShownLast
from pipeline.painting.prepared import Prepared
from pipeline.painting.records import load_record, save_record
from pipeline.painting.stages import Finisher, Painter, PainterState
from pipeline.painting.statistics import Measured, ShotState
from pipeline.painting.stylizer import PaintsEyes
from pipeline.temporal.cuts import Cuts, CutState, DetectorState
from pipeline.temporal.propagation import KeyFrame
from pipeline.temporal.smoothing import Past
from vr360.frame import Frame, Rgb

KIND = "vr360-paint-state"
VERSION = 5


@dataclass(frozen=True)
class Position:
    """The last frame that was taken in: when it is shown, and which decoded frame it shows."""

    pts: Fraction
    taken: Fraction


@dataclass
class PaintState:
    """What is remembered between two frames. It is used up by the step that it is given to.

    Attributes:
        cuts: the search for cuts, and frames that wait for it.
        shots: what is remembered of the shot, one for each look.
        painter: the frame painted last, and the last key frame.
        smoothing: the average of the shot so far, one for each eye; empty if nothing is smoothed.
        finished: the picture given out last.
        position: where the source was; None before the first frame.
    """

    cuts: CutState[Prepared]
    shots: list[LookState | None]
    painter: PainterState | None
    smoothing: list[Past | None]
    finished: Rgb | None
    position: Position | None = None


RECORDS = (
    PaintState,
    Position,
    CutState,
    DetectorState,
    Prepared,
    ShotState,
    LayeredState,
    ShownLast,
    Averages,
    Motions,
    Way,
    Carriage,
    Measured,
    PainterState,
    KeyState,
    KeyFrame,
    Past,
)
"""The dataclasses that a saved state is made of."""


def save_state(path: Path, state: PaintState) -> None:
    """Write a state as safetensors; a crash half-way leaves the former file.

    Raises:
        CheckpointError: it cannot be written.
    """
    save_record(path, state, KIND, VERSION)


def load_state(path: Path) -> PaintState:
    """The state in a file.

    Raises:
        CheckpointError: missing, damaged, of another kind, or of another version.
    """
    state = load_record(path, KIND, VERSION, RECORDS)
    assert isinstance(state, PaintState)
    return state


class Stages:
    """Marking cuts, painting and finishing bound together.

    Attributes:
        state: between two frames, all that the next one depends on. While the stages run side by
            side it changes; it is whole again when all that was taken in has come out.
    """

    def __init__(
        self,
        cuts: Cuts[Prepared],
        looks: Sequence[PaintsEyes],
        painter: Painter,
        finisher: Finisher,
    ) -> None:
        self.cuts = cuts
        self.looks = looks
        self.painter = painter
        self.finisher = finisher
        self._position: Position | None = None

    @property
    def state(self) -> PaintState:
        return PaintState(
            self.cuts.state,
            [look.state for look in self.looks],
            self.painter.state,
            [smoother.state for smoother in self.finisher.smoothers],
            self.finisher.state,
            self._position,
        )

    @state.setter
    def state(self, state: PaintState) -> None:
        self.cuts.state = state.cuts
        for look, shot in zip(self.looks, state.shots, strict=True):
            look.state = shot
        self.painter.state = state.painter
        for smoother, past in zip(self.finisher.smoothers, state.smoothing, strict=True):
            smoother.state = past
        self.finisher.state = state.finished
        self._position = state.position

    def step(self, state: PaintState, frame: Prepared) -> tuple[PaintState, list[Frame]]:
        """One frame more: the state after it, and the frames of the film that are finished now."""
        self.state = state
        done = [self.finisher.step(self.painter.step(one)) for one in self.mark([frame])]
        return self.state, done

    def rest(self, state: PaintState) -> tuple[PaintState, list[Frame]]:
        """No more frames come: the state at the end, and the frames that were waiting."""
        self.state = state
        done = [self.finisher.step(self.painter.step(one)) for one in self.cuts.rest()]
        return self.state, done

    def mark(self, frames: Iterable[Prepared]) -> Iterator[Prepared]:
        """Frames in, those in which it is decided whether a shot begins out."""
        for frame in frames:
            self._position = Position(frame.pts, frame.pts if frame.taken is None else frame.taken)
            yield from self.cuts.step(frame)
