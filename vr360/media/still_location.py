"""Taking the place out of a photo: the GPS directory of its EXIF, and what its XMP says of GPS.

Bytes are blanked where they lie, in JPEG and PNG, so that the picture and all else stay.

Source: Exif 2.32, 4.6.6 (the GPS IFD), and the XMP specification, part 2.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from vr360.errors import MetadataError

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_GPS_POINTER, _ENTRY = 0x8825, 12
_SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8)  # bytes of a value of each of EXIF's types
_IN_XMP = re.compile(
    rb"exif:GPS\w+\s*=\s*(?:\"([^\"]*)\"|'([^']*)')|<exif:GPS\w+[^>]*>([^<]*)</exif:GPS"
)
Span = tuple[int, int]


def is_photo(data: bytes) -> bool:
    """Whether a file that begins so is one whose place can be taken out."""
    return data.startswith((_PNG, _JPEG))


def without_place(data: bytes) -> bytes:
    """The same photo, of the same length, telling no place.

    Raises:
        MetadataError: EXIF that does not add up.
    """
    blanked = bytearray(data)
    for start, end in (*_exif(data), *_xmp(data)):
        filler = b" " if data[start - 1 : start] in (b'"', b"'", b">") else b"\0"
        blanked[start:end] = filler * (end - start)
    if data.startswith(_PNG):
        for at, end in _chunks(data):
            blanked[end - 4 : end] = struct.pack(">I", zlib.crc32(blanked[at + 4 : end - 4]))
    return bytes(blanked)


def _xmp(data: bytes) -> Iterator[Span]:
    for found in _IN_XMP.finditer(data):
        yield found.span(next(n for n in (1, 2, 3) if found[n] is not None))


def _exif(data: bytes) -> Iterator[Span]:
    """Where the entries of the GPS directory and their values lie."""
    try:
        for tiff in _headers(data):
            yield from _gps(data, tiff)
    except (struct.error, KeyError, IndexError):
        raise MetadataError("its EXIF does not add up, so its place cannot be taken out") from None


def _headers(data: bytes) -> Iterator[int]:
    if data.startswith(_PNG):
        yield from (at + 8 for at, _ in _chunks(data) if data[at + 4 : at + 8] == b"eXIf")
        return
    at = len(_JPEG)
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            yield at + 10
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _gps(data: bytes, tiff: int) -> Iterator[Span]:
    order = {b"II": "<", b"MM": ">"}[data[tiff : tiff + 2]]
    (first,) = struct.unpack_from(order + "I", data, tiff + 4)
    for tag, _, _, value in _entries(data, tiff, first, order):
        if tag == _GPS_POINTER:
            at = tiff + struct.unpack_from(order + "I", data, value)[0]
            yield from _directory(data, tiff, at, order)


def _directory(data: bytes, tiff: int, at: int, order: str) -> Iterator[Span]:
    count = 0
    for _, kind, number, value in _entries(data, tiff, at - tiff, order):
        size, count = _SIZES[kind] * number, count + 1
        if size > 4:
            start = tiff + struct.unpack_from(order + "I", data, value)[0]
            yield start, min(start + size, len(data))
    yield at, at + 2 + count * _ENTRY


def _entries(data: bytes, tiff: int, at: int, order: str) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and place of the value of each entry of a directory."""
    (count,) = struct.unpack_from(order + "H", data, tiff + at)
    for n in range(count):
        entry = tiff + at + 2 + n * _ENTRY
        yield (*struct.unpack_from(order + "HHI", data, entry), entry + 8)


def _chunks(data: bytes) -> Iterator[Span]:
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        yield at, end
        at = end
