"""Sound stays with the picture to the sample, whole and cut, and every channel survives."""

import logging
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vr360.frame import Projection
from vr360.media.probe import probe
from vr360.media.reader import at_constant_rate, read_frames
from vr360.media.writer import FilmWriter
from vr360.spherical import SphericalMetadata, inject, inspect

RATE = Fraction(24)
FLASHES = (10, 40, 60)  # frames that are white
LAG = 137  # samples from the start of a white frame to its click
SECONDS = 3


@pytest.fixture
def clapper(make_film, make_sound):
    """A film that flashes and clicks: `clapper(name, *options, rate=, delay=)`."""

    def make(name: str, *options: str, rate: int = 48000, delay: str = "0") -> Path:
        frames = np.zeros((SECONDS * 24, 32, 64, 3), np.uint8)
        samples = np.zeros((SECONDS * rate, 1))
        for n in FLASHES:
            frames[n] = 255
            samples[n * rate // 24 + LAG] = 0.9
        sound = make_sound("clicks.wav", samples, rate)
        return make_film(name, frames, *options, inputs=("-itsoffset", delay, "-i", sound))

    return make


def flash_times(path: Path) -> list[Fraction]:
    """When the white frames begin, on the container's clock, counted in frames from the first."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    first = Fraction(frames[0].pts) * Fraction(frames[0].time_base)
    white = [n for n, f in enumerate(frames) if f.to_ndarray(format="gray").mean() > 128]
    return [first + Fraction(n, 24) for n in white]


def click_times(path: Path, track: int = 0) -> list[Fraction]:
    """When the clicks are heard, on the container's clock, counted in samples from the first."""
    with av.open(str(path)) as container:
        decoded = list(container.decode(audio=track))
    rate = decoded[0].sample_rate
    heard, starts = 0, []
    for frame in decoded:
        starts.append(frame.pts * Fraction(frame.time_base) - Fraction(heard, rate))
        heard += frame.samples
    first = sorted(starts)[len(starts) // 2]  # the median, as Matroska rounds the times
    loud = np.abs(np.concatenate([channels(frame)[0] for frame in decoded]))
    peaks = [i for i in np.flatnonzero(loud > 0.3) if loud[i] == loud[i - 99 : i + 99].max()]
    return [first + Fraction(int(i), rate) for i in peaks]


def channels(frame: av.AudioFrame) -> np.ndarray:
    """(channels, samples) in -1..1."""
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, frame.layout.nb_channels).T
    scale = {"s16": 2**15, "s32": 2**31, "u8": 2**7}.get(frame.format.name.rstrip("p"), 1)
    return data / scale


def lags(path: Path) -> list[float]:
    """Samples (of 48 kHz) from each flash to the click nearest to it."""
    clicks = click_times(path)
    return [float(min((c - f for c in clicks), key=abs) * 48000) for f in flash_times(path)]


def clock(source: Path) -> float:
    """Samples by which a source may be wrong about itself: Matroska rounds to milliseconds."""
    return 24.0 if source.suffix == ".mkv" else 0.5


def copy(source: Path, target: Path, preset=None, start=0, duration=None, metadata=None):
    """Pass the film through our reader and writer."""
    info = probe(source)
    start = Fraction(start)
    frames = at_constant_rate(read_frames(info, start, duration), info.rate)
    with FilmWriter(
        target,
        info.height,
        info.width,
        info.rate,
        preset,
        source=info,
        duration=duration,
        metadata=metadata,
    ) as film:
        for frame in frames:
            film.write(frame)


SOURCES = {
    "aac.mp4": ("-c:v", "libx264", "-g", "24", "-c:a", "aac", "-b:a", "192k"),
    "pcm.mov": ("-c:v", "libx264", "-g", "24", "-c:a", "pcm_s16le"),
    "opus.mkv": ("-c:v", "libx264", "-g", "24", "-c:a", "libopus", "-b:a", "192k"),
    "flac.mkv": ("-c:v", "libx264", "-g", "24", "-c:a", "flac"),
}
TARGETS = {".mp4": "quest", ".mov": "prores", ".mkv": "archive"}


@pytest.mark.parametrize("suffix", TARGETS)
@pytest.mark.parametrize("name", SOURCES)
def test_a_click_stays_with_its_flash(name, suffix, clapper, tmp_path):
    source = clapper(name, *SOURCES[name])
    copy(source, tmp_path / f"out{suffix}")
    before, after = lags(source), lags(tmp_path / f"out{suffix}")
    if name != "opus.mkv":  # there ffmpeg's Matroska writer sets the picture off by 7 ms itself
        assert before == pytest.approx([LAG] * 3, abs=0.5)
    assert after == pytest.approx(before, abs=clock(source))


@pytest.mark.parametrize("suffix", TARGETS)
@pytest.mark.parametrize("name", ["aac.mp4", "flac.mkv"])
def test_a_cut_film_is_as_much_in_time(name, suffix, each_ffmpeg, clapper, tmp_path):
    source = clapper(name, *SOURCES[name])
    start = Fraction(31, 24)  # no multiple of a packet, a second or a millisecond
    copy(source, tmp_path / f"out{suffix}", start=start, duration=Fraction(3, 2))
    assert flash_times(tmp_path / f"out{suffix}") == pytest.approx(
        [Fraction(n - 31, 24) for n in FLASHES[1:]], abs=1e-3
    )
    assert lags(tmp_path / f"out{suffix}") == pytest.approx([LAG] * 2, abs=clock(source))


@pytest.mark.parametrize("suffix", TARGETS)
@pytest.mark.parametrize("delay", ["0.3071", "-0.3071"])
def test_sound_that_begins_elsewhere_than_the_picture_stays_there(
    delay, suffix, each_ffmpeg, clapper, tmp_path
):
    source = clapper("late.mov", *SOURCES["pcm.mov"], delay=delay)
    before = lags(source)
    copy(source, tmp_path / f"out{suffix}")
    assert before == pytest.approx([LAG + float(delay) * 48000] * 3, abs=30)
    assert lags(tmp_path / f"out{suffix}") == pytest.approx(before, abs=1)  # one sample


@pytest.mark.parametrize("start", [0, Fraction(31, 24)])
def test_broadcast_streams_that_start_at_any_time_are_in_time(start, clapper, tmp_path):
    source = clapper("aac.ts", *SOURCES["aac.mp4"])
    assert probe(source).start_time > 1
    before = lags(source)
    copy(source, tmp_path / "out.mp4", start=start)
    assert lags(tmp_path / "out.mp4") == pytest.approx(before[-2 if start else -3 :], abs=1)


def test_the_sound_is_as_long_as_the_cut(clapper, tmp_path):
    source = clapper("aac.mp4", *SOURCES["aac.mp4"])
    copy(source, tmp_path / "out.mp4", duration=Fraction(2))
    info = probe(tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert info.frames == 48
    assert 0 <= samples - 2 * 48000 <= 1024, "more than the last packet too long, or too short"


@pytest.fixture
def band(make_film, make_sound, moving, tmp_path):
    """A film with three tracks: mono, 5.1, and 4 channels; each channel has its own loudness."""

    def make(name: str, *codecs: str) -> Path:
        inputs, options = [], ["-map", "0:v"]
        for n, count in enumerate((1, 6, 4)):
            samples = np.random.default_rng(n).uniform(-1, 1, (48000, count)) * loudness(count)
            inputs += ["-i", make_sound(f"{count}.wav", samples)]
            options += ["-map", f"{n + 1}:a", f"-c:a:{n}", codecs[n]]
        return make_film(name, moving(24), "-c:v", "libx264", *options, inputs=inputs)

    return make


def loudness(count: int) -> np.ndarray:
    return 0.6 * 0.7 ** np.arange(count)


def channel_loudness(path: Path, track: int) -> np.ndarray:
    """RMS of each channel, in the terms of `loudness`."""
    with av.open(str(path)) as container:
        data = np.concatenate([channels(f) for f in container.decode(audio=track)], axis=1)
    return np.sqrt(3 * (data[:, 4000:40000] ** 2).mean(axis=1))


def packets(path: Path, track: int) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=track) if p.size]


