"""Spherical metadata of JPEG and PNG stills: find, replace and take out their XMP packet.

Of further kinds, see `vr360.spherical.pictures`, the packet is read.

Picture data is copied, never decoded.

Source: JPEG (ITU-T T.81), PNG (W3C), XMP specification part 3, CIPA DC-007 (MPF).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from vr360.errors import MetadataError, OtherProjectionError
from vr360.spherical import pictures, xmp
from vr360.spherical.defaults import check_shape
from vr360.spherical.files import Piece, Span, tidy
from vr360.spherical.model import SphericalMetadata
from vr360.spherical.report import Report, Statement

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXIF_HEADER, MPF_HEADER = b"Exif\0\0", b"MPF\0"
LARGEST_SEGMENT = 65535 - 2
APP0, APP1, APP2, SCAN, END = 0xE0, 0xE1, 0xE2, 0xDA, 0xD9
ALONE = (0x01, *range(0xD0, 0xDA))  # markers without a length
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
XMP_KEYWORD = b"XML:com.adobe.xmp\0"
MOST_PARTS = 100_000
BLOCK = 8 << 20
PACKED = "its XMP is compressed (Brotli) and not read: what it says of a sphere is not known"


class Part(NamedTuple):
    """A JPEG segment or PNG chunk: bytes [start, end), payload [body, body + size)."""

    kind: bytes
    start: int
    end: int
    body: int
    size: int


class Still(NamedTuple):
    """What is known of a still.

    Attributes:
        packet: its XMP, empty if it has none.
        place: the bytes that hold the packet, or the empty place for one.
        packed: it has a packet that is compressed and not read.
    """

    container: str
    width: int
    height: int
    packet: bytes
    place: Span
    packed: bool = False


def inject(
    file: BinaryIO, length: int, metadata: SphericalMetadata, any_shape: bool
) -> list[Piece]:
    """The new file in pieces."""
    still = _open(file, length)
    if not any_shape:
        check_shape(metadata, still.width, still.height)
    packet = xmp.write(still.packet, metadata, still.width, still.height)
    return _replace(file, length, still, packet)


def remove(file: BinaryIO, length: int) -> list[Piece]:
    """The file without panorama properties, in pieces."""
    still = _open(file, length)
    return _replace(file, length, still, xmp.remove(still.packet) if still.packet else b"")


def read(file: BinaryIO, length: int, path: Path) -> Report:
    """Everything that the XMP packet says."""
    still = _open(file, length)
    packed = (PACKED,) if still.packed else ()
    try:
        found = xmp.read(still.packet) if still.packet else None
        statements = (Statement(*found, track=0),) if found else ()
    except MetadataError as error:
        foreign = isinstance(error, OtherProjectionError)
        statements = (Statement("GPano", None, str(error), 0, foreign),)
    problems = (*packed, *(f"{s.source}: {s.note}" for s in statements if s.note))
    return Report(
        path,
        still.container,
        still.width,
        still.height,
        still.container,
        statements=statements,
        problems=problems,
        right_eye=xmp.holds_right_eye(still.packet),
    )


def _open(file: BinaryIO, length: int) -> Still:
    file.seek(0)
    head = file.read(pictures.HEAD)
    if pictures.kind_of(head):
        said = pictures.read(file, length)
        return Still(said.container, said.width, said.height, said.xmp, Span(0, 0), said.packed)
    return _open_png(file, length) if head.startswith(PNG) else _open_jpeg(file, length)


def _replace(file: BinaryIO, length: int, still: Still, packet: bytes) -> list[Piece]:
    if still.container == "jpeg":
        wrapped = _jpeg_segment(packet)
        if len(wrapped) != still.place.end - still.place.start:
            _refuse_moving_pictures(file, length, still.place)
    else:
        wrapped = _png_chunk(packet)
    if packet == still.packet:
        return [Span(0, length)]
    return tidy([Span(0, still.place.start), wrapped, Span(still.place.end, length)])


def _payload(file: BinaryIO, part: Part, most: int = 1 << 22) -> bytes:
    file.seek(part.body)
    return file.read(min(part.size, most))


def _segments(file: BinaryIO, length: int) -> Iterator[Part]:
    """The segments up to the start of the scan, that one included."""
    at = 2
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            break
        marker = head[1]
        if marker == 0xFF:  # filler
            at += 1
            continue
        size = 0 if marker in ALONE else int.from_bytes(head[2:4])
        if marker == END or (marker not in ALONE and size < 2) or at + 2 + size > length:
            break
        yield Part(bytes([marker]), at, at + 2 + size, at + 4, max(size - 2, 0))
        if marker == SCAN:
            return
        at += 2 + size
    raise MetadataError("the JPEG is damaged or cut off before its picture")


def _open_jpeg(file: BinaryIO, length: int) -> Still:
    width = height = 0
    packet, place, after = b"", None, 2
    for part in _segments(file, length):
        marker = part.kind[0]
        head = _payload(file, part, 64)
        if marker in FRAMES:
            if len(head) < 5:
                raise MetadataError("the JPEG has a damaged frame header")
            height, width = struct.unpack_from(">HH", head, 1)
        elif marker == APP1 and head.startswith(XMP_HEADER) and place is None:
            packet = _payload(file, part)[len(XMP_HEADER) :]
            place = Span(part.start, part.end)
        elif marker == APP0 or (marker == APP1 and head.startswith(EXIF_HEADER)):
            after = part.end
    if not _has_end(file, part.end):
        raise MetadataError("the JPEG has no end marker: truncated")
    return Still("jpeg", width, height, packet, place or Span(after, after))


def _has_end(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    last = b""
    while block := file.read(BLOCK):
        if bytes([0xFF, END]) in last + block:
            return True
        last = block[-1:]
    return False


def _jpeg_segment(packet: bytes) -> bytes:
    if not packet:
        return b""
    size = len(XMP_HEADER) + len(packet)
    if size > LARGEST_SEGMENT:
        raise MetadataError("the XMP packet of the JPEG has no room left for panorama properties")
    return struct.pack(">BBH", 0xFF, APP1, size + 2) + XMP_HEADER + packet


def _refuse_moving_pictures(file: BinaryIO, length: int, place: Span) -> None:
    """Further pictures (MPF) are found by their distance from the MPF segment."""
    for part in _segments(file, length):
        mpf = part.kind[0] == APP2 and _payload(file, part, 4) == MPF_HEADER
        if mpf and part.start < place.end:
            raise MetadataError("the XMP packet lies between several pictures (MPF); refused")


def _chunks(file: BinaryIO, length: int) -> Iterator[Part]:
    at = len(PNG)
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            break
        size, kind = struct.unpack(">I4s", head)
        if at + 12 + size > length:
            break
        yield Part(kind, at, at + 12 + size, at + 8, size)
        if kind == b"IEND":
            return
        at += 12 + size
    raise MetadataError("the PNG is damaged or truncated")


def _open_png(file: BinaryIO, length: int) -> Still:
    parts = list(_chunks(file, length))
    if parts[0].kind != b"IHDR" or parts[0].size < 8:
        raise MetadataError("the PNG does not begin with its header")
    width, height = struct.unpack(">II", _payload(file, parts[0], 8))
    for part in parts:
        if part.kind == b"iTXt" and _payload(file, part, 32).startswith(XMP_KEYWORD):
            packet = _png_text(_payload(file, part))
            return Still("png", width, height, packet, Span(part.start, part.end))
    return Still("png", width, height, b"", Span(parts[0].end, parts[0].end))


def _png_text(payload: bytes) -> bytes:
    rest = payload[len(XMP_KEYWORD) :]
    fields = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    if len(rest) < 2 or len(fields) < 3:
        raise MetadataError("the XMP chunk of the PNG is damaged")
    if not rest[0]:
        return fields[2]
    try:
        return zlib.decompressobj().decompress(fields[2], xmp.LARGEST_PACKET)
    except zlib.error:
        raise MetadataError("the XMP chunk of the PNG cannot be unpacked") from None


def _png_chunk(packet: bytes) -> bytes:
    if not packet:
        return b""
    body = b"iTXt" + XMP_KEYWORD + b"\0\0\0\0" + packet
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
