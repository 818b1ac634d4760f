"""Where a problem lies: on which line of a TOML file (`tomllib` does not tell), in which value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Place = tuple[str | int, ...]
"""Keys and numbers from the top: ("scene", 1, "in")."""
Locate = Callable[[Place, str], tuple[Any, str]]
"""A place and what is wrong there -> what that is sorted by, and the line that says both."""

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|\#.*""")


def key_lines(text: str) -> dict[Place, int]:
    """The line, counted from 1, of every table and of every key outside inline tables."""
    found: dict[Place, int] = {}
    table: Place = ()
    count: dict[Place, int] = {}
    for number, line in _statements(text):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = _table(header[1] == "[[", _words(header[2]), count)
            for end in range(1, len(table) + 1):
                found.setdefault(table[:end], number)
        elif key:
            found[(*table, *_words(key[1]))] = number
    return found


def line_of(lines: dict[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest thing around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def in_file(path: Path, written: str) -> Locate:
    """Problems by the line of a file that holds the text."""
    lines = key_lines(written)

    def locate(place: Place, told: str) -> tuple[int, str]:
        line = line_of(lines, place)
        return line, f"{path}:{line}: {told}"

    return locate


def in_values(values: Mapping[str, Any]) -> Locate:
    """Problems by their scene and key, as `scene 2 (lake), sound 1: level: ...`."""

    def locate(place: Place, told: str) -> tuple[Place, str]:
        names_key = bool(place) and told.startswith(f"{place[-1]}: ")
        words = _spoken(place[:-1] if names_key else place)
        if place[:1] == ("scene",) and len(place) > 1:
            scene = values["scene"][place[1]]
            words[0] += f" ({scene.get('name', scene.get('source'))})"
        return place, f"{', '.join(words) or 'film'}: {told}"

    return locate


def _spoken(place: Place) -> list[str]:
    """("scene", 1, "sound", 0) -> scene 2, sound 1."""
    words: list[str] = []
    for part in place:
        if isinstance(part, int):
            words[-1] += f" {part + 1}"
        else:
            words.append(part)
    return words


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Lines on which no bracket of a line before is still open."""
    depth, ends = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if ends:
            ends = "" if ends in line else ends
            continue
        if depth == 0:
            yield number, line
        if depth or not _HEADER.match(line):
            bare = _QUOTED.sub("", line.replace('"""', "\0").replace("'''", "\1"))
            ends = next(
                (e for mark, e in (("\0", '"""'), ("\1", "'''")) if bare.count(mark) % 2), ""
            )
            depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))


def _table(is_array: bool, words: Place, count: dict[Place, int]) -> Place:
    """The place that a header opens: `[scene.sound]` belongs to the scene that was opened last."""
    place: Place = ()
    for word in words[:-1]:
        place = (*place, word)
        if place in count:
            place = (*place, count[place] - 1)
    place = (*place, words[-1])
    if not is_array:
        return place
    count[place] = count.get(place, 0) + 1
    return (*place, count[place] - 1)


def _words(dotted: str) -> Place:
    return tuple(word.strip().strip("\"'") for word in dotted.split("."))
