import numpy as np
import pytest

from pipeline.temporal.detail import detail_energies, tone_rate, unsharp_gain
from pipeline.temporal.settings import SETTINGS
from pipeline.temporal.warp import pad_poles, pole_padded, unpadded

from .test_smoothing import codes, texture

FIELD = 32, 64


def padded(picture: np.ndarray) -> np.ndarray:
    result = pole_padded(*picture.shape[:2])
    unpadded(result)[:] = picture
    pad_poles(result)
    return result


@pytest.mark.parametrize("contrast", [0.7, 0.85])
def test_the_gain_gives_lost_contrast_back(contrast: float):
    painted = codes(texture(1))
    average = padded(128 + contrast * (painted.astype(np.float32) - 128))
    gain = unsharp_gain(detail_energies(average, painted, FIELD), 8)
    restored = padded(unpadded(average).copy())
    wanted = SETTINGS.energy_surplus * detail_energies(padded(painted), painted, FIELD)[..., 0]
    first, doubled, _ = np.moveaxis(detail_energies(restored, painted, FIELD), -1, 0)
    # A painting's grey is rounded to codes, an average's is not: hence one per cent.
    np.testing.assert_allclose(first + gain * (doubled - first), wanted, rtol=0.01)
    assert gain.mean() > 0.1


def test_the_gain_stays_within_its_bounds():
    flat, rich = np.full((64, 128, 3), 128, np.uint8), codes(texture(1))
    most = unsharp_gain(detail_energies(padded(flat), rich, FIELD), 8)
    least = unsharp_gain(detail_energies(padded(rich), flat, FIELD), 8)
    np.testing.assert_allclose(most, SETTINGS.most_gain - 1)
    np.testing.assert_allclose(least, SETTINGS.least_gain - 1)


def test_tone_makes_up_its_share_of_an_error_until_the_next_measurement():
    average = padded(np.full((64, 128, 3), 100.0, np.float32))
    rate = tone_rate(average, np.full((64, 128, 3), 110, np.uint8), FIELD)
    np.testing.assert_allclose(rate * SETTINGS.interval, 10 * SETTINGS.tone_share, rtol=1e-5)
