"""Boxes of ISO base media files (MP4, MOV): find, parse on demand, serialise unchanged.

A box stays raw bytes until `open` is asked for its children, so whatever is not edited is
written back bit for bit, whatever it holds.

Source: ISO/IEC 14496-12 and Apple's QuickTime File Format; all numbers big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from vr360.cameras import insta360
from vr360.errors import MetadataError

MOST_BOXES = 400_000  # on file level; an hour of one fragment per frame
MOST_CHILDREN = 10_000
LARGEST_TREE = 128 << 20  # forty hours at 60 frames a second


Bytes = bytes | bytearray | memoryview


class Extent(NamedTuple):
    """One box on file level: its bytes are [start, end), its payload [body, end)."""

    kind: bytes
    start: int
    body: int
    end: int
    user: bytes = b""  # user type of a uuid box
    open_ended: bool = False  # size field 0: to the end of the file


@dataclass(eq=False)
class Box:
    """A box; `payload` is all of it, or what precedes the children once it is opened."""

    kind: bytes
    payload: Bytes
    wide: bool = False  # 64-bit size field
    open_ended: bool = False
    children: list[Box] | None = None
    tail: bytes = b""  # zeros that QuickTime puts after the last child

    @property
    def size(self) -> int:
        inner = sum(child.size for child in self.children or ())
        return (16 if self.wide else 8) + len(self.payload) + inner + len(self.tail)

    def open(self, prefix: int = 0) -> Box:
        """Parse the children, which start after `prefix` bytes of payload; harmless if done.

        Raises:
            MetadataError: a child is smaller than its header or reaches past this box.
        """
        if self.children is None:
            if len(self.payload) < prefix:
                raise MetadataError(f"the {name(self.kind)} box is too short")
            children, tail = parse(self.payload[prefix:], name(self.kind))
            self.children, self.tail = children, tail
            self.payload = self.payload[:prefix]
        return self

    def all(self, *kinds: bytes) -> list[Box]:
        return [child for child in self.children or () if child.kind in kinds]

    def first(self, kind: bytes) -> Box | None:
        return next(iter(self.all(kind)), None)

    def only(self, kind: bytes) -> Box | None:
        """The one child of a kind of which readers differ over which of several counts.

        Raises:
            MetadataError: there are several.
        """
        found = self.all(kind)
        if len(found) > 1:
            raise MetadataError(f"the {name(self.kind)} box holds {len(found)} {name(kind)} boxes")
        return found[0] if found else None

    def drop(self, *kinds: bytes) -> None:
        self.children = [child for child in self.children or () if child.kind not in kinds]

    def chunks(self) -> Iterator[Bytes]:
        yield self._header()
        yield self.payload
        for child in self.children or ():
            yield from child.chunks()
        yield self.tail

    def to_bytes(self) -> bytes:
        return b"".join(self.chunks())

    def _header(self) -> bytes:
        if self.open_ended:
            return struct.pack(">I4s", 0, self.kind)
        if self.wide:
            return struct.pack(">I4sQ", 1, self.kind, self.size)
        return struct.pack(">I4s", self.size, self.kind)


def name(kind: bytes) -> str:
    return ascii(kind.decode("latin-1"))[1:-1]


def unpack(layout: str, data: Bytes, offset: int, what: str) -> tuple[int, ...]:
    """`struct.unpack_from`, with a clear error where the data ends too early."""
    if offset < 0 or len(data) - offset < struct.calcsize(layout):
        raise MetadataError(f"the {what} box is too short")
    return struct.unpack_from(layout, data, offset)


def parse(data: Bytes, parent: str) -> tuple[list[Box], bytes]:
    """Boxes that fill `data`, and the zeros after them."""
    boxes: list[Box] = []
    view, at = memoryview(data), 0
    while at < len(view):
        if not any(view[at : at + 8]) and not bytes(view[at:]).strip(b"\0"):
            return boxes, bytes(view[at:])
        if len(boxes) == MOST_CHILDREN:
            raise MetadataError(f"the {parent} box holds more than {MOST_CHILDREN} boxes")
        box, at = _parse_one(view, at, parent)
        boxes.append(box)
    return boxes, b""


def _parse_one(view: memoryview, at: int, parent: str) -> tuple[Box, int]:
    size, body = unpack(">I", view, at, parent)[0], at + 8
    kind = bytes(view[at + 4 : at + 8])
    wide = size == 1
    if wide:
        size, body = unpack(">Q", view, at + 8, parent)[0], at + 16
    if size < body - at:
        raise MetadataError(f"a box in {parent} claims {size} bytes, less than its own header")
    if size > len(view) - at:
        raise MetadataError(f"the {name(kind)} box reaches past the end of its parent {parent}")
    return Box(kind, view[body : at + size], wide), at + size


def scan(file: BinaryIO, length: int) -> list[Extent]:
    """The boxes on file level of a file of `length` bytes, in order, without gaps.

    Raises:
        MetadataError: a box is smaller than its header or reaches past the end of the file.
    """
    extents: list[Extent] = []
    at, stop = 0, length - insta360.trailer_length(file)  # no box
    while at < stop:
        if len(extents) == MOST_BOXES:
            raise MetadataError(f"more than {MOST_BOXES} boxes on file level")
        extents.append(_scan_one(file, at, stop))
        at = extents[-1].end
    if stop < length:
        extents.append(Extent(b"", stop, stop, length))
    return extents


def _scan_one(file: BinaryIO, at: int, stop: int) -> Extent:
    file.seek(at)
    head = file.read(min(32, stop - at))
    if len(head) < 8:
        if any(head):
            raise MetadataError(f"the file is cut off in a box header at byte {at}")
        return Extent(b"", at, at, stop)
    size, kind = struct.unpack_from(">I4s", head)
    body = 8
    if size == 1:
        size, body = unpack(">Q", head, 8, name(kind))[0], 16
    open_ended = size == 0
    size = stop - at if open_ended else size
    if size < body:
        raise MetadataError(f"the box at byte {at} claims {size} bytes, less than its own header")
    if size > stop - at:
        raise MetadataError(
            f"the {name(kind)} box needs {size} bytes and the file has {stop - at} left: truncated"
        )
    user = head[body : body + 16] if kind == b"uuid" and size >= body + 16 else b""
    return Extent(kind, at, at + body, at + size, user, open_ended)


def load(file: BinaryIO, extent: Extent) -> Box:
    """A whole box on file level.

    Raises:
        MetadataError: larger than any honest one, or the file ends early.
    """
    size = extent.end - extent.body
    if size > LARGEST_TREE:
        raise MetadataError(f"the {name(extent.kind)} box of {size} bytes is absurdly large")
    file.seek(extent.body)
    payload = file.read(size)
    if len(payload) < size:
        raise MetadataError(f"the {name(extent.kind)} box is cut off")
    wide = extent.body - extent.start == 16
    return Box(extent.kind, memoryview(payload), wide, extent.open_ended)
