"""What stills say that are read and not written: WebP, HEIF (HEIC, AVIF), JPEG XL, OpenEXR.

Headers alone are read; FFmpeg decodes the pictures, see `vr360.media.transcoding`.

Source: RFC 9649 (WebP), ISO/IEC 23008-12 and 14496-12, 8.11 (HEIF), ISO/IEC 18181-2 (JPEG XL),
OpenEXR's file layout.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from vr360.errors import MetadataError
from vr360.spherical.boxes import Box, Bytes, load, scan, unpack

WEBP, AVIF, HEIC, JXL, EXR = "webp", "avif", "heic", "jxl", "exr"
HEAD = 64
"""Bytes that tell the kinds apart."""

_HEIF = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"miaf")
_MOST = 16 << 20  # bytes of a profile, of EXIF or of XMP
_MOST_PLACES = 1 << 17  # items and extents; a gigapixel in tiles of 512 has 4,000
_XMP_TYPE = b"application/rdf+xml\0"


class Said(NamedTuple):
    """The payloads as they lie in a file, empty where it has none.

    Attributes:
        container: one of the names above.
        width, height: as coded; 0 where that is not told by a header of whole bytes.
        exif: from the TIFF header on.
        cicp: H.273's numbers of primaries, transfer, matrix (R'G'B') and range (full).
        packed: its XMP is there but compressed (Brotli).
    """

    container: str
    width: int = 0
    height: int = 0
    xmp: bytes = b""
    exif: bytes = b""
    icc: bytes = b""
    cicp: bytes = b""
    packed: bool = False


def kind_of(head: bytes) -> str:
    """Which of the kinds a file that begins with these bytes is; empty for others."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")):
        return JXL
    if head.startswith(b"\x76\x2f\x31\x01"):
        return EXR
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIF:
        return ""
    brands = head[8 : int.from_bytes(head[:4])]
    return AVIF if b"avif" in brands or b"avis" in brands else HEIC


def read(file: BinaryIO, length: int) -> Said:
    """What the headers say.

    Raises:
        MetadataError: damaged or cut off.
    """
    file.seek(0)
    kind = kind_of(file.read(HEAD))
    if kind == WEBP:
        return _webp(file, length)
    if kind == JXL:
        return _jxl(file, length)
    return Said(kind) if kind == EXR else _heif(file, length, kind)


def _webp(file: BinaryIO, length: int) -> Said:
    said, at = Said(WEBP), 12
    held: dict[bytes, bytes] = {}
    while at + 8 <= length:
        file.seek(at)
        kind, size = struct.unpack("<4sI", file.read(8))
        if kind == b"VP8X":
            flags = file.read(10).ljust(10, b"\0")
            width, height = (int.from_bytes(flags[n : n + 3], "little") + 1 for n in (4, 7))
            said = said._replace(width=width, height=height)
        elif kind in (b"XMP ", b"EXIF", b"ICCP"):
            held[kind] = file.read(min(size, _MOST))
        at += 8 + size + size % 2
    xmp, exif, icc = (held.get(kind, b"") for kind in (b"XMP ", b"EXIF", b"ICCP"))
    return said._replace(xmp=xmp, exif=exif.removeprefix(b"Exif\0\0"), icc=icc)


def _jxl(file: BinaryIO, length: int) -> Said:
    file.seek(0)
    if file.read(2) == b"\xff\x0a":  # the bare codestream
        return Said(JXL)
    said = Said(JXL)
    for extent in scan(file, length):
        if extent.kind == b"xml ":
            said = said._replace(xmp=bytes(load(file, extent).payload))
        elif extent.kind == b"Exif":
            said = said._replace(exif=_tiff(bytes(load(file, extent).payload)))
        elif extent.kind == b"brob":
            file.seek(extent.body)
            said = said._replace(packed=said.packed or file.read(4) == b"xml ")
    return said


