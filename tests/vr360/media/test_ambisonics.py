"""Ambisonic sound turns as the picture does; checked by sources whose directions are known."""

from collections.abc import Callable
from math import factorial
from pathlib import Path

import numpy as np
import pytest

from pipeline.convert import ConvertJob, Side, convert
from vr360.frame import AudioInfo, Projection
from vr360.geometry import Array, lonlat_to_xyz, rotation, spiral
from vr360.media.ambisonics import encode, order_of, turned_by
from vr360.media.probe import probe
from vr360.spherical import Ambisonic, SphericalMetadata, inject, inspect

AHEAD, RIGHT, UP, LEFT = np.array([[0, 0, -1.0], [1, 0, 0], [0, 1, 0], [-1, 0, 0]])
TURNS = [
    (0.0, 0.0, 0.0),
    (90.0, 0.0, 0.0),
    (0.0, 35.0, 0.0),
    (0.0, 0.0, -70.0),
    (123.0, -48.0, 17.0),
]
ORDERS = (1, 2, 3)
NAMED = "channelmap=map=0|1|2|3:channel_layout=quad"
AAC = ("-filter:a", NAMED, "-c:a", "aac", "-b:a", "400k")


def legendre(degree: int, order: int, x: float) -> float:
    """Associated Legendre function without the phase of Condon and Shortley, by its sum."""
    total = 0.0
    for k in range((degree - order) // 2 + 1):
        power = degree - order - 2 * k
        top = (-1) ** k * factorial(2 * degree - 2 * k)
        bottom = 2**degree * factorial(k) * factorial(degree - k) * factorial(power)
        total += top / bottom * x**power
    return float((1 - x * x) ** (order / 2) * total)


def textbook(xyz: Array, order: int) -> list[float]:
    """ACN, SN3D from azimuth (to the left) and elevation, as the AmbiX paper defines them."""
    azimuth = np.arctan2(-xyz[0], -xyz[2])
    found = []
    for degree in range(order + 1):
        for m in range(-degree, degree + 1):
            n = abs(m)
            scale = (2 - (n == 0)) * factorial(degree - n) / factorial(degree + n)
            angle = np.cos(n * azimuth) if m >= 0 else np.sin(n * azimuth)
            found.append(float(np.sqrt(scale) * legendre(degree, n, xyz[1]) * angle))
    return found


def heard_from(channels: Array, order: int) -> Array:
    """The direction from which most comes: the peak of a beam turned everywhere."""
    around = lonlat_to_xyz(*spiral(200_000))
    return around[(encode(around, order) @ channels).argmax()]


def degrees_between(one: Array, other: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(one @ other, -1, 1))))


@pytest.mark.parametrize("order", ORDERS)
def test_waves_are_encoded_as_the_paper_defines_it(order: int):
    for xyz in lonlat_to_xyz(*spiral(25)):
        assert encode(xyz, order) == pytest.approx(textbook(xyz, order), abs=1e-12)


def test_first_order_has_its_signs():
    """W, Y (left), Z (up), X (ahead)."""
    assert encode(AHEAD, 1).tolist() == [1, 0, 0, 1]
    assert encode(LEFT, 1).tolist() == [1, 1, 0, 0]
    assert encode(RIGHT, 1).tolist() == [1, -1, 0, 0]
    assert encode(UP, 1).tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("angles", TURNS)
def test_what_was_seen_in_a_direction_is_heard_from_there(order: int, angles: tuple[float, ...]):
    """Four sources; the new front lies where `convert --yaw --pitch --roll` puts it."""
    turn = rotation(*np.radians(angles))
    mix = turned_by(turn, order)
    for source in (AHEAD, RIGHT, UP, LEFT):
        channels = mix @ encode(source, order)
        assert channels == pytest.approx(textbook(source @ turn, order), abs=1e-10)
        assert degrees_between(heard_from(channels, order), source @ turn) < 1


@pytest.mark.parametrize("order", ORDERS)
def test_what_lies_at_the_new_front_is_heard_from_the_front(order: int):
    right = turned_by(rotation(yaw=np.radians(90)), order) @ encode(RIGHT, order)
    assert right == pytest.approx(encode(AHEAD, order), abs=1e-12)
    above = turned_by(rotation(pitch=np.radians(90)), order) @ encode(UP, order)
    assert above == pytest.approx(encode(AHEAD, order), abs=1e-12)
    rolled = turned_by(rotation(roll=np.radians(90)), order) @ encode(RIGHT, order)
    assert rolled == pytest.approx(encode(UP, order), abs=1e-12)  # the view leans to the right


@pytest.mark.parametrize("order", ORDERS)
def test_no_turn_is_exact_and_turns_follow_each_other(order: int):
    assert np.array_equal(turned_by(np.eye(3), order), np.eye((order + 1) ** 2))
    whole = turned_by(rotation(yaw=2 * np.pi), order)
    assert whole == pytest.approx(np.eye((order + 1) ** 2), abs=1e-12)
    one, other = rotation(0.4, -0.3, 0.9), rotation(-1.1, 0.2, 0.5)
    both = turned_by(other, order) @ turned_by(one, order)
    assert both == pytest.approx(turned_by(one @ other, order), abs=1e-12)
    assert both @ both.T == pytest.approx(np.eye(len(both)), abs=1e-12)


