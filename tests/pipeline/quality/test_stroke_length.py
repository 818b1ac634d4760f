"""The measure against textures whose strokes are of known length."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pipeline.looks.style_images import load_painting, resized
from pipeline.nets.vgg import fastest_precision, load_vgg16
from pipeline.quality import stroke_length
from pipeline.quality.stroke_length import (
    LADDER,
    LAYERS,
    lowest,
    mean_grams,
    measure_stroke_lengths,
    texture_ladder,
    times_as_long,
)
from pipeline.styles.drawings import pointillism
from tests.pipeline.conftest import soft_noise
from vr360.frame import Rgb
from vr360.media.stills import write_still

SIZE = 256


@pytest.fixture
def weights(shared_data: Path) -> Path:
    return shared_data / "weights" / "vgg16_features.safetensors"


@pytest.fixture
def texture(weights: Path):
    return partial(mean_grams, load_vgg16(weights, LAYERS, fastest_precision()))


def starry_night(shared_data: Path) -> Rgb:
    return load_painting(shared_data / "styles" / "starry_night.jpg")


def halves(picture: Rgb, scale: float) -> tuple[list[Rgb], list[Rgb]]:
    """Squares of the left half as they are, and of the right half so many times as large."""
    left, right = np.split(picture[:, : picture.shape[1] // 2 * 2], 2, axis=1)
    return _squares(left, SIZE), _squares(resized(right, scale), min(SIZE, round(SIZE * scale)))


def _squares(picture: Rgb, size: int) -> list[Rgb]:
    rows, columns = (range(0, side - size + 1, size) for side in picture.shape[:2])
    return [picture[y : y + size, x : x + size] for y in rows for x in columns][:4]


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_dots_at_other_sizes_are_told(texture, scale):
    usual, other = halves(pointillism(), scale)
    found = times_as_long(texture, other, texture_ladder(texture, usual))
    assert found == pytest.approx(scale, rel=0.15)


def test_a_painting_is_told_from_itself_at_other_sizes(texture, shared_data):
    """Its right half, at a known size, against its left one: strokes alike, another picture."""
    picture = resized(starry_night(shared_data), 2)
    ladder = texture_ladder(texture, halves(picture, 1)[0])
    found = [times_as_long(texture, halves(picture, n)[1], ladder) for n in (0.5, 1, 2)]
    assert 2 * found[0] < 1.6 * found[1] < found[2]


def test_the_vertex_of_a_parabola_is_found_and_an_end_stays_an_end():
    assert lowest(LADDER, (LADDER - 0.3) ** 2) == pytest.approx(0.3)
    assert lowest(LADDER, LADDER.copy()) == LADDER[0]


def test_a_style_whose_lengths_all_look_alike_has_length_one(
    tiny_style: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stroke_length, "load_stylizer", lambda *_, **__: lambda eyes: list(eyes))
    folder = tmp_path / "spheres"
    folder.mkdir()
    write_still(folder / "one.png", soft_noise(128, 256, 0))
    found = measure_stroke_lengths(str(tiny_style), folder, weights)
    assert found == {"0.5": pytest.approx(1, abs=0.05), "2": pytest.approx(1, abs=0.05)}
