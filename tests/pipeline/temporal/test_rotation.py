import numpy as np
import pytest

from pipeline.temporal.rotation import camera_motion
from vr360.geometry import rotation


def cloud(seed: int, count: int = 3000) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def seen_after(now: np.ndarray, turn: np.ndarray, travel: np.ndarray, seed: int) -> np.ndarray:
    """Where points at 1..30 units distance were, with a third of them moving by themselves."""
    rng = np.random.default_rng(seed)
    near = 1 / rng.uniform(1, 30, (len(now), 1))
    before = now + near * travel + rng.normal(size=now.shape) * 2e-4
    astray = rng.random(len(now)) < 0.33
    before[astray] += rng.normal(size=(astray.sum(), 3)) * 0.05
    before = before @ turn.T
    return before / np.linalg.norm(before, axis=1, keepdims=True)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_turning_and_travel_are_told_apart_among_movers(seed: int):
    now = cloud(seed)
    turn = rotation(0.02, -0.03, 0.01)
    travel = np.array([0.03, 0.01, -0.02])
    found = camera_motion(now, seen_after(now, turn, travel, seed), np.ones(len(now)))
    assert np.degrees(np.linalg.norm(found.rotation - turn)) < 0.02
    assert found.travel @ travel / np.linalg.norm(travel) > 0.999


def test_turning_is_found_without_travel():
    now, turn = cloud(3), rotation(-0.05, 0.02, 0.03)
    found = camera_motion(now, seen_after(now, turn, np.zeros(3), 3), np.ones(len(now)))
    assert np.degrees(np.linalg.norm(found.rotation - turn)) < 0.02


def test_nothing_seen_is_nothing_moved():
    now = cloud(4, 50)
    found = camera_motion(now, now, np.zeros(50))
    np.testing.assert_array_equal(found.rotation, np.eye(3))
