"""`vr360 view --screenshot`, as a script would call it."""

import subprocess
import sys
from fractions import Fraction
from math import degrees, radians

import av
import cv2
import numpy as np
import pytest
from clips import number_on_screen, write_clip
from scenes import mean_error

from tests.conftest import face_directions
from viewer.camera import Camera
from viewer.composition import Compare
from viewer.export import SIZE
from viewer.film import layout_of, open_film
from viewer.journey import Journey, save_journey
from viewer.layout import Eyes, View
from viewer.renderer import Look
from viewer.screenshot import render_view, save_still
from vr360.cubelayout import CubeLayout, pack_faces
from vr360.errors import OutputError, VideoOpenError
from vr360.frame import Frame, Projection, Stereo
from vr360.media.stills import write_still
from vr360.media.writer import open_writer
from vr360.projections import DualFisheye, Equirect
from vr360.spherical import Bounds, SphericalMetadata

CALL = "from pipeline.cli.view import view; import typer; a = typer.Typer(); a.command()(view); a()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("screenshot")


@pytest.fixture(scope="module")
def clip(folder):
    return write_clip(folder / "film.mp4", 40).path


@pytest.fixture(scope="module")
def original(folder):
    return write_clip(folder / "original.mp4", 40, tint=(30, 60, 30)).path


def call(*arguments):
    """The command in a process without a display."""
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ".", "HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", CALL, *map(str, arguments)],
        capture_output=True, text=True, env=env,
    )  # fmt: skip


def test_a_screenshot_needs_no_window_and_shows_the_exact_frame(clip, folder):
    out = folder / "view.png"
    done = call(clip, "--screenshot", out, "--at", 0.7)
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    rgb = cv2.imread(str(out))
    assert rgb.shape == (720, 1280, 3)
    assert number_on_screen(rgb, 0) == 21


def test_a_screenshot_shows_the_wipe(clip, original, folder):
    out = folder / "wipe.jpg"
    done = call(clip, "--compare", original, "--screenshot", out, "--at", 0.5, "--wipe", 0.5)
    assert done.returncode == 0, done.stderr
    rgb = cv2.imread(str(out))[..., ::-1]
    assert number_on_screen(rgb, 0) == number_on_screen(rgb, 1) == 15
    assert rgb[360, 600].mean() + 40 < rgb[360, 680].mean()


def test_projection_and_stereo_can_be_set_by_hand(clip):
    info = open_film(clip, Projection.CUBEMAP, Stereo.LEFT_RIGHT)
    assert (info.projection, info.stereo) == (Projection.CUBEMAP, Stereo.LEFT_RIGHT)


def test_fisheye_lenses_are_as_wide_as_those_of_consumer_cameras_unless_stated(clip):
    info = open_film(clip, Projection.DUAL_FISHEYE, Stereo.MONO)
    assert degrees(layout_of(info).lens_fov) == pytest.approx(190)


def test_a_film_of_no_known_shape_is_shown_with_a_word_about_the_guess(folder):
    path = folder / "flat.png"
    save_still(path, np.full((90, 160, 3), 80, np.uint8))
    info = open_film(path)
    assert info.projection is Projection.EQUIRECT
    assert "guess" in info.reason


def test_a_still_can_be_looked_at(folder):
    path = folder / "still.png"
    rgb = np.random.default_rng(1).integers(0, 255, (1, 128, 3)).repeat(64, axis=0)
    save_still(path, rgb.astype(np.uint8))
    out = render_view(open_film(path), 0.0, Look(Camera()), (64, 96))
    assert out.std() > 20


def test_the_view_of_compare_a_is_the_original(clip, original):
    look, size = Look(Camera()), (90, 160)
    film, first = open_film(clip), open_film(original)
    alone = render_view(first, 0.3, look, size)
    assert mean_error(render_view(film, 0.3, look, size, first, Compare.A), alone) == 0


def test_a_suffix_or_place_that_cannot_be_written_is_named(tmp_path):
    rgb = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(OutputError, match=r"view\.tiff"):
        save_still(tmp_path / "view.tiff", rgb)
    with pytest.raises(OutputError, match="nowhere"):
        save_still(tmp_path / "nowhere" / "view.png", rgb)


def test_a_cube_map_is_shown_as_its_metadata_means_and_without_as_ffmpeg_lays_it(tmp_path):
    faces = (face_directions(64, Projection.CUBEMAP) * 100 + 128).round().astype(np.uint8)
    tagged, plain = tmp_path / "tagged.mkv", tmp_path / "plain.mkv"
    for path, cube, metadata in (
        (tagged, CubeLayout.CBMP, SphericalMetadata(Projection.CUBEMAP)),
        (plain, CubeLayout.C3X2, None),
    ):
        with open_writer(path, 128, 192, Fraction(24), metadata=metadata) as film:
            film.write(Frame(pack_faces(faces, cube), Fraction(0)))
    look = Look(Camera(radians(20), radians(60)))
    with_metadata, without = open_film(tagged), open_film(plain, Projection.CUBEMAP, Stereo.MONO)
    asked_for_what_it_says = open_film(tagged, Projection.CUBEMAP)
    shown, expected, asked, turned = (
        render_view(info, 0.0, look, (120, 160), cube=cube)
        for info, cube in (
            (with_metadata, None),
            (without, None),
            (asked_for_what_it_says, None),
            (with_metadata, CubeLayout.C3X2),
        )
    )
    assert np.array_equal(shown, expected)
    assert np.array_equal(shown, asked)
    assert mean_error(shown, turned) > 20


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(VideoOpenError, match="folder"):
        open_film(tmp_path)


