"""Image registration by rotation: whether two pictures show one place from a turned camera.

A 360° camera sees the whole sphere, however it is held, so rotating it hides nothing. The rotation
is sought that maximises the correlation of two pictures: first over rotations spread evenly over
SO(3) (super-Fibonacci spirals, Alexa, CVPR 2022), then by hill climbing with smaller and smaller
steps. The score is the normalised cross-correlation of band-passed pictures (a difference of
Gaussians): brightness and contrast cancel, and so does the bright sky over a dark ground that most
places share.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.cameras.attitude import matrices
from vr360.filters import gaussian_blur
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN, lonlat_to_pixel, lonlat_to_xyz, spiral, xyz_to_lonlat

Floats = NDArray[np.float32]

ROWS = 64  # of the pictures that are compared
FINE, COARSE, WIDE = 1.0, 4.0, 16.0  # sigmas of the Gaussians, in pixels of those pictures
ROTATIONS, CANDIDATES = 4000, 3  # about 18° from one to the next; how many are followed
FEW, MANY = 300, 1200  # directions at which pictures are compared, coarsely and finely
STEPS_DEG = (8.0, 4.0, 2.0, 1.0)  # of the hill climbing
FLAT = 1e-6  # variance below which a picture has no texture to correlate


def likeness(before: Rgb, after: Rgb, any_rotation: bool = True) -> float:
    """Normalised cross-correlation, -1..1, of two equirect pictures under their best rotation.

    Above 0.95 for one place from a turned camera; below 0.65 for different places.

    Args:
        before, after: (ROWS, 2 ROWS, 3) uint8.
        any_rotation: search all of SO(3); else only around the identity.
    """
    here = _at(_detail(before, FINE), np.eye(3), _directions(MANY))
    there = _detail(after, FINE)
    starts = _candidates(before, after) if any_rotation else [np.eye(3)]
    return max(_refined(here, there, start) for start in starts)


def _candidates(before: Rgb, after: Rgb) -> list[NDArray[np.float64]]:
    here = _at(_detail(before, COARSE), np.eye(3), _directions(FEW))
    there = _standard(_detail(after, COARSE).reshape(-1, 3)[_table()])  # (ROTATIONS, FEW, 3)
    order = np.argsort(np.einsum("pc,rpc->r", here, there))[::-1]
    return [np.eye(3), *rotations(ROTATIONS)[order[:CANDIDATES]]]


def _refined(here: Floats, there: Floats, turn: NDArray[np.float64]) -> float:
    """Hill climbing: the best correlation that small rotations from `turn` lead to."""
    score = _correlation(here, there, turn)
    for step in STEPS_DEG:
        moved = True
        while moved:
            trials = [turn @ small for small in _small_turns(step)]
            scores = [_correlation(here, there, trial) for trial in trials]
            best = int(np.argmax(scores))
            moved = scores[best] > score
            if moved:
                turn, score = trials[best], scores[best]
    return score


def _correlation(here: Floats, there: Floats, turn: NDArray[np.float64]) -> float:
    return float((here * _at(there, turn, _directions(MANY))).sum())


def _detail(rgb: Rgb, blur: float) -> Floats:
    """Band-pass, a difference of Gaussians: (ROWS, 2 ROWS, 3)."""
    return _blurred(rgb, blur) - _blurred(rgb, max(WIDE, 2 * blur))


def _blurred(rgb: Rgb, sigma: float) -> Floats:
    return gaussian_blur(rgb.astype(np.float32) / 255, sigma)


def _at(picture: Floats, turn: NDArray[np.float64], directions: NDArray[np.float64]) -> Floats:
    index = _pixels(directions @ turn.T)
    return _standard(picture.reshape(-1, 3)[index])


def _standard(values: Floats) -> Floats:
    """(..., P, 3), zero mean and unit norm, so that inner products are correlations."""
    centred = values - values.mean(axis=-2, keepdims=True)
    energy = np.square(centred).sum(axis=(-1, -2), keepdims=True)
    return np.asarray(centred / np.sqrt(energy + FLAT * values.shape[-2]), np.float32)


def _pixels(xyz: NDArray[np.float64]) -> NDArray[np.int64]:
    x, y = lonlat_to_pixel(*xyz_to_lonlat(xyz), ROWS, 2 * ROWS)
    row = np.clip(np.rint(y), 0, ROWS - 1)
    return np.asarray(row * 2 * ROWS + np.rint(x) % (2 * ROWS), np.int64)


@lru_cache(maxsize=1)
def _table() -> NDArray[np.int64]:
    """Where every rotation takes every direction: pixels (ROTATIONS, FEW)."""
    return np.stack([_pixels(_directions(FEW) @ turn.T) for turn in rotations(ROTATIONS)])


@lru_cache(maxsize=2)
def _directions(count: int) -> NDArray[np.float64]:
    return lonlat_to_xyz(*spiral(count))


@lru_cache(maxsize=4)
def _small_turns(degrees: float) -> list[NDArray[np.float64]]:
    axes = [sign * axis for axis, sign in product(np.eye(3), (-1.0, 1.0))]
    return [np.asarray(cv2.Rodrigues(np.deg2rad(degrees) * axis)[0]) for axis in axes]


@lru_cache(maxsize=1)
def rotations(count: int) -> NDArray[np.float64]:
    """Rotation matrices (count, 3, 3) spread evenly over all there are."""
    step = np.arange(count) + 0.5
    near, far = np.sqrt(step / count), np.sqrt(1 - step / count)
    alpha = 2 * HALF_TURN * step / np.sqrt(2)
    beta = 2 * HALF_TURN * step / 1.533751168755204288118041
    x, y, z, w = near * np.sin(alpha), near * np.cos(alpha), far * np.sin(beta), far * np.cos(beta)
    return matrices(np.stack([w, x, y, z], axis=1))