def test_loudspeakers_are_not_ambisonic():
    mark = Ambisonic(1, True, tuple(range(6)))

    def track(channels: int, layout: str) -> AudioInfo:
        return AudioInfo(1, "pcm_s16le", 48000, channels, layout)

    assert order_of(track(4, "4 channels"), ()) == 1
    assert order_of(track(16, "16 channels"), ()) == 3
    assert order_of(track(4, "quad"), ()) == 0
    assert order_of(track(6, "5.1"), ()) == 0
    assert order_of(track(6, "5.1"), (mark,)) == 1
    assert order_of(track(9, "ambisonic 2"), ()) == 2
    assert order_of(track(6, "ambisonic 1+stereo"), ()) == 1
    assert order_of(track(25, "ambisonic 4"), ()) == 0


def test_opus_that_says_its_order_turns(make_film, make_sound, moving, run_ffmpeg, tmp_path: Path):
    """Mapping family 2: the layout is called ambisonic, and nothing is marked."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 48000)[:, None]
    sound = ("-guess_layout_max", "0", "-i", make_sound("field.wav", noise * encode(RIGHT, 1)))
    named = "channelmap=map=0|1|2|3:channel_layout=ambisonic 1"
    opus = ("-c:a", "libopus", "-mapping_family", "2", "-b:a", "512k")
    film = make_film("in.mkv", moving(24), "-af", named, *opus, inputs=sound)
    assert [order_of(track, ()) for track in probe(film).audio] == [1]
    convert(ConvertJob(film, tmp_path / "out.mov", turn=rotation(yaw=np.radians(90))))
    samples = heard(tmp_path / "out.mov", 4, run_ffmpeg)[4000:40000]
    gains = samples.T @ samples[:, 0] / (samples[:, 0] @ samples[:, 0])
    assert degrees_between(heard_from(gains, 1), AHEAD) < 2


@pytest.fixture
def field(
    make_film: Callable[..., Path],
    make_sound: Callable[..., Path],
    moving: Callable[..., np.ndarray],
) -> Callable[..., Path]:
    """A film with one source of noise: `field(name, channels of a wave, *options)`."""

    def make(name: str, channels: Array, *options: str, mark: str = "acn-sn3d") -> Path:
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 48000)[:, None]
        sound = ("-guess_layout_max", "0", "-i", make_sound("field.wav", noise * channels))
        film = make_film(name, moving(24), *(options or ("-c:a", "pcm_s24le")), inputs=sound)
        inject(film, SphericalMetadata(), ambisonic=mark)
        return film

    return make


def heard(path: Path, count: int, run_ffmpeg: Callable[..., bytes]) -> Array:
    raw = run_ffmpeg("-i", path, "-map", "0:a:0", "-f", "f32le", "-c:a", "pcm_f32le", "-")
    return np.frombuffer(raw, np.float32).reshape(-1, count).astype(float)


@pytest.mark.parametrize(("order", "suffix"), [(1, ".mov"), (1, ".mp4"), (3, ".mov"), (2, ".mp4")])
def test_a_film_that_is_turned_sounds_from_where_it_looks(
    order: int, suffix: str, field, each_ffmpeg, run_ffmpeg, tmp_path: Path
):
    source = lonlat_to_xyz(np.radians(70.0), np.radians(20.0))
    film = field("in.mov", encode(source, order))
    turn = rotation(*np.radians([50.0, -15.0, 30.0]))
    out = tmp_path / f"out{suffix}"
    convert(ConvertJob(film, out, turn=turn))
    assert [mark.order for mark in inspect(out).ambisonic] == [order]
    samples = heard(out, (order + 1) ** 2, run_ffmpeg)[2000:40000]
    channels = samples.T @ samples[:, 0] / (samples[:, 0] @ samples[:, 0])
    assert degrees_between(heard_from(channels, order), source @ turn) < 1


def test_a_film_that_declares_a_layout_turns_by_its_mark(field, run_ffmpeg, tmp_path: Path):
    """AAC names its four channels as loudspeakers, whatever they are."""
    film = field("in.mp4", encode(RIGHT, 1), *AAC)
    for name in ("out.mp4", "out.mov", "out.mkv"):
        convert(ConvertJob(film, tmp_path / name, turn=rotation(yaw=np.radians(90))))
        samples = heard(tmp_path / name, 4, run_ffmpeg)[4000:40000]
        gains = samples.T @ samples[:, 0] / (samples[:, 0] @ samples[:, 0])
        assert degrees_between(heard_from(gains, 1), AHEAD) < 2


def test_sound_that_cannot_turn_is_said_to_stay(field, tmp_path: Path, caplog):
    film = field("in.mov", np.ones(2), mark="none")
    convert(ConvertJob(film, tmp_path / "out.mov", turn=rotation(yaw=1.0)))
    assert "not ambisonic, it cannot turn" in caplog.text


def test_head_locked_stereo_does_not_turn(field, run_ffmpeg, tmp_path: Path):
    film = field("in.mov", np.array([*encode(RIGHT, 1), 0.25, -0.75]))
    convert(ConvertJob(film, tmp_path / "out.mov", turn=rotation(yaw=np.radians(90))))
    samples = heard(tmp_path / "out.mov", 6, run_ffmpeg)[2000:40000]
    gains = samples.T @ samples[:, 0] / (samples[:, 0] @ samples[:, 0])
    assert gains == pytest.approx([*encode(AHEAD, 1), 0.25, -0.75], abs=1e-4)
    assert inspect(tmp_path / "out.mov").ambisonic == (Ambisonic(1, True, tuple(range(6))),)


def test_a_film_that_is_not_turned_keeps_its_sound_to_the_bit(field, run_ffmpeg, tmp_path: Path):
    film = field("in.mov", encode(RIGHT, 2))
    convert(ConvertJob(film, tmp_path / "out.mov", target=Side(Projection.CUBEMAP)))
    before, after = (heard(path, 9, run_ffmpeg) for path in (film, tmp_path / "out.mov"))
    assert np.array_equal(before, after)
