"""Mastering display and light levels, put into a film whose codec has no place for them.

Source: RFC 9559 (Matroska), MasteringMetadata; ISO/IEC 14496-12, 12.1 (`mdcv`, `clli`).
"""

from __future__ import annotations

import os
import re
import struct
from pathlib import Path
from typing import BinaryIO

from vr360.spherical import ebml, files, matroska
from vr360.spherical.boxes import Box
from vr360.spherical.ebml import Node
from vr360.spherical.files import Piece
from vr360.spherical.movie import Movie
from vr360.spherical.segment import EBML
from vr360.spherical.tracks import choose_video

MAX_CLL, MAX_FALL, MASTERING = 0x55BC, 0x55BD, 0x55D0
_CHROMATICITIES, _BRIGHTEST, _DARKEST = 0x55D1, 0x55D9, 0x55DA  # red x, red y, green x, ...
_RED_GREEN_BLUE_WHITE = (4, 5, 0, 1, 2, 3, 6, 7)  # of numbers in the order of H.265's SEI message
_STEPS, _LIGHT_STEPS = 50_000, 10_000


def set_mastering(path: Path, mastering: str, light: str) -> None:
    """Say how a film was mastered; the file is replaced when the new one is whole.

    Args:
        path: an MP4, MOV or Matroska film.
        mastering, light: see `vr360.media.hdr.mastering_of`; empty is not said.

    Raises:
        MetadataError: the file is damaged; it is as it was.
    """
    numbers = [int(word) for word in re.findall(r"\d+", mastering)]
    levels = [int(word) for word in re.findall(r"\d+", light)]
    with files.opened(path) as (file, length):
        with_mastering = _matroska if file.read(4) == EBML.to_bytes(4) else _movie
        pieces = with_mastering(file, length, numbers, levels)
        mode = os.fstat(file.fileno()).st_mode & 0o7777
        files.write_new(file, pieces, path, mode, lambda _: None, None)


def _movie(file: BinaryIO, length: int, numbers: list[int], levels: list[int]) -> list[Piece]:
    movie = Movie(file, length)
    boxes = [Box(b"mdcv", struct.pack(">8H2I", *numbers))] if numbers else []
    boxes += [Box(b"clli", struct.pack(">2H", *levels))] if levels else []
    for entry in choose_video(movie.tracks, None).visual_entries():
        kept = [box for box in entry.children or [] if box.kind not in (b"mdcv", b"clli")]
        entry.children = [*kept, *boxes]
    return movie.pieces()


def _matroska(file: BinaryIO, length: int, numbers: list[int], levels: list[int]) -> list[Piece]:
    nodes = []
    if levels:
        told = zip((MAX_CLL, MAX_FALL), levels, strict=True)
        nodes += [Node(ident, ebml.pack_unsigned(level)) for ident, level in told]
    if numbers:
        nodes.append(_display(numbers))
    return matroska.with_colour(file, length, nodes)


def _display(numbers: list[int]) -> Node:
    shares = [numbers[at] / _STEPS for at in _RED_GREEN_BLUE_WHITE]
    values = [(_CHROMATICITIES + n, share) for n, share in enumerate(shares)]
    values += [
        (ident, light / _LIGHT_STEPS)
        for ident, light in zip((_BRIGHTEST, _DARKEST), numbers[8:], strict=True)
    ]
    return Node(MASTERING, b"").with_children([_real(*value) for value in values])


def _real(ident: int, value: float) -> Node:
    return Node(ident, struct.pack(">d", value))
