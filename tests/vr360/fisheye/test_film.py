"""From a film to its stitcher: what is fixed, and by which frames."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.vr360.fisheye.conftest import World, psnr
from vr360.errors import CameraError, VideoOpenError
from vr360.fisheye import film
from vr360.fisheye.camera import Camera
from vr360.fisheye.drift import LightMeter
from vr360.fisheye.film import (
    Footage,
    Opened,
    open_footage,
    open_stitcher,
    result_size,
    sample_frames,
)
from vr360.fisheye.photometry import neutral
from vr360.fisheye.presets import find_camera
from vr360.fisheye.ring import from_ring
from vr360.fisheye.seam import Seam
from vr360.fisheye.stitching import Blend, Stitcher
from vr360.frame import Projection, VideoInfo
from vr360.geometry import FULL_TURN, lonlat_to_pixel, xyz_to_lonlat
from vr360.media.probe import probe
from vr360.media.reader import read_frames


@pytest.fixture(scope="module")
def sharp() -> Camera:
    return find_camera("ideal-200").scaled(256, 512)


@pytest.fixture
def shot(make_film: Callable[..., Path], world: World, sharp: Camera) -> VideoInfo:
    """Twelve frames, each a little brighter than the one before."""
    frame = world.photograph(sharp) * 0.7
    frames = np.stack([frame + (frame > 0) * n for n in range(12)]).astype(np.uint8)
    path = make_film("shot.mkv", frames, "-c:v", "ffv1", "-pix_fmt", "bgr0")
    return probe(path, Projection.DUAL_FISHEYE)


def brightness(frames: list[np.ndarray]) -> list[float]:
    return [float(frame.max()) for frame in frames]


def test_a_film_is_stitched_by_one_call(shot: VideoInfo, world: World):
    stitcher = open_stitcher(shot, "ideal-200", 128, 256)
    frame = next(read_frames(shot)).rgb
    result = stitcher(frame)
    assert result.shape == (128, 256, 3)
    assert psnr(result, world.equirect(128) * 0.7) > 33


def test_a_film_gives_the_same_stitcher_twice(shot: VideoInfo):
    frame = next(read_frames(shot)).rgb
    one, two = (open_stitcher(shot, "ideal-200", 64, 128)(frame) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("one_pass", [0, 1000])
def test_frames_are_taken_from_all_over_the_film(
    shot: VideoInfo, monkeypatch: pytest.MonkeyPatch, one_pass: int
):
    monkeypatch.setattr(film, "_ONE_PASS", one_pass)
    levels = np.array(brightness(sample_frames(shot)))
    assert len(levels) == film.SAMPLES
    assert (np.diff(levels) >= 1).all()
    assert np.ptp(levels) >= 9


@pytest.mark.parametrize("one_pass", [0, 1000])
def test_frames_are_taken_from_the_part_wanted(
    shot: VideoInfo, monkeypatch: pytest.MonkeyPatch, one_pass: int
):
    monkeypatch.setattr(film, "_ONE_PASS", one_pass)
    whole = brightness([frame.rgb for frame in read_frames(shot)])
    part = brightness(sample_frames(shot, Fraction(6, 24), Fraction(3, 24)))
    assert part == whole[6:9]


def test_a_start_behind_the_end_has_no_frames(shot: VideoInfo):
    with pytest.raises(VideoOpenError, match="no frame at 9"):
        sample_frames(shot, Fraction(9), Fraction(1))


def test_the_result_is_as_fine_as_the_lenses(shot: VideoInfo):
    assert result_size(shot) == (256, 512)


def test_without_a_camera_the_one_that_agrees_is_taken_and_refined(
    make_film: Callable[..., Path], world: World
):
    camera = find_camera("insta360").scaled(256, 512)
    path = make_film("insta.mkv", world.photograph(camera)[None], "-c:v", "ffv1")
    opened = open_footage(probe(path, Projection.DUAL_FISHEYE), Footage(), 64, 128)
    assert opened.camera.name.startswith("insta360")


def test_swapped_and_turned_pictures_together_are_undone(world: World, sharp: Camera):
    frame = world.photograph(sharp)
    left, right = np.rot90(frame[:, :256], -1), np.rot90(frame[:, 256:], 1)
    told = film._placed(Footage(swap=True, quarters=(-1, 1)), sharp, frame)
    exchanged = np.hstack([right, left])
    for x, y, lens, own in ((100, 90, 0, left), (140, 60, 1, right)):
        direction = sharp.lenses[lens].unproject(x + 256 * lens, y)
        at = [round(float(value)) for value in told.lenses[lens].project(direction)]
        np.testing.assert_array_equal(exchanged[at[1], at[0]], frame[y, x + 256 * lens])
        assert own is not None


def test_errors_name_the_file(shot: VideoInfo):
    with pytest.raises(CameraError, match=r"no camera 'none': there are"):
        open_stitcher(shot, "none", 64, 128)
    with pytest.raises(CameraError, match=r"shot.mkv: 512x256 .* theta: expected 1.78:1"):
        open_stitcher(shot, "theta", 64, 128)


@pytest.fixture(scope="module")
def gear(shared_data: Path) -> VideoInfo:
    return probe(shared_data / "clips" / "gear360_dualfisheye_3840.mp4")


@pytest.fixture(scope="module")
def gear_opened(gear: VideoInfo) -> Opened:
    footage = Footage("gear360-2017", calibrate=True, duration=Fraction(1, 10))
    return open_footage(gear, footage, 960, 1920)


def test_real_footage_is_calibrated_to_a_fraction_of_a_pixel(gear_opened: Opened):
    calibration = gear_opened.calibration
    assert calibration is not None
    assert calibration.before.median_deg > 0.5
    assert calibration.after.median_deg < 0.1  # a pixel
    assert calibration.after.grey_levels < 0.75 * calibration.before.grey_levels


def step_ratio(camera: Camera, seam: Seam, picture: np.ndarray) -> float:
    """The largest step across a line around the camera, over the steps some degrees beside it."""
    height, width = picture.shape[:2]
    azimuth = (np.arange(width) + 0.5) / width * FULL_TURN
    middle, _ = seam.at(azimuth)
    away = np.radians(np.arange(-6, 6.01, 0.1))[:, None]
    direction = from_ring(camera, np.broadcast_to(azimuth, (len(away), width)), middle + away)
    x, y = lonlat_to_pixel(*xyz_to_lonlat(direction), height, width)
    strip = cv2.remap(
        picture.astype(np.float32), x.astype(np.float32), y.astype(np.float32),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP,
    )  # fmt: skip
    along = cv2.blur(strip, (width // 60, 1))  # a seam is long, what it cuts is not
    steps = np.abs(along[5:] - along[:-5]).mean((1, 2))
    at = len(steps) // 2
    return float(steps[at - 3 : at + 4].max() / np.r_[steps[:35], steps[-35:]].mean())


def test_the_seam_of_real_footage_shows_no_step(gear: VideoInfo, gear_opened: Opened):
    frame = next(read_frames(gear)).rgb
    camera, seam = gear_opened.camera, gear_opened.stitcher.blend.seam
    assert step_ratio(camera, seam, gear_opened.stitcher(frame)) < 1.1
    abrupt = replace(seam, depth=0 * seam.depth, feather=1e-4 + 0 * seam.feather)
    preset = find_camera("gear360-2017").scaled(1920, 3840)
    as_it_is = Blend(neutral(), abrupt, LightMeter(preset, neutral())(frame))
    plain = Stitcher(preset, as_it_is, 960, 1920)(frame)
    assert step_ratio(preset, abrupt, plain) > 2
