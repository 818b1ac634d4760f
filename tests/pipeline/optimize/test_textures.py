"""Transport of features, against what is known of it."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from pipeline.choices import StyleTerm
from pipeline.nets.surface import PLANE
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize import textures
from pipeline.optimize.faces import parts_of
from pipeline.optimize.objective import Objective, Weights
from pipeline.optimize.textures import FLAT, SAMPLES, TransportTexture, texture_of

LAYERS = ("conv1_1", "conv2_1")


@pytest.fixture(scope="module")
def transport(vgg: VggFeatures, painting: np.ndarray) -> TransportTexture:
    texture = texture_of(StyleTerm.TRANSPORT, vgg, to_tensor([painting]), LAYERS)
    assert isinstance(texture, TransportTexture)
    return texture


def test_a_painting_is_no_distance_from_itself(vgg, painting, transport):
    features = vgg(to_tensor([painting]), PLANE)["conv2_1"]
    kept = transport.kept("conv2_1", features, FLAT, 3)
    assert float(transport.distance("conv2_1", [kept], 3)) < 0.02


def test_it_is_at_most_the_earth_movers_distance():
    random = torch.Generator().manual_seed(0)
    a, b = torch.randn(64, 8, generator=random), torch.randn(64, 8, generator=random) + 0.3
    b = b - b.mean(0) + a.mean(0)
    unit = torch.nn.functional.normalize
    apart = (1 - unit(a, dim=1) @ unit(b, dim=1).T).numpy()
    least = apart[linear_sum_assignment(apart)].mean()
    relaxed = max(apart.min(0).mean(), apart.min(1).mean())
    assert 0 < relaxed <= least


def test_a_painting_that_is_found_in_half_only_is_missed():
    """Every feature of the sphere is one of the painting's, but not the other way round."""
    two = torch.eye(2).repeat_interleave(50, 0)
    texture = TransportTexture({"conv1_1": two})
    alike, half = two.flatten(), two[:50].repeat(2, 1).flatten()
    assert float(texture.distance("conv1_1", [alike], 0)) == pytest.approx(0, abs=1e-6)
    assert float(texture.distance("conv1_1", [half], 0)) > 0.5


def test_features_are_drawn_by_area_and_none_of_a_halo():
    tile = parts_of(256, 512, 32, 128**2)[0]
    areas = tile.surface.weights(torch.zeros(1, 1, 64, 64))
    in_halo = (areas == 0).float()
    drawn = TransportTexture({}).kept("conv2_1", torch.cat([in_halo, areas], 1), tile, 0)
    halo, area = drawn.view(-1, 2).T
    assert not halo.any()
    assert len(area) == round(SAMPLES * float(areas.sum()))
    assert float(area.mean()) == pytest.approx(float(areas.square().sum() / areas.sum()), rel=0.05)


def test_one_picture_is_always_drawn_alike_and_parts_add_up(vgg, transport, even_noise):
    weights = Weights({"conv3_1": 1.0}, dict.fromkeys(LAYERS, 1.0), 0.5)
    found = []
    for most in (1 << 21, 1 << 21, 96**2):
        parts = parts_of(256, 512, 16, most)
        objective = Objective(vgg, weights, transport, even_noise.roll(40, -1), parts)
        found.append((len(parts), *objective(even_noise)))
    (one, terms, slope), (_, again, slope_again), (many, tiled, _) = found
    assert terms == again
    assert torch.equal(slope, slope_again)
    assert many > one
    assert tiled["style"] == pytest.approx(terms["style"], rel=0.1)


def test_descending_comes_nearer_to_the_painting(vgg, transport, even_noise):
    weights = Weights({"conv3_1": 1.0}, dict.fromkeys(LAYERS, 1.0), 10.0)
    objective = Objective(vgg, weights, transport, even_noise, parts_of(256, 512, 16, 1 << 21))
    rgb = even_noise.clone()
    descent = torch.optim.Adam([rgb], 0.02)
    first = objective(rgb)[0]["style"]
    for _ in range(10):
        rgb.grad = objective(rgb)[1]
        descent.step()
    assert objective(rgb)[0]["style"] < 0.8 * first


def test_of_a_large_painting_so_many_features_are_kept(vgg, painting, monkeypatch):
    monkeypatch.setattr(textures, "MOST", 100)
    seen = texture_of(StyleTerm.TRANSPORT, vgg, to_tensor([painting]), LAYERS)
    assert isinstance(seen, TransportTexture)
    assert {len(features) for features in seen.features.values()} == {100}
