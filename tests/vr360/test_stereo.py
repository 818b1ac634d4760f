import numpy as np
import pytest

from vr360.frame import Stereo
from vr360.stereo import eye_size, join_eyes, picture_size, split_eyes


@pytest.mark.parametrize("stereo", list(Stereo))
def test_joining_undoes_splitting(stereo: Stereo):
    rgb = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    assert np.array_equal(join_eyes(split_eyes(rgb, stereo), stereo), rgb)


def test_convention_the_left_eye_comes_first():
    rgb = np.zeros((2, 4, 3), np.uint8)
    rgb[0] = 1
    assert split_eyes(rgb, Stereo.TOP_BOTTOM)[0].min() == 1
    rgb = np.zeros((2, 4, 3), np.uint8)
    rgb[:, 2:] = 1
    assert split_eyes(rgb, Stereo.LEFT_RIGHT)[1].min() == 1
    assert split_eyes(rgb, Stereo.RIGHT_LEFT)[0].min() == 1


def test_a_picture_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="halved"):
        split_eyes(np.zeros((3, 4, 3), np.uint8), Stereo.TOP_BOTTOM)


@pytest.mark.parametrize(
    ("stereo", "size"),
    [
        (Stereo.MONO, (200, 400)),
        (Stereo.TOP_BOTTOM, (100, 400)),
        (Stereo.LEFT_RIGHT, (200, 200)),
        (Stereo.RIGHT_LEFT, (200, 200)),
    ],
)
def test_an_eye_is_half_the_picture_across_or_down(stereo: Stereo, size: tuple[int, int]):
    assert eye_size((200, 400), stereo) == size
    assert picture_size(size, stereo) == (200, 400)
