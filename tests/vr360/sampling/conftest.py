from collections.abc import Callable

import numpy as np
import pytest

from vr360.geometry import equirect_directions


@pytest.fixture(scope="session")
def scene() -> Callable[..., np.ndarray]:
    """A smooth picture defined on directions alone: `scene(xyz)` -> (..., 3) floats in 0..1."""

    def colours(xyz: np.ndarray) -> np.ndarray:
        unit = xyz / np.linalg.norm(xyz, axis=-1, keepdims=True)
        waves = np.array([[3, 1, 2], [-2, 4, 1], [1, -1, 5]]) * 1.5
        return 0.5 + 0.4 * np.sin(unit @ waves.T + [0.1, 1.0, 2.0])

    return colours


@pytest.fixture(scope="session")
def sphere(scene: Callable[..., np.ndarray]) -> np.ndarray:
    """The scene on an equirect picture (256, 512, 3), float32."""
    return scene(equirect_directions(256, 512)).astype(np.float32)
