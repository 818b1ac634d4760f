import cv2
import numpy as np
import pytest
import torch

from pipeline.training.motion import MARGIN, MOVE, TURN, ZOOM, Motion, as_filmed

SIZE = 128


def pixel_matrix(motion: Motion, n: int, size: int = SIZE) -> np.ndarray:
    """Where pixel (x, y) of a moved picture comes from: (2, 3), by hand.

    A pixel's centre x lies at (2 x + 1) / size - 1 of the -1..1 that the motion speaks of.
    """
    matrix = motion.matrices[n].double().numpy()
    centre = (size - 1) / 2
    shift = matrix[:, 2] * size / 2 + centre - matrix[:, :2] @ [centre, centre]
    return np.concatenate([matrix[:, :2], shift[:, None]], axis=1)


def soft(seed: int, size: int = SIZE) -> np.ndarray:
    coarse = np.random.default_rng(seed).random((size // 8, size // 8), np.float32)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)


def test_pictures_move_as_opencv_moves_them():
    motion = Motion.random(3, SIZE, np.random.default_rng(0))
    pictures = np.stack([soft(n) for n in range(3)])
    moved = motion(torch.from_numpy(pictures)[:, None])[:, 0].numpy()
    inner = (slice(16, -16), slice(16, -16))
    for n, picture in enumerate(pictures):
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        wanted = cv2.warpAffine(picture, pixel_matrix(motion, n), (SIZE, SIZE), flags=flags)
        assert np.abs(moved[n] - wanted)[inner].max() < 0.01
        assert np.abs(moved[n] - picture)[inner].max() > 0.1


def test_features_move_as_far_as_the_picture_they_were_made_of():
    motion = Motion.random(1, SIZE, np.random.default_rng(1))
    picture = torch.from_numpy(soft(5))[None, None]
    small = torch.nn.functional.avg_pool2d(picture, 4)
    inner = (..., slice(6, -6), slice(6, -6))
    moved = torch.nn.functional.avg_pool2d(motion(picture), 4)[inner]
    assert (motion(small)[inner] - moved).abs().mean() < 0.1 * (small[inner] - moved).abs().mean()


def test_motions_stay_within_what_a_walk_does():
    motion = Motion.random(200, SIZE, np.random.default_rng(2))
    linear = motion.matrices[:, :, :2]
    zoom = torch.linalg.det(linear).sqrt()
    assert (zoom - 1).abs().max() <= ZOOM + 1e-6
    assert torch.atan2(linear[:, 1, 0], linear[:, 0, 0]).abs().max() <= TURN + 1e-6
    moved = motion.matrices[:, :, 2].abs() * SIZE / 2
    assert 0.9 * MOVE < moved.max() <= MOVE + 1e-4


def test_what_is_not_shaken_moves_by_whole_pixels_and_is_not_interpolated():
    motion = Motion.random(40, SIZE, np.random.default_rng(3))
    picture = torch.from_numpy(np.random.default_rng(4).random((SIZE, SIZE), np.float32))
    moved = motion(picture.expand(40, 1, -1, -1))[:, 0]
    steady = (motion.matrices[:, :, :2] == torch.eye(2)).all((1, 2))
    assert 10 <= steady.sum() <= 30
    inner = slice(MOVE, -MOVE)
    for n in steady.nonzero()[:, 0]:
        x, y = (motion.matrices[n, :, 2] * SIZE / 2).round().int().tolist()
        wanted = picture.roll((-y, -x), (0, 1))
        assert (moved[n] - wanted)[inner, inner].abs().max() < 1e-4


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_inside_is_where_neither_place_comes_near_the_edge(seed: int):
    motion = Motion.random(1, SIZE, np.random.default_rng(seed))
    inside = motion.inside(torch.zeros(1, 3, SIZE, SIZE))[0, 0].numpy() == 1
    x, y = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    source = pixel_matrix(motion, 0) @ np.stack([x.ravel(), y.ravel(), np.ones(SIZE**2)])
    # Pixel 0's centre is half a pixel from the edge.
    distances = [np.minimum(place, SIZE - 1 - place) + 0.5 for place in (x, y)]
    distances += [np.minimum(p, SIZE - 1 - p).reshape(SIZE, SIZE) + 0.5 for p in source]
    nearest = np.min(distances, axis=0)
    assert nearest[inside].min() > MARGIN - 1e-3
    assert not inside[nearest < MARGIN - 1e-3].any()
    assert inside[nearest > MARGIN + 1e-3].all()


def test_a_camera_adds_little_and_keeps_the_range():
    rgb = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    filmed = as_filmed(rgb, np.random.default_rng(0))
    assert 0 < (filmed - rgb).abs().mean() < 0.03
    assert filmed.min() >= 0
    assert filmed.max() <= 1
