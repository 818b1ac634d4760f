"""How far work is, and reports as plain data: what every job has in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

Progress = Callable[[Iterable[T], int], Iterable[T]]
"""Passes things on one by one and shows how far they are; the number is how many will come."""


class Reported:
    """Base of the frozen dataclasses that say what came out."""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain names, numbers, text, lists and dicts, ready for `json.dumps`.

        Paths become text, exact fractions the nearest float, enum members their word.
        """
        found: dict[str, Any] = as_plain(self)
        return found


def as_plain(value: Any) -> Any:
    """A value of a report as JSON has it; what JSON has no word for becomes text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [as_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
