"""What is near on the sample scene, seen by both eyes, against its true depth."""

import numpy as np
import pytest

from pipeline.film.film import check
from pipeline.film.near import PUPILS, Near, disparity
from pipeline.looks.masks import Seen
from sample_clips.scene import Scene
from vr360.errors import InputError
from vr360.geometry import row_areas

LAYER = '[[scene]]\nsource = "{}"\n[[scene.layer]]\nmask = "sky + front"\n'
MASK = "[masks.front]\nnear = 3\n"


def overlap(found, truth):
    """Intersection over union, by area on the sphere."""
    weights = row_areas(len(found))[:, None]
    return ((found & truth) * weights).sum() / ((found | truth) * weights).sum()


@pytest.fixture(scope="module")
def pair():
    scene = Scene()
    return [scene.render(0, 256, 512, eye) for eye in ("left", "right")]


@pytest.mark.parametrize(("metres", "least"), [(3, 0.94), (6, 0.96)])
@pytest.mark.parametrize("number", [0, 1])
def test_what_is_near_is_found_for_each_eye(pair, metres, least, number):
    eye, other = pair[number], pair[1 - number]
    mask = Near(metres)(Seen(eye.rgb, 0, number, 0, other.rgb))
    assert mask.shape == eye.depth.shape
    assert overlap(mask > 0.5, eye.depth < metres) >= least


def test_the_disparity_is_the_pupils_distance_over_that_of_what_is_seen(pair):
    found = disparity(pair[0].rgb, pair[1].rgb)
    true = PUPILS / pair[0].depth[1::2, 1::2]
    close = pair[0].depth[1::2, 1::2] < 4
    assert np.median(np.abs(found - true)[close] / true[close]) < 0.1


def test_it_has_no_seam(pair):
    rolled = [np.roll(view.rgb, 128, axis=1) for view in pair]
    turned = Near(3)(Seen(rolled[0], 0, 0, 0, rolled[1])) > 0.5
    plain = Near(3)(Seen(pair[0].rgb, 0, 0, 0, pair[1].rgb)) > 0.5
    assert overlap(turned, np.roll(plain, 128, axis=1)) > 0.97


def test_one_eye_alone_tells_nothing():
    assert not Near(3)(Seen(np.zeros((32, 64, 3), np.uint8), 0)).any()


def test_a_mono_clip_is_named_with_its_line(clip, script):
    clip("a.mkv")
    with pytest.raises(InputError, match=r"film\.toml:4: mask: front tells what is near by two"):
        check(script(LAYER.format("a.mkv") + MASK))
