"""The signs of a pose, held against those who defined them and not against our own reader.

ffmpeg's libavutil/spherical.h: "A positive yaw rotates the portion of the sphere in front of the
viewer toward their right. A positive pitch rotates the portion of the sphere in front of the viewer
upwards. A positive roll tilts the portion of the sphere in front of the viewer to the viewer's
right." The RFC of Spherical Video V2 says the same of `prhd`.
"""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from clips import write_clip
from scenes import mean_error, sphere_scene, v360

from viewer.composition import compose
from viewer.layout import Layout, View
from viewer.orientation import Pose, file_pose, save_levelled
from viewer.picture import picture_from_rgb
from viewer.renderer import Look
from vr360.geometry import lonlat_to_pixel

SIZE = (240, 480)


def spot_moves_to(renderer, pose, lon_deg, lat_deg):
    """Where (longitude, latitude, degrees) a spot of the picture is seen under a pose."""
    rgb = np.zeros((180, 360, 3), np.uint8)
    x, y = lonlat_to_pixel(np.radians(lon_deg), np.radians(lat_deg), 180, 360)
    rgb[round(float(y)) - 1 : round(float(y)) + 2, round(float(x)) - 1 : round(float(x)) + 2] = 255
    renderer.upload("a", picture_from_rgb(rgb), Layout())
    look = Look(view=View.FLAT, orientation=pose.orientation)
    seen = renderer.image(compose(SIZE, ["a"]), look, SIZE)[..., 0]
    rows, columns = np.nonzero(seen > 100)
    lons = (columns + 0.5) / SIZE[1] * 2 * np.pi  # the seam stands in the middle of the flat view
    lon = np.degrees(np.arctan2(np.sin(lons).mean(), np.cos(lons).mean()))
    return float(lon), 90 - (rows.mean() + 0.5) / SIZE[0] * 180


@pytest.mark.parametrize(
    ("pose", "spot", "seen"),
    [
        (Pose(yaw=30), (0, 0), (30, 0)),
        (Pose(pitch=20), (0, 0), (0, 20)),
        (Pose(roll=90), (0, 40), (40, 0)),
        (Pose(yaw=40, pitch=30), (0, 0), (40, 30)),
        (Pose(yaw=50, roll=90), (0, 40), (90, 0)),
        (Pose(pitch=20, roll=90), (0, 0), (0, 20)),
    ],
)
def test_convention_a_pose_turns_the_sphere_as_the_standard_says(renderer, pose, spot, seen):
    assert spot_moves_to(renderer, pose, *spot) == pytest.approx(seen, abs=1.5)


@pytest.fixture
def levelled(tmp_path):
    write_clip(tmp_path / "film.mp4", 3, height=64)
    save_levelled(tmp_path / "film.mp4", tmp_path / "level.mp4", Layout(), Pose(30.0, -20.0, 10.0))
    return tmp_path / "level.mp4"


def test_a_saved_pose_is_what_ffprobe_reads(levelled):
    command = ["ffprobe", "-v", "error", "-show_entries", "stream_side_data", "-of", "flat"]
    said = subprocess.run([*command, str(levelled)], capture_output=True, text=True).stdout
    for name, value in (("yaw", 30), ("pitch", -20), ("roll", 10)):
        assert f".{name}={value}\n" in said


def test_ffmpeg_turned_the_other_way_by_what_the_pose_says_undoes_it(renderer, tmp_path):
    """What v360 shows to a camera that looks up, a pose of that pitch lifts back to its place."""
    scene = sphere_scene(192)
    recorded = v360(scene, (192, 384), "e:e:yaw=30:pitch=20:w=384:h=192")
    renderer.upload("a", picture_from_rgb(recorded), Layout())
    look = Look(view=View.FLAT, orientation=Pose(yaw=30, pitch=20).orientation)
    seen = renderer.image(compose((192, 384), ["a"]), look, (192, 384))
    assert mean_error(seen, np.roll(scene, 192, axis=1)) < 3


def test_a_screenshot_obeys_the_pose_of_the_file(levelled, tmp_path):
    assert file_pose(levelled) == Pose(30.0, -20.0, 10.0)
    code = "from pipeline.cli.view import view; import typer; typer.run(view)"
    shots = []
    for name in ("level.mp4", "film.mp4"):
        out = tmp_path / f"{name}.png"
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name), "--screenshot", str(out)], check=True
        )
        shots.append(cv2.imread(str(out)))
    assert mean_error(*shots) > 3
