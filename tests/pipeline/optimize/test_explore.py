from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.looks.style_images import WHOLE
from pipeline.optimize.explore import Exploration, explore
from pipeline.optimize.network import NetworkChoice
from pipeline.optimize.page import write_page
from pipeline.optimize.settings import OptimizeSettings
from pipeline.optimize.style_image import StyleImage
from vr360.errors import InputError

LAYERS = ((("conv1_1", 1.0),), (("conv1_1", 1.0), ("conv2_1", 2.0)))


@pytest.fixture
def wanted(tmp_path: Path, still: Path, painting_file: Path, vgg_weights: Path) -> Exploration:
    folder = tmp_path / "looks"
    folder.mkdir()
    settings = OptimizeSettings(content_layers=(("conv2_1", 1.0),), iterations=3, seed=7)
    return Exploration(
        input=still,
        folder=folder,
        style=StyleImage(painting_file),
        unrealness=(2.0, 4.0),
        crops=(WHOLE, (0.0, 0.0, 0.5, 1.0)),
        layers=LAYERS,
        settings=settings,
        network=NetworkChoice(weights=vgg_weights),
        width=64,
    )


def test_every_combination_is_painted_once_and_none_like_another(wanted: Exploration):
    steps = []
    source, cells = explore(wanted, lambda *step: steps.append(step))
    assert source.shape == (64, 128, 3)
    assert [cell.rgb.shape for cell in cells] == [(32, 64, 3)] * 8
    assert len({cell.rgb.tobytes() for cell in cells}) == 8
    assert len({(cell.unrealness, cell.crop, cell.layers) for cell in cells}) == 8
    assert [step[0] for step in steps] == [n for n in range(1, 9) for _ in range(3)]


def test_the_page_shows_them_with_their_commands_and_the_grid_holds_them_all(wanted: Exploration):
    source, cells = explore(wanted)
    page, grid = write_page(wanted.folder, source, cells)
    html = page.read_text()
    assert html.count("<img ") == 9
    assert html.count("vr360 optimize") == 8
    assert "-u 4 --style-layers conv1_1=1,conv2_1=2 --iterations 3 --scales 2" in html
    assert "--crop 0,0,0.5,1 --seed 7" in html
    picture = cv2.imread(str(grid))
    rows = cells[0].rgb.shape[0] + 2 * 18
    assert picture.shape == (4 * rows, 2 * 64, 3)
    assert np.array_equal(picture[36:rows, 64:, ::-1], cells[1].rgb)


def test_more_than_can_be_looked_at_is_refused(wanted: Exploration):
    with pytest.raises(InputError, match="the most to choose from"):
        Exploration(wanted.input, wanted.folder, wanted.style, tuple(map(float, range(201))))
