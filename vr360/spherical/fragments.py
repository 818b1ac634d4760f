"""File positions outside the movie box: fragments, their indexes, and items.

All fields keep their width, so these are patches laid over the copied bytes. What cannot be
followed is refused: a refused file is whole, a wrongly moved one is garbage.

Source: ISO/IEC 14496-12, `tfhd`, `trun`, `saio`, `sidx`, `tfra`, `iloc`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from vr360.errors import MetadataError
from vr360.spherical.boxes import Box, Bytes, Extent, load, parse, unpack
from vr360.spherical.files import Patch
from vr360.spherical.offsets import LARGEST_32, Shift, Table

BASE_GIVEN = 0x1
BASE_IS_MOOF = 0x20000
DATA_OFFSET_GIVEN = 0x1
LARGEST_31 = (1 << 31) - 1
LARGEST_63 = (1 << 63) - 1


def patches(file: BinaryIO, extents: list[Extent], shift: Shift) -> list[Patch]:
    """What must be written over the old bytes outside `moov`, in file order.

    Raises:
        MetadataError: a position that cannot be moved along.
    """
    if not shift:
        return []
    return [patch for extent in extents for patch in _of(file, extent, shift)]


def _of(file: BinaryIO, extent: Extent, shift: Shift) -> Iterator[Patch]:
    if extent.kind == b"moof":
        yield from _moof(load(file, extent), extent, shift)
    elif extent.kind == b"sidx":
        yield from _sidx(load(file, extent).payload, extent, shift)
    elif extent.kind == b"mfra":
        yield from _mfra(load(file, extent), extent, shift)
    elif extent.kind == b"meta":
        _refuse_items(load(file, extent))


def _placed(data: Bytes, at: int, parent: str) -> Iterator[tuple[Box, int]]:
    """Boxes in `data`, which lies at file position `at`, and where their payloads lie."""
    for box in parse(data, parent)[0]:
        yield box, at + (16 if box.wide else 8)
        at += box.size


def _moof(moof: Box, extent: Extent, shift: Shift) -> Iterator[Patch]:
    first = True
    for traf, at in _placed(moof.payload, extent.body, "moof"):
        if traf.kind == b"traf":
            yield from _traf(traf, at, extent.start, first, shift)
            first = False


def _traf(traf: Box, at: int, moof_start: int, first: bool, shift: Shift) -> Iterator[Patch]:
    boxes = list(_placed(traf.payload, at, "traf"))
    header = next(((box, at) for box, at in boxes if box.kind == b"tfhd"), None)
    if header is None:
        raise MetadataError("a track fragment (traf) has no header (tfhd)")
    payload, at = header[0].payload, header[1]
    flags = unpack(">I", payload, 0, "tfhd")[0] & 0xFFFFFF
    data = list(_data_offsets([box for box, _ in boxes]))
    if flags & BASE_GIVEN:
        (base,) = unpack(">Q", payload, 8, "tfhd")
        moves = {shift.of(base + offset) for offset in data or [0]}
        if len(moves) > 1:
            raise MetadataError("a fragment has media on both sides of moov; it cannot be moved")
        if move := moves.pop():
            yield Patch(at + 8, struct.pack(">Q", base + move))
    elif flags & BASE_IS_MOOF or first:
        own = shift.of(moof_start)
        if any(shift.of(moof_start + offset) != own for offset in data):
            raise MetadataError("a fragment lies apart from its media; it cannot be moved")


def _data_offsets(boxes: list[Box]) -> Iterator[int]:
    """Offsets from the base of a track fragment to media and to auxiliary information."""
    for box in boxes:
        if box.kind == b"trun":
            if unpack(">I", box.payload, 0, "trun")[0] & DATA_OFFSET_GIVEN:
                yield unpack(">i", box.payload, 8, "trun")[0]
        elif box.kind == b"saio":
            yield from (int(offset) for offset in Table.of(box).offsets)


def _sidx(payload: Bytes, extent: Extent, shift: Shift) -> Iterator[Patch]:
    """Follow the distance to the indexed media and the sizes of its parts."""
    version = unpack(">B", payload, 0, "sidx")[0]
    layout, at = (">Q", 20) if version else (">I", 16)
    (distance,) = unpack(layout, payload, at, "sidx")
    own, here = shift.of(extent.start), extent.end + distance
    moved = distance + _at(shift, here) - own
    if moved != distance:
        limit = LARGEST_32 if layout == ">I" else LARGEST_63
        yield Patch(extent.body + at, _packed(layout, moved, limit))
    at += struct.calcsize(layout)
    _, count = unpack(">2H", payload, at, "sidx")
    for place in range(at + 4, at + 4 + 12 * count, 12):
        (word,) = unpack(">I", payload, place, "sidx")
        size = word & LARGEST_31
        grown = size + _at(shift, here + size) - _at(shift, here)
        here += size
        if grown != size:
            data = _packed(">I", grown, LARGEST_31)
            yield Patch(extent.body + place, bytes([data[0] | (word >> 24 & 0x80)]) + data[1:])


def _at(shift: Shift, position: int) -> int:
    return shift.of(min(position, shift.length))


def _packed(layout: str, value: int, limit: int) -> bytes:
    if not 0 <= value <= limit:
        raise MetadataError("an index of 32 bits would have to point past 4 GiB; refused")
    return struct.pack(layout, value)


def _mfra(mfra: Box, extent: Extent, shift: Shift) -> Iterator[Patch]:
    for box, at in _placed(mfra.payload, extent.body, "mfra"):
        if box.kind == b"tfra":
            yield Patch(at, _tfra(bytearray(box.payload), shift))


def _tfra(data: bytearray, shift: Shift) -> bytes:
    """The table of random access points with its fragment positions moved."""
    version, lengths, count = unpack(">B7xII", data, 0, "tfra")
    layout, skip = (">Q", 8) if version else (">I", 4)
    numbers = sum((lengths >> bits & 3) + 1 for bits in (4, 2, 0))
    step = 2 * skip + numbers
    if 16 + count * step > len(data):
        raise MetadataError("the tfra box is shorter than its own count says")
    limit = LARGEST_63 if version else LARGEST_32
    for at in range(16 + skip, 16 + count * step, step):
        (position,) = struct.unpack_from(layout, data, at)
        data[at : at + skip] = _packed(layout, position + shift.of(position), limit)
    return bytes(data)


def _refuse_items(meta: Box) -> None:
    """Items of a file-level `meta` may be given by file positions, which nobody here follows."""
    kinds = (prefix for prefix in (4, 0) if meta.payload[prefix + 4 : prefix + 8] == b"hdlr")
    meta.open(next(kinds, 4))
    if meta.first(b"iloc"):
        raise MetadataError("the file has items (iloc) besides its film; they cannot be moved")
