"""`vr360 train` as a user meets it: what is refused, before anything is written."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.nets.checkpoint import load_gallery, save_gallery
from pipeline.nets.vgg import feature_stack
from pipeline.training.settings import PRESETS
from tests.pipeline.cli.conftest import Run
from tests.pipeline.conftest import soft_noise
from tests.pipeline.training.conftest import tiny_gallery


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (100, 120, 3), np.uint8))
    return path


@pytest.fixture
def tiny_style(tmp_path: Path) -> Path:
    """Of the kind of net that is trained."""
    path = tmp_path / "tiny.safetensors"
    save_gallery(path, tiny_gallery("tiny"))
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """As large as training wants them."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(8):
        coarse = np.random.default_rng(n).integers(0, 256, (6, 6, 3), np.uint8)
        cv2.imwrite(str(folder / f"{n}.png"), cv2.resize(coarse, (256, 256)))
    return folder


def refused(command: Run, folder: Path, said: str, *arguments: object) -> str:
    """The one line on stderr; nothing is written."""
    before = sorted(folder.rglob("*"))
    code, stdout, stderr = command("train", *arguments)
    assert (code, stdout) == (1, "")
    assert len(stderr.strip().splitlines()) == 1, stderr
    assert said in stderr
    assert sorted(folder.rglob("*")) == before
    return stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--name", "a:b"], "letters, digits"),
        (["--gallery", "none.safetensors"], "none.safetensors"),
        (["--resume"], "out.safetensors.training"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    command: Run, tmp_path: Path, painting: Path, photos: Path, options: list[str], said: str,
    tiny_style: Path,
):  # fmt: skip
    out = tmp_path / "out.safetensors"
    start = [] if "--gallery" in options else ["--gallery", tiny_style]
    refused(command, tmp_path, said, painting, out, "--photos", photos, *start, *options)


@pytest.fixture
def spheres(tmp_path: Path) -> dict[str, Path]:
    """Spheres, and a picture that is none."""
    shapes = {"sphere": (128, 256), "pair_tb": (256, 256), "flat": (90, 120)}
    paths = {name: tmp_path / f"{name}.png" for name in shapes}
    for name, (height, width) in shapes.items():
        cv2.imwrite(str(paths[name]), soft_noise(height, width, 0))
    return paths


@pytest.mark.parametrize(
    ("painted", "source", "options", "said"),
    [
        ("flat", "flat", [], "flat.png: no whole sphere"),
        ("sphere", "pair_tb", [], "pair_tb.png: 256x256, but"),
        ("sphere", "absent", [], "absent.png: no such file"),
        ("sphere", "sphere", ["--crop", "0,0,0.5,1"], "crop and match are for paintings"),
        ("sphere", "sphere", ["--scale", 20], "give a scale of 78.75 or more"),
    ],
)
def test_optimised_spheres_that_cannot_be_learned_are_refused_in_one_line(
    command: Run, tmp_path: Path, spheres: dict[str, Path], photos: Path, tiny_style: Path,
    painted: str, source: str, options: list[object], said: str,
):  # fmt: skip
    refused(
        command, tmp_path, said, spheres[painted], tmp_path / "out.safetensors", "--photos",
        photos, "--gallery", tiny_style, "--from-optimised",
        spheres.get(source, tmp_path / f"{source}.png"), *options,
    )  # fmt: skip


def save_random_vgg(path: Path, network: str = "vgg16") -> None:
    with torch.device("meta"):
        state = feature_stack(network).state_dict()
    noise = torch.Generator().manual_seed(0)
    drawn = {k: torch.randn(v.shape, generator=noise) * 0.05 for k, v in state.items()}
    save_file({k: v.half() for k, v in drawn.items()}, path)


def test_a_crop_of_words_is_refused(command: Run, tmp_path: Path, painting: Path, photos: Path):
    out = tmp_path / "out.safetensors"
    code, _, stderr = command("train", painting, out, "--photos", photos, "--crop", "the middle")
    assert code == 2
    assert "--crop the middle: give x,y,w,h" in " ".join(stderr.split())


