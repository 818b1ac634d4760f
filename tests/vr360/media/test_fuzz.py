"""Damaged files of cameras, read as commands read them: an answer or a named error."""

from __future__ import annotations

import random
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vr360.cameras.test_insta360 import fix
from tests.vr360.cameras.writing import (
    beside,
    gravity_and_orientation,
    insta360_trailer,
    packet,
    strips_of,
)
from tests.vr360.media.conftest import GPANO
from tests.vr360.spherical.synthetic import Track, box, movie
from tests.vr360.spherical.test_fuzz import mutated
from vr360.cameras import insta360
from vr360.errors import Vr360Error
from vr360.geometry import rotation
from vr360.media.attitude import attitude_of
from vr360.media.location import strip_location
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.telemetry import telemetry_of, telemetry_tracks
from vr360.spherical import inspect
from vr360.spherical.adding import Sample, add_track

MIB = 1 << 20
LONGEST = 10.0  # seconds of this process for one file
GPS_IFD, MAKE = 0x8825, 0x010F


@pytest.fixture
def originals(
    two_tracks: Callable[..., Path],
    make_film: Callable[..., Path],
    moving: Callable[..., np.ndarray],
    run_ffmpeg: Callable[..., bytes],
    tmp_path: Path,
) -> list[Path]:
    """A `.360`, an `.insv` with its trailer, films with GPMF and CAMM, photos with EXIF and XMP."""
    strips = strips_of(moving(1, 128, 192)[0], 8)
    gopro = two_tracks("GS010001.360", *(np.stack([strip] * 2) for strip in strips))
    lenses = two_tracks("VID_00.insv", *np.split(moving(2, 64, 128), 2, axis=2))
    records = (0x101, b"no box at all"), (0x300, bytes(112)), (0x700, fix(48.1, 11.5) * 3)
    with lenses.open("ab") as file:
        file.write(insta360_trailer(*records))
    plain = make_film("plain_360.mp4", moving(3, 32, 64))
    lies = np.array([rotation(0, 0, angle) for angle in np.linspace(0, 1, 10)])
    gpmf = beside(plain, run_ffmpeg, b"gpmd", [gravity_and_orientation(lies)], 125)
    holder, camm = tmp_path / "holder.mp4", tmp_path / "camm.mp4"
    holder.write_bytes(movie(Track(b"camm", (box(b"camm", bytes(6), b"\0\1"),))))
    ((_, _, track),) = telemetry_tracks(holder)
    readings = [packet(0, 0, 0, 0.1), packet(3, 0, 0, 9.8), packet(5, 48.1, 11.5, 520)] * 2
    shutil.copy(plain, camm)
    add_track(camm, track, [Sample(n / 60, 1 / 60, data) for n, data in enumerate(readings)])
    return [gopro, lenses, gpmf, camm, *_photos(tmp_path)]


def _photos(folder: Path) -> list[Path]:
    exif = Image.Exif()
    exif[MAKE] = "Maker"
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)})
    paths = [folder / "photo.jpg", folder / "photo.png"]
    for path in paths:
        Image.fromarray(np.zeros((32, 64, 3), np.uint8)).save(path, exif=exif, xmp=GPANO)
    return paths


def read(path: Path) -> list[str]:
    """Why commands refuse it; none where all take it."""
    refused = []
    for action in (_seen, telemetry_of, inspect, strip_location):
        started = time.process_time()
        try:
            action(path)
        except Vr360Error as error:
            refused.append(f"{action.__name__}: {error}")
        assert time.process_time() - started < LONGEST
    assert "\n" not in "".join(refused)
    return refused


def _seen(path: Path) -> None:
    info = probe(path)
    next(read_frames(info), None)
    if not info.is_still:
        attitude_of(info)


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def check(folder: Path, originals: list[Path], count: int) -> None:
    folder.mkdir()
    before, whole = _most_memory(), 0
    for number in range(count):
        source = random.Random(number)
        original = originals[number % len(originals)]
        path = folder / original.name
        path.write_bytes(mutated(original.read_bytes(), source))
        try:
            whole += not read(path)
            assert _most_memory() - before < 512 * MIB
        except Exception as error:
            shutil.copy(path, folder.parent / f"mutant_{number}{path.suffix}")
            error.add_note(f"file {number}, from {original.name}")
            raise
        path.unlink()
        assert not list(folder.iterdir())
    assert count / 10 < whole < count * 9 / 10, "mutations should neither all pass nor all fail"


def test_whole_files_are_read(originals: list[Path]) -> None:
    assert [said for path in originals for said in read(path)] == []


def test_a_hundred_damaged_files_of_cameras(tmp_path: Path, originals: list[Path]) -> None:
    check(tmp_path / "work", originals, 100)


@pytest.mark.fuzz
def test_ten_thousand_damaged_trailers(tmp_path: Path) -> None:
    whole = bytes(40) + insta360_trailer((0x300, bytes(112)), (0x700, fix(48.1, 11.5) * 3))
    path = tmp_path / "VID_20220110_121609_00_1.insv"
    for number in range(10_000):
        path.write_bytes(mutated(whole, random.Random(number)))
        size = path.stat().st_size
        with path.open("rb") as file:
            assert all(0 <= start <= size - length for _, start, length in insta360.records(file))
            assert all(0 <= start <= size - length for start, length in insta360.places(file))
            insta360.place(file)


@pytest.mark.fuzz
def test_ten_thousand_damaged_files_of_cameras(tmp_path: Path, originals: list[Path]) -> None:
    check(tmp_path / "work", originals, 10_000)
