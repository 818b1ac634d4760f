from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import soft_noise
from vr360.frame import Frame, Projection, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter

SECOND = 12
"""Frames a second of the clips."""


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """A lossless clip, each frame of another picture: `clip("a.mkv", seed=, frames=, size=)`."""

    def make(name: str, seed: int = 0, frames: int = 24, size: tuple[int, int] = (64, 128)) -> Path:
        path = tmp_path / name
        rate = Fraction(SECOND)
        with FilmWriter(path, *size, rate, "archive") as film:
            for n in range(frames):
                film.write(Frame(soft_noise(*size, 100 * seed + n), n / rate))
        return path

    return make


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """A film's file with that text."""

    def write(text: str) -> Path:
        path = tmp_path / "film.toml"
        path.write_text(text)
        return path

    return write


def frames_of(path: Path, stereo: Stereo = Stereo.MONO) -> np.ndarray:
    """(N, H, W, 3)."""
    return np.stack([f.rgb for f in read_frames(probe(path, Projection.EQUIRECT, stereo))])
