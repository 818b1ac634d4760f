"""Values that change over a film: written with their times, straight in between.

`0.5` is a value, `0s:0.3,2.5s:1` are two, each at its time in seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from vr360.errors import InputError

T = TypeVar("T")
Time = Fraction | float
Keyframes = Sequence[tuple[float, T]]
"""Seconds and values, in the order of the seconds."""

_TIMED = re.compile(r"(\d+(?:\.\d+)?)s:(.*)", re.DOTALL)


def parse_keyframes(written: Iterable[str], value: Callable[[str], T], option: str) -> Keyframes[T]:
    """Each word read by `value`, at the time in front of it, or at 0.

    Raises:
        InputError: two values for one moment; whatever `value` raises.
    """
    frames = [(seconds, value(text)) for seconds, text in map(_timed, written)]
    if len({seconds for seconds, _ in frames}) < len(frames):
        raise InputError(f"{option}: two values for one moment; say when, as in 2.5s:VALUE")
    return sorted(frames, key=lambda frame: frame[0])


def between(frames: Keyframes[T], seconds: Time, mix: Callable[[T, T, float], T]) -> T:
    """The value at a moment: `mix` of the two around it, or the nearest one outside."""
    after = bisect_right([time for time, _ in frames], seconds)
    if after in (0, len(frames)):
        return frames[max(after - 1, 0)][1]
    (start, before), (end, later) = frames[after - 1], frames[after]
    return mix(before, later, float((seconds - start) / (end - start)))


def lerp(before: float, after: float, share: float) -> float:
    """From `before` at 0 to `after` at 1."""
    return before + (after - before) * share


def _timed(text: str) -> tuple[float, str]:
    found = _TIMED.fullmatch(text.strip())
    return (float(found[1]), found[2]) if found else (0.0, text.strip())
