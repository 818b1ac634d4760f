"""What Insta360 cameras put behind their films and photos: records, the last one told first.

Behind each record stand its kind (two bytes) and its length (four); behind the last of them, 78
bytes before the end, the length of it all. The axes of the motion sensors differ from model to
model and are not published, so the horizon is not levelled by them.

Source: exiftool, `QuickTimeStream.pl`, *ProcessInsta360*.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

END = b"8db42d694ccc418790edff439fe026bf"
"""The last 32 bytes of the file."""
_TAIL, _HEAD, _LENGTH_AT = 78, struct.Struct("<HI"), 38
_MOST = 64  # records: cameras write about a dozen
_GPS, _FIX, _STATUS_AT = 0x700, 53, 10
_FIXES = 1 << 20  # of a film: ten hours and more
NAMES = {0x300: "Accelerometer and gyroscope", 0x400: "Exposure", _GPS: "GPS"}


class Record(NamedTuple):
    """A record's kind, and where in the file it begins and how long it is."""

    kind: int
    start: int
    length: int


def has_trailer(path: Path) -> bool:
    """Whether a file ends as Insta360's do."""
    with path.open("rb") as file:
        return trailer_length(file) > 0


def trailer_length(file: BinaryIO) -> int:
    """Bytes that a camera put behind the file's last box; 0 where none."""
    length, tail = file.seek(0, os.SEEK_END), _tail(file)
    size = int.from_bytes(tail[_LENGTH_AT : _LENGTH_AT + 4], "little")
    return size if tail.endswith(END) and _TAIL <= size < length else 0


def records(file: BinaryIO) -> Iterator[Record]:
    """The records of a trailer, from the last to the first; none of what is damaged."""
    length, size = trailer_length(file), file.seek(0, os.SEEK_END)
    if not length:
        return
    begin, at, head = size - length, size - _TAIL, _tail(file)[: _HEAD.size]
    for _ in range(_MOST):
        kind, count = _HEAD.unpack(head)
        at -= count
        if at < begin or not kind:
            return
        yield Record(kind, at, count)
        at -= _HEAD.size
        if at < begin:
            return
        file.seek(at)
        head = file.read(_HEAD.size)


def _tail(file: BinaryIO) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
    return file.read(_TAIL)


def place(file: BinaryIO) -> tuple[float, float] | None:
    """Latitude and longitude, degrees, of the first fix; None where there is none."""
    for record in _gps(file):
        for _, fix in _fixes(file, record):
            if fix[_STATUS_AT : _STATUS_AT + 1] == b"A":
                latitude, north, longitude, east = struct.unpack_from("<dcdc", fix, _STATUS_AT + 1)
                south, west = north == b"S", east != b"E"
                return (
                    -abs(latitude) if south else latitude,
                    -abs(longitude) if west else longitude,
                )
    return None


def places(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Where each fix tells a place, and how many bytes: all but its time."""
    for record in _gps(file):
        for at, _ in _fixes(file, record):
            yield at + _STATUS_AT, _FIX - _STATUS_AT


def _gps(file: BinaryIO) -> list[Record]:
    return [record for record in records(file) if record.kind == _GPS]


def _fixes(file: BinaryIO, record: Record) -> Iterator[tuple[int, bytes]]:
    for n in range(min(record.length // _FIX, _FIXES)):
        file.seek(record.start + n * _FIX)
        yield record.start + n * _FIX, file.read(_FIX)