@pytest.mark.parametrize("suffix", TARGETS)
def test_all_tracks_and_channels_survive(suffix, each_ffmpeg, band, tmp_path, caplog):
    source = band("band.mkv", "pcm_s24le", "flac", "pcm_s16le")
    with caplog.at_level(logging.WARNING):
        copy(source, tmp_path / f"out{suffix}")
    assert [a.channels for a in probe(tmp_path / f"out{suffix}").audio] == [1, 6, 4]
    for track, count in enumerate((1, 6, 4)):
        heard = channel_loudness(tmp_path / f"out{suffix}", track)
        lossy = suffix == ".mp4"
        heard = np.delete(heard, 3) if lossy and count == 6 else heard  # AAC cuts the LFE's treble
        wanted = np.delete(loudness(count), 3) if lossy and count == 6 else loudness(count)
        assert heard == pytest.approx(wanted, rel=0.25 if lossy else 0.02)
    changed = {".mp4": ["aac", "aac", "aac"], ".mov": ["pcm_s24le"], ".mkv": []}[suffix]
    assert [r.message.split(":")[1].split()[-1] for r in caplog.records] == changed


@pytest.mark.parametrize("count", [6, 9, 11, 18])
def test_channels_that_are_no_loudspeakers_are_kept_each_for_itself(
    count, each_ffmpeg, make_film, make_sound, moving, run_ffmpeg, tmp_path
):
    """AAC would take the fourth of six for a subwoofer, and knows nothing of nine."""
    samples = np.random.default_rng(count).uniform(-1, 1, (48000, count)) * 0.8 ** np.arange(count)
    sound = ("-guess_layout_max", "0", "-i", make_sound("many.wav", samples))
    source = make_film("many.mov", moving(24), "-c:a", "pcm_s24le", inputs=sound)
    copy(source, tmp_path / "out.mp4")
    raw = run_ffmpeg("-i", tmp_path / "out.mp4", "-f", "f32le", "-")
    data = np.frombuffer(raw, np.float32).reshape(-1, count)
    heard = np.sqrt(3 * (data[4000:40000] ** 2).mean(axis=0))
    assert heard == pytest.approx(0.8 ** np.arange(count), rel=0.25)


