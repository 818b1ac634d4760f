"""Telemetry comes along, sample by sample, at its time, and in what the container can hold."""

import logging
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vr360.cameras.writing import beside, gravity_and_orientation, packet
from tests.vr360.spherical.synthetic import Track, box, movie
from vr360.errors import MetadataError
from vr360.geometry import rotation
from vr360.media.attitude import attitude_of
from vr360.media.chapters import with_chapters
from vr360.media.location import strip_location
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.telemetry import data_packets, telemetry_of, telemetry_tracks
from vr360.media.writer import open_writer
from vr360.spherical.adding import Sample, add_track

RATE = 24
SECONDS = 3


def gpmf(second: int) -> bytes:
    """A second of telemetry that is like no other second."""
    angles = np.linspace(second, second + 1, 10) / 10
    return gravity_and_orientation(np.array([rotation(0, 0, angle) for angle in angles]))


@pytest.fixture
def gopro(make_film, moving, run_ffmpeg) -> Path:
    plain = make_film("plain_360.mp4", moving(RATE * SECONDS, 32, 64), rate=str(RATE))
    return beside(plain, run_ffmpeg, b"gpmd", [gpmf(n) for n in range(SECONDS)], 1000)


def remade(source: Path, target: Path, start: int = 0, **options: object) -> Path:
    """The film again, as it is."""
    info = with_chapters(probe(source))
    film = open_writer(
        target, info.height, info.width, info.rate, source=info, bit_depth=8, **options
    )
    with film as writer:
        for frame in read_frames(info, Fraction(start)):
            writer.write(frame)
    return target


def telemetry(path: Path) -> list[tuple[float, bytes]]:
    ((number, _, _),) = telemetry_tracks(path)
    return [(round(start, 3), data) for start, _, data in data_packets(path, 0.0, number)]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_every_sample_comes_along_at_its_time(suffix, gopro, tmp_path):
    made = remade(gopro, tmp_path / f"made{suffix}")
    assert telemetry(made) == [(float(n), gpmf(n)) for n in range(SECONDS)]
    told = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_tag_string", "-of", "csv=p=0"]
    if shutil.which("ffprobe"):
        tags = subprocess.run([*told, made], capture_output=True, text=True, check=True).stdout
        assert tags.split()[-1] == "gpmd"
    if shutil.which("exiftool"):
        command = ["exiftool", "-ee", "-DeviceName", "-warning", "-error", made]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert said.split(":")[-1].strip() == "GoPro Max"
        assert "arning" not in said


def test_the_picture_is_what_it_was_without(gopro, tmp_path):
    plain = remade(tmp_path / "plain_360.mp4", tmp_path / "made.mp4")
    before = [frame.rgb for frame in read_frames(probe(plain))]
    ((_, _, track),) = telemetry_tracks(gopro)
    add_track(plain, track, [Sample(0.5, 1.0, gpmf(0))])
    after = [frame.rgb for frame in read_frames(probe(plain))]
    assert len(before) == RATE * SECONDS
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_cut_between_samples_leaves_out_those_before_it(gopro, tmp_path):
    made = remade(gopro, tmp_path / "made.mp4", start=1)
    assert telemetry(made) == [(0.0, gpmf(1)), (1.0, gpmf(2))]


def cut(source: Path, target: Path, start: Fraction, seconds: Fraction) -> Path:
    info = probe(source)
    with open_writer(target, info.height, info.width, info.rate, source=info) as writer:
        for frame in read_frames(info, start, seconds):
            writer.write(frame)
    return target


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_sample_that_a_cut_goes_through_comes_along_and_begins_before_the_film(
    suffix, gopro, tmp_path
):
    made = cut(gopro, tmp_path / f"made{suffix}", Fraction(1, 2), Fraction(3, 2))
    assert telemetry(made) == [(-0.5, gpmf(0)), (0.5, gpmf(1))]


