import torch

from pipeline.optimize.poles import even


def noise() -> torch.Tensor:
    return torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(0))


def roughness(rgb: torch.Tensor) -> torch.Tensor:
    """Of each row: mean square step to the next pixel."""
    return (rgb - rgb.roll(1, -1)).square().mean((0, 1, 3))


def test_rows_at_the_poles_hold_nothing_finer_than_the_sphere():
    rough = roughness(even(noise())) / roughness(noise())
    assert rough[[0, -1]].max() < 0.01
    assert rough[28:36].min() > 0.99
    assert (rough[:32].diff() > 0).float().mean() > 0.9


def test_a_level_and_a_wave_as_fine_as_its_row_allows_are_kept():
    longitude = torch.arange(128) * 2 * torch.pi / 128
    soft = (1 + torch.cos(longitude)).expand(1, 3, 64, 128)
    torch.testing.assert_close(even(soft), soft.contiguous(), atol=1e-5, rtol=0)


def test_it_is_its_own_adjoint_and_turns_with_the_sphere():
    a, b = noise(), noise().flip(-2).square()
    torch.testing.assert_close((even(a) * b).sum(), (a * even(b)).sum())
    torch.testing.assert_close(even(a.roll(17, -1)), even(a).roll(17, -1))
