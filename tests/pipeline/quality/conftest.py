"""Films whose figures are known: turned by whole pixels, so that their flow is exact."""

from fractions import Fraction

import numpy as np
import pytest

from pipeline.quality.together import Moment
from vr360.geometry import equirect_directions

HEIGHT, WIDTH = 64, 128
STEP = 3  # columns by which the source turns from frame to frame


def even_field(rays: np.ndarray, pitch: float, seed: int = 0, waves: int = 40) -> np.ndarray:
    """Waves (H, W) in every direction of space alike: no place on the sphere is special."""
    rng = np.random.default_rng(seed)
    axes = rng.normal(size=(waves, 3))
    axes *= pitch / np.linalg.norm(axes, axis=1, keepdims=True)
    return np.cos(rays @ axes.T + rng.uniform(0, 2 * np.pi, waves)).mean(-1) * np.sqrt(waves / 2)


def grey(values: np.ndarray) -> np.ndarray:
    codes = np.clip(128 + 50 * values, 0, 255).round().astype(np.uint8)
    return np.repeat(codes[..., None], 3, axis=2)


@pytest.fixture(scope="session")
def place() -> np.ndarray:
    return grey(even_field(equirect_directions(HEIGHT, WIDTH), 12))


@pytest.fixture(scope="session")
def moments(place: np.ndarray):
    """`moments(films, baselines=None, still=False)`: with a source that turns, or stands still."""

    def build(films, baselines=None, still=False, cuts=()):
        step = 0 if still else STEP
        return [
            Moment(
                Fraction(n, 24),
                n in cuts,
                film,
                np.roll(place, n * step, axis=1),
                None if baselines is None else baselines[n],
            )
            for n, film in enumerate(films)
        ]

    return build


@pytest.fixture(scope="session")
def exact(place: np.ndarray):
    """The flow of that source: a turn by as many steps as the two pictures show."""
    turns = [np.roll(place, n * STEP, axis=1) for n in range(WIDTH)]

    def motion(now: np.ndarray, earlier: np.ndarray):
        at = [next(n for n, t in enumerate(turns) if (t == rgb).all()) for rgb in (now, earlier)]
        rays = np.roll(equirect_directions(HEIGHT, WIDTH), (at[0] - at[1]) * STEP, axis=1)
        return rays.astype(np.float32), np.ones((HEIGHT, WIDTH), np.float32)

    return motion
