"""Sounds lie on the sample that the film's file says; clicks show it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.film.film import FilmJob, make_film
from pipeline.film.hearing import RATE
from pipeline.film.mastering import loudness
from pipeline.film.sound import ramp
from vr360.media.probe import probe

FRAME = RATE // 24
CLICKS = {10: 0.9, 30: 0.8, 50: 0.7}  # frames of the clip that click, and how loudly


@pytest.fixture
def clicking(make_film, make_sound, moving) -> Callable[..., Path]:
    """A film of three seconds at 24 frames/s with clicks at the start of some frames."""

    def make(name: str, *options: str, rate: int = RATE) -> Path:
        samples = np.zeros((3 * rate, 1))
        for frame, level in CLICKS.items():
            samples[frame * rate // 24] = level
        sound = make_sound("clicks.wav", samples, rate)
        codec = options or ("-c:v", "ffv1", "-c:a", "pcm_s16le")
        return make_film(name, moving(72, 32, 64), *codec, inputs=("-i", sound))

    return make


def heard(path: Path) -> np.ndarray:
    """(N, channels) of the film's sound."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp")
        parts = [r.to_ndarray() for f in container.decode(audio=0) for r in resampler.resample(f)]
    return np.concatenate(parts, axis=1).T


def clicks(path: Path) -> dict[int, float]:
    """Samples that are loud, and how loud."""
    left = heard(path)[:, 0]
    return {int(n): round(float(left[n]), 2) for n in np.flatnonzero(abs(left) > 0.01)}


def made(script: Path) -> Path:
    target = script.with_name("made.mkv")
    make_film(FilmJob(script, target, force=True))
    return target


def test_cut_sounds_lie_on_the_exact_sample(clicking, script):
    clicking("a.mkv")
    film = made(
        script(
            '[[scene]]\nsource = "a.mkv"\nin = 1\n'
            '[[scene]]\nname = "b"\nsource = "a.mkv"\nout = 2\n'
        )
    )
    assert len(heard(film)) == 4 * RATE
    assert clicks(film) == {6 * FRAME: 0.8, 26 * FRAME: 0.7, 58 * FRAME: 0.9, 78 * FRAME: 0.8}


@pytest.mark.parametrize("rate", [44100, 48000])
def test_compressed_and_other_rates_lie_within_a_sample(clicking, script, rate: int):
    clicking(
        "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "256k", rate=rate
    )
    film = made(script('[[scene]]\nsource = "a.mp4"\nin = 1\n'))
    left = abs(heard(film)[:, 0])
    for frame in (6, 26):
        near = slice(frame * FRAME - 400, frame * FRAME + 400)
        assert abs(int(left[near].argmax()) - 400) <= 1


def test_a_dissolve_crosses_the_sounds_at_constant_power_about_its_middle(clicking, script):
    clicking("a.mkv")
    text = '[[scene]]\nsource = "a.mkv"\n[[scene]]\nname = "b"\nsource = "a.mkv"\n'
    film = made(script(text + 'transition = { kind = "dissolve", seconds = 2 }\n'))
    # the second scene begins at frame 24; both are heard from there to frame 72
    found = clicks(film)
    assert [*found] == [n * FRAME for n in (10, 30, 34, 50, 54, 74)]
    assert found[10 * FRAME] == 0.9
    assert found[30 * FRAME] == pytest.approx(0.8 * np.cos(6 / 48 * np.pi / 2), abs=0.01)
    assert found[34 * FRAME] == pytest.approx(0.9 * np.sin(10 / 48 * np.pi / 2), abs=0.01)
    assert found[74 * FRAME] == 0.7


def test_a_cut_may_cross_its_sounds_beyond_the_pictures(clicking, script):
    clicking("a.mkv")
    first = '[[scene]]\nsource = "a.mkv"\nout = 1\n'
    second = '[[scene]]\nname = "b"\nsource = "a.mkv"\nin = 2.125\n'
    film = made(script(first + second + 'transition = { kind = "cut", sound = 1 }\n'))
    found = clicks(film)  # the cut is at frame 24; frame 30 of the first scene is heard after it
    assert [*found] == [10 * FRAME, 23 * FRAME, 30 * FRAME]
    assert found[30 * FRAME] == pytest.approx(0.8 * np.cos(18 / 24 * np.pi / 2), abs=0.01)
    assert found[23 * FRAME] == pytest.approx(0.7 * np.sin(11 / 24 * np.pi / 2), abs=0.01)


def test_levels_fades_and_offsets_are_those_of_the_file(clicking, script, make_sound):
    clicking("a.mkv")
    lapel = np.zeros((4 * RATE, 1))
    lapel[RATE // 2] = 0.5
    make_sound("lapel.wav", lapel)
    film = made(
        script("""
[[scene]]
source = "a.mkv"
in = 1
[[scene.sound]]
level = [[0, 0], [2, -12]]
fade_out = 1
[[scene.sound]]
source = "lapel.wav"
offset = 0.75
level = -6
""")
    )
    found = clicks(film)
    assert [*found] == [RATE // 4, 26 * FRAME]
    both = 0.8 * 10 ** (-1.5 / 20) + 0.5 * 10 ** (-6 / 20)
    assert found[RATE // 4] == pytest.approx(both, abs=0.01)
    level = 0.7 * 10 ** (-6.5 / 20) * np.cos(2 / 24 * np.pi / 2)
    assert found[26 * FRAME] == pytest.approx(level, abs=0.01)


def test_crossing_ramps_keep_their_power():
    out, into = ramp(1000, 0, 1000), ramp(1000, 1000, 0)
    assert np.allclose(out**2 + into**2, 1, atol=1e-6)


def test_the_loudness_is_the_one_asked_for(make_film, make_sound, moving, script, tmp_path):
    time = np.arange(3 * RATE) / RATE
    sound = make_sound("tone.wav", 0.05 * np.sin(2 * np.pi * 997 * time)[:, None])
    make_film("a.mkv", moving(72, 32, 64), "-c:v", "ffv1", inputs=("-i", sound))
    film = made(script('[film]\nloudness = -18\n[[scene]]\nsource = "a.mkv"\n'))
    raw = tmp_path / "raw.f32"
    heard(film).astype(np.float32).tofile(raw)
    assert loudness(raw) == pytest.approx(-18, abs=0.5)


def test_scenes_become_chapters(clicking, script):
    clicking("a.mkv")
    film = made(
        script('[[scene]]\nsource = "a.mkv"\nout = 1\n[[scene]]\nname = "x; y"\nsource = "a.mkv"\n')
    )
    with av.open(str(film)) as container:
        found = [
            (c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()
        ]
    assert found == [(0, "a"), (1, "x; y")]
    assert probe(film).duration == Fraction(4)
