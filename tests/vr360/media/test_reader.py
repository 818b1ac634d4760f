"""Frames come with exact times, upright, from the right place, and evenly where asked for."""

import threading
import time
import tracemalloc
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vr360.errors import VideoOpenError
from vr360.frame import Frame
from vr360.media.probe import probe
from vr360.media.reader import Resampling, at_constant_rate, read_ahead, read_frames
from vr360.media.writer import FilmWriter

RATES = ("24000/1001", "30000/1001", "25", "24")
PIXEL = np.zeros((1, 1, 3), np.uint8)


@pytest.fixture
def counted(make_film):
    """A film whose frame n is uniformly 3 n bright: `counted(name, *options, rate=, count=)`."""

    def make(name: str, *options: str, rate: str = "24", count: int = 72) -> Path:
        frames = np.empty((count, 32, 64, 3), np.uint8)
        frames[:] = (np.arange(count) * 3)[:, None, None, None]
        return make_film(
            name, frames, "-c:v", "libx264", "-qp", "0", "-g", "20", *options, rate=rate
        )

    return make


def numbers(frames) -> list[int]:
    return [round(float(frame.rgb.mean()) / 3) for frame in frames]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts"])
@pytest.mark.parametrize("rate", RATES)
def test_times_are_exact_fractions_of_the_rate(rate, suffix, counted):
    info = probe(counted(f"film{suffix}", rate=rate))
    assert info.rate == Fraction(rate)
    assert not info.variable_rate
    frames = list(read_frames(info))
    assert [f.pts for f in frames] == [n / info.rate for n in range(72)]
    assert numbers(frames) == list(range(72))
    assert info.frames == pytest.approx(72, abs=1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("first", [1, 19, 20, 21, 50, 71])
def test_reading_starts_at_the_frame_that_was_asked_for(first, suffix, counted):
    info = probe(counted(f"film{suffix}", "-bf", "3"))
    frames = list(read_frames(info, start=Fraction(first, 24), duration=Fraction(3, 24)))
    wanted = list(range(first, min(first + 3, 72)))
    assert numbers(frames) == wanted
    assert [f.pts for f in frames] == [Fraction(n, 24) for n in wanted]


def test_dropped_frames_of_an_avi_take_their_time(counted, run_ffmpeg, tmp_path):
    """Frames 20 to 34 are missing: AVI says so with empty chunks."""
    path = tmp_path / "holes.avi"
    select = ("-vf", "select='not(between(n,20,34))'", "-vsync", "vfr", "-c:v", "mpeg4")
    run_ffmpeg("-i", counted("film.mkv"), *select, "-q:v", "1", path)
    frames = list(read_frames(probe(path)))
    assert [f.pts * 24 for f in frames] == [*range(20), *range(35, 72)]
    even = numbers(at_constant_rate(frames, Fraction(24)))
    assert len(even) == 72
    assert even[40:] == pytest.approx(range(40, 72), abs=1)


def test_a_film_that_is_in_part_twice_as_fast_loses_nothing(counted, run_ffmpeg, tmp_path):
    path = tmp_path / "vfr.mp4"
    slow = ("-vf", "select='if(lt(n,36),not(mod(n,2)),1)'", "-vsync", "vfr", "-c:v", "libx264")
    run_ffmpeg("-i", counted("film.mkv"), *slow, "-qp", "0", path)
    info = probe(path)
    assert info.rate == 24
    count = Resampling()
    frames = list(at_constant_rate(read_frames(info), info.rate, count))
    assert (len(frames), count.dropped) == (72, 0)


@pytest.mark.parametrize("suffix", [".wmv", ".mpg", ".flv"])
def test_every_frame_of_old_containers_comes_once(
    suffix, counted, make_sound, run_ffmpeg, tmp_path
):
    """Their lengths are those of the sound, or rounded."""
    sound, path = make_sound("s.wav", np.zeros((150000, 1)), 44100), tmp_path / f"old{suffix}"
    run_ffmpeg("-i", counted("film.mkv", rate="25"), "-i", sound, path)
    info = probe(path)
    even = list(at_constant_rate(read_frames(info), info.rate, end=info.duration))
    assert (info.rate, info.frames) == (25, 72)
    assert [f.pts for f in even] == [n / info.rate for n in range(72)]
    assert not any(f.repeats for f in even)


@pytest.mark.parametrize("field", ["tff", "bff"])
def test_interlaced_films_lose_their_combs_and_keep_their_frames(field, make_film):
    """A bar that moves by eight pixels a field, woven: every second line lies elsewhere."""
    fields = np.zeros((24, 64, 128, 3), np.uint8)
    for n, picture in enumerate(fields):
        picture[:, 8 * n % 96 : 8 * n % 96 + 32] = 255
    woven = fields[0::2].copy()
    later = 1 if field == "tff" else 0
    woven[:, later::2] = fields[1::2, later::2]
    flags = f"+ildct+ilme:top={int(field == 'tff')}"
    options = ("-c:v", "mpeg2video", "-q:v", "1", "-flags", "+ildct+ilme")
    film = make_film("woven.mpg", woven, *options, "-top", flags[-1], "-f", "mpegts")
    info = probe(film)
    assert info.interlaced
    assert any("interlaced" in note for note in info.notes)
    frames = list(read_frames(info))
    assert [f.pts for f in frames] == [n / info.rate for n in range(12)]
    combs = [np.abs(np.diff(f.rgb[..., 1].astype(int), axis=0)).mean() for f in frames[2:-2]]
    assert np.mean(combs) < 0.2 * np.abs(np.diff(woven[2:-2, ..., 1].astype(int), axis=1)).mean()


def test_a_start_between_two_frames_gives_the_later_one(counted):
    info = probe(counted("film.mp4"))
    frame = next(iter(read_frames(info, start=Fraction(10, 24) + Fraction(1, 1000))))
    assert frame.pts == Fraction(11, 24)


def test_a_film_that_does_not_begin_at_zero_is_counted_from_its_first_frame(counted, run_ffmpeg):
    film = counted("film.mp4")
    late = film.with_name("late.mkv")
    run_ffmpeg("-itsoffset", "5.5", "-i", film, "-c", "copy", "-copyts", late)
    info = probe(late)
    assert info.start_time == Fraction("5.5")
    assert [f.pts for f in read_frames(info)] == [Fraction(n, 24) for n in range(72)]
    assert numbers(read_frames(info, start=Fraction(2), duration=Fraction(1, 24))) == [48]


def test_what_an_edit_list_hides_is_not_counted(counted, run_ffmpeg):
    film = counted("film.mp4")
    cut = film.with_name("cut.mp4")
    run_ffmpeg("-ss", "1.5", "-i", film, "-c", "copy", cut)  # keyframes lie at 0, 20, 40, 60
    info = probe(cut)
    frames = list(read_frames(info))
    assert numbers(frames) == list(range(36, 72))
    assert [f.pts for f in frames] == [Fraction(n, 24) for n in range(36)]
    assert info.frames == 36
    assert info.duration == Fraction(36, 24)


def test_longer_sound_does_not_make_the_picture_longer(moving, make_film, make_sound):
    sound = make_sound("long.wav", np.zeros((5 * 48000, 1)))
    for name in ("film.mkv", "film.webm", "film.ts"):
        codecs = ("-c:v", "libvpx", "-c:a", "libopus") if name.endswith("webm") else ()
        film = make_film(name, moving(30), *codecs, inputs=("-i", sound))
        info = probe(film)
        assert (info.frames, info.duration, info.variable_rate) == (30, Fraction(30, 24), False)
        assert [f.pts for f in read_frames(info)] == [Fraction(n, 24) for n in range(30)]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_pictures_lying_on_their_side_are_turned_as_ffmpeg_turns_them(turn, make_film, run_ffmpeg):
    frames = np.random.default_rng(1).integers(0, 256, (2, 32, 64, 3)).astype(np.uint8)
    if turn % 180:
        frames = frames.swapaxes(1, 2)
    film = make_film("flat.mp4", frames, "-c:v", "libx264rgb", "-qp", "0")
    turned = film.with_name("turned.mov")
    with_matrix(film, turned, turn)
    info = probe(turned)
    assert (info.height, info.width) == (32, 64)
    assert info.rotation % 360 == turn
    stored = run_ffmpeg("-noautorotate", "-i", turned, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    shown = run_ffmpeg("-i", turned, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    ours = np.stack([f.rgb for f in read_frames(info)])
    assert ours.tobytes() == shown
    assert ours.tobytes() != stored


@pytest.mark.parametrize("matrix", [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)])
def test_mirrored_pictures_are_read_as_ffmpeg_shows_them(matrix, make_film, run_ffmpeg):
    frames = np.random.default_rng(1).integers(0, 256, (2, 32, 64, 3)).astype(np.uint8)
    if not matrix[0]:
        frames = frames.swapaxes(1, 2)
    film = make_film("flat.mp4", frames, "-c:v", "libx264rgb", "-qp", "0")
    mirrored = film.with_name("mirrored.mov")
    with_display_matrix(film, mirrored, *matrix)
    shown = run_ffmpeg("-i", mirrored, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    ours = np.stack([f.rgb for f in read_frames(probe(mirrored))])
    assert ours.tobytes() == shown


def with_matrix(source: Path, target: Path, turn: int) -> None:
    """Copy a film that is to be shown turned by an angle."""
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    with_display_matrix(source, target, cos, -sin, sin, cos)


def with_display_matrix(source: Path, target: Path, a: int, b: int, c: int, d: int) -> None:
    """Copy a film and write its display matrix by hand (ISO 14496-12, tkhd)."""
    data = bytearray(source.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0
    unit = 1 << 16
    matrix = (a * unit, b * unit, 0, c * unit, d * unit, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    target.write_bytes(data)


def test_ten_bit_films_keep_their_codes(tmp_path, noise, decoded):
    frames = noise(3, 32, 64, 10)
    path = tmp_path / "deep.mp4"
    with FilmWriter(path, 32, 64, Fraction(24), "lossless-mp4", bit_depth=10) as film:
        for n, rgb in enumerate(frames):
            film.write(Frame(rgb, Fraction(n, 24)))
    info = probe(path)
    assert (info.codec, info.bit_depth) == ("hevc", 10)
    np.testing.assert_array_equal(decoded(path), frames)


@pytest.fixture
def uneven(counted, run_ffmpeg):
    """30 frames, the middle ten of which last three times as long: `uneven(suffix)`."""

    def make(suffix: str) -> Path:
        film = counted("even.mp4", count=30)
        path = film.with_name(f"uneven{suffix}")
        slow = "setpts='if(lt(N,10),N,if(lt(N,20),10+3*(N-10),40+N-20))/24/TB'"
        run_ffmpeg("-i", film, "-vf", slow, "-fps_mode", "vfr", "-c:v", "libx264", "-qp", "0", path)
        return path

    return make


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_films_are_made_even_without_drift(suffix, uneven):
    info = probe(uneven(suffix))
    assert info.variable_rate
    assert info.rate == 24
    count = Resampling()
    frames = list(at_constant_rate(read_frames(info), info.rate, count))
    assert [f.pts for f in frames] == [Fraction(n, 24) for n in range(50)]
    slow = [n for n in range(11, 20) for _ in range(3)]
    assert numbers(frames) == [*range(10), 10, 10, *slow, 20, *range(20, 30)]
    assert (count.frames, count.repeated, count.dropped) == (50, 20, 0)


def test_repeated_frames_share_their_pixels(uneven):
    info = probe(uneven(".mp4"))
    frames = list(at_constant_rate(read_frames(info), info.rate))
    pictures = {id(frame.rgb) for frame in frames}
    assert len(pictures) == 30


def test_even_films_pass_untouched_even_with_rounded_times():
    rate = Fraction(30000, 1001)
    rounded = [Frame(PIXEL.copy(), Fraction(round(n / rate * 1000), 1000)) for n in range(5000)]
    count = Resampling()
    frames = list(at_constant_rate(rounded, rate, count))
    assert all(a.rgb is b.rgb for a, b in zip(frames, rounded, strict=True))
    assert [f.pts for f in frames] == [n / rate for n in range(5000)]
    assert count == Resampling(frames=5000)


@given(
    st.lists(st.fractions(Fraction(1, 200), Fraction(1, 5)), min_size=1, max_size=40),
    st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(10), Fraction(60)]),
)
def test_every_tick_shows_the_nearest_frame(gaps, rate):
    times = [Fraction(0)]
    for gap in gaps:
        times.append(times[-1] + gap)
    source = [Frame(PIXEL.copy(), t) for t in times]
    count = Resampling()
    frames = list(at_constant_rate(source, rate, count))
    where = {id(f.rgb): f.pts for f in source}
    for n, frame in enumerate(frames):
        assert frame.pts == n / rate
        shown = where[id(frame.rgb)]
        assert abs(shown - frame.pts) == min(abs(t - frame.pts) for t in times)
    assert count.frames == len(frames)
    assert count.dropped == len(source) - len({id(f.rgb) for f in frames})
    assert abs(len(frames) / rate - times[-1]) <= Fraction(3, 2) / rate


def test_the_last_frame_lasts_until_the_end_that_is_given():
    frames = at_constant_rate([Frame(PIXEL, Fraction(0))], Fraction(10), end=Fraction(1, 2))
    assert [f.pts for f in frames] == [Fraction(n, 10) for n in range(5)]


def test_reading_ahead_passes_everything_on_and_counts_its_work():
    def slow():
        for n in range(5):
            time.sleep(0.02)
            yield n

    began = time.monotonic()
    with read_ahead(slow()) as ahead:
        assert list(ahead) == list(range(5))
        assert 0.1 <= ahead.busy_seconds <= time.monotonic() - began


def test_reading_ahead_stays_within_its_depth():
    made = []

    def source():
        for n in range(100):
            made.append(n)
            yield n

    with read_ahead(source(), depth=3) as ahead:
        next(ahead)
        time.sleep(0.05)
        assert len(made) <= 4


def test_errors_reach_the_consumer_in_their_place():
    def broken():
        yield 1
        raise VideoOpenError("film.mp4: damaged")

    with read_ahead(broken()) as ahead:
        assert next(ahead) == 1
        with pytest.raises(VideoOpenError, match="damaged"):
            next(ahead)


def test_closing_early_ends_the_thread_and_the_source():
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    before = threading.active_count()
    with suppress(KeyboardInterrupt), read_ahead(endless()) as ahead:
        next(ahead)
        raise KeyboardInterrupt
    assert closed.is_set()
    assert threading.active_count() == before
    assert list(ahead) == []


def test_memory_does_not_grow_with_the_length_of_the_film(tmp_path):
    def peak(count: int) -> int:
        """Bytes at most while a film of so many frames is written, read and written again."""
        first, second = tmp_path / f"{count}.mp4", tmp_path / f"{count}.mkv"
        picture = np.zeros((128, 256, 3), np.uint8)
        tracemalloc.start()
        with FilmWriter(first, 128, 256, Fraction(24), "quest") as film:
            for n in range(count):
                film.write(Frame(picture + n, Fraction(n, 24)))
        info = probe(first)
        frames = at_constant_rate(read_frames(info), info.rate)
        with FilmWriter(second, 128, 256, info.rate) as film, read_ahead(frames) as ahead:
            for frame in ahead:
                film.write(frame)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    short, long = peak(30), peak(240)
    assert long < short + 4 * 128 * 256 * 3
