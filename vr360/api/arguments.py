"""What callers say, text and degrees, as the words, paths and radians of the packages."""

from __future__ import annotations

import math
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vr360.choices import chosen

if TYPE_CHECKING:
    from enum import StrEnum

    from pipeline.source.delivery import Span

File = str | os.PathLike[str]
Seconds = float | Fraction
Word = TypeVar("Word", bound="StrEnum")


def as_path(file: File | None) -> Path | None:
    return None if file is None else Path(file)


def as_word(kind: type[Word], word: str | None, option: str) -> Word | None:
    return None if word is None else chosen(kind, word, option)


def as_radians(degrees: float | None) -> float | None:
    return None if degrees is None else math.radians(degrees)


def as_rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Any:
    """(3, 3) rotation from the new picture's directions to the old one's."""
    from vr360.geometry import rotation

    return rotation(*map(math.radians, (yaw_deg, pitch_deg, roll_deg)))


def as_seconds(seconds: Seconds) -> Fraction:
    """0.1 is a tenth, not the nearest binary fraction."""
    return Fraction(str(seconds))


def as_span(start: Seconds, duration: Seconds | None) -> Span:
    """The part wanted.

    Raises:
        ValueError: a negative time, or nothing at all.
    """
    from pipeline.source.delivery import Span

    span = Span(as_seconds(start), None if duration is None else as_seconds(duration))
    if span.start < 0 or (span.duration is not None and span.duration <= 0):
        raise ValueError(f"start {start}, duration {duration}: seconds, 0 or more; above 0")
    return span
