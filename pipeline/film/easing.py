"""Values over a scene's time: keyframes, and how one goes over into the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pipeline.looks.keyframes import lerp

T = TypeVar("T")
STEPS = 16
"""Straight pieces that stand for a curve where only those are taken: 0.3 % off at most."""


class Easing(StrEnum):
    """How a value arrives at a keyframe from the one before.

    `smooth` is smoothstep, 3 t² - 2 t³; `in` and `out` are its two halves as parabolas; `hold`
    keeps the former value until the moment itself.
    """

    LINEAR = "linear"
    SMOOTH = "smooth"
    IN = "in"
    OUT = "out"
    HOLD = "hold"

    def __call__(self, share: float) -> float:
        """Of the way in value, at a share of the way in time."""
        return _CURVES[self](share)


_CURVES: dict[Easing, Callable[[float], float]] = {
    Easing.LINEAR: lambda t: t,
    Easing.SMOOTH: lambda t: t * t * (3 - 2 * t),
    Easing.IN: lambda t: t * t,
    Easing.OUT: lambda t: t * (2 - t),
    Easing.HOLD: lambda t: float(t >= 1),
}


@dataclass(frozen=True)
class Key(Generic[T]):
    """A value at a moment; `easing` is how it is arrived at."""

    seconds: float
    value: T
    easing: Easing = Easing.LINEAR


@dataclass(frozen=True)
class Track(Generic[T]):
    """Keyframes in the order of their times; outside them the nearest one holds."""

    keys: tuple[Key[T], ...]

    @classmethod
    def constant(cls, value: T) -> Track[T]:
        return cls((Key(0.0, value),))

    @property
    def is_constant(self) -> bool:
        return all(key.value == self.keys[0].value for key in self.keys)

    @property
    def last(self) -> float:
        """Seconds of the last keyframe."""
        return self.keys[-1].seconds

    def mixed(self, seconds: float, mix: Callable[[T, T, float], T]) -> T:
        """The value at a moment."""
        after = bisect_right([key.seconds for key in self.keys], seconds)
        if after in (0, len(self.keys)):
            return self.keys[max(after - 1, 0)].value
        before, later = self.keys[after - 1], self.keys[after]
        share = (seconds - before.seconds) / (later.seconds - before.seconds)
        return mix(before.value, later.value, later.easing(share))

    def moments(self) -> Iterator[float]:
        """Times between which the value is, as good as, a straight line."""
        yield self.keys[0].seconds
        for before, key in zip(self.keys, self.keys[1:], strict=False):
            if key.easing is Easing.HOLD:
                yield key.seconds - min(1e-4, (key.seconds - before.seconds) / 2)
            elif key.easing is not Easing.LINEAR:
                step = (key.seconds - before.seconds) / STEPS
                yield from (before.seconds + n * step for n in range(1, STEPS))
            yield key.seconds


def at(track: Track[float], seconds: float) -> float:
    """The number at a moment."""
    return track.mixed(seconds, lerp)
