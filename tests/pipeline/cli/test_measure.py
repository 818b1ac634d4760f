import json
from pathlib import Path

import numpy as np
import pytest

from vr360.media.stills import write_still

from .conftest import Run


def test_the_source_adds_figures_by_region(command: Run, tiny_film: Path):
    code, stdout, _ = command("measure", tiny_film, "--source", tiny_film, "--json")
    assert code == 0
    figures = json.loads(stdout, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert figures["face_edge_ratio"] == 1
    assert figures["warp_error_ratio"] is None
    assert set(figures["regions"]["flicker"]) == {
        "sphere",
        "equator",
        "middle",
        "poles",
        "seam",
        "faces",
    }


def test_the_baseline_adds_ratios_and_the_report_its_page(
    command: Run, tiny_film: Path, tmp_path: Path
):
    options = ("--source", tiny_film, "--baseline", tiny_film, "--report", tmp_path / "page")
    code, stdout, stderr = command("measure", tiny_film, *options, "--duration", "0.25")
    assert code == 0
    assert "sharpness_ratio         1" in stdout
    assert "index.html" in stderr
    assert (tmp_path / "page" / "index.html").stat().st_size > 10_000
    code, _, stderr = command("measure", tiny_film, *options)
    assert code == 1
    assert "--force" in stderr


@pytest.mark.parametrize("option", ["--baseline", "--report"])
def test_what_needs_a_source_asks_for_it(command: Run, tiny_film: Path, option: str):
    code, _, stderr = command("measure", tiny_film, option, tiny_film)
    assert code == 2
    assert "--source" in stderr


def test_every_figure_is_explained(command: Run, tiny_film: Path):
    code, stdout, _ = command(
        "measure", tiny_film, "--source", tiny_film, "--duration", "0.1", "--json"
    )
    assert code == 0
    explained = command("measure", "--help")[1]
    docs = (Path(__file__).parents[3] / "docs" / "measures.md").read_text()
    facts = {"file", "width", "height", "projection", "stereo", "frames", "fps", "duration", "cuts"}
    for name in json.loads(stdout):
        if name not in facts:
            assert name in explained, name
            assert f"`{name}`" in docs, name


def test_a_painting_without_vgg_is_one_line(command: Run, tiny_film: Path, tmp_path: Path):
    painting = tmp_path / "painting.png"
    painting.write_bytes(b"of any kind")
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"nothing")
    code, _, stderr = command(
        "measure", tiny_film, "--source", tiny_film, "--style", painting, "--vgg-weights", weights
    )
    assert code == 1
    assert "no VGG-16 weights" in stderr


def test_flashes_are_counted_and_stand_on_the_page(command: Run, make_film, tmp_path: Path):
    levels = [60, 60, 220, 220] * 6
    frames = np.stack([np.full((64, 128, 3), level, np.uint8) for level in levels])
    film = make_film("flashes.mp4", frames, "-c:v", "libx264", "-qp", "0")
    page = tmp_path / "page"
    code, stdout, _ = command("measure", film, "--source", film, "--report", page, "--json")
    assert code == 0
    figures = json.loads(stdout)
    assert figures["flash_rate"] == figures["source_flash_rate"] == 5  # the first one has no rise
    assert "<td>flash_rate</td><td>5</td>" in (page / "index.html").read_text()


def test_a_still_has_no_flash_rate(command: Run, tmp_path: Path):
    still = tmp_path / "still.png"
    write_still(still, np.full((64, 128, 3), 90, np.uint8))
    code, stdout, _ = command("measure", still, "--json")
    assert code == 0
    assert json.loads(stdout)["flash_rate"] is None
