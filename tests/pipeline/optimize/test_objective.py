import numpy as np
import pytest
import torch

from pipeline.nets.surface import SPHERE
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize.objective import (
    Expected,
    Grams,
    Objective,
    Weights,
    painting_grams,
    sphere_variation,
    style_ratio,
)
from pipeline.optimize.strips import STRIDE, parts_of, reach

CONTENT = {"conv3_1": 1.0}
STYLE = {"conv1_1": 1.0, "conv2_1": 2.0}


@pytest.fixture(scope="module")
def grams(vgg: VggFeatures, painting: np.ndarray) -> Grams:
    return painting_grams(vgg, to_tensor([painting], torch.device("cpu")), list(STYLE))


def weights(ratio: float = 0.5, **others: float) -> Weights:
    return Weights(CONTENT, STYLE, ratio, **others)


def elsewhere(panorama: torch.Tensor) -> torch.Tensor:
    """A picture that has neither the content nor the style wanted."""
    return (0.7 * panorama + 0.3 * panorama.flip(1)).clone()


def test_the_gradient_is_that_of_the_terms(vgg, grams, panorama):
    evaluate = Objective(vgg, weights(variation=3.0), grams, panorama)
    rgb = elsewhere(panorama)
    slope = evaluate(rgb)[1]
    along = 1e-3 * slope.sign()
    before, after = (sum(evaluate(rgb + sign * along)[0].values()) for sign in (-1, 1))
    assert (after - before) / 2 == pytest.approx(float((slope * along).sum()), rel=0.02)


def test_the_source_itself_has_no_content_loss(vgg, grams, panorama):
    terms, _ = Objective(vgg, weights(), grams, panorama)(panorama)
    assert terms["content"] == 0
    assert terms["style"] > 0


def test_the_style_term_is_relative_and_layers_are_averaged(vgg, panorama):
    """A picture without any style at all is once the painting's own square away."""
    huge = {"conv1_1": torch.eye(64) * 1e6, "conv2_1": torch.eye(128) * 1e6}
    terms, _ = Objective(vgg, weights(ratio=0.5), huge, panorama)(panorama)
    assert terms["style"] == pytest.approx(0.5, rel=1e-3)


def test_turning_the_sphere_turns_the_gradient_and_leaves_the_terms(vgg, grams, panorama):
    rgb = elsewhere(panorama)
    terms, slope = Objective(vgg, weights(variation=1.0), grams, panorama)(rgb)
    turn = 48  # a multiple of the poolings
    turned = Objective(vgg, weights(variation=1.0), grams, panorama.roll(turn, -1))
    terms_turned, slope_turned = turned(rgb.roll(turn, -1))
    assert terms_turned == pytest.approx(terms, rel=1e-5)
    assert torch.allclose(slope_turned, slope.roll(turn, -1), rtol=1e-3, atol=1e-8)


@pytest.mark.parametrize("count", [2, 4])
def test_strips_give_the_terms_and_the_gradient_of_the_whole(vgg, grams, panorama, count):
    wide = torch.cat([panorama, panorama.flip(-1)], dim=-1)  # (1, 3, 64, 256)
    halo = reach("vgg16", [*CONTENT, *STYLE])
    core = wide.shape[-1] // 2 // count
    parts = parts_of(64, 256, halo, 2 * 64 * (core + 2 * halo))
    assert len(parts) == count
    rgb = elsewhere(wide)
    terms, slope = Objective(vgg, weights(), grams, wide)(rgb)
    terms_of_parts, slope_of_parts = Objective(vgg, weights(), grams, wide, parts)(rgb)
    assert terms_of_parts == pytest.approx(terms, rel=1e-4)
    assert torch.allclose(slope_of_parts, slope, rtol=1e-2, atol=1e-7)


def test_a_part_is_never_larger_than_asked_for_where_that_can_be():
    halo = reach("vgg16", ["conv4_2"])
    parts = parts_of(2048, 4096, halo, 1 << 21)
    pixels = parts[0].columns.numel() * 2048
    assert pixels <= 1 << 21
    assert len(parts) * parts[0].surface.core * 2 == 4096
    assert len(parts_of(512, 1024, halo, 1 << 21)) == 1


def test_nothing_beyond_the_reach_is_seen(vgg):
    rgb = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    vgg(rgb)["conv3_1"][0, :, 8, 8].sum().backward()
    seen = rgb.grad.abs().sum((0, 1)).nonzero()
    assert int((seen - 32).abs().max()) <= reach("vgg16", ["conv3_1"]) == STRIDE


def test_deeper_layers_and_deeper_networks_look_further():
    assert [reach("vgg16", [n]) for n in ("conv1_1", "conv4_2", "conv5_1")] == [16, 48, 80]
    assert reach("vgg19", ["conv5_1"]) == 96


def test_the_flow_term_counts_only_what_is_trusted(vgg, grams, panorama):
    rgb = elsewhere(panorama)
    trust = torch.zeros(1, 1, *rgb.shape[-2:])
    for part, wanted in ((slice(0, 0), 0.0), (slice(None), 0.5 * 0.04)):
        trust[..., part] = 1
        expected = [Expected(rgb + 0.2, trust)]
        evaluate = Objective(vgg, weights(flow=0.5), grams, panorama, expected=expected)
        assert evaluate(rgb)[0]["flow"] == pytest.approx(wanted, rel=1e-4)


def test_variation_counts_the_seam_and_the_poles_by_their_area():
    ramp = torch.linspace(0, 1, 65)[:-1].expand(1, 3, 32, 64)
    inner = (1 / 64) ** 2
    across_the_seam = (63 / 64) ** 2
    down = (0.5) ** 2 / 1  # over a pole lies the column half a turn away
    poles = float(SPHERE.weights(ramp)[0, 0, [0, -1], 0].sum() * 64)
    wanted = (63 * inner + across_the_seam) / 64 + down * poles / 2
    assert float(sphere_variation(ramp)) == pytest.approx(wanted, rel=1e-3)


def test_halving_the_picture_halves_the_ratio_and_u_is_its_power_of_ten():
    assert style_ratio(3, 512) == pytest.approx(style_ratio(3, 1024) / 2)
    assert style_ratio(4, 512) == pytest.approx(10 * style_ratio(3, 512))
