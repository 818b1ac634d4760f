"""Chapters: long films that GoPro cameras cut into files of a few gigabytes.

GS010012.360, GS020012.360, ... (also GX, GH, GL): the chapter, then the number of the film. Cameras
before 2018 wrote GOPR0012.MP4, then GP010012.MP4, GP020012.MP4, ...

Source: GoPro, *Camera file naming convention*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import count, takewhile
from pathlib import Path

_FIRST = re.compile(r"(G[SXHL])01(\d{4})", re.IGNORECASE)
_FIRST_OF_OLD = re.compile(r"GOPR(\d{4})", re.IGNORECASE)


def chapters_after(first: Path) -> list[Path]:
    """The chapters that follow the first one and lie beside it; none for any other file."""
    name = _namer(first.stem)
    if name is None:
        return []
    named = (first.with_name(name(n) + first.suffix) for n in count(1))
    return list(takewhile(Path.is_file, named))


def _namer(stem: str) -> Callable[[int], str] | None:
    if match := _FIRST.fullmatch(stem):
        kind, film = match.groups()
        return lambda n: f"{kind}{n + 1:02d}{film}"
    if match := _FIRST_OF_OLD.fullmatch(stem):
        film = match[1]
        return lambda n: f"GP{n:02d}{film}"
    return None


def concat_list(paths: Iterable[Path]) -> str:
    """What ffmpeg's concat demuxer reads to play files one after the other."""
    quoted = (str(path.absolute()).replace("'", r"'\''") for path in paths)
    return "ffconcat version 1.0\n" + "".join(f"file '{path}'\n" for path in quoted)
