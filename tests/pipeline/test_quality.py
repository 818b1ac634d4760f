import numpy as np
import pytest
import torch

from pipeline.quality.seam import seam_gradient
from pipeline.quality.style import flat_sky, grid_ratio, yaw_equivariance_max


def smooth(height: int, width: int) -> np.ndarray:
    lon = np.linspace(0, 2 * np.pi, width, endpoint=False)
    rows = 128 + 100 * np.sin(3 * lon + 1)
    return np.repeat(np.repeat(rows[None, :, None], height, 0), 3, 2).round().astype(np.uint8)


def test_a_continuous_picture_has_no_seam():
    assert seam_gradient(smooth(64, 512)) == pytest.approx(1, abs=0.1)


def test_a_step_at_the_seam_shows_and_the_same_step_elsewhere_does_not():
    rgb = smooth(64, 512).astype(int)
    rgb[:, :256] += 20
    stepped = rgb.clip(0, 255).astype(np.uint8)
    assert seam_gradient(stepped) > 5
    assert seam_gradient(np.roll(stepped, 100, axis=1)) < 1.2


def test_rows_at_the_pole_hardly_count():
    rgb = smooth(64, 512)
    rgb[:2, :8] ^= 128
    assert seam_gradient(rgb) < 1.2


def test_noise_and_sky_have_no_grid():
    noise = torch.rand(1, 3, 512, 1024, generator=torch.Generator().manual_seed(0))
    assert grid_ratio(noise, 4) == pytest.approx(1, abs=0.1)
    assert grid_ratio(flat_sky(512, 1024), 4) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("period", [2, 4])
def test_half_a_code_of_grid_is_found(period: int):
    sky = flat_sky(512, 1024)
    sky[..., ::period] += 0.5 / 255
    assert grid_ratio(sky, 4) > 1.5


def test_what_does_not_turn_with_the_sphere_is_found():
    rgb = flat_sky(64, 128)
    assert yaw_equivariance_max(lambda x: 1 - x, rgb, 20) == 0
    assert yaw_equivariance_max(lambda x: x * torch.linspace(0, 1, 128), rgb, 20) > 0.1