def test_a_film_cut_within_a_sample_tells_the_attitude_that_the_whole_one_told(gopro, tmp_path):
    made = cut(gopro, tmp_path / "made.mp4", Fraction(1, 2), Fraction(2))
    whole, part = attitude_of(probe(gopro)), attitude_of(probe(made))
    at = np.linspace(0, 1.9, 30)
    assert part.turns(at) == pytest.approx(whole.turns(at + 0.5), abs=1e-3)


def test_chapters_tell_one_after_the_other(gopro, tmp_path):
    for number in (1, 2):
        shutil.copy(gopro, tmp_path / f"GS{number:02d}0001.mp4")
    made = remade(tmp_path / "GS010001.mp4", tmp_path / "made.mp4")
    times = [float(n) for n in range(2 * SECONDS)]
    assert telemetry(made) == [(t, gpmf(int(t) % SECONDS)) for t in times]


def test_telemetry_of_more_than_half_a_day_is_carried(gopro, tmp_path):
    plain = remade(tmp_path / "plain_360.mp4", tmp_path / "made.mp4")
    ((_, _, track),) = telemetry_tracks(gopro)
    hours = [float(3600 * n) for n in range(15)]  # 13.25 hours of ticks are what 32 bits hold
    add_track(plain, track, [Sample(start, 3600.0, gpmf(0)) for start in hours])
    assert telemetry(plain) == [(start, gpmf(0)) for start in hours]


def test_samples_too_far_apart_are_refused_and_the_film_stays(gopro, tmp_path):
    plain = remade(tmp_path / "plain_360.mp4", tmp_path / "made.mp4")
    ((_, _, track),) = telemetry_tracks(gopro)
    before = plain.read_bytes()
    with pytest.raises(MetadataError, match="longer than a track"):
        add_track(plain, track, [Sample(0.0, 1.0, gpmf(0)), Sample(60_000.0, 1.0, gpmf(1))])
    assert plain.read_bytes() == before


def test_a_film_outlives_telemetry_that_cannot_be_carried(gopro, tmp_path, caplog):
    info, made = probe(gopro), tmp_path / "made.mp4"
    with open_writer(made, info.height, info.width, info.rate, source=info) as writer:
        for frame in read_frames(info):
            writer.write(frame)
        gopro.unlink()
    assert "telemetry is left out: " in caplog.text
    assert len(list(read_frames(probe(made)))) == RATE * SECONDS


def test_camm_comes_along_as_camm(make_film, moving, tmp_path):
    plain = make_film("plain_360.mp4", moving(RATE, 32, 64), rate=str(RATE))
    holder = tmp_path / "camm.mp4"
    holder.write_bytes(movie(Track(b"camm", (box(b"camm", bytes(6), b"\0\1"),))))
    ((_, kind, track),) = telemetry_tracks(holder)
    readings = [packet(2, 1, 2, n) for n in range(4)] + [packet(5, 48.1, 11.5, 520)]
    add_track(plain, track, [Sample(n / 5, 0.2, data) for n, data in enumerate(readings)])
    made = remade(plain, tmp_path / "made.mp4")
    assert kind == "CAMM"
    assert telemetry(made) == [(round(n / 5, 3), data) for n, data in enumerate(readings)]
    told = telemetry_of(made)
    assert told is not None
    assert (told.kind, told.place) == ("CAMM", (48.1, 11.5))
    strip_location(made)
    assert telemetry_of(made).place is None


def test_matroska_and_a_turned_picture_leave_it_out_and_say_so(gopro, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    remade(gopro, tmp_path / "made.mkv")
    assert "GPMF telemetry is left out: only .mp4 and .mov" in caplog.text
    turned = remade(gopro, tmp_path / "turned.mp4", turn=rotation(1.0, 0, 0))
    assert "GPMF telemetry is left out: the picture is turned" in caplog.text
    assert telemetry_tracks(turned) == []


def test_players_still_find_picture_and_sound_first(gopro, tmp_path):
    made = remade(gopro, tmp_path / "made.mp4")
    with av.open(str(made)) as container:
        assert container.streams[0].type == "video"
        assert container.duration == pytest.approx(SECONDS * av.time_base, abs=av.time_base / 100)
