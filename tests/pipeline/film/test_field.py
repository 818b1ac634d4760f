"""Recordings lie in the film's sound as what they are, and come from where they are seen."""

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film.field import Field
from pipeline.film.film import Checked, FilmJob, check, make_film
from pipeline.film.hearing import RATE
from pipeline.film.mastering import loudness
from pipeline.film.sound import mix_sound
from tests.pipeline.film.test_sound import heard
from tests.pipeline.source.test_levelling import shake, tilt
from vr360.errors import InputError
from vr360.spherical import Ambisonic, SphericalMetadata, inject, inspect

FRAME = RATE // 24
PULSES = {"ahead": (6, 0, 0), "left": (18, -90, 0), "behind": (30, 180, 0), "above": (42, 0, 90)}
"""Frame of the film, yaw and pitch in degrees."""


def wave(yaw: float, pitch: float) -> np.ndarray:
    """W, Y, Z, X of a wave from there: AmbiX counts its azimuth to the left."""
    azimuth, up = -np.radians(yaw), np.radians(pitch)
    return np.array([1, np.sin(azimuth) * np.cos(up), np.sin(up), np.cos(azimuth) * np.cos(up)])


@pytest.fixture
def ambix(make_film, make_sound, moving) -> Path:
    """A clip of two seconds with a click from each of four sides, in AmbiX."""
    samples = np.zeros((2 * RATE, 4))
    for frame, yaw, pitch in PULSES.values():
        samples[frame * FRAME] = 0.5 * wave(yaw, pitch)
    sound = ("-guess_layout_max", "0", "-i", make_sound("field.wav", samples))
    coded = ("-c:v", "libx264", "-c:a", "pcm_s16le")
    return make_film("clip.mov", moving(48, 32, 64), *coded, inputs=sound)


def made(script: Path, suffix: str = ".mkv") -> Path:
    target = script.with_name(f"made{suffix}")
    make_film(FilmJob(script, target, force=True))
    return target


def clicks(path: Path, channels: int) -> dict[int, np.ndarray]:
    samples = heard(path)
    assert samples.shape[1] == channels
    return {int(n): samples[n] for n in np.flatnonzero(abs(samples).max(axis=1) > 0.01)}


SCENE = '[[scene]]\nsource = "clip.mov"\nyaw = {}\n'


def test_a_field_that_does_not_turn_keeps_every_bit(ambix, script):
    found = clicks(made(script(SCENE.format(0))), 4)
    assert [*found] == [frame * FRAME for frame, _, _ in PULSES.values()]
    for frame, yaw, pitch in PULSES.values():
        stored = np.rint(0.5 * wave(yaw, pitch) * 32767) / 32768
        assert np.array_equal(found[frame * FRAME], stored.astype(np.float32))


@pytest.mark.parametrize("turn", [90, -35])
def test_four_sides_turn_with_the_scene(turn, ambix, script):
    found = clicks(made(script(SCENE.format(turn))), 4)
    assert [*found] == [frame * FRAME for frame, _, _ in PULSES.values()]
    for frame, yaw, pitch in PULSES.values():
        expected = 0.5 * wave(yaw - turn, pitch)
        assert np.abs(found[frame * FRAME] - expected).max() < 1e-4


def test_a_turn_that_changes_is_that_of_the_moment(ambix, script):
    found = clicks(made(script(SCENE.format("[[0, 0], [2, 180]]"))), 4)
    for frame, yaw, pitch in PULSES.values():
        expected = 0.5 * wave(yaw - 180 * frame / 48, pitch)
        assert np.abs(found[frame * FRAME] - expected).max() < 0.5 * np.radians(180 / 48 + 0.5)


def test_a_voice_with_a_direction_comes_from_there(ambix, script, make_sound):
    samples = np.zeros((2 * RATE, 1))
    samples[5 * FRAME] = 0.5
    make_sound("voice.wav", samples)
    told = '[[scene.sound]]\nsource = "voice.wav"\nyaw = {}\npitch = 20\n'
    found = clicks(made(script(SCENE.format(30) + told.format(40))), 4)
    assert [*found] == [5 * FRAME]
    assert np.abs(found[5 * FRAME] - 0.5 * wave(10, 20)).max() < 1e-4
    moving = clicks(made(script(SCENE.format(30) + told.format("[[0, 0], [1, 48]]"))), 4)
    assert np.abs(moving[5 * FRAME] - 0.5 * wave(10 - 30, 20)).max() < 1e-4


