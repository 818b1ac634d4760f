"""Paintings of key frames that move along the flow: where they go, and what they cannot know."""

import numpy as np
import pytest

from pipeline.temporal.flow import FAST
from pipeline.temporal.propagation import Propagation
from tests.pipeline.conftest import soft_noise
from tests.pipeline.temporal.conftest import Place

HEIGHT, WIDTH = 128, 256
STEP = 4  # pixels of yaw a frame


def turned(picture: np.ndarray, frame: int) -> np.ndarray:
    return np.roll(picture, STEP * frame, axis=1)


@pytest.fixture
def place() -> np.ndarray:
    return soft_noise(HEIGHT, WIDTH, 3)


@pytest.fixture
def strokes() -> np.ndarray:
    return soft_noise(HEIGHT, WIDTH, 4)


def test_strokes_stay_on_what_they_are_painted_on(place: np.ndarray, strokes: np.ndarray):
    """After six frames of a turning camera, all around, the seam included."""
    eye = Propagation(FAST)
    for frame in range(7):
        eye.track(turned(place, frame))
    moved = eye.moved(strokes, turned(place, 6))
    error = np.abs(moved.astype(float) - turned(strokes, 6))[16:-16]
    still = np.abs(strokes.astype(float) - turned(strokes, 6))[16:-16]
    assert error.mean() < 0.12 * still.mean()
    assert eye.uncovered < 0.02
    assert eye.travelled_deg == pytest.approx(6 * STEP * 360 / WIDTH * np.pi / 4, rel=0.1)


@pytest.mark.parametrize("depth", [8, 10])
def test_a_still_scene_keeps_every_bit(place: np.ndarray, depth: int):
    painted = soft_noise(HEIGHT, WIDTH, 5)
    painted = painted if depth == 8 else painted.astype(np.uint16) * 4 + 3
    eye = Propagation(FAST)
    for _ in range(3):
        eye.track(place)
    assert np.array_equal(eye.moved(painted, place), painted)
    assert eye.uncovered == 0
    assert eye.travelled_deg < 1e-5


def test_what_the_key_frame_did_not_show_takes_the_paintings_tone(place: np.ndarray):
    eye, painted = Propagation(FAST), place // 2 + 100
    eye.track(place)
    come = place.copy()
    come[40:80, 100:160] = soft_noise(40, 60, 9)
    eye.track(come)
    moved = eye.moved(painted, come)
    assert 0.01 < eye.uncovered < 0.2
    new = moved[48:72, 108:152].astype(float)
    shape = np.corrcoef(new.ravel(), come[48:72, 108:152].ravel())[0, 1]
    assert shape > 0.9  # it shows what has come
    tone = painted[30:90, 90:170].mean() - place[30:90, 90:170].mean()
    assert abs(new.mean() - come[48:72, 108:152].mean() - tone) < 12


def test_light_that_has_changed_since_the_key_frame_shows(places: list[Place]):
    """Each frame differs little from the last one, and much from the key frame."""
    eye = Propagation(FAST)
    for frame in range(12):
        eye.track(places[0].see(gain=1 - 0.03 * frame))
    assert eye.uncovered > 0.3
    eye.restart()
    assert eye.uncovered == 0
