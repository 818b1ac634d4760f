"""What a still says of its making and of its colours, carried over to what is made from it.

Kept are EXIF (date, place, camera, copyright), IPTC, the ICC profile and, in PNG, the code points
of colour (cICP). EXIF is brought up to date: the picture stands upright, has its new size, and the
old thumbnail is left out.

Source: CIPA DC-008 (EXIF), ICC.1 annex B.4 (profiles in JPEG), PNG third edition (iCCP, cICP,
eXIf), and Adobe's image resources, which hold IPTC in JPEG alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_EXIF, _ICC, _IPTC = b"Exif\0\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0"
_APP0, _APP1, _APP2, _APP13, _SCAN = 0xE0, 0xE1, 0xE2, 0xED, 0xDA
_MOST = 65533  # bytes that a JPEG segment holds
_LARGEST_PROFILE = 16 << 20
_ORIENTATION, _EXIF_IFD, _WIDTH, _HEIGHT = 0x0112, 0x8769, 0xA002, 0xA003
_SHORT = 3


class Provenance(NamedTuple):
    """The payloads as they lie in a file, empty where it has none."""

    exif: bytes = b""  # from the TIFF header on
    iptc: bytes = b""  # Adobe's image resources
    icc: bytes = b""  # of RGB profiles alone: others do not suit what was decoded
    cicp: bytes = b""  # H.273's numbers of primaries, transfer, matrix and range


def provenance_of(data: bytes) -> Provenance:
    """What a JPEG or PNG says; nothing where it is damaged."""
    with suppress(struct.error, zlib.error):
        found = _of_png(data) if data.startswith(_PNG) else _of_jpeg(data)
        return found if found.icc[16:20] == b"RGB " else found._replace(icc=b"")
    return Provenance()


def with_provenance(data: bytes, kept: Provenance, height: int, width: int) -> bytes:
    """A JPEG or PNG without such statements of its own, with these put in.

    Args:
        height, width: of the picture.
    """
    kept = kept._replace(exif=_up_to_date(kept.exif, height, width))
    if data.startswith(_PNG):
        after = len(_PNG) + 25  # behind the header
        return data[:after] + b"".join(_chunks(kept)) + data[after:]
    after = len(_JPEG)
    if data[after + 1] == _APP0:
        after += 2 + int.from_bytes(data[after + 2 : after + 4])
    return data[:after] + b"".join(_segments(kept)) + data[after:]


def without_statements(png: bytes) -> bytes:
    """A PNG without such statements."""
    ours = [b"iCCP", b"sRGB", b"cICP", b"eXIf"]
    parts = [png[at:end] for at, end in _read_chunks(png) if png[at + 4 : at + 8] not in ours]
    return _PNG + b"".join(parts)


def _read_chunks(png: bytes) -> Iterator[tuple[int, int]]:
    """Where each chunk begins and ends."""
    at = len(_PNG)
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])
        yield at, end
        at = end


def _of_jpeg(data: bytes) -> Provenance:
    exif = iptc = b""
    icc: dict[int, bytes] = {}
    for marker, payload in _read_segments(data):
        if marker == _APP1 and payload.startswith(_EXIF):
            exif = exif or payload[len(_EXIF) :]
        elif marker == _APP13 and payload.startswith(_IPTC):
            iptc = iptc or payload
        elif marker == _APP2 and payload.startswith(_ICC):
            icc[payload[len(_ICC)]] = payload[len(_ICC) + 2 :]
    return Provenance(exif, iptc, b"".join(icc[n] for n in sorted(icc)))


def _read_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(_JPEG)
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _SCAN:
        size = int.from_bytes(data[at + 2 : at + 4])
        yield data[at + 1], data[at + 4 : at + 2 + size]
        at += 2 + size


def _of_png(data: bytes) -> Provenance:
    exif = icc = cicp = b""
    for at, end in _read_chunks(data):
        kind, payload = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if kind == b"eXIf":
            exif = payload
        elif kind == b"iCCP":
            icc = _unpacked(payload.partition(b"\0")[2][1:])
        elif kind == b"cICP" and len(payload) == 4:
            cicp = payload
    return Provenance(exif, b"", icc, cicp)


def _unpacked(profile: bytes) -> bytes:
    """A PNG's profile; nothing where it is cut off, or larger than any."""
    unpacking = zlib.decompressobj()
    whole = unpacking.decompress(profile, _LARGEST_PROFILE)
    return whole if unpacking.eof else b""


def _segments(kept: Provenance) -> Iterator[bytes]:
    room = _MOST - len(_ICC) - 2
    parts = [kept.icc[at : at + room] for at in range(0, len(kept.icc), room)]
    if kept.exif and len(kept.exif) + len(_EXIF) <= _MOST:  # a PNG may hold more
        yield _segment(_APP1, _EXIF + kept.exif)
    if kept.iptc:
        yield _segment(_APP13, kept.iptc)
    for number, part in enumerate(parts, 1):
        yield _segment(_APP2, _ICC + bytes([number, len(parts)]) + part)


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _chunks(kept: Provenance) -> Iterator[bytes]:
    if kept.cicp:
        yield _chunk(b"cICP", kept.cicp)
    if kept.icc:
        yield _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(kept.icc))
    if kept.exif:
        yield _chunk(b"eXIf", kept.exif)


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + _crc(kind + payload)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def _up_to_date(exif: bytes, height: int, width: int) -> bytes:
    """The same statements about an upright picture of another size; nothing where damaged."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return b""
    changed = bytearray(exif)
    try:
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        fields = dict(_fields(exif, order, first))
        struct.pack_into(f"{order}I", changed, _end(exif, order, first), 0)  # no thumbnail follows
        _set(changed, order, fields.get(_ORIENTATION), 1)
        if _EXIF_IFD in fields:
            (second,) = struct.unpack_from(f"{order}I", exif, fields[_EXIF_IFD] + 8)
            inner = dict(_fields(exif, order, second))
            _set(changed, order, inner.get(_WIDTH), width)
            _set(changed, order, inner.get(_HEIGHT), height)
    except struct.error:
        return b""
    return bytes(changed)


def _fields(exif: bytes, order: str, at: int) -> Iterator[tuple[int, int]]:
    """The tags of a directory, and where their entries of 12 bytes lie."""
    (count,) = struct.unpack_from(f"{order}H", exif, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        yield struct.unpack_from(f"{order}H", exif, entry)[0], entry


def _end(exif: bytes, order: str, at: int) -> int:
    """Where a directory says which one follows."""
    return at + 2 + 12 * int(struct.unpack_from(f"{order}H", exif, at)[0])


def _set(exif: bytearray, order: str, entry: int | None, value: int) -> None:
    if entry is None:
        return
    (kind,) = struct.unpack_from(f"{order}H", exif, entry + 2)
    struct.pack_into(f"{order}{'H' if kind == _SHORT else 'I'}", exif, entry + 8, value)
