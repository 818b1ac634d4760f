"""A HEIC as phones write it: a grid of tiles, turned by its `irot`, with EXIF, XMP and colour."""

from __future__ import annotations

import io
import struct

import numpy as np
import pillow_heif
from PIL import Image

from tests.vr360.spherical.synthetic import box
from vr360.frame import Rgb


def full(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def heic(rgb: Rgb, side: int, exif: bytes = b"", xmp: bytes = b"", icc: bytes = b"") -> bytes:
    """A HEIC of tiles of `side` pixels each way, which divide the picture.

    Args:
        exif: from the TIFF header on.
        icc: Display P3 by its code points where none is given.
    """
    height, width = rgb.shape[:2]
    rows, columns = height // side, width // side
    tiles = [
        _coded(rgb[r * side : (r + 1) * side, c * side : (c + 1) * side])
        for r in range(rows)
        for c in range(columns)
    ]
    grid = len(tiles) + 1
    extras = [(grid + 1, b"Exif", b"", bytes(4) + exif)] if exif else []
    extras += [(grid + 2, b"mime", b"application/rdf+xml\0", xmp)] if xmp else []
    known = [(n, b"hvc1", b"") for n in range(1, grid)] + [(grid, b"grid", b"")]
    known += [(number, kind, name) for number, kind, name, _ in extras]
    entries = (
        full(b"infe", struct.pack(">HH4sx", number, 0, kind), name, version=2)
        for number, kind, name in known
    )
    colour = b"prof" + icc if icc else b"nclx" + struct.pack(">HHHB", 12, 13, 6, 0x80)
    held = {n: data for n, (_, data) in enumerate(tiles, 1)} | {n: d for n, *_, d in extras}
    told = (
        full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        full(b"pitm", struct.pack(">H", grid)),
        full(b"iinf", struct.pack(">H", len(known)), *entries),
        _references(grid, [n for n, *_ in extras]),
        _properties(tiles[0][0], side, (width, height), grid, colour),
        box(b"idat", struct.pack(">4BHH", 0, 0, rows - 1, columns - 1, width, height)),
    )
    start = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    size = len(start) + len(full(b"meta", *told, _places(held, grid, 0))) + 8
    return start + full(b"meta", *told, _places(held, grid, size)) + box(b"mdat", *held.values())


def _coded(rgb: Rgb) -> tuple[bytes, bytes]:
    """The decoder's configuration, and the picture."""
    file = io.BytesIO()
    tile = Image.fromarray(np.ascontiguousarray(rgb))
    pillow_heif.from_pillow(tile).save(file, quality=95, chroma=420)
    data = file.getvalue()
    configuration, media = (_whole(data, kind) for kind in (b"hvcC", b"mdat"))
    return configuration, media[8:]


def _whole(data: bytes, kind: bytes) -> bytes:
    at = data.index(kind) - 4
    return data[at : at + int.from_bytes(data[at : at + 4])]


def _references(grid: int, extras: list[int]) -> bytes:
    tiles = struct.pack(f">HH{grid - 1}H", grid, grid - 1, *range(1, grid))
    described = (box(b"cdsc", struct.pack(">HHH", n, 1, grid)) for n in extras)
    return full(b"iref", box(b"dimg", tiles), *described)


def _properties(
    configuration: bytes, side: int, size: tuple[int, int], grid: int, colour: bytes
) -> bytes:
    shared = (
        configuration,
        full(b"ispe", struct.pack(">II", side, side)),
        full(b"ispe", struct.pack(">II", *size)),
        box(b"irot", b"\1"),  # a quarter against the clock
        box(b"colr", colour),
    )
    each = (struct.pack(">HB", n, 3) + bytes([0x81, 2, 5]) for n in range(1, grid))
    whole = struct.pack(">HB", grid, 3) + bytes([3, 0x84, 5])
    return box(b"iprp", box(b"ipco", *shared), full(b"ipma", struct.pack(">I", grid), *each, whole))


def _places(held: dict[int, bytes], grid: int, at: int) -> bytes:
    lines = [struct.pack(">4HII", grid, 1, 0, 1, 0, 8)]
    for number, data in held.items():
        lines.append(struct.pack(">4HII", number, 0, 0, 1, at, len(data)))
        at += len(data)
    return full(b"iloc", b"\x44\0", struct.pack(">H", len(lines)), *lines, version=1)
