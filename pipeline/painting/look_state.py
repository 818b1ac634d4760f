"""What looks remember of a shot: one alone, or several in layers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.looks.keyframes import Time
from pipeline.looks.masks import Floats
from pipeline.looks.memory import Memory
from pipeline.painting.statistics import ShotState


@dataclass(frozen=True)
class ShownLast:
    """Of which looks the last painting was made.

    Attributes:
        time: of its frame.
        shares: number of a look, 0 for the base, and its share (H, W) for each eye.
    """

    time: Time
    shares: list[tuple[int, list[Floats]]]


@dataclass(frozen=True)
class LayeredState:
    """The state of looks in layers.

    Attributes:
        looks: of the base and of each layer's look.
        masks: of the masks that remember, for each layer.
        shown: None where a shot begins.
    """

    looks: list[LookState | None]
    masks: list[list[Memory | None]]
    shown: ShownLast | None


LookState = ShotState | LayeredState
