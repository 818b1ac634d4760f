"""A camera that is off is put right by its own footage."""

from dataclasses import replace

import numpy as np
import pytest

from tests.vr360.fisheye.conftest import World
from vr360.errors import CameraError
from vr360.fisheye.calibration import Calibration, calibrate, fit_lenses, overlap_error
from vr360.fisheye.camera import Camera, ideal_camera
from vr360.fisheye.matching import Matches
from vr360.geometry import angles_of, rotation


@pytest.fixture(scope="module")
def true_camera() -> Camera:
    fov = np.radians(200)
    camera = ideal_camera("true", 512, 1024, fov, 512 / fov, "")
    left, right = camera.lenses
    return replace(
        camera,
        lenses=(
            replace(left, centre=(left.centre[0] + 3, left.centre[1] - 2)),
            replace(
                right,
                focal=right.focal * 1.01,
                turn=(np.pi + 0.02, 0.015, -0.012),
                centre=(right.centre[0] - 2, right.centre[1] + 3),
            ),
        ),
    )


@pytest.fixture(scope="module")
def told_camera() -> Camera:
    fov = np.radians(200)
    return ideal_camera("told", 512, 1024, fov, 512 / fov, "")


@pytest.fixture(scope="module")
def lively(world: World) -> World:
    return World(world.wave * 1.5, world.phase)


@pytest.fixture(scope="module")
def result(lively: World, true_camera: Camera, told_camera: Camera) -> Calibration:
    return calibrate(told_camera, [lively.photograph(true_camera)])


def test_a_preset_that_is_off_is_put_right(result: Calibration):
    assert result.before.rms_deg > 0.8
    assert result.after.rms_deg < 0.15  # a pixel is 0.39
    assert result.after.median_deg < 0.08
    assert result.after.grey_levels < result.before.grey_levels / 2
    assert result.after.rms_pixels == pytest.approx(
        np.radians(result.after.rms_deg) * 512 / np.radians(200), rel=0.03
    )
    assert result.camera.name == "told, calibrated"


def pairs(camera: Camera, count: int) -> Matches:
    """What a perfect matcher would find: points within seven degrees of the middle plane."""
    draw = np.random.default_rng(1)
    around, depth = draw.uniform(0, 2 * np.pi, count), draw.uniform(-0.12, 0.12, count)
    direction = np.stack(
        [np.cos(around) * np.cos(depth), np.sin(around) * np.cos(depth), np.sin(depth)], axis=-1
    )
    left, right = (np.stack(lens.project(direction), axis=-1) for lens in camera.lenses)
    return Matches(left, right)


def test_perfect_matches_are_joined(true_camera: Camera, told_camera: Camera):
    matches = pairs(true_camera, 300)
    refined = fit_lenses(told_camera, matches, told_camera)
    frame = np.zeros((512, 1024, 3), np.uint8)
    assert overlap_error(refined, matches, [frame]).rms_deg < 0.01


def test_wrong_matches_do_not_pull(true_camera: Camera, told_camera: Camera):
    matches = pairs(true_camera, 300)
    right = matches.right.copy()
    right[::6] += 25
    refined = fit_lenses(told_camera, Matches(matches.left, right), told_camera)
    frame = np.zeros((512, 1024, 3), np.uint8)
    assert overlap_error(refined, matches, [frame]).rms_deg < 0.03


def test_a_right_camera_stays_as_it_is(lively: World, told_camera: Camera):
    result = calibrate(told_camera, [lively.photograph(told_camera)])
    assert result.after.rms_deg < 0.15
    for ours, theirs in zip(result.camera.lenses, told_camera.lenses, strict=True):
        assert ours.focal == pytest.approx(theirs.focal, rel=0.003)
        np.testing.assert_allclose(ours.centre, theirs.centre, atol=1)


def test_the_films_forward_direction_stays(result: Calibration, told_camera: Camera):
    assert result.camera.lenses[0].turn == told_camera.lenses[0].turn


def test_a_blank_wall_cannot_calibrate(told_camera: Camera):
    wall = np.full((512, 1024, 3), 120, np.uint8)
    with pytest.raises(CameraError, match=r"cannot calibrate told: 0 points found"):
        calibrate(told_camera, [wall])


def test_convention_angles_of_a_rotation_make_it_again():
    turn = rotation(2.9, -0.4, 1.7)
    np.testing.assert_allclose(rotation(*angles_of(turn)), turn, atol=1e-12)
    assert angles_of(turn) == pytest.approx((2.9, -0.4, 1.7))
