"""The right eye's painting, against where the sample scene truly has each point."""

from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.painting.eyes import carry_over
from pipeline.painting.stylizer import Stylizer, load_stylizer
from pipeline.quality.eyes import cross_eye_errors
from pipeline.temporal.views import sample
from sample_clips import Scene
from sample_clips.camera import seen_from, viewing_circle
from tests.pipeline.conftest import soft_noise
from vr360.geometry import equirect_directions, lonlat_to_pixel, row_areas, xyz_to_lonlat

HEIGHT, WIDTH = 256, 512
FAR = 1e6  # metres, for the sky
WATER = 2


@dataclass(frozen=True)
class Pair:
    """Both eyes, and where the right one's points truly are in the left one."""

    left: np.ndarray
    right: np.ndarray
    direction: np.ndarray
    seen_by_both: np.ndarray

    def error(self, left: np.ndarray, right: np.ndarray) -> float:
        moved = sample(left, self.direction)
        weight = self.seen_by_both * row_areas(HEIGHT)[:, None]
        difference = np.square((moved - right) / 255).mean(axis=2)
        return float((difference * weight).sum() / weight.sum())


@pytest.fixture(scope="module")
def pair() -> Pair:
    scene = Scene()
    left, right = (scene.render(48, HEIGHT, WIDTH, eye) for eye in ("left", "right"))
    rays = equirect_directions(HEIGHT, WIDTH).reshape(-1, 3)
    depth, other_depth = (np.where(v.sky, FAR, v.depth) for v in (right, left))
    points = viewing_circle(rays, "right") + rays * depth.reshape(-1, 1)
    direction, distance = seen_from(points, "left")
    # Straight above and below, a point inside the circle of the eyes has no place.
    direction = np.where(np.isnan(direction), rays, direction).reshape(HEIGHT, WIDTH, 3)
    x, y = lonlat_to_pixel(*xyz_to_lonlat(direction), HEIGHT, WIDTH)
    met = other_depth[
        np.clip(np.rint(y), 0, HEIGHT - 1).astype(int), np.rint(x).astype(int) % WIDTH
    ]
    distance = distance.reshape(HEIGHT, WIDTH)
    seen = (np.abs(met - distance) < 0.05 * distance + 0.02) & (right.kind != WATER)
    return Pair(left.rgb, right.rgb, direction.astype(np.float32), seen)


@pytest.fixture(scope="module")
def look() -> Stylizer:
    return load_stylizer("starry_night", statistics="frame", projection="equirect")


def test_carried_over_the_eyes_agree_where_painted_alone_they_do_not(pair: Pair, look: Stylizer):
    alone = [look([eye])[0] for eye in (pair.left, pair.right)]
    left, right = look([pair.left, pair.right])
    carried = carry_over(pair.left, pair.right, left, right)
    assert pair.error(left, carried) < 0.5 * pair.error(*alone)
    films = [(left, carried), (alone[0], alone[1])]
    measured, measured_alone = cross_eye_errors(pair.left, pair.right, films)
    assert measured is not None
    assert measured_alone is not None
    assert measured < 0.5 * measured_alone
    assert measured_alone == pytest.approx(pair.error(*alone), rel=0.3)


def test_what_only_one_eye_sees_is_its_own(pair: Pair):
    # Stripes tell whose painting is where; nothing of the left one may land on what it cannot see.
    left, right = np.zeros_like(pair.left), np.full_like(pair.right, 255)
    carried = carry_over(pair.left, pair.right, left, right)
    assert (carried[pair.seen_by_both] < 128).mean() > 0.85
    sky = pair.seen_by_both & (np.arange(HEIGHT) < HEIGHT // 8)[:, None]
    assert (carried[sky] < 128).mean() > 0.95


def test_eyes_that_show_the_same_become_the_same():
    eye = soft_noise(64, 128, 0)
    left, right = soft_noise(64, 128, 1), soft_noise(64, 128, 2)
    carried = carry_over(eye, eye, left, right)
    assert np.abs(carried.astype(int) - left).max() <= 1
    assert cross_eye_errors(eye, eye, [(left, carried)])[0] == pytest.approx(0, abs=1e-5)


def test_eyes_that_show_nothing_alike_keep_their_own_paintings():
    left, right = (np.full((64, 128, 3), v, np.uint16) for v in (200, 900))
    noise = [np.random.default_rng(n).integers(0, 1024, (64, 128, 3), np.uint16) for n in (0, 1)]
    carried = carry_over(*noise, left, right)
    assert carried.dtype == np.uint16
    assert (carried > 550).mean() > 0.8
