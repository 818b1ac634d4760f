import cv2
import numpy as np
import pytest

from pipeline.source.preprocess import check_median, median_blur, open_resizer
from vr360.errors import InputError
from vr360.frame import Stereo
from vr360.geometry import equirect_directions
from vr360.stereo import split_eyes


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8)


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_median_commutes_with_turning_the_sphere(noise: np.ndarray, kernel: int):
    turned = median_blur(np.roll(noise, 13, axis=1), kernel)
    assert np.array_equal(turned, np.roll(median_blur(noise, kernel), 13, axis=1))


def test_median_is_opencvs_where_no_edge_is_near(noise: np.ndarray):
    assert np.array_equal(median_blur(noise, 3)[1:-1, 1:-1], cv2.medianBlur(noise, 3)[1:-1, 1:-1])


def test_median_looks_over_the_pole(noise: np.ndarray):
    dark = noise.copy()
    dark[0] = 255
    dark[1] = 0
    # Over the pole lies the same bright row, half a turn away: six of nine are bright.
    assert (median_blur(dark, 3)[0] == 255).all()


def test_kernel_one_and_none_change_nothing(noise: np.ndarray):
    assert median_blur(noise, 0) is noise
    assert median_blur(noise, 1) is noise


@pytest.mark.parametrize(("kernel", "depth"), [(2, 8), (-1, 8), (33, 8), (7, 10)])
def test_kernels_that_cannot_be_are_refused_in_one_line(kernel: int, depth: int):
    with pytest.raises(InputError, match="--median"):
        check_median(kernel, depth)


@pytest.mark.parametrize("size", [(16, 32), (48, 96), (33, 70), (128, 256)])
def test_resizing_keeps_every_direction_where_it_is(size: tuple[int, int]):
    source = ((equirect_directions(64, 128) + 1) * 127.5).round().astype(np.uint8)
    expected = (equirect_directions(*size) + 1) * 127.5
    resized = open_resizer((64, 128), size)(source)
    assert resized.shape == (*size, 3)
    # A coarse pixel averages directions: at 16 rows that shortens them by under 1 %.
    assert np.abs(resized - expected).max() < 4


def test_ten_bit_codes_stay_ten_bit_codes():
    rgb = np.random.default_rng(0).choice([0, 1023], (16, 32, 3)).astype(np.uint16)
    assert open_resizer((16, 32), (32, 64))(rgb).max() <= 1023


@pytest.mark.parametrize("stereo", [Stereo.TOP_BOTTOM, Stereo.LEFT_RIGHT])
def test_eyes_never_bleed_into_each_other(stereo: Stereo):
    rgb = np.zeros((64, 64, 3), np.uint8)
    split_eyes(rgb, stereo)[1][:] = 255
    for size in ((32, 64), (16, 32), (96, 192)):
        eye = split_eyes(rgb, stereo)[0].shape[:2]
        resize = open_resizer(eye, size)
        left, right = (median_blur(resize(e), 5) for e in split_eyes(rgb, stereo))
        assert left.max() == 0
        assert right.min() == 255