def test_an_export_says_what_it_does_and_takes_layout_and_eyes(tmp_path):
    film, path, flat = (tmp_path / name for name in ("film.mp4", "path.json", "flat.mp4"))
    write_clip(film, 2, height=128)
    save_journey(path, Journey().with_keyframe(0.0, Camera()))
    wishes = ["--from", "cubemap", "--layout", "cross", "--stereo", "tb", "--eyes", "right"]
    done = call(film, "--export", flat, "--path", path, *wishes)
    assert done.returncode == 0, done.stderr
    assert "exporting" in done.stderr
    assert "painting" not in done.stderr
    info = open_film(film, Projection.CUBEMAP, Stereo.TOP_BOTTOM)
    cross, look = CubeLayout.CROSS, Look(Camera())
    expected = render_view(info, 0.0, look, SIZE, eyes=Eyes.RIGHT, cube=cross)
    with av.open(str(flat)) as container:
        seen = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert mean_error(seen, expected) < 3


def test_a_panorama_without_its_poles_is_shown_where_its_metadata_says(tmp_path):
    """Grey from 45° above the horizon to 30° below; the rest was cut off."""
    still = tmp_path / "cut.jpg"
    rgb = np.full((75, 360, 3), 120, np.uint8)
    rgb[45:] = 40  # below the horizon
    write_still(still, rgb, SphericalMetadata(bounds=Bounds(0.25, 60 / 180, 0.0, 0.0)))
    info = open_film(still)
    assert "a part of the sphere" in info.reason
    column = render_view(info, 0.0, Look(Camera(), View.FLAT), (180, 360))[:, 180, 0].astype(int)
    assert not column[:44].any()
    assert np.abs(column[46:89] - 120).max() < 6
    assert np.abs(column[91:119] - 40).max() < 6
    assert not column[121:].any()


def test_half_a_sphere_without_its_poles_is_shown_where_its_metadata_says(tmp_path):
    still = tmp_path / "half.jpg"
    bounds = Bounds(0.25, 0.25, 0.25, 0.25)
    write_still(still, np.full((90, 180, 3), 120, np.uint8), SphericalMetadata(bounds=bounds))
    shown = render_view(open_film(still), 0.0, Look(Camera(radians(180)), View.FLAT), (180, 360))
    lit = shown.max(axis=2) > 60
    assert np.flatnonzero(lit.any(axis=1)).tolist() == list(range(45, 135))
    assert np.flatnonzero(lit.any(axis=0)).tolist() == list(range(90, 270))


def test_one_fisheye_is_shown_where_it_looked(folder):
    """Red to the right, green to the left of the lens's middle; behind it nothing."""
    lens = np.zeros((96, 128, 3), np.uint8)
    lens[:, :64], lens[:, 64:] = (0, 200, 0), (200, 0, 0)
    write_still(folder / "lens.png", lens)
    shot = folder / "lens_view.png"
    lens_is = ("--from", "fisheye", "--from-fov", "200", "--screenshot", shot)
    for yaw, wanted in ((60, (200, 0, 0)), (-60, (0, 200, 0)), (180, (0, 0, 0))):
        assert call(folder / "lens.png", *lens_is, "--yaw", yaw).returncode == 0
        seen = cv2.imread(str(shot))[360, 640, ::-1]
        assert np.abs(seen.astype(int) - wanted).max() <= 2


def test_beside_one_fisheye_the_original_is_read_as_it_says_itself(folder):
    """An equirect original, blue behind; the lens is red and sees nothing there."""
    write_still(folder / "red.png", np.full((96, 128, 3), (200, 0, 0), np.uint8))
    sphere = np.full((128, 256, 3), (0, 0, 200), np.uint8)
    sphere[:, 64:192] = 90
    write_still(folder / "sphere.png", sphere)
    shot = folder / "beside.png"
    how = ("--from", "fisheye", "--compare", folder / "sphere.png", "--screenshot", shot)
    assert call(folder / "red.png", *how, "--yaw", 180).returncode == 0
    seen = cv2.imread(str(shot))[360, [320, 960], ::-1]
    assert np.abs(seen.astype(int) - [(0, 0, 200), (0, 0, 0)]).max() <= 2


@pytest.mark.parametrize("yaw", [50, -130])
def test_a_film_and_the_dual_fisheye_it_was_made_of_look_the_same_way(tmp_path, yaw):
    """A wipe between a sphere and the two lenses that show the same world changes nothing."""
    x, y = np.meshgrid(np.arange(512), np.arange(256))
    sphere, lenses = Equirect(256, 512), DualFisheye(256, 512, radians(190))
    for name, source in (("whole.png", sphere), ("lenses.png", lenses)):
        direction, seen = source.directions(x, y)
        rgb = np.where(seen[..., None], 127.5 + 100 * direction, 0)
        write_still(tmp_path / name, rgb.astype(np.uint8))
    seen = []
    for name, wiped in (("film", ()), ("both", ("--compare", tmp_path / "lenses.png"))):
        shot = tmp_path / f"{name}.png"
        view = ("--screenshot", shot, "--yaw", yaw, "--fov", 60)
        done = call(tmp_path / "whole.png", *wiped, *view)
        assert done.returncode == 0, done.stderr
        seen.append(cv2.imread(str(shot)).astype(int))
    film, both = seen
    assert np.abs(film - both).mean(axis=(0, 2))[: SIZE[1] // 2 - 8].max() < 4
    assert film.std() > 10


def test_a_field_of_view_of_no_lens_is_refused(clip, folder):
    done = call(clip, "--from-fov", "200", "--screenshot", folder / "none.png")
    assert done.returncode != 0
    assert "give --from fisheye too" in done.stderr
