"""Hugin projects: read as Hugin means them, and refused in one line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vr360.errors import CameraError, OutputError
from vr360.fisheye.camera import Camera
from vr360.fisheye.presets import find_camera
from vr360.fisheye.pto import read_pto, write_pto

LEFT = "i w400 h200 f2 v380 Eev0.5 r1 p2 y3 a-.1 b0.2 c-3e-2 d-100 e4 Va1 Vb-0.5 Vc0 Vd0 Vx-100 Vy4"
RIGHT = "i w400 h200 f2 v=0 Eev0 r0 p0 y180 a=0 b=0 c=0 d100 e0 Va=0 Vb=0 Vc=0 Vd=0 Vx100 Vy0"
GOOD = f'{LEFT} S2,198,0,200 n"a b.jpg"\n{RIGHT} S202,400,0,200 n"a b.jpg"\n'
Write = Callable[[str], Path]


@pytest.fixture
def project(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "camera.pto"
        path.write_text(text)
        return path

    return write


def test_the_numbers_mean_what_hugin_says(project: Write):
    camera = read_pto(project(GOOD))
    left, right = camera.lenses
    assert (camera.height, camera.width) == (200, 400)
    assert left.focal == pytest.approx(400 / np.radians(380))
    assert left.centre == (99.5, 103.5)
    assert left.distortion == (-0.1, 0.2, -0.03)
    assert np.degrees(left.turn) == pytest.approx((3, 2, 1))
    assert (left.exposure, right.exposure) == (0.25, -0.25)
    assert left.circle == (99.5, 99.5, 98)
    assert left.box == (2, 198, 0, 200)
    assert left.dark_centre == (99.5, 103.5)
    assert right.centre == (299.5, 99.5)


def test_what_one_image_borrows_from_another_is_followed(project: Write):
    left, right = read_pto(project(GOOD)).lenses
    assert right.focal == left.focal
    assert right.distortion == left.distortion
    assert right.vignetting == left.vignetting == (-0.5, 0, 0)


def test_lenses_are_ordered_by_their_place_in_the_picture(project: Write):
    lines = GOOD.replace("v=0", "v380").replace("=0", "0.1").splitlines()
    backwards = read_pto(project("\n".join(reversed(lines))))
    assert backwards.lenses == read_pto(project("\n".join(lines))).lenses


def test_of_many_pictures_one_that_stands_twice_is_taken(project: Write):
    first, second = GOOD.splitlines()
    other = first.replace("a b", "other").replace("v380", "v200")
    camera = read_pto(project(f"{first}\n{other}\n{second}\n{other.replace('other', 'x')}"))
    assert camera.lenses == read_pto(project(GOOD)).lenses


def test_a_real_calibration_is_read(shared_data: Path):
    camera = read_pto(shared_data / "clips" / "gear360_dualfisheye_3840.pto")
    assert (camera.height, camera.width) == (1920, 3840)
    assert np.degrees(camera.lenses[1].turn) == pytest.approx(
        (0.347916, -2.115623, 0.141530), abs=1e-6
    )


def test_the_presets_are_the_calibrations_they_name(shared_data: Path):
    for name, file in (
        ("gear360-2016", "gear360video3840.pto"),
        ("gear360-2017", "gear360sm-r210.pto"),
    ):
        assert find_camera(name).lenses == read_pto(shared_data / "clips" / file).lenses


@pytest.mark.parametrize("name", ["gear360-2016", "theta", "ideal-195"])
def test_a_saved_camera_is_the_same_camera(tmp_path: Path, name: str):
    camera = find_camera(name)
    write_pto(camera, tmp_path / "saved.pto")
    saved = read_pto(tmp_path / "saved.pto")
    for ours, theirs in zip(camera.lenses, saved.lenses, strict=True):
        for value in ("focal", "centre", "turn", "distortion", "circle", "box"):
            np.testing.assert_allclose(
                getattr(theirs, value), getattr(ours, value), rtol=1e-12, atol=1e-9
            )


def test_a_camera_that_cannot_be_saved_is_said(tmp_path: Path):
    with pytest.raises(OutputError, match=r"nowhere.*cannot be written"):
        write_pto(find_camera("theta"), tmp_path / "nowhere" / "saved.pto")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no image line"),
        ("this is no project\n", "no image line"),
        (GOOD.replace("f2", "f0"), "line 1: lens type f0; expected f2 or f3"),
        (GOOD.replace(" v380", ""), "line 1: no v in the image line"),
        (GOOD.replace("v380", "vwide"), "line 1: cannot read 'vwide'"),
        (GOOD.replace("v=0", "v=7"), "line 2: 'v=7' borrows from an image that is not there"),
        (GOOD.replace("v=0", "v=-1"), "line 2: 'v=-1' borrows from an image that is not there"),
        (GOOD.replace("v380", "v0"), "must be larger than nothing"),
        (GOOD.replace("w400", "w1e999"), "line 1: no picture has numbers so large"),
        (GOOD.replace("S2,198", "S198,2"), "must be larger than nothing"),
        (GOOD.splitlines()[0], "expected one picture loaded twice"),
        (GOOD.replace("d-100", "d90"), "one lens in each half"),
        (GOOD.replace("w400 h200 f2 v=0", "w800 h400 f2 v=0"), "different sizes"),
    ],
)
def test_what_is_no_calibration_is_said_in_one_line(project: Write, text: str, says: str):
    path = project(text)
    with pytest.raises(CameraError) as error:
        read_pto(path)
    message = str(error.value)
    assert message.startswith(str(path))
    assert says in message
    assert "\n" not in message


def test_a_picture_in_place_of_a_project_is_said(tmp_path: Path):
    path = tmp_path / "camera.pto"
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(CameraError, match="it is no text"):
        read_pto(path)


@pytest.mark.parametrize("name", ["gear361", "nowhere.pto", "ideal-170", "ideal-", ""])
def test_an_unknown_camera_is_said_in_one_line(name: str):
    with pytest.raises(CameraError) as error:
        find_camera(name)
    assert "\n" not in str(error.value)


def test_a_frame_of_another_shape_is_said_with_what_was_expected():
    with pytest.raises(CameraError, match=r"1920x1080 \(1.78:1\).*gear360-2016.*2.00:1"):
        find_camera("gear360-2016").scaled(1080, 1920)


def read_or_refuse(path: Path) -> Camera | str:
    try:
        return read_pto(path)
    except CameraError as error:
        return str(error)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    at=st.integers(0, len(GOOD)),
    length=st.integers(0, 12),
    instead=st.text('iwhfvdeSVbcr=-+.,0123456789 \n"', max_size=8),
)
def test_damaged_projects_are_read_or_refused(project: Write, at: int, length: int, instead: str):
    result = read_or_refuse(project(GOOD[:at] + instead + GOOD[at + length :]))
    if isinstance(result, str):
        assert "\n" not in result
        return
    for lens in result.lenses:
        assert np.isfinite(lens.project(lens.axis)).all()
