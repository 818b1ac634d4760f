"""`vr360 optimize` and `vr360 explore` as a user meets them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.nets.vgg import feature_stack
from tests.pipeline.cli.conftest import Run
from tests.pipeline.conftest import soft_noise

FAST = ("--content-layers", "conv1_2", "--style-layers", "conv1_1", "--iterations", "2")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A still, a painting, a single colour, and a VGG-16 that has learnt nothing."""
    folder = tmp_path_factory.mktemp("inputs")
    pictures = {
        "still": soft_noise(64, 128, 1),
        "painting": soft_noise(64, 80, 2),
        "flat": np.full((64, 64, 3), 9, np.uint8),
    }
    paths = {name: folder / f"{name}.png" for name in pictures}
    for name, rgb in pictures.items():
        cv2.imwrite(str(paths[name]), rgb)
    torch.manual_seed(0)
    paths["vgg"] = folder / "vgg.safetensors"
    save_file({k: v.half() for k, v in feature_stack("vgg16").state_dict().items()}, paths["vgg"])
    return paths


def optimize(command: Run, files: dict[str, Path], out: Path, *options: object):
    style = [] if "--style" in options else ["--style", files["painting"]]
    weights = [] if "--vgg-weights" in options else ["--vgg-weights", files["vgg"]]
    return command("optimize", files["still"], out, *style, *weights, *options)


def test_the_summary_is_json_on_stdout(command: Run, files: dict[str, Path], tmp_path: Path):
    code, stdout, _ = optimize(command, files, tmp_path / "out.png", *FAST, "--json")
    assert code == 0
    summary = json.loads(stdout)
    assert summary["size"] == [64, 128]
    assert summary["network"] == "vgg16"
    assert set(summary["terms"]) == {"content", "style", "variation"}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--content-layers", "conv3_4"), "vgg16 has no such layer"),
        (("--network", "vgg19"), "no VGG-19 weights"),
        (("--vgg-weights", "none.safetensors"), "none.safetensors"),
        (("--style", "none.png"), "none.png"),
        (("--style", "FLAT"), "one colour"),
        (("--tv-weight", "1e39"), "last good state"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_refused_in_one_line(
    command: Run, files: dict[str, Path], tmp_path: Path, options, complaint: str
):
    options = [files["flat"] if word == "FLAT" else word for word in options]
    given = [] if options[0] in FAST else FAST
    code, stdout, stderr = optimize(command, files, tmp_path / "out.png", *given, *options)
    assert (code, stdout) == (1, "")
    lines = [line for line in stderr.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert complaint in lines[0]
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--style-layers", "conv7_1"), "conv7_1"),
        (("--style-layers", "0,0,0,0,0"), "every weight is 0"),
        (("--crop", "0,0,2,1"), "--crop"),
        (("--init", "anyhow"), "--init anyhow"),
        (("--passes", "2"), "--passes: several passes need a --flow-weight"),
        (("--dissolve", "1s:3"), "--dissolve"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    command: Run, files: dict[str, Path], tmp_path: Path, options: tuple[str, str], complaint: str
):
    code, stdout, stderr = optimize(command, files, tmp_path / "out.png", *options)
    assert (code, stdout) == (2, "")
    assert complaint in " ".join(stderr.replace("│", " ").split())


def test_a_download_that_breaks_off_says_how_to_get_the_weights(
    command: Run, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def offline(_: str) -> None:
        raise OSError("<urlopen error [Errno 104] Connection reset by peer>")

    monkeypatch.setattr("pipeline.nets.vgg_files._trouble", lambda _: "")
    monkeypatch.setattr("pipeline.nets.vgg._torchvision_weights", offline)
    code, _, stderr = command(
        "optimize", files["still"], tmp_path / "o.png", "--style", files["painting"], *FAST
    )
    assert code == 1
    assert "pass --vgg-weights FILE" in stderr


def test_animation_takes_the_smaller_network_where_the_larger_is_not_at_hand_and_says_so(
    command: Run, files: dict[str, Path], tmp_path: Path
):
    code, _, stderr = optimize(command, files, tmp_path / "o.png", *FAST, "--kind", "animation")
    assert code == 0
    assert "animation prefers vgg19, whose weights are not at hand" in stderr


def test_looks_are_explored_and_the_command_under_one_renders_it(
    command: Run, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given = ("--style", files["painting"], "--vgg-weights", files["vgg"])
    layers = ("--style-layers", "conv1_1", "--iterations", "2", "--width", "64", "-u", "2,3")
    code, stdout, _ = command(
        "explore", files["still"], tmp_path / "looks", *given, *layers, "--json"
    )
    assert code == 0
    found = json.loads(stdout)
    assert Path(found["page"]).is_file()
    words = found["commands"][1].split()[1:]
    out = tmp_path / "full.png"
    assert command(*(out if word == "OUTPUT" else word for word in words))[0] == 0
    assert cv2.imread(str(out)).shape == (64, 128, 3)
    code, _, stderr = command("explore", files["still"], tmp_path / "looks", *given, *layers)
    assert code == 1
    assert "--force" in stderr
