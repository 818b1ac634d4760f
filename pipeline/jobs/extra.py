"""What a job paints beside its own look: layers, and whatever its settings do not tell of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.painting.layers import Layered
from pipeline.source.unfolding import Unfolding


@dataclass(frozen=True)
class Extra:
    """Who plans such a job has to come again to go on with it: its plan cannot be painted alone.

    Attributes:
        told: all that decides about its bits, beside the job.
        again: the command that goes on with it.
        layers: opens what paints, at the beginning of a shot; None where the job's own look does.
        sphere: what becomes of the source's spheres before they are painted.
    """

    told: str
    again: str
    layers: Callable[[], Layered | None]
    sphere: Callable[[Unfolding], Unfolding]
