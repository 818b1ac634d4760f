from __future__ import annotations

import numpy as np
import pytest

from pipeline.styles.drawings import DRAWINGS, HEIGHT, WIDTH, landscape


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_the_same_whenever_it_is_drawn(name: str):
    drawn = DRAWINGS[name]()
    assert drawn.shape == (HEIGHT, WIDTH, 3)
    assert drawn.dtype == np.uint8
    assert np.array_equal(drawn, DRAWINGS[name]())


def test_every_hand_draws_the_landscape():
    scene = landscape()
    assert set(np.unique(scene.layer)) == set(range(9))  # sky, three rings of sun, five ranges
    water = scene.layer == 8
    for draw in (DRAWINGS["stained_glass"], DRAWINGS["pointillism"]):
        drawn = draw().astype(float)
        assert (drawn[water].mean(0) - drawn[scene.layer == 3].mean(0))[0] < -100  # sun is redder


def test_ink_is_denser_where_the_landscape_is_darker():
    scene, drawn = landscape(), DRAWINGS["ink_hatching"]().mean(-1)
    light = scene.rgb.mean(-1)
    assert drawn[light < 0.3].mean() < drawn[(light > 0.5) & (light < 0.8)].mean() - 40


def test_paper_is_flat_between_its_edges():
    drawn = DRAWINGS["paper_cut"]().astype(float)
    flat = drawn[700:760, 100:900]
    assert flat.std(axis=(0, 1)).max() < 6
