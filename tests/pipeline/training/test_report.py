import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import torch

from pipeline.nets.draftnet import DraftNet
from pipeline.training.records import painted_samples
from pipeline.training.report import save_report
from pipeline.training.run import Run
from pipeline.training.train import report_path
from tests.pipeline.training.conftest import SETTINGS, TINY, Trained, paint, tiny_gallery
from vr360.errors import OutputError

XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def page(trained: Trained) -> str:
    return report_path(trained.out).read_text()


def test_the_page_is_well_formed_and_carries_all_it_shows(page: str):
    root = ET.fromstring(page)
    images = list(root.iter(f"{XHTML}img"))
    assert len(images) == 1
    assert all(img.get("src", "").startswith("data:image/") and img.get("alt") for img in images)
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import|<script", page)


def test_every_loss_has_a_curve_with_a_point_for_each_lesson(page: str, trained: Trained):
    root = ET.fromstring(page)
    names = [heading.text for heading in root.iter(f"{XHTML}h3")]
    curves = list(root.iter(f"{XHTML}polyline"))
    assert names == list(trained.steps[-1].losses)
    assert {curve.findtext(f"{XHTML}title") for curve in curves} <= set(names)
    points = {curve.findtext(f"{XHTML}title"): curve.get("points", "").split() for curve in curves}
    assert len(points["draft style"]) + len(points["revision style"]) == len(trained.steps)


def test_the_page_tells_painting_settings_and_data(page: str):
    rows = [[cell.text for cell in row] for row in ET.fromstring(page).iter(f"{XHTML}tr")]
    told = dict(row for row in rows if len(row) == 2)
    assert told["title"] == "Noise"
    assert told["scale"] == "17"
    assert told["iterations"] == str(SETTINGS.iterations)
    assert told["photos"] == "photos"


def test_where_it_cannot_be_written_is_said(tmp_path: Path):
    style = paint(tmp_path / "a.png", 0)
    run = Run([style], SETTINGS, None, "cpu")
    with pytest.raises(OutputError, match=r"none/page.html: cannot be written"):
        save_report(
            tmp_path / "none" / "page.html", run, [style.card()], {}, torch.zeros(1, 3, 64, 64)
        )


@pytest.fixture
def net() -> DraftNet:
    return tiny_gallery("any").net


def test_samples_below_strength_1_keep_a_share_of_the_photograph(net: DraftNet):
    looks = tiny_gallery("any").looks[0]
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    none, half, full = (painted_samples(net, looks, photo, False, at) for at in (0.0, 0.5, 1.0))
    assert torch.allclose(none, photo)
    assert 0 < (half - photo).abs().mean() < (full - photo).abs().mean()


def test_samples_in_a_style_that_preserves_colour_keep_the_photograph_s_chroma():
    net = tiny_gallery("any").net
    assert net.config == TINY
    photo = 0.4 + 0.2 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    painted = painted_samples(net, tiny_gallery("any").looks[0], photo, True)
    inside = ((painted > 0) & (painted < 1)).all(1)
    chroma = [(rgb[:, 0] - rgb[:, 2])[inside] for rgb in (painted, photo)]
    assert inside.any()
    assert torch.allclose(*chroma, atol=1e-6)
    assert (painted - photo).abs().mean() > 0.01
