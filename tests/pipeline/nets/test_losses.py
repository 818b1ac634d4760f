import pytest
import torch

from pipeline.nets.losses import gram, grid_energy, style_loss, total_variation


def test_gram_is_the_mean_product_of_channels():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # 2 channels, 1x2
    assert torch.equal(gram(features), torch.tensor([[[5.0, 11.0], [11.0, 25.0]]]) / 4)


def test_gram_has_the_slope_of_its_differences():
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(gram, features)


def test_losses_vanish_where_nothing_is_to_be_done():
    features = {"relu1_2": torch.rand(1, 4, 8, 8)}
    assert style_loss(features, {"relu1_2": gram(features["relu1_2"])}) == 0
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)) == 0


def test_grid_energy_sees_the_stride_and_neither_ramps_nor_other_periods():
    ramp = torch.linspace(0, 1, 136).view(1, 1, 1, 136).expand(1, 3, 136, 136)
    assert grid_energy(ramp, 4) < 1e-12
    stripes = ramp.clone()
    stripes[..., ::4] += 0.01
    assert grid_energy(stripes, 4) == pytest.approx(0.01**2 * 3 / 16, rel=1e-3)
    wrong = ramp.clone()
    wrong[..., ::5] += 0.01
    assert grid_energy(wrong, 4) < 0.05 * grid_energy(stripes, 4)
