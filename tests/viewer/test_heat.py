import ast
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import viewer.heat
from viewer.heat import Heat, HeatMap, coloured, small
from viewer.picture import picture_from_rgb
from vr360 import change


def picture(value, number=0):
    return picture_from_rgb(np.full((64, 128, 3), value, np.uint8), Fraction(number, 30), number)


def seen(*looks):
    heat = Heat()
    for number, (film, source) in enumerate(looks):
        a = None if source is None else picture(source, number)
        heat.see((picture(film, number), a))
    return heat


def test_the_maps_are_those_of_measuring(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (6, 64, 128, 3), np.uint8)
    pictures = [picture_from_rgb(rgb, Fraction(i % 3, 30)) for i, rgb in enumerate(noise)]
    films, sources = pictures[:3], pictures[3:]
    heat = Heat()
    for look in zip(films, sources, strict=True):
        heat.see(look)
    difference = change.difference(small(films[2]), small(sources[2]))
    assert np.array_equal(heat.map(HeatMap.DIFFERENCE), coloured(difference, 0.25))
    flicker = change.flicker([small(f) for f in films], [small(s) for s in sources])
    assert np.array_equal(heat.map(HeatMap.FLICKER), coloured(flicker, 0.1))


def test_nothing_is_defined_twice():
    tree = ast.parse(Path(viewer.heat.__file__).read_text("utf-8"))
    named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not named & {"difference", "flicker", "luma", "stillness"}


@pytest.mark.parametrize(
    ("looks", "hot"),
    [
        ([(100, 50), (160, 50), (100, 50)], True),
        ([(100, 100), (160, 160), (100, 100)], False),
        ([(100, 50), (110, 50), (120, 50)], False),
        ([(100, None), (160, None), (100, None)], True),
    ],
)
def test_flicker_is_what_alternates_while_the_source_stands_still(looks, hot):
    assert seen(*looks).map(HeatMap.FLICKER)[..., 3].any() == hot


def test_too_few_pictures_make_no_map():
    assert seen((100, 50), (160, 50)).map(HeatMap.FLICKER) is None
    assert seen((100, None)).map(HeatMap.DIFFERENCE) is None
    assert Heat().map(HeatMap.DIFFERENCE) is None


def test_a_jump_in_the_film_begins_anew():
    heat = seen((100, None), (160, None))
    heat.see((picture(100, 90), None))
    assert heat.map(HeatMap.FLICKER) is None


def test_a_picture_shown_again_counts_once():
    heat = seen((100, None), (160, None))
    heat.see((picture(160, 1), None))
    assert heat.map(HeatMap.FLICKER) is None


def test_cold_places_are_clear_and_hot_ones_red():
    colours = coloured(np.array([[0.0, 0.25]], np.float32), 0.25)
    assert colours[0, 0, 3] == 0
    red, green, blue, alpha = colours[0, 1]
    assert alpha > 150
    assert red > 2 * max(green, blue)
