from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import vgg16

from pipeline.nets.stylenet import NetConfig
from pipeline.training.recipe import StyleSource
from pipeline.training.train import TrainProgress, TrainSettings, train

SETTINGS = TrainSettings(iterations=6, crop=64, batch=1, net=NetConfig(channels=8, blocks=1))


@pytest.fixture(scope="session")
def vgg_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16 of the right shape with random weights: the loop does not care."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg16.safetensors"
    state = vgg16(weights=None).features.state_dict()
    save_file({k: v.half() for k, v in state.items()}, path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Nine soft pictures of 96x72."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for n in range(9):
        coarse = random.integers(0, 256, (6, 8, 3), np.uint8)
        cv2.imwrite(str(folder / f"{n}.png"), cv2.resize(coarse, (96, 72)))
    return folder


@pytest.fixture
def painting(tmp_path: Path) -> StyleSource:
    return paint(tmp_path / "painting.png", 1)


def paint(path: Path, seed: int) -> StyleSource:
    """A made painting of 100x80 pixels, as a style that learns fast."""
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 256, (80, 100, 3), np.uint8))
    return StyleSource(path.stem, path, title="Noise", scale=17)


Learn = Callable[..., list[TrainProgress]]


@pytest.fixture
def learn(photos: Path, vgg_weights: Path) -> Learn:
    """Train to the end: `learn(styles, out, settings=, start=, resume=, save_every=)`."""

    def run(styles: list[StyleSource], out: Path, **options) -> list[TrainProgress]:
        settings = options.pop("settings", SETTINGS)
        data = {"rights": "made"}
        return list(
            train(styles, out, photos, settings, data_card=data, vgg_weights=vgg_weights, **options)
        )

    return run
