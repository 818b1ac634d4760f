"""The lens model against formulas and control points that others wrote down."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vr360.fisheye.camera import Camera, ideal_camera, level
from vr360.fisheye.lens import Lens
from vr360.fisheye.presets import CAMERAS, find_camera
from vr360.fisheye.pto import hugin_lens
from vr360.geometry import lonlat_to_xyz
from vr360.projections import BACK_LENS, FRONT_LENS, DualFisheye

BENT = Lens(
    focal=150.0,
    centre=(250.0, 260.0),
    unit=256.0,
    fov=np.radians(200),
    turn=(0.3, -0.2, 0.1),
    distortion=(-0.28, 0.52, -0.14),
)


def directions(count: int, widest: float, lens: Lens) -> np.ndarray:
    draw = np.random.default_rng(0)
    angle, turn = draw.uniform(0, widest, count), draw.uniform(0, 2 * np.pi, count)
    off = np.sin(angle)
    own = np.stack([off * np.cos(turn), off * np.sin(turn), -np.cos(angle)], axis=-1)
    return own @ lens.rotation.T


def test_ideal_lenses_agree_with_the_maps_formula():
    camera = find_camera("ideal-195").scaled(480, 960)
    theirs = DualFisheye(480, 960, np.radians(195))
    for side in (FRONT_LENS, BACK_LENS):
        lens = camera.lenses[side]
        seen = directions(500, np.radians(97), lens)
        np.testing.assert_allclose(
            lens.project(seen), theirs.lens_pixels(side, seen)[:2], atol=1e-6
        )


def test_a_pixel_looks_where_it_is_seen():
    seen = directions(500, np.radians(97), BENT)
    np.testing.assert_allclose(BENT.unproject(*BENT.project(seen)), seen, atol=1e-9)


def test_convention_a_lens_that_looks_right_and_up_sees_that_in_its_centre():
    lens = replace(BENT, turn=(np.radians(30), np.radians(10), 0.0))
    seen = lonlat_to_xyz(np.radians(30), np.radians(10))
    np.testing.assert_allclose(lens.project(seen), (250.0, 260.0), atol=1e-9)


def test_convention_a_camera_pitched_up_gets_its_horizon_back():
    forward = level(pitch_deg=10) @ np.array([0.0, 0.0, -1.0])
    np.testing.assert_allclose(forward, lonlat_to_xyz(0, np.radians(10)), atol=1e-12)


def test_hugins_control_points_meet(shared_data: Path):
    """2,202 points that Hugin's own optimizer brought together: any sign mistaken parts them."""
    images, points = hugin_project(shared_data / "clips" / "gear360_dualfisheye_3840.pto")
    lenses = [hugin_lens(values, None) for values in images]
    apart = []
    for one, two, x, y, also_x, also_y in points:
        left, right = lenses[int(one)].unproject(x, y), lenses[int(two)].unproject(also_x, also_y)
        apart.append(np.degrees(np.arccos(np.clip(left @ right, -1, 1))))
    assert len(apart) == 2202
    assert np.sqrt(np.mean(np.square(apart))) < 0.13


def hugin_project(path: Path) -> tuple[list[dict[str, float]], list[list[float]]]:
    """Read without the code under test."""
    images: list[dict[str, float]] = []
    points = []
    for line in path.read_text().splitlines():
        if line.startswith("i "):
            found = re.findall(r" ([A-Za-z]+)(=?)(-?[\d.]+(?:e-?\d+)?)(?= |$)", line)
            images.append(
                {k: images[int(v)][k] if borrowed else float(v) for k, borrowed, v in found}
            )
        match = re.match(r"c n(\S+) N(\S+) x(\S+) y(\S+) X(\S+) Y(\S+) t0", line)
        if match:
            points.append([float(value) for value in match.groups()])
    return images, points


@pytest.mark.parametrize("name", CAMERAS)
def test_a_preset_fits_every_size_of_its_shape(name: str):
    camera = CAMERAS[name]()
    small = camera.scaled(camera.height // 2, camera.width // 2)
    seen = directions(50, np.radians(90), camera.lenses[1])
    for whole, half in zip(camera.lenses, small.lenses, strict=True):
        x, y = whole.project(seen)
        np.testing.assert_allclose(half.project(seen), ((x - 0.5) / 2, (y - 0.5) / 2), atol=1e-9)


@pytest.mark.parametrize("name", CAMERAS)
def test_a_presets_lenses_together_see_everything(name: str):
    camera = CAMERAS[name]()
    seen = directions(20000, np.pi, camera.lenses[0])
    best = np.maximum(*(lens.margin(seen) for lens in camera.lenses))
    assert np.degrees(best.min()) > 2


def test_light_falls_off_as_hugin_has_it():
    values = {"w": 400, "h": 200, "f": 2, "v": 380, "y": 0, "p": 0, "r": 0, "d": -100}
    lens = hugin_lens(values | {"Vb": -0.5, "Vc": -1.0, "Vd": 0.25, "Vx": -100, "Eev": 1}, None)
    far = 50 / np.hypot(200, 100)  # Hugin's radius 1 is half of the diagonal
    expected = (1 - 0.5 * far**2 - far**4 + 0.25 * far**6) / 2
    assert lens.light(99.5 + 50, 99.5) == pytest.approx(expected)


def test_the_seams_frame_looks_along_both_lenses():
    back = (np.radians(170), np.radians(4), 0.3)
    camera = ideal_camera("tilted", 200, 400, 3.5, 57.0, "", back_turn=back)
    frame = camera.seam_frame
    np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1)
    forward = -frame[:, 2]
    left, right = camera.lenses
    assert forward @ left.axis == pytest.approx(-forward @ right.axis)


def test_a_lens_that_looks_straight_up_has_a_frame_too(camera: Camera):
    up, down = (
        replace(camera.lenses[n], turn=(0.0, turn, 0.0)) for n, turn in ((0, 1.57), (1, -1.57))
    )
    assert np.isfinite(replace(camera, lenses=(up, down)).seam_frame).all()
