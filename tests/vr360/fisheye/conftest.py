"""A world that is known in every direction, and cameras that photograph it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from vr360.fisheye.camera import Camera, ideal_camera
from vr360.geometry import equirect_directions

Look = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class World:
    """Colours (..., 3) in 0..255 of directions: a sum of plane waves, alike everywhere."""

    wave: np.ndarray
    phase: np.ndarray

    def __call__(self, direction: np.ndarray) -> np.ndarray:
        waves = np.cos(direction.astype(np.float32) @ self.wave.T + self.phase)
        return 128 + 45 * np.stack([waves[..., n::3].mean(-1) * 3 for n in range(3)], axis=-1)

    def equirect(self, height: int) -> np.ndarray:
        return self(equirect_directions(height, 2 * height))

    def photograph(self, camera: Camera, light: Callable[..., np.ndarray] | None = None):
        """(H, W, 3) uint8 as the camera sees it; `light(side, angle)` multiplies the colours."""
        y, x = np.mgrid[: camera.height, : camera.width]
        picture = np.zeros((camera.height, camera.width, 3))
        for side, lens in enumerate(camera.lenses):
            direction = lens.unproject(x, y)
            left, right, top, bottom = lens.box
            cx, cy, radius = lens.circle
            mine = (x >= left) & (x < right) & (y >= top) & (y < bottom)
            mine &= np.hypot(x - cx, y - cy) <= radius
            seen = self(direction[mine])
            if light is not None:
                seen = seen * light(side, lens.angle(direction[mine]))
            picture[mine] = seen
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def world() -> World:
    """Waves of 6 to 40 radians to a radian: some degrees each, enough to hold on to."""
    draw = np.random.default_rng(3)
    heading = draw.normal(size=(36, 3))
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    wave = heading * draw.uniform(6, 40, (36, 1))
    return World(wave.astype(np.float32), draw.uniform(0, 6.28, 36).astype(np.float32))


@pytest.fixture(scope="session")
def camera() -> Camera:
    """256x512, two ideal lenses of 200 degrees."""
    fov = np.radians(200)
    return ideal_camera("toy", 256, 512, fov, 256 / fov, "made for the tests")


def psnr(one: np.ndarray, two: np.ndarray, where: np.ndarray | None = None) -> float:
    error = (one.astype(float) - two) ** 2
    error = error if where is None else error[where]
    return float(10 * np.log10(255**2 / error.mean()))
