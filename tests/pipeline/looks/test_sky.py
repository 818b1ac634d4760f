"""The sky of the sample scene against its truth."""

from itertools import pairwise

import numpy as np
import pytest

from pipeline.looks.masks import Seen
from pipeline.looks.sky import Sky, find_sky
from sample_clips import Scene
from vr360.geometry import equirect_directions, row_areas

HEIGHT, WIDTH = 128, 256


@pytest.fixture(scope="module")
def scene():
    return Scene()


@pytest.fixture(scope="module")
def views(scene):
    """Frames of the sample clip that follow each other."""
    return [scene.render(frame, HEIGHT, WIDTH) for frame in (40, 41, 42)]


def area(where):
    return float(where.mean(axis=1) @ row_areas(len(where)))


def overlap(found, truth):
    """Intersection over union, by area on the sphere."""
    return area(found & truth) / area(found | truth)


def test_the_sky_is_found(views):
    for view in views:
        assert overlap(find_sky(view.rgb) > 0.5, view.sky) >= 0.95


@pytest.mark.parametrize("frame", [0, 200, 350, 450, 640, 720, 900])
def test_it_is_found_all_along_the_walk(scene, frame):
    """Snow in the haze below the sun at 350, a crown up to 38 degrees in front at 640 and 720."""
    view = scene.render(frame, 2 * HEIGHT, 2 * WIDTH)
    assert overlap(find_sky(view.rgb) > 0.5, view.sky) >= 0.95


def test_what_towers_overhead_is_no_sky(views):
    view = views[0]
    up = equirect_directions(HEIGHT, WIDTH)[..., 1]
    ahead = abs(np.arange(WIDTH) - WIDTH / 2) < WIDTH / 10
    rock = (up > 0) & (up < np.sin(np.radians(55))) & ahead
    grain = np.random.default_rng(3).integers(-20, 20, (HEIGHT, WIDTH, 1))
    rgb = np.where(rock[..., None], np.clip(grain + np.array([170, 95, 60]), 0, 255), view.rgb)
    found = find_sky(rgb.astype(np.uint8)) > 0.5
    assert area(found & rock) < 0.05 * area(rock)
    assert overlap(found, view.sky & ~rock) >= 0.95


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
