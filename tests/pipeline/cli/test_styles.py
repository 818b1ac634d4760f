"""`vr360 styles`: what there is to paint with, and what it looks like."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.nets.checkpoint import save_gallery
from pipeline.painting.thumbnails import SCENE
from tests.pipeline.cli.conftest import Run
from tests.pipeline.conftest import tiny_gallery


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    save_gallery(path, tiny_gallery("dawn", "dusk"))
    return path


def test_a_gallery_of_one_s_own_is_listed_by_name(command: Run, gallery: Path):
    code, stdout, stderr = command("styles", "--gallery", gallery)
    assert (code, stdout.split()) == (0, ["dawn", "dusk"])
    assert "dusk" in stderr
    listed = json.loads(command("styles", "--gallery", gallery, "--json")[1])
    assert list(listed) == ["dawn", "dusk"]


def test_every_style_is_painted_on_a_sheet_and_on_thumbnails(
    command: Run, gallery: Path, tmp_path: Path
):
    sheet, folder = tmp_path / "sheet.png", tmp_path / "thumbnails"
    asked = ["styles", "--gallery", gallery, "--sheet", sheet, "--thumbnails", folder]
    code, stdout, _ = command(*asked)
    assert (code, stdout.split()) == (0, ["dawn", "dusk"])
    scene = cv2.imread(str(SCENE))
    height, width = scene.shape[:2]
    whole = cv2.imread(str(sheet))
    assert whole.shape[1] == 3 * width
    first, dawn, dusk = (whole[:height, n * width : (n + 1) * width] for n in range(3))
    assert np.array_equal(first, scene)
    assert np.abs(dawn.astype(int) - scene).mean() > 5
    assert np.abs(dawn.astype(int) - dusk).mean() > 1
    for name, large in (("dawn", dawn), ("dusk", dusk)):
        small = cv2.imread(str(folder / f"{name}.jpg"))
        assert small.shape == (80, 160, 3)
        wanted = cv2.resize(large, (160, 80), interpolation=cv2.INTER_AREA)
        assert np.abs(small.astype(int) - wanted).mean() < 4
    before = sheet.read_bytes()
    code, stdout, stderr = command(*asked)
    assert (code, stdout, len(stderr.strip().splitlines())) == (1, "", 1)
    assert "--force" in stderr
    assert sheet.read_bytes() == before


def test_show_tells_the_whole_card_and_leaves_out_what_is_open(command: Run):
    code, stdout, _ = command("styles", "show", "starry_night")
    assert code == 0
    assert "Vincent van Gogh" in stdout
    assert "sha256" in stdout
    assert "None" not in stdout
    card = json.loads(command("styles", "show", "starry_night", "--json")[1])
    assert (card["name"], card["painting"]["title"]) == ("starry_night", "The Starry Night")


def test_show_tells_of_a_style_in_a_file(command: Run, gallery: Path):
    assert json.loads(command("styles", "show", f"{gallery}#dusk", "--json")[1])["name"] == "dusk"


@pytest.mark.parametrize(
    ("style", "said"),
    [("stary_nigt", "did you mean starry_night"), ("mine.safetensors#dask", "did you mean dusk")],
)
def test_unknown_names_are_answered_with_the_nearest(
    command: Run, gallery: Path, monkeypatch: pytest.MonkeyPatch, style: str, said: str
):
    monkeypatch.chdir(gallery.parent)
    code, stdout, stderr = command("styles", "show", style)
    assert (code, stdout, len(stderr.strip().splitlines())) == (1, "", 1)
    assert said in stderr
    assert "--style" not in stderr
