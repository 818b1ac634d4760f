from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from sample_clips import Flow, Scene, View
from vr360.geometry import lonlat_to_pixel, xyz_to_lonlat

FRAME, HEIGHT, WIDTH = 40, 256, 512


@dataclass(frozen=True)
class Pair:
    """Two pictures of the scene one frame apart, and the flow between them."""

    before: View
    now: View
    flow: Flow


@pytest.fixture(scope="session")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="session")
def pair(scene: Scene) -> Pair:
    before, now = (scene.render(n, HEIGHT, WIDTH) for n in (FRAME - 1, FRAME))
    return Pair(before, now, scene.flow(FRAME, HEIGHT, WIDTH))


def sample(image: np.ndarray, direction: np.ndarray, method: int = cv2.INTER_CUBIC) -> np.ndarray:
    """An equirect picture seen along directions (..., 3), continued over seam and poles."""
    height, width = image.shape[:2]
    x, y = lonlat_to_pixel(*xyz_to_lonlat(direction), height, width)
    x, y = (np.atleast_2d(a + 8).astype(np.float32) for a in (x, y))
    over = np.roll(image, width // 2, axis=1)
    whole = np.concatenate([over[7::-1], image, over[: -8 - 1 : -1]])
    whole = np.concatenate([whole[:, -8:], whole, whole[:, :8]], axis=1)
    parts = [slice(n, n + 8192) for n in range(0, x.shape[1], 8192)]  # cv2 takes no longer rows
    seen = np.concatenate([cv2.remap(whole, x[:, p], y[:, p], method) for p in parts], axis=1)
    return seen.reshape(*direction.shape[:-1], *image.shape[2:])
