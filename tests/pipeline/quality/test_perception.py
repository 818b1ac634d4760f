from fractions import Fraction

import numpy as np
import pytest
import torch
from torchvision.models import vgg16

from pipeline.nets.vgg import LAYERS, VggFeatures
from pipeline.quality.perception import LOOKS, PerceptionFigures, PerceptionMeter
from pipeline.quality.together import Moment
from vr360.geometry import equirect_directions

from .conftest import even_field, grey

SIZE = 64, 128


@pytest.fixture(scope="module")
def vgg() -> VggFeatures:
    """Random weights: any features tell textures apart."""
    torch.manual_seed(0)
    return VggFeatures(vgg16(weights=None).features, list(LAYERS))


@pytest.fixture(scope="module")
def source() -> np.ndarray:
    return grey(0.4 * even_field(equirect_directions(*SIZE), 5))


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    """Strong fine strokes, the same kind everywhere on the sphere."""
    field = even_field(equirect_directions(*SIZE), 20, seed=4)
    return np.where(field[..., None] > 0, (240, 200, 30), (20, 40, 160)).astype(np.uint8)


def figures(vgg: VggFeatures, painting, film, source, baseline=None) -> PerceptionFigures:
    meter = PerceptionMeter(vgg, painting, 1)
    meter.see(Moment(Fraction(0), False, film, source, baseline))
    return meter.figures


def test_the_source_itself_is_all_content_and_no_style(vgg, source, texture):
    found = figures(vgg, texture, source, source)
    assert found.style_loss == pytest.approx(1)
    assert found.content_loss == 0


def test_a_film_in_the_paintings_texture_is_nearer_to_it_and_further_from_the_source(
    vgg, source, texture
):
    mixed = (source // 2 + texture // 2).astype(np.uint8)
    found = figures(vgg, texture, mixed, source, baseline=texture)
    assert found.style_loss < 0.9
    assert found.content_loss > 0
    assert found.content_loss_ratio < 1


def test_a_pole_counts_by_its_area_and_not_by_its_pixels(vgg, source, texture):
    rows = SIZE[0] // 8
    capped, belted = source.copy(), source.copy()
    capped[:rows] = texture[:rows]  # 22.5 degrees around the pole: 4 % of the sphere
    middle = SIZE[0] // 2
    belted[middle - rows // 2 : middle + rows // 2] = texture[:rows]  # 20 % of it
    at_pole, at_equator = (
        figures(vgg, texture, film, source).content_loss for film in (capped, belted)
    )
    assert at_pole < 0.5 * at_equator


def test_the_views_are_those_of_a_cube():
    assert len(set(LOOKS)) == 6


def test_black_films_have_no_infinite_losses(vgg, texture):
    black = np.zeros((*SIZE, 3), np.uint8)
    found = figures(vgg, texture, black, black)
    assert found.content_loss == 0
    assert found.style_loss in (None, pytest.approx(1))
