"""What moves by itself; the camera turns, walks, or stands."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from pipeline.film.film import check
from pipeline.film.mask_reading import BUILT_IN
from pipeline.film.masks import open_masks
from pipeline.film.moving import Moving
from pipeline.film.turning import Turning
from pipeline.film.watching import Watched
from pipeline.looks.masks import Seen
from sample_clips.clip import COMMITTED
from tests.pipeline.temporal.test_flow import noise
from vr360.frame import Frame, Rgb
from vr360.geometry import rotation, row_areas
from vr360.media.writer import FilmWriter

HEIGHT, WIDTH, COUNT = 128, 256, 6
TURN = Turning(HEIGHT, WIDTH)


def truth(n: int) -> np.ndarray:
    """A disc that goes right by two pixels a frame, over ±180°."""
    mask = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.circle(mask, (WIDTH // 2, 50), 16, (255, 255, 255), -1)
    return np.roll(mask, WIDTH // 2 - 5 + 2 * n, axis=1)


def seen_by(n: int, swing: float) -> tuple[Rgb, np.ndarray]:
    """The picture of a camera that turns, and where the disc is in it."""
    ground, thing = noise(HEIGHT, 1, 3.0), np.roll(noise(HEIGHT, 2, 3.0), 2 * n, axis=1)
    turn = rotation(swing * np.sin(n), 0.6 * swing * np.cos(2 * n), 0.01 * n)
    shown = TURN(np.where(truth(n) > 0, thing, ground), turn)
    return shown, TURN(truth(n), turn)[..., 0] > 127


@pytest.fixture
def clip(tmp_path, script):
    def make(swing: float) -> Watched:
        with FilmWriter(tmp_path / "a.mkv", HEIGHT, WIDTH, Fraction(12), "archive") as film:
            for n in range(COUNT):
                film.write(Frame(seen_by(n, swing)[0], n / Fraction(12)))
        return Watched(check(script('[[scene]]\nsource = "a.mkv"\n')).film.scenes[0])

    return make


@pytest.mark.parametrize("swing", [0.0, 0.04])
def test_a_thing_is_found_however_the_camera_turns(clip, swing: float):
    masks = open_masks("moving", BUILT_IN, clip(swing)).masks
    for n in range(COUNT):
        shown, there = seen_by(n, swing)
        (mask,) = masks([shown], Fraction(n, 12))
        found = mask > 0.5
        assert (found & there).sum() > 0.6 * there.sum(), n  # in the first frame too
        wide = cv2.dilate(there.astype(np.uint8), np.ones((15, 15))) > 0
        beside = np.roll(wide, 1, 1) | np.roll(wide, -1, 1)
        assert row_areas(HEIGHT) @ (found & ~beside).mean(axis=1) < 0.01


def test_ground_that_a_walking_camera_passes_stands_still(script):
    path = script(f'[[scene]]\nsource = "{COMMITTED}"\nin = 1.5\nout = 1.7\n')
    clip = Watched(check(path, preview=True).film.scenes[0])
    moving = Moving(clip)
    for n, eye in enumerate(clip.eyes(clip.first, clip.last)):
        mask = moving(Seen(eye, n / 24, 0, 1.5 + n / 24))
        assert row_areas(len(mask)) @ mask.mean(axis=1) < 0.01
    assert n == 4
