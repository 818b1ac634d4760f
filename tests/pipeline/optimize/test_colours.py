import numpy as np
import pytest

from pipeline.optimize.colours import picture_palette, recoloured, sphere_palette
from tests.pipeline.conftest import soft_noise


def test_a_recoloured_picture_has_the_palette_wanted():
    dark, bright = soft_noise(64, 128, 1) // 3, soft_noise(64, 96, 2) // 2 + 100
    wanted = picture_palette(bright)
    result = recoloured(dark, picture_palette(dark), wanted)
    assert np.abs(picture_palette(result) - wanted).mean() < 1 / 255


def test_its_own_palette_leaves_a_picture_as_it_is():
    rgb = soft_noise(64, 128, 1)
    own = sphere_palette([rgb])
    assert np.abs(recoloured(rgb, own, own).astype(int) - rgb).max() <= 1


def test_ten_bits_stay_ten_bits():
    rgb = soft_noise(32, 64, 1).astype(np.uint16) * 4
    result = recoloured(rgb, sphere_palette([rgb]), picture_palette(rgb // 2))
    assert result.dtype == np.uint16
    assert result.max() < 530


def test_rows_at_the_poles_count_by_their_area():
    """A white cap beyond 60° covers 6.7 % of the sphere, however many pixels it has."""
    rgb = np.zeros((60, 120, 3), np.uint8)
    rgb[:10] = 255
    above = float((sphere_palette([rgb])[0] > 0.5).mean())
    assert above == pytest.approx((1 - np.sin(np.pi / 3)) / 2, abs=0.01)
