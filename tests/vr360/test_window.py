"""Parts of the sphere laid in the whole one."""

import numpy as np
import pytest

from vr360.window import FRONT_HALF, FULL, Bounds, Window

EYE = np.random.default_rng(3).integers(1, 255, (20, 40, 3), np.uint8)


@pytest.mark.parametrize(
    ("bounds", "window"),
    [
        (FULL, (20, 40, 0, 0, 20, 40)),
        (FRONT_HALF, (20, 40, 0, 20, 20, 80)),
        (Bounds(0.25, 0.25, 0.25, 0.25), (20, 40, 10, 20, 40, 80)),
        (Bounds(top=0.1, bottom=0.4), (20, 40, 4, 0, 40, 40)),
        (Bounds(left=0.5, right=0.1), (20, 40, 0, 50, 20, 100)),
    ],
)
def test_a_window_lies_where_its_bounds_say(bounds: Bounds, window: tuple[int, ...]):
    assert Window.of(bounds, 20, 40) == window


@pytest.mark.parametrize(
    "bounds", [FULL, FRONT_HALF, Bounds(0.7, 0.1), Bounds(0.05, 0.3, 0.6, 0.2)]
)
def test_what_is_placed_is_cut_out_as_it_was(bounds: Bounds):
    window = Window.of(bounds, 20, 40)
    sphere = window.place(EYE)
    assert sphere.shape == (window.full_height, window.full_width, 3)
    assert np.array_equal(window.cut(sphere), EYE)
    assert sphere.all()  # its mirror image fills what it leaves out


def test_the_sphere_around_a_part_has_an_even_width():
    for width in range(31, 64):
        window = Window.of(Bounds(left=0.123, right=0.321), 20, width)
        assert window.full_width % 2 == 0
        assert 0 <= window.left <= window.full_width - width
