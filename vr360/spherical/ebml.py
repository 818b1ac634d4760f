"""EBML elements, the boxes of Matroska and WebM: read, write, keep widths.

Source: RFC 8794 (EBML).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from vr360.errors import MetadataError
from vr360.spherical.boxes import Bytes

VOID, CRC32 = 0xEC, 0xBF
MOST_NODES = 2_000_000
LONGEST_HEAD = 12


class Head(NamedTuple):
    """Header of an element at `start`; its payload is [body, end).

    `end` is -1 for an unknown size.
    """

    id: int
    start: int
    body: int
    end: int
    width: int  # bytes of the size field


@dataclass(eq=False)
class Node:
    """One element with its payload; `width` is the least number of bytes for its size field.

    It is 1 where the writer took as few bytes as possible, so that a size may shrink again.
    """

    id: int
    payload: bytes
    width: int = 1

    def to_bytes(self) -> bytes:
        return pack_id(self.id) + pack_size(len(self.payload), self.width) + self.payload

    def children(self) -> list[Node]:
        return list(nodes(self.payload))

    def with_children(self, children: list[Node]) -> Node:
        """The same master with other children; a checksum in front is renewed."""
        if children and children[0].id == CRC32:
            rest = b"".join(child.to_bytes() for child in children[1:])
            children = [Node(CRC32, struct.pack("<I", zlib.crc32(rest)), children[0].width)]
            return Node(self.id, children[0].to_bytes() + rest, self.width)
        return Node(self.id, b"".join(child.to_bytes() for child in children), self.width)


def read_head(data: Bytes, at: int, start: int) -> Head:
    """The header at `data[at]`, which lies at position `start`.

    Raises:
        MetadataError: no valid header, or the data ends in it.
    """
    id_width = _width(data, at, 4)
    ident = int.from_bytes(data[at : at + id_width])
    at += id_width
    width = _width(data, at, 8)
    if len(data) < at + width:
        raise MetadataError(f"the file is cut off in an element header at byte {start}")
    mask = (1 << 7 * width) - 1
    size = int.from_bytes(data[at : at + width]) & mask
    body = start + id_width + width
    return Head(ident, start, body, -1 if size == mask else body + size, width)


def read_head_at(file: BinaryIO, at: int) -> Head:
    file.seek(at)
    return read_head(file.read(LONGEST_HEAD), 0, at)


def nodes(data: Bytes) -> Iterator[Node]:
    """The elements that fill `data`.

    Raises:
        MetadataError: one reaches past the end, or has no size.
    """
    at = count = 0
    while at < len(data):
        head = read_head(data, at, at)
        count += 1
        if not 0 <= head.end <= len(data) or count > MOST_NODES:
            raise MetadataError(f"element {head.id:X} reaches past the end of its parent")
        least = len(pack_size(head.end - head.body))
        yield Node(
            head.id, bytes(data[head.body : head.end]), head.width if head.width > least else 1
        )
        at = head.end


def pack_id(ident: int) -> bytes:
    return ident.to_bytes((ident.bit_length() + 7) // 8)


def pack_size(size: int, width: int = 1) -> bytes:
    """A size field of at least `width` bytes; all ones would mean an unknown size."""
    while size >= (1 << 7 * width) - 1:
        width += 1
    return (size | 1 << 7 * width).to_bytes(width)


def void(total: int) -> bytes:
    """Filler of exactly `total` bytes; none for 0.

    Raises:
        ValueError: a single byte cannot be filled.
    """
    if total == 0:
        return b""
    if total == 1:
        raise ValueError("a filler element has at least two bytes")
    width = 1 if total < 10 else 8  # as ffmpeg does it
    return pack_id(VOID) + pack_size(total - 1 - width, width) + bytes(total - 1 - width)


def unsigned(payload: Bytes) -> int:
    if len(payload) > 8:
        raise MetadataError("a number of more than eight bytes")
    return int.from_bytes(payload)


def pack_unsigned(value: int, width: int = 1) -> bytes:
    """In at least `width` bytes."""
    return value.to_bytes(max(width, (value.bit_length() + 7) // 8))


def real(payload: Bytes) -> float:
    if len(payload) not in (0, 4, 8):
        raise MetadataError(f"a number of {len(payload)} bytes")
    layout = {0: "", 4: ">f", 8: ">d"}[len(payload)]
    value: float = struct.unpack(layout, payload)[0] if layout else 0.0
    return value


def _width(data: Bytes, at: int, most: int) -> int:
    """Bytes of the variable-size number at `data[at]`, by its leading zeros."""
    if at >= len(data):
        raise MetadataError("the file is cut off in an element header")
    width = 9 - data[at].bit_length()
    if width > most:
        raise MetadataError("no valid EBML element where one is expected")
    return width
