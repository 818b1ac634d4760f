"""Transitions belong to the sphere: turned before or after, they are the same picture."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.film.light import mix, mix_colour
from pipeline.film.script import Change, Transition
from pipeline.film.sweeping import Sweep
from pipeline.film.turning import Turning
from vr360.frame import Rgb
from vr360.geometry import equirect_directions, lonlat_to_xyz, rotation, row_areas, xyz_to_lonlat

HEIGHT, WIDTH = 256, 512
FEATHER = np.radians(15)
TURN = rotation(*np.radians([37.3, 24.1, 11.7]))
YAW = rotation(np.radians(37.3))

Mixes = Callable[[Rgb, Rgb, np.ndarray, float], Rgb]


def scene(seed: int) -> Rgb:
    """Plane waves through the sphere: smooth, and alike everywhere on it."""
    rng = np.random.default_rng(seed)
    waves = equirect_directions(HEIGHT, WIDTH) @ rng.normal(scale=8, size=(3, 40))
    light = np.cos(waves + rng.uniform(0, 7, 40)) @ rng.normal(size=(40, 3))
    return np.clip(128 + 14 * light, 0, 255).astype(np.uint8)


def dissolve(first: Rgb, second: Rgb, turn: np.ndarray, share: float) -> Rgb:
    return mix(first, second, share)


def fade(first: Rgb, second: Rgb, turn: np.ndarray, share: float) -> Rgb:
    return mix_colour(first, (0.1, 0.2, 0.6), share)


def swept(kind: Change) -> Mixes:
    def sweep(first: Rgb, second: Rgb, turn: np.ndarray, share: float) -> Rgb:
        """From a direction that turns with the film."""
        pitch = np.radians(35 if kind is Change.IRIS else 0)
        lon, lat = xyz_to_lonlat(lonlat_to_xyz(np.radians(150), pitch) @ turn)
        transition = Transition(kind, yaw=float(lon), pitch=float(lat), feather=FEATHER)
        return mix(first, second, Sweep(HEIGHT, WIDTH, transition)(share))

    return sweep


MIXES: dict[str, tuple[Mixes, np.ndarray]] = {
    "dissolve": (dissolve, TURN),
    "fade": (fade, TURN),
    "iris": (swept(Change.IRIS), TURN),
    "wipe": (swept(Change.WIPE), YAW),  # its edges are meridians, so it turns about the vertical
}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("name", MIXES)
def test_a_transition_commutes_with_turning_the_film(name: str, share: float):
    mixes, turn = MIXES[name]
    turning, first, second = Turning(HEIGHT, WIDTH), scene(1), scene(2)
    before = mixes(turning(first, turn), turning(second, turn), turn, share)
    after = turning(mixes(first, second, np.eye(3), share), turn)
    error = (before.astype(float) - after) ** 2
    assert 10 * np.log10(255**2 / (error.mean((1, 2)) @ row_areas(HEIGHT))) >= 45


@pytest.mark.parametrize("name", MIXES)
def test_a_transition_makes_no_step_at_the_seam_or_a_pole(name: str):
    mixed = MIXES[name][0](scene(1), scene(2), np.eye(3), 0.5).astype(float)
    inside = abs(np.diff(mixed[HEIGHT // 4 : -HEIGHT // 4], axis=1)).mean()
    seam = abs(mixed[HEIGHT // 4 : -HEIGHT // 4, 0] - mixed[HEIGHT // 4 : -HEIGHT // 4, -1]).mean()
    assert seam < 1.5 * inside
    rows = abs(np.diff(mixed, axis=0)).mean()
    for row in (mixed[0], mixed[-1]):
        assert abs(row - np.roll(row, WIDTH // 2, axis=0)).mean() < 2 * rows