def test_the_camera_turns_and_the_lapel_does_not(ambix, script, make_sound):
    samples = np.zeros((2 * RATE, 2))
    samples[6 * FRAME] = 0.25, 0.125
    make_sound("lapel.wav", samples)
    both = '[[scene.sound]]\n[[scene.sound]]\nsource = "lapel.wav"\n'
    film = made(script(SCENE.format(90) + both), ".mov")
    found = clicks(film, 6)
    assert np.abs(found[6 * FRAME][:4] - 0.5 * wave(-90, 0)).max() < 1e-4
    assert np.abs(found[6 * FRAME][4:] - (0.25, 0.125)).max() < 1e-4
    assert np.abs(found[42 * FRAME][4:]).max() == 0
    assert inspect(film).ambisonic == (Ambisonic(1, True, tuple(range(6))),)


@pytest.mark.parametrize("marked", [True, False])
def test_a_recordings_own_head_locked_stereo_stays(marked, make_film, make_sound, moving, script):
    samples = np.zeros((2 * RATE, 6))
    samples[6 * FRAME] = *(0.5 * wave(0, 0)), 0.25, 0.125
    sound = ("-guess_layout_max", "0", "-i", make_sound("field.wav", samples))
    clip = make_film("clip.mov", moving(48, 32, 64), "-c:a", "pcm_s16le", inputs=sound)
    if marked:
        inject(clip, SphericalMetadata(), ambisonic="acn-sn3d")
    said = "" if marked else "[[scene.sound]]\nambisonic = true\n"
    found = clicks(made(script(SCENE.format(90) + said)), 6)
    assert np.abs(found[6 * FRAME] - (*(0.5 * wave(-90, 0)), 0.25, 0.125)).max() < 1e-4


def test_a_field_is_marked_in_what_goes_out(ambix, script):
    film = made(script(SCENE.format(0)), ".mp4")
    assert inspect(film).ambisonic == (Ambisonic(1, False, (0, 1, 2, 3)),)
    samples = heard(film)
    for frame, yaw, pitch in PULSES.values():  # coded with loss, each channel in its place
        near = slice(frame * FRAME - 50, frame * FRAME + 50)
        assert np.corrcoef(abs(samples[near]).max(axis=0), abs(wave(yaw, pitch)))[0, 1] > 0.9


def test_stereo_may_be_asked_for(ambix, script):
    found = clicks(made(script(f'[film]\nsound = "stereo"\n{SCENE.format(0)}')), 2)
    left = found[PULSES["left"][0] * FRAME]
    assert left == pytest.approx([0.5, 0.0], abs=1e-4)
    assert found[PULSES["ahead"][0] * FRAME] == pytest.approx([0.25, 0.25], abs=1e-4)


def test_scenes_without_a_field_are_heard_from_nowhere(
    ambix, script, make_sound, make_film, moving
):
    samples = np.zeros((2 * RATE, 1))
    samples[6 * FRAME] = 0.5
    sound = make_sound("mono.wav", samples)
    make_film("b.mov", moving(48, 32, 64), "-c:a", "pcm_s16le", inputs=("-i", sound))
    film = made(script(SCENE.format(0) + '[[scene]]\nname = "b"\nsource = "b.mov"\nyaw = 90\n'))
    found = clicks(film, 6)
    assert np.abs(found[54 * FRAME] - (0, 0, 0, 0, 0.5, 0.5)).max() < 1e-4


