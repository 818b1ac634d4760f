import cv2
import numpy as np
import pytest

from pipeline.temporal.bands import Enlarged, enlarge
from pipeline.temporal.views import sample
from pipeline.temporal.warp import motion, pad_poles, pole_padded, unpadded, warp
from vr360.geometry import equirect_directions, pixel_to_lonlat, rotation

HEIGHT, WIDTH = 128, 256
FIELD = 32, 64


def landscape(directions: np.ndarray) -> np.ndarray:
    """A smooth function of direction, 0..255, the same however the camera is turned."""
    rng = np.random.default_rng(5)
    waves = rng.normal(size=(12, 3)) * 6
    phases = rng.uniform(0, 6, (12, 3))
    values = np.sin((directions @ waves.T)[..., None] + phases).mean(axis=-2)
    return 128 + 100 * values


def held(picture: np.ndarray) -> np.ndarray:
    room = pole_padded(*picture.shape[:2])
    unpadded(room)[:] = picture
    pad_poles(room)
    return room


@pytest.mark.parametrize("turn", [(0.02, 0, 0), (0, 0.03, 0), (0.3, -0.2, 0.5)])
def test_a_turned_sphere_is_seen_as_from_the_turned_camera(turn: tuple[float, float, float]):
    turning = rotation(*turn)
    before = held(landscape(equirect_directions(HEIGHT, WIDTH)))
    direction = np.float32(equirect_directions(*FIELD) @ turning.T)
    seen = warp(before, motion(direction, HEIGHT, WIDTH))
    expected = landscape(equirect_directions(HEIGHT, WIDTH) @ turning.T)
    assert abs(seen - expected).mean() < 0.5
    assert abs(seen - expected).max() < 5  # the poles and the seam as well


def test_what_stands_still_keeps_every_bit():
    picture = np.random.default_rng(0).uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32)
    tremor = equirect_directions(*FIELD) @ rotation(1e-4, 1e-4).T
    moved = motion(np.float32(tremor), HEIGHT, WIDTH)
    np.testing.assert_array_equal(warp(held(picture), moved), picture)
    assert not moved.moving.any()


def test_a_dozen_warps_keep_what_linear_ones_lose():
    start = landscape(equirect_directions(HEIGHT, WIDTH) * 4).astype(np.float32)
    sharp, soft = start, start
    for n in range(12):
        turn = rotation(0.004 * (-1) ** n, 0.006 * (-1) ** n)
        direction = np.float32(equirect_directions(*FIELD) @ turn.T)
        sharp = warp(held(sharp), motion(direction, HEIGHT, WIDTH))
        soft = sample(soft, np.float32(equirect_directions(HEIGHT, WIDTH) @ turn.T))

    def contrast(picture: np.ndarray) -> float:
        return float(cv2.Laplacian(picture, cv2.CV_32F)[8:-8].std())

    assert contrast(sharp) / contrast(start) == pytest.approx(1, abs=0.15)
    assert contrast(soft) / contrast(start) < 0.7


def test_convention_enlarging_keeps_places():
    lon, lat = pixel_to_lonlat(np.arange(64), np.arange(32)[:, None], 32, 64)
    field = np.stack(np.broadcast_arrays(np.cos(lon), lat), axis=-1).astype(np.float32)
    large = enlarge(field, HEIGHT, WIDTH)
    lon, lat = pixel_to_lonlat(np.arange(WIDTH), np.arange(HEIGHT)[:, None], HEIGHT, WIDTH)
    np.testing.assert_allclose(large[4:-4, :, 1], np.broadcast_to(lat, (HEIGHT, WIDTH))[4:-4],
                               atol=1e-5)  # fmt: skip
    np.testing.assert_allclose(large[4:-4, :, 0], np.broadcast_to(np.cos(lon), (120, WIDTH)),
                               atol=0.003)  # fmt: skip
    np.testing.assert_allclose(Enlarged(field, HEIGHT, WIDTH)[96:128], large[96:], atol=1e-6)
