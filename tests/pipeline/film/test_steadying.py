"""The camera's shake, taken out; truth is a turn that was put in, and the sample scene's walk."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.film.film import FilmJob, check, make_film
from pipeline.film.steadying import camera_path, smoothed, steady_turns
from pipeline.film.turning import Turning
from sample_clips.camera import pose
from sample_clips.clip import COMMITTED
from tests.pipeline.film.conftest import frames_of
from tests.pipeline.temporal.test_flow import noise
from vr360.frame import Frame
from vr360.geometry import rotation
from vr360.media.writer import FilmWriter

RATE = 24


def swing(seconds: np.ndarray, hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * seconds)[:, None]


def test_slow_turns_stay_and_fast_ones_go():
    t = np.arange(480) / RATE
    middle = slice(180, 300)
    assert abs(smoothed(swing(t, 0.05), RATE)[middle] - swing(t, 0.05)[middle]).max() < 0.01
    assert abs(smoothed(swing(t, 0.5), RATE)[middle]).max() < 0.01
    assert abs(smoothed(swing(t, 0.2), RATE)[middle]).max() == pytest.approx(0.5, abs=0.02)


def test_a_turn_at_even_speed_is_left_alone_to_its_ends():
    steps = np.arange(50)[:, None] * [1.0, -2.0]
    np.testing.assert_allclose(smoothed(steps, RATE), steps, atol=1e-4)


def test_the_band_is_solved_as_a_full_matrix_would_be():
    values = np.random.default_rng(0).normal(size=(40, 3))
    third = np.diff(np.eye(40), 3, axis=0)
    weight = (RATE / (2 * np.pi * 0.2)) ** 6
    full = np.linalg.solve(np.eye(40) + weight * third.T @ third, values)
    np.testing.assert_allclose(smoothed(values, RATE), full, rtol=1e-4, atol=1e-4)


def shake_of(path: np.ndarray) -> float:
    """RMS angle, degrees, of orientations (N, 3, 3) off the cubic of time that fits them best."""
    back = path[len(path) // 2].T @ path
    angles = np.degrees([back[:, 2, 1], back[:, 0, 2], back[:, 1, 0]]).T  # they are small
    powers = np.vander(np.linspace(-1, 1, len(path)), 4)
    off = angles - powers @ np.linalg.lstsq(powers, angles, rcond=None)[0]
    return float(np.sqrt(np.square(off).sum(1).mean()))


def test_of_the_sample_clips_shake_a_twentieth_is_left(script):
    path = script(f'[[scene]]\nsource = "{COMMITTED}"\nstabilise = "rotation"\n')
    (placed,) = check(path, preview=True).film.scenes
    turns = steady_turns(camera_path(placed), RATE)
    truth = np.stack([pose(n / RATE, 0).rotation for n in range(96)])
    assert shake_of(truth @ turns) < 0.05 * shake_of(truth)


@pytest.fixture
def shaking(tmp_path: Path) -> Path:
    """A clip of noise that is turned to and fro five times a second."""
    turns = np.stack(
        [rotation(0.03 * np.sin(n * 2.6), 0.02 * np.sin(n * 2.4), 0.01) for n in range(24)]
    )
    path, still, turning = tmp_path / "shaking.mkv", noise(128, soft=3.0), Turning(128, 256)
    with FilmWriter(path, 128, 256, Fraction(12), "archive") as film:
        for n, turn in enumerate(turns):
            film.write(Frame(turning(still, turn), n / Fraction(12)))
    return path


def test_the_film_shows_what_a_still_camera_would_have_seen(shaking, script):
    text = f'[[scene]]\nsource = "{shaking}"\n'
    steady, target = text + 'stabilise = "rotation"\n', shaking.with_name("made.mkv")
    make_film(FilmJob(script(steady), target))
    film, clip = (frames_of(each).astype(float) for each in (target, shaking))
    moved = abs(np.diff(clip, axis=0)).mean()
    assert abs(np.diff(film, axis=0)).mean() < 0.15 * moved
    assert list(shaking.parent.glob("made.mkv.film/path.*.npy"))