def test_a_level_scene_takes_its_sound_along(run_ffmpeg, make_sound, script, tmp_path):
    """The sample clip, tilted; what was above in the camera is above its head, not the sphere's."""
    shaken = shake(tmp_path, run_ffmpeg, 12, (128, 256))
    samples = np.zeros((RATE, 4))
    at = RATE // 4
    samples[at] = 0.5 * wave(0, 90)
    sound = make_sound("field.wav", samples)
    both = tmp_path / "both.mov"
    mapped = ("-map", "0:v", "-map", "0:d", "-map", "1:a", "-c", "copy", "-copy_unknown")
    run_ffmpeg("-i", shaken.film, "-guess_layout_max", "0", "-i", sound, *mapped, both)
    film = made(script(f'[[scene]]\nsource = "{both}"\nlevel = true\n'))
    frame = round(at / RATE * float(24))
    up = tilt(frame).T @ np.array([0.0, 1.0, 0.0])  # the sphere's, as the camera sees it
    expected = up * (-1, 1, -1)  # the shortest turn that lifts it takes the camera's own as far
    told = heard(film)[at] / 0.5
    found = np.array([-told[1], told[2], -told[3]])  # x right, y up, z behind
    assert found == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("field", [Field(), Field(1), Field(1, stereo=False)])
def test_the_loudness_of_a_field_is_that_of_its_stereo(field, tmp_path):
    tone = 0.05 * np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE)
    stereo = np.stack([tone, 0.5 * tone], axis=1)
    laid = np.zeros((len(tone), field.channels), np.float32)
    if field.order:  # two cardioids hear it as those two channels
        laid[:, 0], laid[:, 1] = stereo.sum(axis=1), stereo[:, 0] - stereo[:, 1]
    else:
        laid[:] = stereo
    laid.tofile(tmp_path / "field.f32")
    stereo.astype(np.float32).tofile(tmp_path / "stereo.f32")
    expected = loudness(tmp_path / "stereo.f32")
    assert loudness(tmp_path / "field.f32", field) == pytest.approx(expected, abs=0.1)


def test_channels_that_are_no_field_are_named_with_their_line(ambix, script, make_sound):
    make_sound("three.wav", np.zeros((RATE, 3)))
    told = '[[scene.sound]]\nsource = "three.wav"\nambisonic = true\n'
    with pytest.raises(InputError, match=r"film\.toml:6: ambisonic: .* has 3 channels; a field"):
        check(script(SCENE.format(0) + told))


def test_a_field_has_no_direction_of_its_own(ambix, script):
    told = "[[scene.sound]]\nyaw = 40\n"
    with pytest.raises(InputError, match=r"film\.toml:5: yaw: .*clip.mov is ambisonic .* = false"):
        check(script(SCENE.format(0) + told))
    check(script(SCENE.format(0) + told + "ambisonic = false\n"))


@pytest.fixture
def third(script, make_sound, tmp_path) -> Checked:
    """A turning still of 20 s with a field of order 3 and a voice that goes around."""
    cv2.imwrite(str(tmp_path / "clip.png"), np.zeros((32, 64, 3), np.uint8))
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (20 * RATE, 16))
    make_sound("field.wav", noise)
    make_sound("voice.wav", noise[:, :1])
    return check(
        script("""
[film]
rate = 24
[[scene]]
source = "clip.png"
stereo = "mono"
out = 20
yaw = [[0, 0], [20, 400]]
[[scene.sound]]
source = "field.wav"
ambisonic = true
level = [[0, 0], [20, -12]]
fade_in = 3
[[scene.sound]]
source = "voice.wav"
yaw = [[0, 0], [20, 300]]
""")
    )


def test_a_film_is_mixed_in_blocks_that_are_not_heard(third, tmp_path, monkeypatch):
    paths, field = [tmp_path / "blocks.f32", tmp_path / "whole.f32"], Field(3, stereo=False)
    tracemalloc.start()
    try:
        mix_sound(third.film, third.sounds, paths[0], field)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * RATE * field.channels * 4  # less than the whole once
    monkeypatch.setattr("pipeline.film.sound.BLOCK", 20 * RATE)
    mix_sound(third.film, third.sounds, paths[1], field)
    blocks, whole = (np.fromfile(path, np.float32) for path in paths)
    assert np.abs(whole).max() > 0.1
    assert np.abs(blocks - whole).max() < 1e-6
