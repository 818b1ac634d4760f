"""Reading values out of a table: what is wrong is noted with its place, and reading goes on."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from pipeline.film.easing import Easing, Key, Track
from pipeline.film.lines import Locate, Place
from vr360.errors import InputError

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


class Problems:
    """Everything that is wrong with a film, in the order in which it is told.

    Args:
        locate: where each problem lies.
    """

    def __init__(self, locate: Locate) -> None:
        self._locate = locate
        self._found: list[tuple[Place, str]] = []

    def add(self, place: Place, text: str) -> None:
        """Note what is wrong at a place, and what to do."""
        self._found.append((place, text))

    def within(self, place: Place) -> bool:
        """Whether something is wrong there or in what belongs to it."""
        return any(each[: len(place)] == place for each, _ in self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_any(self) -> None:
        """Raise InputError with a line for each problem, if there is one."""
        if self._found:
            listed = sorted({self._locate(place, text) for place, text in self._found})
            raise InputError("\n".join(line for _, line in listed))


class Table:
    """One table of the file. A key is known once it has been asked for; `close` names the others.

    Args:
        values: what the table holds.
        place: where it stands.
        problems: takes what is wrong.
    """

    def __init__(self, values: dict[str, Any], place: Place, problems: Problems) -> None:
        self.place = place
        self._values = values
        self._problems = problems
        self._known: list[str] = []

    def has(self, key: str) -> bool:
        return key in self._values

    def wrong(self, key: str, text: str) -> None:
        """Note a problem with a key, or without one with the table."""
        place = (*self.place, key) if key else self.place
        self._problems.add(place, f"{key}: {text}" if key else text)

    def get(self, key: str, read: Callable[[Any], T], default: T) -> T:
        """The value as `read` understands it; where it raises InputError, the default."""
        self._known.append(key)
        if key not in self._values:
            return default
        try:
            return read(self._values[key])
        except InputError as error:
            self.wrong(key, str(error))
            return default

    def need(self, key: str, read: Callable[[Any], T], default: T) -> T:
        """Likewise, and it must be there."""
        if key not in self._values:
            self._known.append(key)
            self._problems.add(self.place, f"{key} is missing")
            return default
        return self.get(key, read, default)

    def choice(self, key: str, kind: type[Choice], default: Choice) -> Choice:
        return self.get(key, lambda value: one_of(kind, value), default)

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        self._known.append(key)
        values = self._values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            self.wrong(key, f"write [[{key}]] above each of them")
            return
        for number, each in enumerate(values):
            yield Table(each, (*self.place, key, number), self._problems)

    def table(self, key: str) -> Table:
        """A table in it; an empty one where there is none."""
        self._known.append(key)
        values = self._values.get(key, {})
        if not isinstance(values, dict):
            self.wrong(key, f"write a table, as [{key}]")
            values = {}
        return Table(values, (*self.place, key), self._problems)

    def names(self) -> list[str]:
        """All keys, each of which is then known."""
        self._known += list(self._values)
        return list(self._values)

    def close(self) -> None:
        """Note every key that nobody asked for, with the names that come nearest."""
        for key in self._values.keys() - set(self._known):
            near = difflib.get_close_matches(key, self._known, 2, 0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            listed = "" if near else f"; there are {', '.join(sorted(self._known))}"
            self._problems.add((*self.place, key), f"{key}: no such key{hint}{listed}")


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{value!r} is no text; write it in quotes")
    return value


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{value!r}: true or false")
    return value


def number(low: float, high: float, unit: str = "") -> Callable[[Any], float]:
    """What reads a number between two others."""

    def read(value: Any) -> float:
        good = isinstance(value, int | float | Fraction) and not isinstance(value, bool)
        if not good or not low <= value <= high:
            raise InputError(f"{value!r}: a number from {low:g} to {high:g}{unit and ' ' + unit}")
        return float(value)

    return read


def whole(low: int, high: int) -> Callable[[Any], int]:
    """What reads a whole number between two others."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise InputError(f"{value!r}: a whole number from {low} to {high}")
        return value

    return read


def seconds(value: Any) -> Fraction:
    """Seconds, or text as `1:30` or `0:01:30.5`."""
    good = isinstance(value, int | float | Fraction) and not isinstance(value, bool)
    if good and 0 <= value < math.inf:
        return Fraction(str(value))
    if isinstance(value, str) and re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", value):
        total = Fraction(0)
        for part in value.split(":"):
            total = total * 60 + Fraction(part)
        return total
    raise InputError(f"{value!r}: seconds, as 1.5, or text, as '1:30.5'")


def one_of(kind: type[Choice], value: Any) -> Choice:
    """A member of an enum by its word; the nearest words where there is none."""
    words = [str(each) for each in kind]
    if value in words:
        return kind(value)
    near = difflib.get_close_matches(str(value), words, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise InputError(f"{value!r} is none of {', '.join(words)}{hint}")


def track(read: Callable[[Any], T]) -> Callable[[Any], Track[T]]:
    """What reads one value, or keyframes `[[seconds, value], [seconds, value, "smooth"]]`."""

    def keyframes(value: Any) -> Track[T]:
        if not isinstance(value, list):
            return Track.constant(read(value))
        keys = [_key(each, read) for each in value]
        times = [key.seconds for key in keys]
        if not keys or times != sorted(set(times)):
            raise InputError("keyframes come in the order of their times, one for each moment")
        return Track(tuple(keys))

    return keyframes


def _key(value: Any, read: Callable[[Any], T]) -> Key[T]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) not in (2, 3):
        raise InputError(f'{value!r} is no keyframe; write [seconds, value] or add "smooth"')
    easing = one_of(Easing, value[2]) if len(value) == 3 else Easing.LINEAR
    return Key(float(seconds(value[0])), read(value[1]), easing)
