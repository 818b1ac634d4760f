import numpy as np
import pytest

from pipeline.looks.colours import LEVELS, picture_palette, recoloured, sphere_palette
from tests.pipeline.conftest import soft_noise


def noise(seed: int, top: int = 256, kind: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, top, (40, 60, 3)).astype(kind)


def test_a_palette_is_the_share_of_the_area_below_each_value():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    palette = picture_palette(ramp)
    assert palette.shape == (3, LEVELS)
    assert np.abs(palette - np.linspace(0, 1, LEVELS)).max() < 1 / 255


def test_the_own_palette_changes_nothing():
    rgb = noise(0)
    own = picture_palette(rgb)
    assert np.abs(recoloured(rgb, own, own).astype(int) - rgb).max() <= 1


@pytest.mark.parametrize("wanted", [noise(1, 64), noise(2, 1024, np.uint16)])
def test_what_is_recoloured_has_the_palette_wanted(wanted: np.ndarray):
    rgb = noise(3)
    palette = picture_palette(wanted)
    recast = recoloured(rgb, picture_palette(rgb), palette)
    assert recast.dtype == np.uint8
    assert np.abs(picture_palette(recast) - palette).max() < 0.02


def test_a_sphere_counts_its_rows_by_their_area():
    sphere = np.zeros((32, 64, 3), np.uint8)
    sphere[8:24] = 255  # 45 degrees on either side of the equator: 0.707 of the sphere
    below = (sphere_palette([sphere])[0] < 0.5).mean()
    assert below == pytest.approx(1 - np.sqrt(0.5), abs=0.01)
    assert (picture_palette(sphere)[0] < 0.5).mean() == pytest.approx(0.5, abs=0.01)


def test_ten_bits_stay_ten_bits():
    rgb = soft_noise(32, 64, 1).astype(np.uint16) * 4
    result = recoloured(rgb, sphere_palette([rgb]), picture_palette(rgb // 2))
    assert result.dtype == np.uint16
    assert result.max() < 530