@pytest.mark.parametrize(
    "options", [["--keep", "--gallery", "none"], ["--keep", "--convolutions"],
                ["--crop", "0.7,0,0.4,1"]]
)  # fmt: skip
def test_options_that_exclude_each_other_are_a_usage_error(
    command: Run, tmp_path: Path, painting: Path, photos: Path, options: list[str]
):
    out = tmp_path / "out.safetensors"
    code, _, stderr = command("train", painting, out, "--photos", photos, *options)
    assert code == 2
    assert options[0] in stderr


def test_where_no_style_can_be_written_is_said_first(command: Run, tmp_path: Path, painting: Path):
    there = tmp_path / "there.safetensors"
    there.write_text("precious")
    photos = ["--photos", tmp_path]
    refused(command, tmp_path, "--force", painting, there, *photos)
    refused(command, tmp_path, "NAME.safetensors", painting, tmp_path / "out.pth", *photos)
    nowhere = tmp_path / "none" / "out.safetensors"
    refused(command, tmp_path, "no folder", painting, nowhere, *photos)
    assert there.read_text() == "precious"


def test_weights_of_another_network_are_refused(
    command: Run, tmp_path: Path, painting: Path, photos: Path, tiny_style: Path
):
    from torchvision.models import vgg11

    with torch.device("meta"):
        state = vgg11(weights=None).features.state_dict()
    flatter = tmp_path / "vgg11.safetensors"
    save_file({name: torch.zeros(v.shape, dtype=torch.half) for name, v in state.items()}, flatter)
    neither = "neither VGG-16 nor VGG-19"
    for weights, said in ((flatter, neither), (tiny_style, neither), (painting, "no VGG weights")):
        refused(
            command, tmp_path, f"{weights.name}: {said}", painting, tmp_path / "out.safetensors",
            "--gallery", tiny_style, "--photos", photos, "--vgg-weights", weights,
        )  # fmt: skip


def test_options_of_a_painting_belong_into_the_recipe(
    command: Run, tmp_path: Path, painting: Path, photos: Path, tiny_style: Path
):
    recipe = tmp_path / "gallery.toml"
    recipe.write_text(f'[night]\nimage = "{painting.name}"\n')
    refused(
        command, tmp_path, "--scale, --style-weight: say so in", recipe,
        tmp_path / "out.safetensors", "--photos", photos, "--gallery", tiny_style, "--scale", 45,
        "--style-weight", 2,
    )  # fmt: skip


@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_a_painting_becomes_a_style_beside_those_of_its_gallery(
    command: Run, tmp_path: Path, painting: Path, photos: Path, monkeypatch: pytest.MonkeyPatch,
    network: str,
):  # fmt: skip
    small = {**PRESETS["animation"], "crop": 64, "part": 32, "batch": 2}
    monkeypatch.setattr("pipeline.training.settings.PRESETS", {"animation": small})
    vgg, start = tmp_path / "vgg.safetensors", tmp_path / "start.safetensors"
    save_random_vgg(vgg, network)
    save_gallery(start, tiny_gallery("one", "two"))
    out = tmp_path / "my painting.safetensors"
    code, stdout, stderr = command(
        "train", painting, out, "--gallery", start, "--keep", "--photos", photos, "--vgg-weights",
        vgg, "--iterations", 1, "--kind", "animation", "--crop", "0.1,0,0.9,1", "--scale", 20,
        "--match", painting, "--title", "Noise",
    )  # fmt: skip
    assert code == 0, stderr
    assert stdout == ""
    card = load_gallery(out).card
    assert card.names == ["one", "two", "my_painting"]
    learned = card.styles[2]
    assert learned.painting["title"] == "Noise"
    assert learned.settings["crop"] == [0.1, 0, 0.9, 1]
    assert learned.settings["match"] == "painting.png"
    assert learned.training["settings"]["detail_weight"] == 0
    assert learned.training["settings"]["network"] == network
    written = {path.name.removeprefix(out.name) for path in tmp_path.glob("my painting*")}
    assert written == {"", ".training", ".preview.jpg", ".report.html"}
    assert all(name in stderr for name in (".preview.jpg", ".report.html"))
    losses = [line for line in stderr.splitlines() if line.strip().startswith(("lesson", "draft"))]
    assert len(losses) == 2
    assert all(len(line.rstrip()) <= 80 and "…" not in line for line in losses)
