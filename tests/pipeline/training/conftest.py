from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import vgg16

from pipeline.nets.checkpoint import Gallery, GalleryCard, StyleCard
from pipeline.nets.draftnet import DraftConfig, DraftNet
from pipeline.nets.looks import STRENGTHS, STROKES
from pipeline.training.recipe import StyleSource
from pipeline.training.train import TrainProgress, TrainSettings, train

TINY = DraftConfig(
    half=4, quarter=6, eighth=8, half_blocks=1, quarter_blocks=1, eighth_blocks=1, detail=4
)
SETTINGS = TrainSettings(iterations=4, crop=64, part=32, batch=1, together=1, net=TINY)


def tiny_gallery(*names: str) -> Gallery:
    """An untrained gallery, a little otherwise in every style and at every strength."""
    torch.manual_seed(0)
    net = DraftNet(TINY).eval().requires_grad_(False)
    noise = torch.Generator().manual_seed(0)
    shape = len(names), len(STRENGTHS), net.look_size
    looks = net.plain_look() + 0.2 * torch.randn(shape, generator=noise)
    strokes = 0.1 * torch.randn((len(names), len(STROKES), net.look_size), generator=noise)
    card = GalleryCard.of(net, tuple(StyleCard(name) for name in names))
    return Gallery(net, looks, strokes, card)


@pytest.fixture(scope="session")
def vgg_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VGG-16 of the right shape with random weights: the loop does not care."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg16.safetensors"
    state = vgg16(weights=None).features.state_dict()
    save_file({k: v.half() for k, v in state.items()}, path)
    return path


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine soft pictures of 96x72."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for n in range(9):
        coarse = random.integers(0, 256, (6, 8, 3), np.uint8)
        cv2.imwrite(str(folder / f"{n}.png"), cv2.resize(coarse, (96, 72)))
    return folder


def paint(path: Path, seed: int) -> StyleSource:
    """A made painting of 100x80 pixels, as a style that learns fast."""
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 256, (80, 100, 3), np.uint8))
    return StyleSource(path.stem, path, title="Noise", scale=17)


@pytest.fixture(scope="session")
def painting(tmp_path_factory: pytest.TempPathFactory) -> StyleSource:
    return paint(tmp_path_factory.mktemp("paintings") / "painting.png", 1)


Learn = Callable[..., list[TrainProgress]]


@pytest.fixture(scope="session")
def learn(photos: Path, vgg_weights: Path) -> Learn:
    """Train to the end: `learn(styles, out, settings=, start=, resume=, save_every=)`."""

    def run(styles: list[StyleSource], out: Path, **options) -> list[TrainProgress]:
        settings = options.pop("settings", SETTINGS)
        data = {"rights": "made"}
        return list(
            train(styles, out, photos, settings, data_card=data, vgg_weights=vgg_weights, **options)
        )

    return run


@dataclass(frozen=True)
class Trained:
    """A cold start of one style that has come to its end."""

    out: Path
    steps: list[TrainProgress]


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, painting: StyleSource, learn: Learn
) -> Trained:
    out = tmp_path_factory.mktemp("trained") / "style.safetensors"
    return Trained(out, learn([painting], out))
