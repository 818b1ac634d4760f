"""Looks over time: which styles, in which shares, how strongly, at every moment of a film.

As they are written:
    starry_night                         one style
    starry_night:0.7,great_wave:0.3      a blend
    4s:great_wave                        from four seconds on; before, on the way there
    0s:0.3,2.5s:1                        a strength that grows
"""

from __future__ import annotations

import logging
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from pipeline.nets.looks import STRENGTHS
from vr360.errors import InputError

STRONGEST = STRENGTHS[-1]
_TIMED = re.compile(r"(\d+(?:\.\d+)?)s:(.*)", re.DOTALL)
logger = logging.getLogger(__name__)

Shares = dict[str, float]
Time = Fraction | float
T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """Styles and their shares (together 1), and how strongly they show, 0 to `STRONGEST`."""

    shares: Shares
    strength: float = 1.0

    def distance(self, other: Look) -> float:
        """How far apart two looks are: 1 for another style, or for the whole of one."""
        names = {*self.shares, *other.shares}
        moved = sum(abs(self.shares.get(n, 0) - other.shares.get(n, 0)) for n in names) / 2
        return moved * max(self.strength, other.strength) + abs(self.strength - other.strength)


@dataclass(frozen=True)
class LookTrack:
    """Looks between keyframes (seconds of the source, value), in the order of their times."""

    shares: Sequence[tuple[float, Shares]]
    strengths: Sequence[tuple[float, float]]

    @property
    def styles(self) -> list[str]:
        """Names of all styles that ever show."""
        return sorted({name for _, shares in self.shares for name in shares})

    @property
    def is_nothing(self) -> bool:
        """Whether the picture is never touched."""
        return all(strength == 0 for _, strength in self.strengths)

    def at(self, seconds: Time = 0) -> Look:
        """The look at a moment; outside the keyframes that of the nearest one."""
        return Look(_between(self.shares, seconds, _mix), _between(self.strengths, seconds, _lerp))


def parse_look(styles: str | Path | Sequence[str], strength: str | float = 1.0) -> LookTrack:
    """A look over time as it is written on the command line.

    Args:
        styles: a blend, or several with their times.
        strength: a number, or keyframes.

    Raises:
        InputError: what cannot be understood, or a strength that cannot be.
    """
    written = [str(styles)] if isinstance(styles, str | Path) else list(styles)
    shares = [(seconds, _blend(text)) for seconds, text in map(_timed, written)]
    strengths = [(at, _strength(text)) for at, text in map(_timed, str(strength).split(","))]
    return LookTrack(_in_order(shares, "--style"), _in_order(strengths, "--strength"))


def _timed(text: str) -> tuple[float, str]:
    found = _TIMED.fullmatch(text.strip())
    return (float(found[1]), found[2]) if found else (0.0, text.strip())


def _in_order(frames: list[tuple[float, T]], option: str) -> list[tuple[float, T]]:
    times = [seconds for seconds, _ in frames]
    if len(set(times)) < len(times):
        raise InputError(f"{option}: two values for one moment; say when, as in 2.5s:VALUE")
    return sorted(frames, key=lambda frame: frame[0])


def _strength(text: str) -> float:
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= STRONGEST:
        raise InputError(
            f"--strength {text}: give a number from 0 to {STRONGEST:g}, or such numbers with "
            "their times, as in 0s:0.3,2.5s:1"
        )
    return strength


def _blend(text: str) -> Shares:
    shares: Shares = {}
    for part in text.split(","):
        name, _, share = part.strip().rpartition(":")
        if not name or not _is_number(share):
            name, share = part.strip(), "1"
        shares[name] = shares.get(name, 0) + float(share)
    total = sum(shares.values())
    if "" in shares or min(shares.values()) < 0 or total <= 0:
        raise InputError(
            f"--style {text}: name styles and their shares, as in starry_night:0.7,great_wave:0.3"
        )
    if ":" in text and abs(total - 1) > 1e-6:
        logger.warning("--style %s: shares add up to %g, each was divided by that", text, total)
    return {name: share / total for name, share in shares.items() if share > 0}


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _between(
    frames: Sequence[tuple[float, T]], seconds: Time, mix: Callable[[T, T, float], T]
) -> T:
    after = bisect_right([time for time, _ in frames], seconds)
    if after in (0, len(frames)):
        return frames[max(after - 1, 0)][1]
    (start, before), (end, later) = frames[after - 1], frames[after]
    return mix(before, later, float((seconds - start) / (end - start)))


def _lerp(before: float, after: float, share: float) -> float:
    return before + (after - before) * share


def _mix(before: Shares, after: Shares, share: float) -> Shares:
    names = {**before, **after}
    return {n: _lerp(before.get(n, 0.0), after.get(n, 0.0), share) for n in names}
