"""GPMF and CAMM, written here by their specifications, and read; broken ones are named."""

import random
import struct
from contextlib import suppress

import numpy as np
import pytest

from tests.vr360.cameras.writing import gravity_and_orientation, klv, nest, packet
from vr360.cameras import camm, gpmf
from vr360.cameras.gopro import Sample, attitude
from vr360.errors import MetadataError
from vr360.geometry import rotation
from vr360.media.telemetry import of_camm, of_gpmf

SHORT, LONG = 300, 10_000


def name(text: bytes) -> bytes:
    return klv(b"STNM", b"c", 1, text)


CARRIED = gravity_and_orientation(np.array([rotation(0, 0, n / 9) for n in range(10)]))
GRAVITY = [(0, 32767, 0), (16384, -16384, 100)]
FIXES = [(331267700, -1173273436, -22959, 1046, 100), (331267712, -1173273430, -22900, 0, 0)]
SAMPLE = nest(
    b"DEVC",
    klv(b"DVNM", b"c", 1, b"GoPro Max"),
    nest(
        b"STRM",
        name(b"Gravity Vector"),
        klv(b"SCAL", b"s", 2, struct.pack(">h", 32767)),
        klv(b"GRAV", b"s", 6, b"".join(struct.pack(">3h", *v) for v in GRAVITY)),
    ),
    nest(
        b"STRM",
        name(b"GPS (Lat., Long.)"),
        klv(b"GPSU", b"U", 16, b"191118234532.000"),
        klv(b"SCAL", b"l", 4, struct.pack(">5i", 10**7, 10**7, 1000, 1000, 100)),
        klv(b"GPS5", b"l", 20, b"".join(struct.pack(">5i", *fix) for fix in FIXES)),
    ),
    nest(
        b"STRM",
        name(b"Mixed"),
        klv(b"TYPE", b"c", 1, b"fS"),
        klv(b"MIXD", b"?", 6, struct.pack(">fH", 1.5, 7)),
    ),
)


def test_sensors_are_read_in_their_units():
    gravity, gps, mixed = gpmf.streams(SAMPLE)
    assert (gravity.key, gravity.name) == ("GRAV", "Gravity Vector")
    assert gravity.values == pytest.approx(np.array(GRAVITY) / 32767)
    assert gps.values[0] == pytest.approx([33.12677, -117.3273436, -22.959, 1.046, 1.0])
    assert mixed.values.tolist() == [[1.5, 7.0]]


def test_a_films_telemetry_is_told_by_its_names_and_its_place():
    found = of_gpmf(SAMPLE)
    assert found.sensors == ("Gravity Vector", "GPS (Lat., Long.)", "Mixed")
    assert found.place == pytest.approx((33.12677, -117.3273436))


def test_what_says_the_place_is_found_to_the_byte():
    patched = bytearray(SAMPLE)
    for start, size in gpmf.places(SAMPLE):
        patched[start : start + size] = bytes(size)
    gravity, gps, _ = gpmf.streams(bytes(patched))
    assert not gps.values.any()
    assert gravity.values == pytest.approx(np.array(GRAVITY) / 32767)
    assert b"191118" not in patched


@pytest.mark.parametrize("length", [12, 40, len(SAMPLE) - 4])
def test_a_sample_that_is_cut_short_is_named(length: int):
    with pytest.raises(MetadataError, match="does not add up"):
        gpmf.parse(SAMPLE[:length])


def test_bottomless_nesting_ends():
    deep = b""
    for _ in range(30):
        deep = nest(b"STRM", deep)
    with pytest.raises(MetadataError, match="too deeply"):
        gpmf.parse(deep)


def test_camera_motion_tracks_are_read():
    packets = [packet(2, 0.1, 0.2, 0.3), packet(3, 0.0, 9.8, 0.0), packet(5, 48.1, 11.5, 520.0)]
    assert camm.read(packets[0]).numbers == pytest.approx((0.1, 0.2, 0.3))
    found = of_camm(packets)
    assert found is not None
    assert found.sensors == ("gyroscope", "acceleration", "GPS")
    assert found.place == (48.1, 11.5)
    full = camm.read(packet(6, 1.0, 3, 48.1, 11.5, *range(7)))
    assert full.place == (48.1, 11.5)


@pytest.mark.parametrize("data", [b"", b"\0\0", packet(2, 1, 2, 3)[:-1], b"\0\0\x09\0" + bytes(64)])
def test_other_packets_are_refused(data: bytes):
    with pytest.raises(MetadataError):
        camm.read(data)


def mutated(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        way, at = rng.randrange(3), rng.randrange(len(changed))
        if way == 0:
            changed[at] = rng.randrange(256)
        elif way == 1:
            del changed[at : at + rng.randint(1, 9)]
        else:
            changed[at:at] = rng.randbytes(rng.randint(1, 9))
        if not changed:
            return b""
    return bytes(changed)


def check_mutations(count: int) -> None:
    rng = random.Random(5)
    for _ in range(count):
        for data, read in (
            (SAMPLE, of_gpmf),
            (packet(6, *range(11)), camm.read),
            (CARRIED, lambda data: attitude([Sample(0.0, 1.0, data)])),
        ):
            with suppress(MetadataError):
                read(mutated(data, rng))


def test_mutations_are_read_or_named():
    check_mutations(SHORT)


@pytest.mark.fuzz
def test_ten_thousand_mutations_are_read_or_named():
    check_mutations(LONG)
