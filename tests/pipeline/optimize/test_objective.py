import numpy as np
import pytest
import torch

from pipeline.choices import StyleTerm
from pipeline.nets.surface import SPHERE
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize.faces import parts_of
from pipeline.optimize.objective import (
    Expected,
    Objective,
    Weights,
    sphere_variation,
    style_ratio,
)
from pipeline.optimize.textures import GramTexture, Texture, texture_of

CONTENT = {"conv3_1": 1.0}
STYLE = {"conv1_1": 1.0, "conv2_1": 2.0}
WHOLE = parts_of(64, 128, 16, 1 << 21)


@pytest.fixture(scope="module")
def grams(vgg: VggFeatures, painting: np.ndarray) -> Texture:
    return texture_of(StyleTerm.GRAM, vgg, to_tensor([painting]), list(STYLE))


@pytest.fixture(scope="module", params=StyleTerm)
def texture(request: pytest.FixtureRequest, vgg: VggFeatures, painting: np.ndarray) -> Texture:
    return texture_of(request.param, vgg, to_tensor([painting]), list(STYLE))


def weights(ratio: float = 0.5, **others: float) -> Weights:
    return Weights(CONTENT, STYLE, ratio, **others)


def elsewhere(panorama: torch.Tensor) -> torch.Tensor:
    """A picture that has neither the content nor the style wanted."""
    return (0.7 * panorama + 0.3 * panorama.flip(1)).clone()


def test_the_gradient_is_that_of_the_terms(vgg, grams, panorama):
    evaluate = Objective(vgg, weights(variation=3.0), grams, panorama, WHOLE)
    rgb = elsewhere(panorama)
    slope = evaluate(rgb)[1]
    along = 1e-3 * slope.sign()
    before, after = (sum(evaluate(rgb + sign * along)[0].values()) for sign in (-1, 1))
    assert (after - before) / 2 == pytest.approx(float((slope * along).sum()), rel=0.02)


def test_the_source_itself_has_no_content_loss(vgg, grams, panorama):
    terms, _ = Objective(vgg, weights(), grams, panorama, WHOLE)(panorama)
    assert terms["content"] == 0
    assert terms["style"] > 0


def test_the_style_term_is_relative_and_layers_are_averaged(vgg, panorama):
    """A picture without any style at all is once the painting's own square away."""
    huge = GramTexture({"conv1_1": torch.eye(64) * 1e6, "conv2_1": torch.eye(128) * 1e6})
    terms, _ = Objective(vgg, weights(ratio=0.5), huge, panorama, WHOLE)(panorama)
    assert terms["style"] == pytest.approx(0.5, rel=1e-3)


def test_the_flow_term_counts_only_what_is_trusted(vgg, grams, panorama):
    rgb = elsewhere(panorama)
    trust = torch.zeros(1, 1, *rgb.shape[-2:])
    for part, wanted in ((slice(0, 0), 0.0), (slice(None), 0.5 * 0.04)):
        trust[..., part] = 1
        expected = [Expected(rgb + 0.2, trust)]
        evaluate = Objective(vgg, weights(flow=0.5), grams, panorama, WHOLE, expected)
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
