from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.temporal.cuts import SAME_PLACE
from pipeline.temporal.turning import ROWS, likeness, rotations
from vr360.geometry import equirect_directions, lonlat_to_pixel, xyz_to_lonlat

from .conftest import Place


def small(rgb: np.ndarray) -> np.ndarray:
    return cv2.resize(rgb, (2 * ROWS, ROWS), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("angles", [(2.0, 0, 0), (0, 1.4, 0), (0, 0, 3.1), (2.5, -1.0, 1.2)])
def test_a_turned_camera_sees_the_same_place(places: list[Place], angles: tuple[float, ...]):
    assert likeness(small(places[0].see()), small(places[0].see(*angles))) > 0.9


def test_other_light_is_the_same_place(places: list[Place]):
    assert likeness(small(places[0].see()), small(places[0].see(1.0, gain=0.4))) > 0.95


def test_different_places_are_unlike_however_they_are_turned(places: list[Place]):
    pairs = combinations([small(place.see()) for place in places], 2)
    assert max(likeness(a, b) for a, b in pairs) < SAME_PLACE - 0.1


def test_blank_pictures_are_like_nothing_else(places: list[Place]):
    black = np.zeros((ROWS, 2 * ROWS, 3), np.uint8)
    assert abs(likeness(black, small(places[0].see()))) < 0.1
    assert np.isfinite(likeness(black, black))


def test_rotations_are_rotations_and_spread_evenly():
    turns = rotations(4000)
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3))
    assert np.allclose(np.linalg.det(turns), 1)
    any_turns = np.linalg.qr(np.random.default_rng(0).normal(size=(200, 3, 3)))[0]
    any_turns *= np.linalg.det(any_turns)[:, None, None]
    traces = np.einsum("nij,mij->nm", any_turns, turns).max(1)
    assert np.degrees(np.arccos((traces.min() - 1) / 2)) < 20


def turned(rgb: np.ndarray, turn: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    rays = equirect_directions(height, width) @ turn.T
    x, y = lonlat_to_pixel(*xyz_to_lonlat(rays), height, width)
    maps = x.astype(np.float32), y.astype(np.float32)
    return cv2.remap(rgb, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def test_real_places_are_told_apart_and_known_again(shared_data: Path):
    files = sorted((shared_data / "panoramas").glob("*-*.jpg"))
    pictures = [cv2.resize(cv2.imread(str(f)), (256, 128)) for f in files]
    turn = rotations(4000)[1234]
    again = [likeness(small(p), small(turned(p // 2, turn))) for p in pictures]
    others = [likeness(small(a), small(b)) for a, b in combinations(pictures, 2)]
    assert min(again) > SAME_PLACE + 0.1
    assert max(others) < SAME_PLACE - 0.1
