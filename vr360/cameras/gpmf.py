"""GPMF: the telemetry that GoPro writes beside the picture.

Items of a four-letter key, a type, the size of one structure and how many there are; then the
values, padded to four bytes. Type 0 nests. Whatever does not add up is an error, and nothing is
read beyond the bytes that were given.

Source: gopro/gpmf-parser, README. All numbers big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vr360.errors import MetadataError

DEEPEST = 8
MOST_ITEMS = 20_000  # of one sample; a second of a MAX has some hundreds
HEADER = 8
NUMBERS = {b"b": "i1", b"B": "u1", b"s": "i2", b"S": "u2", b"l": "i4", b"L": "u4"} | {
    b"f": "f4",
    b"d": "f8",
    b"j": "i8",
    b"J": "u8",
}
GPS = (b"GPS5", b"GPS9")  # latitude and longitude come first in both


class Item(NamedTuple):
    """One key with its values.

    Attributes:
        kind: type character; NUL nests.
        size, repeat: bytes of a structure, and how many there are.
        start: where the values lie in the sample.
    """

    key: bytes
    kind: bytes
    size: int
    repeat: int
    payload: bytes
    start: int
    children: tuple[Item, ...] = ()


class Stream(NamedTuple):
    """One sensor's values in one sample.

    Attributes:
        key: GoPro's (`GRAV`).
        name: in words.
        values: (count, columns), scaled.
        axes: letters of the columns (`ORIN`); empty where not said.
    """

    key: str
    name: str
    values: NDArray[np.float64]
    axes: str = ""


def parse(data: bytes) -> tuple[Item, ...]:
    """The items of one sample.

    Raises:
        MetadataError: an item that reaches past its end, too deep or too many.
    """
    budget = [MOST_ITEMS]
    return tuple(_items(data, 0, 0, budget))


def _items(data: bytes, start: int, depth: int, budget: list[int]) -> Iterator[Item]:
    if depth > DEEPEST:
        raise MetadataError("GPMF is nested too deeply")
    at = 0
    while at + HEADER <= len(data):
        key, kind, size, count = struct.unpack_from(">4scBH", data, at)
        if key == b"\0\0\0\0":  # padding to the end
            return
        budget[0] -= 1
        end = at + HEADER + size * count
        if end > len(data) or budget[0] < 0:
            raise MetadataError("GPMF does not add up: an item reaches past its end")
        payload, begins = data[at + HEADER : end], start + at + HEADER
        nested = tuple(_items(payload, begins, depth + 1, budget)) if kind == b"\0" else ()
        yield Item(key, kind, size, count, payload, begins, nested)
        at = end + -end % 4


def streams(data: bytes) -> list[Stream]:
    """The sensors of one sample, in order; those whose values are no plain numbers are empty.

    Raises:
        MetadataError: see `parse`.
    """
    found = []
    for item in walk(parse(data)):
        if item.key == b"STRM" and item.children:
            found.append(_stream(item.children))
    return found


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """All items, those within others included."""
    for item in items:
        yield item
        yield from walk(item.children)


def _stream(items: tuple[Item, ...]) -> Stream:
    """The last item is the data; those before it describe it."""
    by_key = {item.key: item for item in items}
    data = items[-1]
    name, axes = (_words(by_key.get(key)) for key in (b"STNM", b"ORIN"))
    return Stream(data.key.decode("latin-1"), name, _values(data, by_key), axes)


def _words(item: Item | None) -> str:
    return item.payload.decode("latin-1").strip("\0 ") if item else ""


def _values(item: Item, by_key: dict[bytes, Item]) -> NDArray[np.float64]:
    raw = _structures(item, by_key.get(b"TYPE"))
    scale = by_key.get(b"SCAL")
    if not raw.size or scale is None or scale.kind not in NUMBERS:
        return raw
    divisors = np.frombuffer(scale.payload, ">" + NUMBERS[scale.kind]).astype(float)
    if len(divisors) not in (1, raw.shape[1]) or not divisors.all():
        raise MetadataError("GPMF does not add up: a scale of another length, or of zero")
    return np.asarray(raw / divisors)


def _structures(item: Item, described: Item | None) -> NDArray[np.float64]:
    """(count, columns) as they are stored; empty where they are no numbers."""
    nothing = np.zeros((0, 0))
    letters = [item.kind]
    if item.kind == b"?":  # of several types, named one after the other
        text = described.payload.rstrip(b"\0") if described else b""
        letters = [text[i : i + 1] for i in range(len(text))]
    if not letters or any(letter not in NUMBERS for letter in letters) or not item.size:
        return nothing
    columns = item.size // np.dtype(NUMBERS[letters[0]]).itemsize if item.kind != b"?" else 1
    layout = np.dtype([(str(i), ">" + NUMBERS[c]) for i, c in enumerate(letters * columns)])
    if layout.itemsize != item.size or not item.repeat:
        return nothing
    table = np.frombuffer(item.payload, layout)
    return np.stack([table[name].astype(float) for name in layout.names or ()], axis=1)


def places(data: bytes) -> list[tuple[int, int]]:
    """(start, bytes) of everything in a sample that says where the camera was.

    Raises:
        MetadataError: see `parse`.
    """
    keys = (*GPS, b"GPSU", b"GPSP", b"GPSF", b"GPSA")
    return [(item.start, len(item.payload)) for item in walk(parse(data)) if item.key in keys]
