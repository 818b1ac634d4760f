from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.nets.checkpoint import Gallery, GalleryCard, StyleCard, save_gallery
from pipeline.nets.looks import STRENGTHS, STROKES
from pipeline.nets.stylenet import NetConfig, StyleNet
from vr360.frame import Frame
from vr360.media.writer import FilmWriter


def tiny_gallery(*names: str, seed: int = 0, looks_seed: int = 0) -> Gallery:
    """A net that paints nonsense fast, a little otherwise in every style and at every strength."""
    torch.manual_seed(seed)
    config = NetConfig(channels=8, blocks=1)
    net = StyleNet(config).eval().requires_grad_(False)
    noise = torch.Generator().manual_seed(looks_seed)
    shape = len(names), len(STRENGTHS), net.look_size
    looks = net.plain_look() + 0.2 * torch.randn(shape, generator=noise)
    strokes = 0.1 * torch.randn((len(names), len(STROKES), net.look_size), generator=noise)
    card = GalleryCard.of(net, tuple(StyleCard(name) for name in names))
    return Gallery(net, looks, strokes, card)


@pytest.fixture(scope="session")
def tiny_style(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one style."""
    path = tmp_path_factory.mktemp("style") / "tiny.safetensors"
    save_gallery(path, tiny_gallery("tiny"))
    return path


def soft_noise(height: int, width: int, seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 16, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="session")
def tiny_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames of 128x64 at 24000/1001, lossless, without sound or metadata."""
    path = tmp_path_factory.mktemp("film") / "tiny.mkv"
    rate = Fraction(24000, 1001)
    with FilmWriter(path, 64, 128, rate, "archive") as film:
        for n in range(12):
            film.write(Frame(soft_noise(64, 128, n), n / rate))
    return path
