"""Stitched pictures against what the world looks like, and against FFmpeg's v360."""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from sample_clips import Scene
from tests.vr360.fisheye.conftest import World, psnr
from vr360.errors import CameraError
from vr360.fisheye.camera import Camera, level
from vr360.fisheye.presets import CAMERAS, find_camera
from vr360.fisheye.ring import to_ring
from vr360.fisheye.stitching import Stitcher, fit_blend
from vr360.geometry import equirect_directions


def stitched(camera: Camera, frame: np.ndarray, height: int, turn: np.ndarray | None = None):
    return Stitcher(camera, fit_blend(camera, [frame]), height, 2 * height, turn)(frame)


def outside_blend(camera: Camera, frame: np.ndarray, height: int) -> np.ndarray:
    seam = fit_blend(camera, [frame]).seam
    azimuth, depth = to_ring(camera, equirect_directions(height, 2 * height))
    middle, feather = seam.at(azimuth)
    return np.abs(depth - middle) > feather


@pytest.fixture(scope="module")
def frame(world: World, camera: Camera) -> np.ndarray:
    return world.photograph(camera)


def test_the_world_comes_back(world: World, camera: Camera, frame: np.ndarray):
    assert psnr(stitched(camera, frame, 256), world.equirect(256)) > 40


def test_the_sample_scene_comes_back_outside_the_blend():
    """A pixel of the truth is the mean of four rays, as a camera's is the light of its area."""
    scene = Scene()
    camera = find_camera("ideal-195").scaled(384, 768)
    frame = scene.fisheye(40, 384)
    truth = scene.render(40, 384, 768).rgb
    truth = cv2.resize(truth, (384, 192), interpolation=cv2.INTER_AREA)
    outside = outside_blend(camera, frame, 192)
    assert outside.mean() > 0.85
    assert psnr(stitched(camera, frame, 192), truth, outside) >= 35


def test_v360_stitches_the_same_where_it_does_not_blend(
    camera: Camera, frame: np.ndarray, run_ffmpeg: Callable[..., bytes]
):
    """Its forward is the right half's: half a turn from ours."""
    size = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "512x256", "-i", "pipe:")
    lenses = "v360=dfisheye:e:ih_fov=200:iv_fov=200:w=512:h=256:interp=cubic"
    raw = run_ffmpeg(
        *size, "-vf", f"format=gbrp,{lenses}", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:",
        data=frame.tobytes(),
    )  # fmt: skip
    theirs = np.roll(np.frombuffer(raw, np.uint8).reshape(256, 512, 3), 256, axis=1)
    _, depth = to_ring(camera, equirect_directions(256, 512))
    inside = np.abs(depth) > np.radians(15)
    assert psnr(stitched(camera, frame, 256), theirs, inside) > 40


def test_exchanged_lenses_are_put_back_to_the_bit(camera: Camera, frame: np.ndarray):
    exchanged = np.hstack([frame[:, 256:], frame[:, :256]])
    np.testing.assert_array_equal(
        stitched(camera.swapped(), exchanged, 128), stitched(camera, frame, 128)
    )


@pytest.mark.parametrize("quarters", [(1, -1), (2, 0), (3, 2)])
def test_turned_lens_pictures_are_turned_back(
    camera: Camera, frame: np.ndarray, quarters: tuple[int, int]
):
    halves = frame[:, :256], frame[:, 256:]
    turned = np.hstack([np.rot90(half, -q) for half, q in zip(halves, quarters, strict=True)])
    told = camera.with_pictures_turned(*quarters)
    upright = stitched(camera, frame, 128)
    difference = np.abs(stitched(told, turned, 128).astype(int) - upright)
    assert difference.max() <= 2  # cv2 rounds places to 1/32 pixel, either way at ties
    assert np.mean(difference > 0) < 0.05


def test_lens_pictures_turned_once_around_are_the_same(camera: Camera):
    bent = replace(camera.lenses[0], centre=(130.0, 120.0), box=(3.0, 256.0, 1.0, 255.0))
    odd = replace(camera, lenses=(bent, camera.lenses[1]))
    again = odd
    for _ in range(4):
        again = again.with_pictures_turned(1, 0)
    for name in ("centre", "circle", "box", "dark_centre"):
        assert getattr(again.lenses[0], name) == pytest.approx(getattr(bent, name))
    np.testing.assert_allclose(again.lenses[0].rotation, bent.rotation, atol=1e-12)


def test_levelling_turns_the_film_as_the_camera_was_held(world: World, camera: Camera):
    turn = level(20, 10, 5)
    held = World(world.wave @ turn, world.phase)  # the world in the tilted camera's directions
    frame = held.photograph(camera)
    assert psnr(stitched(camera, frame, 256, turn), world.equirect(256)) > 40
    assert psnr(stitched(camera, frame, 256), world.equirect(256)) < 20


def test_smaller_results_average_the_lenses_pictures(world: World, camera: Camera):
    """Waves too short for the result must vanish, not turn into others."""
    fine = World(world.wave * 3, world.phase)
    big = camera.scaled(512, 1024)
    truth = cv2.resize(fine.equirect(256), (64, 32), interpolation=cv2.INTER_AREA)
    frame = fine.photograph(big)
    blend = fit_blend(big, [frame])
    averaged = Stitcher(big, blend, 32, 64)(frame)
    skipped = Stitcher(big, blend, 256, 512)(frame)[4::8, 4::8]
    assert psnr(averaged, truth) > psnr(skipped, truth) + 6


def test_ten_bits_stay_ten_bits(camera: Camera, frame: np.ndarray):
    deep = frame.astype(np.uint16) * 4
    deep[frame == 255] = 1023
    result = stitched(camera, deep, 128)
    assert result.dtype == np.uint16
    assert result.max() <= 1023
    assert np.abs(result / 4 - stitched(camera, frame, 128)).max() < 2


def test_a_frame_that_changes_size_is_said(camera: Camera, frame: np.ndarray):
    stitcher = Stitcher(camera, fit_blend(camera, [frame]), 128, 256)
    with pytest.raises(CameraError, match=r"256x128 came.*512x256"):
        stitcher(frame[:128, :256])


def test_frames_of_another_shape_are_said(camera: Camera):
    with pytest.raises(CameraError, match=r"1.78:1.*2.00:1"):
        fit_blend(camera, [np.zeros((90, 160, 3), np.uint8)])


def test_a_stitcher_keeps_nothing_from_frame_to_frame(world: World, camera: Camera):
    one, two = world.photograph(camera), 255 - world.photograph(camera)
    stitcher = Stitcher(camera, fit_blend(camera, [one]), 64, 128)
    first = stitcher(one)
    stitcher(two)
    np.testing.assert_array_equal(stitcher(one), first)


@pytest.mark.parametrize(("height", "width"), [(50, 100), (33, 66), (150, 300)])
def test_sizes_that_no_cell_divides_are_stitched_whole(
    world: World, camera: Camera, frame: np.ndarray, height: int, width: int
):
    result = Stitcher(camera, fit_blend(camera, [frame]), height, width)(frame)
    truth = cv2.resize(world.equirect(2 * height), (width, height), interpolation=cv2.INTER_AREA)
    assert psnr(result, truth) > 33


@pytest.mark.parametrize("name", CAMERAS)
def test_every_preset_stitches_its_own_pictures(world: World, name: str):
    preset = CAMERAS[name]()
    camera = preset.scaled(preset.height * 256 // preset.width * 2, 512)
    frame = world.photograph(camera)
    assert psnr(stitched(camera, frame, 200), world.equirect(200)) > 35
