"""Headers of stills that are read and not written, whole and damaged."""

from __future__ import annotations

import io
import random
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.vr360.media.synthetic_heif import full, heic
from tests.vr360.spherical.synthetic import box
from vr360.errors import MetadataError
from vr360.spherical.pictures import kind_of, read

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
JXL = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")


def whole() -> dict[str, bytes]:
    rgb = np.zeros((64, 128, 3), np.uint8)
    pillow_heif.register_heif_opener()
    made = {"grid": heic(rgb, 64, TIFF, XMP, b"profile")}
    clear = np.dstack([rgb, rgb[..., :1]])
    for name, kind, pixels in (
        *((kind, kind, rgb) for kind in ("webp", "avif", "heif")),
        *((f"transparent {kind}", kind, clear) for kind in ("avif", "heif")),
    ):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, kind, xmp=XMP, exif=b"Exif\0\0" + TIFF)
        made[name] = file.getvalue()
    made["jxl"] = JXL + box(b"xml ", XMP) + box(b"Exif", bytes(4) + TIFF) + box(b"jxlc", bytes(40))
    return made


@pytest.mark.parametrize("kind", list(whole()))
def test_packets_lie_where_the_headers_say(kind):
    data = whole()[kind]
    said = read(io.BytesIO(data), len(data))
    assert (said.xmp, said.exif[:4]) == (XMP, TIFF[:4])
    assert said.icc == (b"profile" if kind == "grid" else b"")
    assert (said.width, said.height) == ((0, 0) if kind == "jxl" else (128, 64))
    assert (said.alpha is not None) == kind.startswith("transparent")


def told(*lines: bytes, fields: int = 0x8400) -> bytes:
    """A HEIF of 4 KiB with one item, EXIF, and what its `iloc` says of places."""
    entry = full(b"infe", struct.pack(">HH4sx", 1, 0, b"Exif"), version=2)
    places = full(b"iloc", struct.pack(">HH", fields, len(lines)), *lines)
    meta = full(b"meta", full(b"iinf", struct.pack(">H", 1), entry), places)
    return box(b"ftyp", b"heic", bytes(8)) + meta + box(b"mdat", bytes(4096))


def line(*extents: tuple[int, int]) -> bytes:
    places = b"".join(struct.pack(">QI", *extent) for extent in extents)
    return struct.pack(">HHH", 1, 0, len(extents)) + places


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (told(line((1 << 63, 4))), "past the end of the file"),
        (told(line((4000, 1 << 20))), "past the end of the file"),
        (told(line(*[(0, 4096)] * 5000)), "more than 16 MiB"),
        (told(*[struct.pack(">HHH", 2, 0, 65535)] * 200, fields=0), "more than 131072 places"),
        (told(bytes(40), fields=0xF400), "other than 0, 4 or 8 bytes"),
    ],
)
def test_places_that_no_honest_file_names_are_a_named_error(data: bytes, why: str):
    with pytest.raises(MetadataError, match=why):
        read(io.BytesIO(data), len(data))


def test_an_item_may_lie_in_several_extents():
    start = told(line((0, 0), (0, 0))).index(b"mdat") + 4
    data = told(line((start, 4), (start + 10, 6)))
    data = data[:start] + bytes(10) + b"II*\0ab" + data[start + 16 :]
    assert read(io.BytesIO(data), len(data)).exif == b"II*\0ab"


def test_a_compressed_packet_is_told():
    data = JXL + box(b"brob", b"xml ", bytes(20)) + box(b"jxlc", bytes(40))
    assert read(io.BytesIO(data), len(data)).packed


def test_films_are_no_stills():
    assert kind_of(b"\0\0\0\x18ftypisom\0\0\0\0avif") == ""
    assert kind_of(b"RIFF\0\0\0\0AVI ") == ""


def mutated(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(min(len(changed), 900))
        width = rng.choice((1, 2, 4))
        changed[at : at + width] = rng.choice(
            (0, 1, 2**31, 2**32 - 1, rng.getrandbits(32))
        ).to_bytes(4)[-width:]
    return bytes(changed[: rng.randint(20, len(changed))] if rng.random() < 0.2 else changed)


def broken(count: int) -> int:
    rng, held, refused = random.Random(11), list(whole().values()), 0
    for n in range(count):
        data = mutated(held[n % len(held)], rng)
        try:
            if kind_of(data[:64]):
                read(io.BytesIO(data), len(data))
        except MetadataError:
            refused += 1
    return refused


def test_damaged_headers_are_an_answer_or_a_named_error():
    assert broken(500)


@pytest.mark.fuzz
def test_ten_thousand_damaged_headers_are_an_answer_or_a_named_error():
    assert broken(10_000)
