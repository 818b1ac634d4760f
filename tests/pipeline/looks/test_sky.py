"""The sky of the sample scene against its truth."""

from itertools import pairwise

import numpy as np
import pytest

from pipeline.looks.masks import Seen
from pipeline.looks.sky import Sky, find_sky
from sample_clips import Scene
from vr360.geometry import row_areas

HEIGHT, WIDTH = 128, 256


@pytest.fixture(scope="module")
def views():
    """Frames of the sample clip that follow each other."""
    scene = Scene()
    return [scene.render(frame, HEIGHT, WIDTH) for frame in (40, 41, 42)]


def area(where):
    return float(where.mean(axis=1) @ row_areas(HEIGHT))


def overlap(found, truth):
    """Intersection over union, by area on the sphere."""
    return area(found & truth) / area(found | truth)


def test_the_sky_is_found(views):
    for view in views:
        assert overlap(find_sky(view.rgb) > 0.5, view.sky) >= 0.95


def test_its_edge_does_not_flicker(views):
    sky = Sky()
    masks = [sky(Seen(view.rgb, n / 24)) > 0.5 for n, view in enumerate(views)]
    changed = [area(a ^ b) for a, b in pairwise(masks)]
    assert max(changed) <= 0.01
    assert all(overlap(mask, view.sky) >= 0.94 for mask, view in zip(masks, views, strict=True))


def test_it_commutes_with_turning_about_the_vertical(views):
    view = views[0].rgb
    turned = find_sky(np.roll(view, 96, axis=1)) > 0.5
    assert area(turned ^ np.roll(find_sky(view) > 0.5, 96, axis=1)) < 0.01


@pytest.mark.parametrize("seed", [None, 0])
def test_where_there_is_no_sky_none_is_found(seed):
    shape = HEIGHT, WIDTH, 3
    empty = np.zeros(shape, np.uint8)
    rgb = empty if seed is None else np.random.default_rng(seed).integers(0, 255, shape, np.uint8)
    assert area(find_sky(rgb) > 0.5) < 0.01
