"""A last look at a finished MP4 or MOV before it takes the name of the old one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from vr360.errors import MetadataError
from vr360.spherical import offsets
from vr360.spherical.boxes import Extent
from vr360.spherical.files import opened
from vr360.spherical.movie import Movie

PROBE = 64  # bytes compared at each place


def same_media(old: Path, new: Path) -> None:
    """Compare the beginnings of the first, middle and last chunk of every track.

    A wrongly moved offset table passes every reader of metadata and plays as garbage.

    Raises:
        MetadataError: they differ.
    """
    with opened(old) as (one, one_length), opened(new) as (other, other_length):
        before = dict(_samples(one, one_length))
        after = dict(_samples(other, other_length))
    for track, chunks in before.items():
        if after.get(track) != chunks:
            raise MetadataError(f"track {track} would be damaged; nothing was written")


def _samples(file: BinaryIO, length: int) -> Iterator[tuple[int, list[bytes]]]:
    movie = Movie(file, length)
    for track in movie.tracks:
        found = []
        for table in offsets.tables([track]):
            count = len(table.offsets)
            for index in sorted({0, count // 2, count - 1} if count else ()):
                found.append(_start(file, movie.extents, int(table.offsets[index])))
        yield track.track_id, found


def _start(file: BinaryIO, extents: list[Extent], offset: int) -> bytes:
    """The first bytes at a place, none of them from the next box, which may have changed."""
    extent = extents[bisect_right(extents, offset, key=lambda extent: extent.start) - 1]
    if extent.kind == b"moov":
        return b""
    file.seek(offset)
    return file.read(min(PROBE, extent.end - offset))
