"""Looks over time: which styles, in which shares, how strongly, at every moment of a film.

As they are written:
    starry_night                         one style
    starry_night:0.7,great_wave:0.3      a blend
    4s:great_wave                        from four seconds on; before, on the way there
    0s:0.3,2.5s:1                        a strength that grows; so do strokes, and smoothness
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log2, sqrt
from pathlib import Path

from pipeline.looks.keyframes import Keyframes, Time, between, lerp, parse_keyframes
from pipeline.nets.strengths import STRENGTHS, STROKE_RANGE
from vr360.errors import InputError

STRONGEST = STRENGTHS[-1]
AHEAD = 0.5  # seconds
STEP = 0.34  # of `Look.distance`
SIZES = 2  # of the canvas, to the octave: a graph of the net is kept for each
logger = logging.getLogger(__name__)

Shares = dict[str, float]


@dataclass(frozen=True)
class Look:
    """Styles and their shares (together 1), how strongly they show, 0 to `STRONGEST`, and how long
    their strokes are, relative to those of the style.
    """

    shares: Shares
    strength: float = 1.0
    stroke: float = 1.0

    def distance(self, other: Look) -> float:
        """How far apart two looks are: 1 for another style, for the whole of one, or for strokes
        of twice the length.
        """
        names = {*self.shares, *other.shares}
        moved = sum(abs(self.shares.get(n, 0) - other.shares.get(n, 0)) for n in names) / 2
        moved += abs(log2(self.stroke / other.stroke))
        return moved * max(self.strength, other.strength) + abs(self.strength - other.strength)


@dataclass(frozen=True)
class LookTrack:
    """Looks between keyframes (seconds of the source, value), in the order of their times."""

    shares: Keyframes[Shares]
    strengths: Keyframes[float]
    strokes: Keyframes[float] = ((0, 1.0),)

    @property
    def styles(self) -> list[str]:
        """Names of all styles that ever show."""
        return sorted({name for _, shares in self.shares for name in shares})

    @property
    def is_nothing(self) -> bool:
        """Whether the picture is never touched."""
        return all(strength == 0 for _, strength in self.strengths)

    @property
    def is_constant(self) -> bool:
        """Whether the look is the same from the first frame to the last."""
        return len(self.shares) == len(self.strengths) == len(self.strokes) == 1

    @property
    def reduction(self) -> float:
        """How many times smaller the sphere is drawn for the net, and strokes as many times longer.

        One size for the whole film, so that strokes that grow do not jump: that of the middle of
        its strokes' lengths, to half an octave. Looks do the rest, see `pipeline.nets.looks`.
        """
        lengths = [length for _, length in self.strokes]
        middle = sqrt(min(lengths) * max(lengths))
        return float(2 ** (round(SIZES * log2(middle)) / SIZES))

    def at(self, seconds: Time = 0) -> Look:
        """The look at a moment; outside the keyframes that of the nearest one."""
        return Look(
            between(self.shares, seconds, _mix),
            between(self.strengths, seconds, lerp),
            between(self.strokes, seconds, lerp),
        )

    def coming(self, seconds: Time) -> Look:
        """A look on the way that it is taking at a moment, which is about straight up to there.

        It is no further than the next keyframe, the next strength that was learned, `AHEAD` seconds
        and `STEP` of a look.
        """
        keyframes = (*self.shares, *self.strengths, *self.strokes)
        ahead = min([AHEAD, *(time - seconds for time, _ in keyframes if time > seconds)])
        now, later = self.at(seconds), self.at(seconds + ahead)
        grown = later.strength - now.strength
        learned = [s for s in STRENGTHS if 0 < (s - now.strength) * grown < grown**2]
        ways = [
            STEP / max(now.distance(later), STEP),
            *((s - now.strength) / grown for s in learned),
        ]
        return self.at(seconds + ahead * min(ways))


def parse_look(
    styles: str | Path | Sequence[str],
    strength: str | float = 1.0,
    stroke: str | float = 1.0,
) -> LookTrack:
    """A look over time as it is written on the command line.

    Args:
        styles: a blend, or several with their times.
        strength: a number, or keyframes.
        stroke: the same, for the length of strokes.

    Raises:
        InputError: what cannot be understood, or a strength or length that cannot be.
    """
    written = [str(styles)] if isinstance(styles, str | Path) else list(styles)
    return LookTrack(
        parse_keyframes(written, _blend, "--style"),
        parse_keyframes(str(strength).split(","), _strength, "--strength"),
        parse_keyframes(str(stroke).split(","), _stroke, "--stroke"),
    )


def parse_smoothness(written: str | float) -> Keyframes[float]:
    """How much the film is held still, 0 to 1, over time: a number, or keyframes.

    Raises:
        InputError: what cannot be understood, or a number that cannot be.
    """
    return parse_keyframes(str(written).split(","), _smoothness, "--smoothness")


def smoothness_over(written: str | float) -> Callable[[Time], float]:
    """Likewise, as a function of seconds of the source."""
    track = parse_smoothness(written)
    return lambda seconds: between(track, seconds, lerp)


def _smoothness(text: str) -> float:
    return _number(text, "--smoothness", 0, 1)


def _strength(text: str) -> float:
    return _number(text, "--strength", 0, STRONGEST)


def _stroke(text: str) -> float:
    return _number(text, "--stroke", *STROKE_RANGE)


def _number(text: str, option: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise InputError(
            f"{option} {text}: give a number from {least:g} to {most:g}, or such numbers with "
            "their times, as in 0s:0.5,2.5s:1"
        )
    return value


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
        _tell_divided(text, total)
    return {name: share / total for name, share in shares.items() if share > 0}


@cache
def _tell_divided(text: str, total: float) -> None:
    """Once, however often a look is read."""
    logger.warning("--style %s: shares add up to %g, each was divided by that", text, total)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _mix(before: Shares, after: Shares, share: float) -> Shares:
    names = {**before, **after}
    return {n: lerp(before.get(n, 0.0), after.get(n, 0.0), share) for n in names}
