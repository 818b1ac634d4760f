"""Places made of soft blobs: functions of direction, so that turning them is exact."""

import numpy as np
import pytest

from vr360.geometry import equirect_directions, rotation

HEIGHT, WIDTH = 64, 128


class Place:
    """Somewhere, seen by `see(yaw, ...)`: sky above, ground below, things all around."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        centres = rng.normal(size=(40, 3))
        self.centres = centres / np.linalg.norm(centres, axis=1, keepdims=True)
        self.sharpness = rng.uniform(10, 150, 40)
        self.colours = rng.uniform(-1, 1, (40, 3))

    def see(self, yaw: float = 0, pitch: float = 0, roll: float = 0, gain: float = 1) -> np.ndarray:
        rays = equirect_directions(HEIGHT, WIDTH) @ rotation(yaw, pitch, roll).T
        near = np.exp(self.sharpness * (rays @ self.centres.T - 1))  # (H, W, 40)
        level = 0.45 + 0.15 * rays[..., 1:2] + 0.4 * near @ self.colours
        return (255 * np.clip(gain * level, 0, 1)).round().astype(np.uint8)


@pytest.fixture(scope="session")
def places() -> list[Place]:
    return [Place(seed) for seed in range(4)]