def _heif(file: BinaryIO, length: int, kind: str) -> Said:
    meta = next((e for e in scan(file, length) if e.kind == b"meta"), None)
    if meta is None:
        return Said(kind)
    root = load(file, meta).open(4)
    items = _Items(file, length, root)
    sizes = [unpack(">II", box.payload, 4, "ispe") for box in items.properties(b"ispe")]
    width, height = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    colours = [bytes(box.payload[:_MOST]) for box in items.properties(b"colr")]
    icc = next((c[4:] for c in colours if c[:4] in (b"prof", b"rICC")), b"")
    nclx = next((c for c in colours if c[:4] == b"nclx" and len(c) >= 10), b"")
    cicp = bytes([nclx[5], nclx[7], 0, 1]) if nclx else b""
    exif = _tiff(items.payload(b"Exif"))
    return Said(kind, width, height, items.payload(b"mime"), exif, icc, cicp)


class _Items:
    """The items of a HEIF's `meta` box, by type."""

    def __init__(self, file: BinaryIO, length: int, meta: Box) -> None:
        self._file, self._length, self._meta = file, length, meta

    def properties(self, kind: bytes) -> list[Box]:
        shared = self._meta.first(b"iprp")
        container = shared.open().first(b"ipco") if shared else None
        return container.open().all(kind) if container else []

    def payload(self, kind: bytes) -> bytes:
        """Of the first item of a type; of `mime` that which is XMP."""
        infos = self._meta.first(b"iinf")
        if infos is None:
            return b""
        wide = infos.payload[:1] != b"\0"
        for entry in infos.open(8 if wide else 6).all(b"infe"):
            number, told, rest = _info(entry.payload)
            if told == kind and (kind != b"mime" or _XMP_TYPE in rest):
                return b"".join(self._extents(number))
        return b""

    def _extents(self, number: int) -> Iterator[bytes]:
        """The parts of an item, as `iloc` says where they lie; they may lie over each other."""
        room = _MOST
        for item, method, start, size in _locations(self._meta):
            if item != number:
                continue
            room -= size
            if room < 0:
                raise MetadataError(f"an item of more than {_MOST >> 20} MiB")
            yield self._extent(method, start, size)

    def _extent(self, method: int, start: int, size: int) -> bytes:
        if method == 1:
            data = self._meta.first(b"idat")
            return bytes(data.payload[start : start + size]) if data else b""
        if method != 0:
            return b""
        if start + size > self._length:
            raise MetadataError("an item reaches past the end of the file")
        self._file.seek(start)
        return self._file.read(size)


def _info(entry: Bytes) -> tuple[int, bytes, bytes]:
    """Number and type of an item, and its names."""
    version = entry[0] if len(entry) else 0
    if version not in (2, 3):
        return 0, b"", b""
    number = unpack(">H" if version == 2 else ">I", entry, 4, "infe")[0]
    at = 8 if version == 2 else 10
    return number, bytes(entry[at : at + 4]), bytes(entry[at + 4 : at + 260])


def _locations(meta: Box) -> Iterator[tuple[int, int, int, int]]:
    """Item, method, start and size of every extent."""
    box = meta.first(b"iloc")
    if box is None:
        return
    fields = _Fields(box.payload)
    version, _ = fields.take(1), fields.take(3)
    sizes, more = fields.take(1), fields.take(1)
    offset, size, base, index = sizes >> 4, sizes & 15, more >> 4, more & 15 if version else 0
    if {offset, size, base, index} - {0, 4, 8}:
        raise MetadataError("the iloc box has fields of other than 0, 4 or 8 bytes")
    wide, places = 4 if version == 2 else 2, 0
    for _ in range(fields.take(wide)):
        item = fields.take(wide)
        method = fields.take(2) & 15 if version else 0
        fields.take(2)
        start, extents = fields.take(base), fields.take(2)
        places += 1 + extents  # fields of no width take no room in the box
        if places > _MOST_PLACES:
            raise MetadataError(f"the iloc box names more than {_MOST_PLACES} places")
        for _ in range(extents):
            fields.take(index)
            yield item, method, start + fields.take(offset), fields.take(size)


class _Fields:
    """Numbers of any width, one after the other."""

    def __init__(self, data: Bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> int:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise MetadataError("the iloc box is too short")
        self._at += size
        return int.from_bytes(part)


def _tiff(item: bytes) -> bytes:
    """EXIF from its TIFF header on, which the first four bytes of the item say where to find."""
    return item[4 + int.from_bytes(item[:4]) :].removeprefix(b"Exif\0\0")
