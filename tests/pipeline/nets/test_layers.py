import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.nets.draftnet import enlarged, shrunk
from pipeline.nets.layers import (
    Stem,
    UpConv,
    channels_first,
    channels_last,
    shuffled,
    unshuffled,
)
from pipeline.nets.surface import PLANE, SPHERE, CubeFaces, Surface

SURFACES = [PLANE, SPHERE, CubeFaces()]


def features(channels: int) -> Tensor:
    return torch.rand(6, channels, 16, 16, generator=torch.Generator().manual_seed(0))


def widened(x: Tensor, surface: Surface, times: int) -> Tensor:
    """Bilinear, by torch's own function."""
    wide = F.interpolate(surface.pad(x, 1), scale_factor=float(times), mode="bilinear")
    return wide[..., times:-times, times:-times]


@torch.no_grad()
@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_enlarging_and_convolving_at_once_is_one_after_the_other(surface: Surface):
    torch.manual_seed(0)
    up, x = UpConv(5, 7), features(5)
    wide = F.interpolate(surface.pad(x, 1), scale_factor=2.0, mode="bilinear")[..., 1:-1, 1:-1]
    expected = F.conv2d(wide, up.conv.weight, up.conv.bias)
    assert torch.allclose(channels_first(up(channels_last(x), surface)), expected, atol=1e-5)


@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_a_draft_is_enlarged_bilinearly(surface: Surface):
    x = features(3)
    assert torch.allclose(enlarged(x, surface), widened(x, surface, 4), atol=1e-6)


def test_a_picture_is_shrunk_by_area_means():
    x = features(3)
    assert torch.allclose(shrunk(x, 4), F.avg_pool2d(x, 4), atol=1e-6)


def test_pixels_become_channels_and_pixels_again():
    x = channels_last(features(3))
    assert unshuffled(x, 4).shape == (6, 4, 4, 48)
    assert torch.equal(shuffled(unshuffled(x, 4), 4), x)


@torch.no_grad()
def test_the_weights_of_a_stem_take_colour_after_colour():
    stem, x, others = Stem(4, 2, 8), features(3), torch.rand(6, 2, 4, 4)
    joined = torch.cat([unshuffled(channels_last(x), 4), channels_last(others)], -1)
    expected = F.conv2d(
        PLANE.pad(torch.cat([F.pixel_unshuffle(x, 4), others], 1), 1),
        stem.conv.weight,
        stem.conv.bias,
    )
    assert torch.allclose(channels_first(stem(joined, PLANE)), expected, atol=1e-5)
