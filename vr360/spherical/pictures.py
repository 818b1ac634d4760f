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
_ALPHA = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
    b"urn:mpeg:avc:2015:auxid:1",
)


class Alpha(NamedTuple):
    """The item of an auxiliary picture, and how it has yet to be turned.

    Writers turn both pictures, or the one with the colours and mean both.

    Attributes:
        quarters: turns by 90° counterclockwise.
        mirrored: then 0 top and bottom are swapped, 1 left and right; None neither.
    """

    item: int
    quarters: int = 0
    mirrored: int | None = None


class Said(NamedTuple):
    """The payloads as they lie in a file, empty where it has none.

    Attributes:
        container: one of the names above.
        width, height: as coded; 0 where that is not told by a header of whole bytes.
        exif: from the TIFF header on.
        cicp: H.273's numbers of primaries, transfer, matrix (R'G'B') and range (full).
        packed: its XMP is there but compressed (Brotli).
        alpha: what tells how transparent a HEIF's picture is; None where nothing does, or its
            colours are already those over black (premultiplied).
    """

    container: str
    width: int = 0
    height: int = 0
    xmp: bytes = b""
    exif: bytes = b""
    icc: bytes = b""
    cicp: bytes = b""
    packed: bool = False
    alpha: Alpha | None = None


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
    xmp, alpha = items.payload(b"mime"), items.alpha()
    return Said(kind, width, height, xmp, exif, icc, cicp, alpha=alpha)


class _Items:
    """The items of a HEIF's `meta` box, by type."""

    def __init__(self, file: BinaryIO, length: int, meta: Box) -> None:
        self._file, self._length, self._meta = file, length, meta

    def properties(self, kind: bytes) -> list[Box]:
        shared = self._meta.first(b"iprp")
        container = shared.open().first(b"ipco") if shared else None
        return container.open().all(kind) if container else []

    def alpha(self) -> Alpha | None:
        """Of the picture that is shown."""
        shared, shown = self._meta.first(b"iprp"), self._meta.first(b"pitm")
        if shared is None or shown is None:
            return None
        primary = int.from_bytes(shown.payload[4:8])  # two bytes or four, by its version
        container = shared.open().first(b"ipco")
        known = dict(enumerate(container.open().children or [] if container else [], 1))
        held = {
            item: [known[n] for n in places if n in known]
            for item, places in _associations(shared.first(b"ipma"))
        }
        for item, properties in held.items():
            clear = any(_is_alpha(box) for box in properties)
            if clear and primary in self._references(b"auxl", item):
                over_black = item in self._references(b"prem", primary)
                return None if over_black else _turned(item, properties, held.get(primary, []))
        return None

    def _references(self, kind: bytes, number: int) -> set[int]:
        """What an item refers to, by references of one kind."""
        box = self._meta.first(b"iref")
        if box is None:
            return set()
        wide = 4 if box.payload[:1] == b"\1" else 2
        found = set[int]()
        for reference in box.open(4).all(kind):
            fields = _Fields(reference.payload, "iref")
            if fields.take(wide) == number:
                found |= {fields.take(wide) for _ in range(fields.take(2))}
        return found

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


def _is_alpha(box: Box) -> bool:
    return box.kind == b"auxC" and bytes(box.payload[4:68]).split(b"\0")[0] in _ALPHA


def _turned(item: int, own: list[Box], shown: list[Box]) -> Alpha:
    if any(box.kind in (b"irot", b"imir") for box in own):  # FFmpeg turns it by itself
        return Alpha(item)
    said = {box.kind: box.payload[0] for box in shown if box.payload}
    mirrored = said[b"imir"] & 1 if b"imir" in said else None
    return Alpha(item, said.get(b"irot", 0) & 3, mirrored)


def _associations(box: Box | None) -> Iterator[tuple[int, list[int]]]:
    """Items and the properties that each has, numbered from 1."""
    if box is None:
        return
    fields = _Fields(box.payload, "ipma")
    version, flags = fields.take(1), fields.take(3)
    size = 2 if flags & 1 else 1
    for _ in range(fields.take(4)):
        item, count = fields.take(4 if version else 2), fields.take(1)
        essential = 1 << (8 * size - 1)
        yield item, [fields.take(size) & ~essential for _ in range(count)]


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
    fields = _Fields(box.payload, "iloc")
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

    def __init__(self, data: Bytes, what: str) -> None:
        self._data, self._at, self._what = data, 0, what

    def take(self, size: int) -> int:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise MetadataError(f"the {self._what} box is too short")
        self._at += size
        return int.from_bytes(part)


def _tiff(item: bytes) -> bytes:
    """EXIF from its TIFF header on, which the first four bytes of the item say where to find."""
    return item[4 + int.from_bytes(item[:4]) :].removeprefix(b"Exif\0\0")
