import json
from pathlib import Path

import pytest

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
    painting.write_bytes(b"")
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"nothing")
    code, _, stderr = command(
        "measure", tiny_film, "--source", tiny_film, "--style", painting, "--vgg-weights", weights
    )
    assert code == 1
    assert "no VGG-16 weights" in stderr
