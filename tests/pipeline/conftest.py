from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.nets.checkpoint import StyleCard, save_style
from pipeline.nets.stylenet import NetConfig, StyleNet
from vr360.frame import Frame
from vr360.media.writer import FilmWriter


@pytest.fixture(scope="session")
def tiny_style(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A style that paints nonsense fast."""
    torch.manual_seed(0)
    config = NetConfig(channels=8, blocks=1)
    path = tmp_path_factory.mktemp("style") / "tiny.safetensors"
    save_style(path, StyleNet(config), StyleCard("tiny", config))
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
