"""Neighbours lie across the seam and over the poles, whichever way the sphere is turned."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.source.preprocess import median_blur as median_of_a_frame
from pipeline.temporal.flow import _texture, grey
from vr360.change import stillness
from vr360.filters import (
    Around,
    box_blur,
    gaussian_blur,
    gradient,
    median_blur,
    non_local_means,
)

HEIGHT, WIDTH = 24, 48
RGB = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
LEVEL = RGB[..., 0].astype(np.float32)
Filter = Callable[[np.ndarray], np.ndarray]

FILTERS: dict[str, tuple[np.ndarray, Filter]] = {
    "box": (RGB, lambda p: box_blur(p, 5)),
    "box of a map": (LEVEL, lambda p: box_blur(p, 9)),
    "gaussian": (RGB, lambda p: gaussian_blur(p, 1.5)),
    "gaussian in floats": (LEVEL, lambda p: gaussian_blur(p, 2.0)),
    "gaussian wider than the sphere": (LEVEL, lambda p: gaussian_blur(p, 9.0)),
    "median": (RGB, lambda p: median_blur(p, 5)),
    "non-local means": (RGB, lambda p: non_local_means(p, 20, 3, 7)),
    "median of a frame": (RGB, lambda p: median_of_a_frame(p, 3)),
    "grey": (RGB, lambda p: grey(p, HEIGHT)),
    "texture": (RGB[..., 0], _texture),
    "stillness": (LEVEL / 255, lambda p: stillness([p, p * 0.99])),
}


@pytest.mark.parametrize("turn", [1, 7, 24, 37])
@pytest.mark.parametrize("name", FILTERS)
def test_a_turned_sphere_is_filtered_alike(name: str, turn: int):
    picture, apply = FILTERS[name]
    turned = apply(np.roll(picture, turn, axis=1))
    np.testing.assert_allclose(turned, np.roll(apply(picture), turn, axis=1), atol=1e-4)


@pytest.mark.parametrize("name", ["box of a map", "gaussian in floats", "median", "stillness"])
def test_a_sphere_upside_down_is_filtered_alike(name: str):
    picture, apply = FILTERS[name]
    over = apply(picture[::-1, ::-1].copy())
    np.testing.assert_allclose(over, apply(picture)[::-1, ::-1], atol=1e-4)


def around(picture: np.ndarray, y: int, x: int, reach: int) -> np.ndarray:
    """(2 reach + 1)² neighbours, pixel by pixel, from the convention alone."""
    height, width = picture.shape[:2]
    found = []
    for row in range(y - reach, y + reach + 1):
        over = row < 0 or row >= height
        inside = -1 - row if row < 0 else 2 * height - 1 - row if over else row
        shift = width // 2 if over else 0
        found.append([picture[inside, (x + dx + shift) % width] for dx in range(-reach, reach + 1)])
    return np.array(found)


@pytest.mark.parametrize(("y", "x"), [(0, 0), (0, 20), (1, WIDTH - 1), (HEIGHT - 1, 5), (12, 0)])
def test_neighbours_are_those_of_the_sphere(y: int, x: int):
    near = around(LEVEL, y, x, 2)
    assert box_blur(LEVEL, 5)[y, x] == pytest.approx(near.mean(), rel=1e-5)
    assert median_blur(RGB, 5)[y, x].tolist() == [
        int(np.median(around(RGB[..., c], y, x, 2))) for c in range(3)
    ]
    (a, b, c), (d, _, f), (g, h, i) = around(LEVEL, y, x, 1)
    right, down = gradient(LEVEL)
    assert right[y, x] == pytest.approx((c + 2 * f + i) - (a + 2 * d + g), abs=1e-3)
    assert down[y, x] == pytest.approx((g + 2 * h + i) - (a + 2 * b + c), abs=1e-3)


def test_a_ring_wraps_and_has_ends():
    blurred = box_blur(LEVEL, (1, 5), Around.RING)
    assert blurred[0, 0] == pytest.approx(LEVEL[0, [-2, -1, 0, 1, 2]].mean(), rel=1e-5)
    assert box_blur(RGB, (1, 4), Around.RING).shape == RGB.shape


def test_a_flat_view_is_as_opencv_has_it():
    ours = gaussian_blur(LEVEL, 1.3, Around.FLAT)
    np.testing.assert_array_equal(ours, cv2.GaussianBlur(LEVEL, (0, 0), 1.3))
    np.testing.assert_array_equal(
        gaussian_blur(RGB, 1.3, Around.FLAT), cv2.GaussianBlur(RGB, (0, 0), 1.3)
    )


def test_a_map_of_one_channel_keeps_its_shape():
    assert box_blur(LEVEL[..., None], 3).shape == (HEIGHT, WIDTH, 1)
