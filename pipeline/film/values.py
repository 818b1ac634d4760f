"""Angles, colours, sizes and rates as they are written in a film's file."""

from __future__ import annotations

import re
from fractions import Fraction
from math import radians
from typing import Any

from pipeline.film.script import BLACK, MARKED, Colour
from pipeline.film.table import number
from vr360.errors import InputError

NAMED: dict[str, Colour] = {"black": BLACK, "white": (1.0, 1.0, 1.0), "grey": (0.5, 0.5, 0.5)}


def angle(most: float) -> Any:
    """What reads degrees as radians."""
    read = number(-most, most, "degrees")
    return lambda value: radians(read(value))


def colour(value: Any) -> Colour:
    """`black`, `white`, `grey` or `#rrggbb`."""
    if isinstance(value, str) and value in NAMED:
        return NAMED[value]
    if not isinstance(value, str) or not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise InputError(f"{value!r}: a colour is #rrggbb, {', '.join(NAMED)}")
    red, green, blue = (int(value[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue


def size(value: Any) -> tuple[int, int]:
    """`WxH` as (height, width)."""
    found = re.fullmatch(r"(\d+)x(\d+)", str(value))
    if not found or any(int(side) % 2 or int(side) < 16 for side in found.groups()):
        raise InputError(f'{value!r}: write "WxH" with even sides, as "2048x1024"')
    return int(found[2]), int(found[1])


def rate(value: Any) -> Fraction:
    """A number, or text as `30000/1001`."""
    try:
        frames = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        frames = Fraction(0)
    if isinstance(value, bool) or not 0 < frames <= 1000:
        raise InputError(f'{value!r}: frames a second, as 24 or "30000/1001"')
    return frames


def match(value: Any) -> tuple[float, float] | str:
    """`yaw 40 -> 210`: where the point of interest lies in the clip before, and in this one."""
    if value == MARKED:
        return MARKED
    found = re.fullmatch(r"\s*yaw\s+(-?[\d.]+)\s*->\s*(-?[\d.]+)\s*", str(value))
    try:
        degrees = [float(found[1]), float(found[2])] if found else []
    except ValueError:
        degrees = []
    if not degrees:
        hint = 'write the yaw before and after, as "yaw 40 -> 210", or "poi"'
        raise InputError(f"{value!r}: {hint}")
    return radians(degrees[0]), radians(degrees[1])
