"""Headers of stills that are read and not written, whole and damaged."""

from __future__ import annotations

import io
import random

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.vr360.media.synthetic_heif import heic
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
    for kind in ("webp", "avif", "heif"):
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, kind, xmp=XMP, exif=b"Exif\0\0" + TIFF)
        made[kind] = file.getvalue()
    made["jxl"] = JXL + box(b"xml ", XMP) + box(b"Exif", bytes(4) + TIFF) + box(b"jxlc", bytes(40))
    return made


@pytest.mark.parametrize("kind", ["grid", "webp", "avif", "heif", "jxl"])
def test_packets_lie_where_the_headers_say(kind):
    data = whole()[kind]
    said = read(io.BytesIO(data), len(data))
    assert (said.xmp, said.exif[:4]) == (XMP, TIFF[:4])
    assert said.icc == (b"profile" if kind == "grid" else b"")
    assert (said.width, said.height) == ((0, 0) if kind == "jxl" else (128, 64))


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
