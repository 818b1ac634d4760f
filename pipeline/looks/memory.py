"""What masks remember from frame to frame, as values that can be saved and gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.looks.masks import Floats


@dataclass(frozen=True)
class Averages:
    """Of a mask that is found anew in every frame: its average so far, (H, W) for each eye."""

    masks: list[Floats]


@dataclass(frozen=True)
class Motions:
    """Of a mask that goes by motion: for each eye the frame before, small and grey, and its average
    so far, (h, w).
    """

    eyes: list[tuple[NDArray[np.uint8], Floats]]


@dataclass(frozen=True)
class Carriage:
    """How far a painted mask has been carried along the flow.

    Attributes:
        frame: the frame that it was carried to, small and grey.
        places: (h, w, 3), where each direction lay when it was painted.
        trust: (h, w) in 0..1, see `Carried`.
    """

    frame: NDArray[np.uint8]
    places: Floats
    trust: Floats


@dataclass(frozen=True)
class Way:
    """Where a mask is that is carried on from the last frame it was painted for.

    Attributes:
        tick: number of that frame, see `Watched`.
        pts, taken: when it is shown, and which decoded frame of the clip it shows.
        carriage: how far the mask is there.
    """

    tick: int
    pts: Fraction
    taken: Fraction
    carriage: Carriage


Memory = Averages | Motions | Way
Kind = TypeVar("Kind", Averages, Motions, Way)


class Remembers(Protocol):
    """A mask whose next picture depends on those before.

    Attributes:
        memory: between two frames, all that the next one depends on; None at the beginning.
    """

    @property
    def memory(self) -> Memory | None: ...
    @memory.setter
    def memory(self, memory: Memory | None) -> None: ...
    def begin_shot(self) -> None:
        """Another shot begins: what was found in the pictures of the last one means nothing."""


def expected(kind: type[Kind], memory: Memory | None) -> Kind | None:
    """A memory of that kind; ValueError where it is of another one."""
    if memory is None or isinstance(memory, kind):
        return memory
    raise ValueError(f"the memory of another mask: {type(memory).__name__}")