def test_what_the_container_takes_is_copied_to_the_bit(each_ffmpeg, band, tmp_path, caplog):
    source = band("band.mp4", "aac", "ac3", "aac")
    with caplog.at_level(logging.WARNING):
        copy(source, tmp_path / "out.mp4")
        copy(source, tmp_path / "out.mov", "prores")
    for suffix in (".mp4", ".mov"):
        for track in range(3):
            assert packets(tmp_path / f"out{suffix}", track) == packets(source, track)
    assert not caplog.records


def test_opus_moves_from_matroska_to_mp4_as_it_is(each_ffmpeg, clapper, tmp_path, caplog):
    source = clapper("opus.mkv", *SOURCES["opus.mkv"])
    with caplog.at_level(logging.WARNING):
        copy(source, tmp_path / "out.mp4")
    before, after = packets(source, 0), packets(tmp_path / "out.mp4", 0)
    assert after == before[-len(after) :]
    assert len(after) >= len(before) - 1, "only what is heard before the first frame may go"
    assert not caplog.records


def test_matroska_keeps_the_sound_exact_by_storing_it_losslessly(clapper, tmp_path, caplog):
    source = clapper("aac.mp4", *SOURCES["aac.mp4"])
    with caplog.at_level(logging.WARNING):
        copy(source, tmp_path / "out.mkv")
    assert [a.codec for a in probe(tmp_path / "out.mkv").audio] == ["flac"]
    assert "flac" in caplog.text
    assert "milliseconds" in caplog.text


def test_matroska_to_matroska_is_a_copy(each_ffmpeg, clapper, tmp_path, caplog):
    source = clapper("flac.mkv", *SOURCES["flac.mkv"])
    with caplog.at_level(logging.WARNING):
        copy(source, tmp_path / "out.mkv")
    assert packets(tmp_path / "out.mkv", 0) == packets(source, 0)
    assert not caplog.records


