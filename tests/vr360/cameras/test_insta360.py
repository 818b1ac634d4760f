"""What Insta360 puts behind its files, as exiftool reads it."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vr360.cameras.writing import insta360_trailer
from vr360.cameras import insta360
from vr360.media.location import strip_location
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.telemetry import telemetry_of
from vr360.spherical import inspect, remove

MOTION = struct.pack("<Q6d", 1000, 0.1, -1, 0.2, 0, 0, 0) * 3
PLACE = (48.137, -11.575)


def fix(latitude: float, longitude: float) -> bytes:
    sides = b"NS"[latitude < 0], b"EW"[longitude < 0]
    numbers = abs(latitude), sides[0], abs(longitude), sides[1]
    return struct.pack("<IIHcdBdB3d", 1700000000, 5, 0, b"A", *numbers, 1.0, 2.0, 520.0)


@pytest.fixture
def trailer() -> bytes:
    """Records as a camera orders them: who made it, motion, exposure, places."""
    made = b"\x0a\x0eIXE1234567890AB\x12\x0bInsta360 X3"
    exposure = struct.pack("<Qd", 1000, 0.01)
    fixes = fix(*PLACE) + fix(48.138, -11.576)
    return insta360_trailer((0x101, made), (0x300, MOTION), (0x400, exposure), (0x700, fixes))


@pytest.fixture
def film(make_film: Callable[..., Path], moving, trailer: bytes, tmp_path: Path) -> Path:
    made = make_film("f.mp4", moving(5, 64, 128)).rename(tmp_path / "VID_20220110_121609_00_1.insv")
    with made.open("ab") as file:
        file.write(trailer)
    return made


def exiftool(path: Path, *tags: str) -> str:
    command = ("exiftool", "-ee", "-n", "-s3", *tags, path)
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_a_film_with_a_trailer_is_whole_and_says_what_is_left_out(film: Path):
    info = probe(film)
    assert len(list(read_frames(info))) == 5
    assert any("Insta360 puts behind the film" in note for note in info.notes)


def test_sensors_and_place_are_listed(film: Path):
    told = telemetry_of(film)
    assert (told.kind, told.place) == ("Insta360", PLACE)
    assert told.sensors == ("Accelerometer and gyroscope", "Exposure", "GPS")
    assert exiftool(film, "-GPSLatitude").split() == ["48.137", "48.138"]
    assert exiftool(film, "-GPSLongitude").split() == ["-11.575", "-11.576"]


def test_the_place_goes_and_nothing_else(film: Path, trailer: bytes):
    old = film.read_bytes()
    assert strip_location(film) > 40
    new = film.read_bytes()
    assert len(new) == len(old)
    assert new[: -len(trailer)] == old[: -len(trailer)]
    assert exiftool(film, "-GPSLatitude", "-GPSLongitude", "-GPSAltitude") == ""
    assert exiftool(film, "-Accelerometer").count("-1") == 3
    assert telemetry_of(film).place is None
    assert strip_location(film) == 0


def test_a_photo_loses_its_place_too(tmp_path: Path, trailer: bytes):
    photo = tmp_path / "IMG_20220110_121609_00_1.insp"
    code = cv2.imencode(".jpg", np.full((64, 128, 3), 90, np.uint8))[1]
    photo.write_bytes(code.tobytes() + trailer)
    assert strip_location(photo) > 40
    assert exiftool(photo, "-GPSLatitude") == ""
    assert photo.read_bytes()[: len(code)] == code.tobytes()


def test_spherical_metadata_comes_and_goes_beside_a_trailer(film: Path, trailer: bytes):
    remove(film)
    assert inspect(film).metadata is None
    assert film.read_bytes().endswith(trailer)


@pytest.mark.parametrize("at", [-78, -76, -70, -40, -36])
@pytest.mark.parametrize("byte", [0, 1, 0x7F, 0xFF])
def test_damaged_trailers_tell_nothing_wrong(film: Path, at: int, byte: int):
    data = bytearray(film.read_bytes())
    data[at] = byte
    film.write_bytes(data)
    with film.open("rb") as file:
        for record in insta360.records(file):
            assert 0 <= record.start <= record.start + record.length <= len(data)
        assert insta360.place(file) in (None, PLACE)


def test_short_files_have_no_trailer(tmp_path: Path):
    path = tmp_path / "short"
    path.write_bytes(b"8db42d694ccc418790edff439fe026bf")
    with path.open("rb") as file:
        assert not [*insta360.records(file)]
