from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import vgg16

from pipeline.nets.checkpoint import load_style
from pipeline.nets.stylenet import NetConfig
from pipeline.nets.vgg import LAYERS, REFERENCE_RMS, load_vgg16
from pipeline.training.data import PhotoFolder, load_picture
from pipeline.training.data import load_style as load_painting
from pipeline.training.losses import gram, grid_energy, style_loss, total_variation
from pipeline.training.train import TrainSettings, preview_path, resume_path, train
from vr360.errors import CheckpointError, StyleImageError


@pytest.fixture(scope="module")
def vgg_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16 of the right shape with random weights: the loop does not care."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg16.safetensors"
    state = vgg16(weights=None).features.state_dict()
    save_file({k: v.half() for k, v in state.items()}, path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for n in range(9):
        coarse = random.integers(0, 256, (6, 8, 3), np.uint8)
        cv2.imwrite(str(folder / f"{n}.png"), cv2.resize(coarse, (96, 72)))
    return folder


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 256, (80, 100, 3), np.uint8))
    return path


SETTINGS = TrainSettings(
    iterations=6, crop=64, batch=1, style_size=96, net=NetConfig(channels=8, blocks=1)
)


def run(out: Path, painting: Path, photos: Path, vgg: Path, **options) -> list:
    settings = options.pop("settings", SETTINGS)
    steps = train(
        painting, out, photos, settings, painting={}, data_card={}, vgg_weights=vgg, **options
    )
    return list(steps)


def test_training_lowers_the_loss_and_writes_style_preview_and_card(
    tmp_path: Path, painting: Path, photos: Path, vgg_weights: Path
):
    out = tmp_path / "style.safetensors"
    states = run(out, painting, photos, vgg_weights)
    assert [s.step for s in states] == [1, 2, 3, 4, 5, 6]
    assert states[-1].done == 1
    assert states[-1].losses["style"] < states[0].losses["style"]
    _, card = load_style(out)
    assert card.painting["sha256"]
    assert card.data["count"] == 9
    assert card.settings["steps"] == 6
    assert load_picture(preview_path(out)).shape == (128, 256, 3)


def test_the_same_seed_gives_the_same_style_and_resuming_does_not_change_it(
    tmp_path: Path, painting: Path, photos: Path, vgg_weights: Path
):
    straight, halted = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    run(straight, painting, photos, vgg_weights)
    steps = train(
        painting, halted, photos, SETTINGS, painting={}, data_card={}, vgg_weights=vgg_weights,
        save_every=0,
    )  # fmt: skip
    for _ in range(3):
        next(steps)
    steps.close()
    assert not halted.exists()
    assert resume_path(halted).exists()
    states = run(halted, painting, photos, vgg_weights, resume=True)
    assert [s.step for s in states] == [4, 5, 6]
    first, second = (load_style(p)[0].state_dict() for p in (straight, halted))
    assert all(torch.equal(first[k], second[k]) for k in first)


def test_resuming_with_other_settings_is_refused(
    tmp_path: Path, painting: Path, photos: Path, vgg_weights: Path
):
    out = tmp_path / "style.safetensors"
    run(out, painting, photos, vgg_weights)
    other = TrainSettings(**(vars(SETTINGS) | {"seed": 1}))
    with pytest.raises(CheckpointError, match="other settings"):
        run(out, painting, photos, vgg_weights, settings=other, resume=True)


def test_resuming_what_never_began_is_refused(
    tmp_path: Path, painting: Path, photos: Path, vgg_weights: Path
):
    with pytest.raises(CheckpointError, match="no such file"):
        run(tmp_path / "none.safetensors", painting, photos, vgg_weights, resume=True)


def test_broken_photographs_are_skipped_and_counted(photos: Path):
    (photos / "broken.jpg").write_bytes(b"not a picture")
    cv2.imwrite(str(photos / "tiny.png"), np.zeros((8, 8, 3), np.uint8))
    folder = PhotoFolder(photos, 64)
    assert len(folder.photos) == 9
    assert sorted(p.name for p in folder.skipped) == ["broken.jpg", "tiny.png"]


def test_too_few_photographs_are_refused(photos: Path):
    with pytest.raises(StyleImageError, match="0 photographs"):
        PhotoFolder(photos, 128)


def test_style_images_that_teach_nothing_are_refused(tmp_path: Path):
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(StyleImageError, match="too small"):
        load_painting(small, 512, 0.02)
    with pytest.raises(StyleImageError, match="no such file"):
        load_painting(tmp_path / "none.png", 512, 0.02)


def test_grey_and_transparent_paintings_become_three_channels(tmp_path: Path):
    for name, channels in (("grey", 1), ("alpha", 4)):
        path = tmp_path / f"{name}.png"
        cv2.imwrite(str(path), np.full((80, 80, channels), 200, np.uint8))
        assert load_painting(path, 64, 0.0).shape == (64, 64, 3)


def test_calibrated_features_have_the_reference_size(vgg_weights: Path):
    vgg = load_vgg16(vgg_weights, list(LAYERS))
    photos = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    vgg.calibrate(photos)
    for name, features in vgg(photos).items():
        assert float(features.square().mean().sqrt()) == pytest.approx(
            REFERENCE_RMS[name], rel=1e-3
        )


def test_weights_of_another_network_are_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"0.weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="no VGG-16 weights"):
        load_vgg16(path, list(LAYERS))


def test_gram_is_the_mean_product_of_channels():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # 2 channels, 1x2
    assert torch.equal(gram(features), torch.tensor([[[5.0, 11.0], [11.0, 25.0]]]) / 4)


def test_losses_vanish_where_nothing_is_to_be_done():
    features = {"relu1_2": torch.rand(1, 4, 8, 8)}
    assert style_loss(features, {"relu1_2": gram(features["relu1_2"])}) == 0
    assert total_variation(torch.full((1, 3, 8, 8), 0.3)) == 0


def test_grid_energy_sees_the_stride_and_neither_ramps_nor_other_periods():
    ramp = torch.linspace(0, 1, 136).view(1, 1, 1, 136).expand(1, 3, 136, 136)
    assert grid_energy(ramp, 4) < 1e-12
    stripes = ramp.clone()
    stripes[..., ::4] += 0.01
    assert grid_energy(stripes, 4) == pytest.approx(0.01**2 * 3 / 16, rel=1e-3)
    wrong = ramp.clone()
    wrong[..., ::5] += 0.01
    assert grid_energy(wrong, 4) < 0.05 * grid_energy(stripes, 4)