@pytest.fixture
def field(make_film, make_sound, moving):
    """A film with one track of 4 channels, each with its own loudness."""

    def make(name: str) -> Path:
        samples = np.random.default_rng(5).uniform(-1, 1, (48000, 4)) * loudness(4)
        options = ("-c:v", "libx264", "-c:a", "pcm_s16le")
        return make_film(name, moving(24), *options, inputs=("-i", make_sound("f.wav", samples)))

    return make


def test_sound_of_an_unknown_kind_is_left_out_with_a_word(clapper, tmp_path):
    source = clapper("aac.mp4", *SOURCES["aac.mp4"])
    data = source.read_bytes()
    entry = data.index(b"mp4a", data.index(b"smhd"))
    data = data[:entry] + b"apac" + data[entry + 4 :].replace(b"esds", b"dapa")
    source.write_bytes(data)
    info = probe(source)
    assert info.audio == ()
    assert any("sound track 1" in note for note in info.notes)
    copy(source, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").frames == SECONDS * 24


def test_ambisonic_sound_stays_marked_as_such(field, tmp_path):
    source = field("field.mov")
    sphere = SphericalMetadata(Projection.EQUIRECT)
    inject(source, sphere, ambisonic="acn-sn3d")
    assert probe(source).audio[0].layout.startswith("ambisonic")
    for suffix, slack in ((".mov", 0.02), (".mp4", 0.25), (".mkv", 0.02)):
        target = tmp_path / f"out{suffix}"
        copy(source, target, metadata=sphere)
        assert channel_loudness(target, 0) == pytest.approx(loudness(4), rel=slack)
        orders = [sound.order for sound in inspect(target).ambisonic]
        assert orders == ([] if suffix == ".mkv" else [1])  # Matroska has no place for it


CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1
START=0
END=2
title=One
[CHAPTER]
TIMEBASE=1/1
START=2
END=60
title=Two
"""


def test_four_channels_of_no_name_are_copied_without_one(make_film, make_sound, moving, tmp_path):
    """As a GoPro MAX writes them: ffmpeg would call them loudspeakers, which rules a turn out."""
    noise = make_sound("f.wav", np.random.default_rng(5).uniform(-1, 1, (48000, 4)))
    options = ("-c:v", "libx264", "-c:a", "pcm_s24le")
    inputs = ("-guess_layout_max", "0", "-i", noise)
    source = make_film("raw.mov", moving(24), *options, inputs=inputs)
    out = tmp_path / "out.mov"
    copy(source, out, metadata=SphericalMetadata())
    (track,) = probe(out).audio
    assert (track.codec, track.channels) == ("pcm_s24le", 4)
    assert "quad" not in track.layout
    assert "4.0" not in track.layout
    assert inspect(out).ambisonic[0].order == 1


def test_chapters_are_cut_to_the_film(clapper, run_ffmpeg, tmp_path):
    (tmp_path / "chapters.txt").write_text(CHAPTERS)
    whole, out = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    film = clapper("film.mp4", "-c:v", "libx264", "-c:a", "aac")
    run_ffmpeg(
        "-i", film, "-i", tmp_path / "chapters.txt", "-c", "copy", "-map_chapters", "1", whole
    )
    info = probe(whole)
    options = {"source": info, "duration": Fraction(1)}
    with FilmWriter(out, info.height, info.width, RATE, **options) as film:
        for frame in read_frames(info, duration=Fraction(1)):
            film.write(frame)
    with av.open(str(out)) as container:
        assert container.duration / av.time_base <= 1.05
        assert container.streams.video[0].frames == 24


def test_a_name_that_is_not_utf_8_is_read_and_written(clapper, tmp_path):
    film = clapper("film.mkv", "-c:v", "ffv1", "-c:a", "flac")
    source = film.rename(tmp_path / os.fsdecode(b"caf\xe9.mkv"))
    info, out = probe(source), tmp_path / os.fsdecode(b"na\xefve.mkv")
    with FilmWriter(out, info.height, info.width, RATE, source=info) as film:
        for frame in read_frames(info):
            film.write(frame)
    assert probe(out).frames == info.frames
    assert len(probe(out).audio) == 1
