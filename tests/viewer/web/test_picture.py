"""The picture in a real browser, against ffmpeg's v360."""

import base64
from math import degrees, radians

import cv2
import numpy as np
import pytest

from tests.viewer.scenes import mean_error, sphere_scene, v360
from tests.viewer.web.conftest import player, wait
from viewer.camera import Camera
from viewer.composition import reach, view_matrix
from viewer.film import open_film
from viewer.layout import View
from viewer.web.pictures import frame_at
from viewer.web.site import ShareJob, share
from vr360.choices import Projection, Stereo
from vr360.geometry import xyz_to_lonlat
from vr360.spherical import SphericalMetadata, inject
from vr360.stereo import join_eyes, split_eyes

HEIGHT = 256
SIZE = (240, 320)
V_FOV = 73.739795  # of a 4:3 view that is 90 degrees wide
BAR = 3.0  # of 255
SEAM_AND_POLES = [(0, 0), (90, 0), (180, 0), (0, 90), (0, -90), (170, 40)]
IN_FRONT = [(0, 0), (25, 0), (-20, -15)]
V360 = {
    Projection.EQUIRECT: "e",
    Projection.HALF_EQUIRECT: "hequirect",
    Projection.DUAL_FISHEYE: "dfisheye",
}


@pytest.fixture
def page_of(tmp_path, run_ffmpeg, serve, visit):
    """`page_of(rgb, projection, stereo)`: the page of such a film, at its third frame."""

    def make(rgb, projection, stereo, still=False):
        height, width = rgb.shape[:2]
        film = tmp_path / ("scene.png" if still else "scene.mp4")
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-framerate", "24")
        if still:
            cv2.imwrite(str(film), rgb[..., ::-1])
        else:
            matrix = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
            tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
            quality = ("-c:v", "libx264", "-crf", "4", "-vf", f"{matrix},{tags}")
            run_ffmpeg(
                *raw, "-i", "pipe:", *quality, film, data=np.tile(rgb[None], (6, 1, 1, 1)).tobytes()
            )
            inject(film, SphericalMetadata(projection, stereo))
        share(ShareJob((film,), tmp_path / "site"))
        address = serve(tmp_path / "site") + ("" if still else "?t=0.1")
        page = visit(address, viewport={"width": SIZE[1], "height": SIZE[0]})
        if not still:
            wait(page, "player.drawn === 2")
        return page, frame_at(open_film(film, projection, stereo), 0.1)

    return make


def seen(page, yaw=0.0, pitch=0.0, fov=90.0, **how):
    """(240, 320, 3) of what the canvas shows."""
    at = f"{{yaw: {radians(yaw)}, pitch: {radians(pitch)}, fov: {radians(fov)}}}"
    words = ", ".join(f"{name}: {value!r}" for name, value in how.items())
    shot = player(page, f"(player.set({{ {words} }}), player.look({at}), player.snapshot())")
    data = np.frombuffer(base64.b64decode(shot.split(",")[1]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def reference(rgb, projection, yaw, pitch):
    options = f"{V360[projection]}:flat:yaw={yaw}:pitch={pitch}:h_fov=90:v_fov={V_FOV}"
    return v360(rgb, SIZE, f"{options}:w={SIZE[1]}:h={SIZE[0]}")


def test_a_film_is_shown_right_over_seam_and_poles(page_of):
    page, frame = page_of(sphere_scene(HEIGHT), Projection.EQUIRECT, Stereo.MONO)
    for yaw, pitch in SEAM_AND_POLES:
        found = seen(page, yaw, pitch)
        assert mean_error(found, reference(frame, Projection.EQUIRECT, yaw, pitch)) < BAR


@pytest.mark.parametrize("stereo", [Stereo.TOP_BOTTOM, Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT])
def test_each_eye_sees_its_own_picture(page_of, stereo):
    scenes = [sphere_scene(HEIGHT, seed) for seed in (1, 2)]
    page, frame = page_of(join_eyes(scenes, stereo), Projection.EQUIRECT, stereo)
    for name, eye in zip(("left", "right"), split_eyes(frame, stereo), strict=True):
        for yaw, pitch in [(0, 0), (180, 0), (0, 90), (0, -90)]:
            found = seen(page, yaw, pitch, eyes=name)
            assert mean_error(found, reference(eye, Projection.EQUIRECT, yaw, pitch)) < BAR


def test_vr180_is_shown_in_front_and_black_behind(page_of):
    half = v360(sphere_scene(HEIGHT), (HEIGHT, HEIGHT), f"e:hequirect:w={HEIGHT}:h={HEIGHT}")
    pair = join_eyes([half, half[:, ::-1]], Stereo.LEFT_RIGHT)
    page, frame = page_of(pair, Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT)
    for name, eye in zip(("left", "right"), split_eyes(frame, Stereo.LEFT_RIGHT), strict=True):
        for yaw, pitch in IN_FRONT:
            found = seen(page, yaw, pitch, eyes=name)
            wanted = reference(eye, Projection.HALF_EQUIRECT, yaw, pitch)
            assert mean_error(found, wanted) < BAR
    assert seen(page, 180).max() == 0


def test_two_fisheyes_are_shown_as_ideal_lenses(page_of):
    options = f"e:dfisheye:h_fov=190:v_fov=190:w={2 * HEIGHT}:h={HEIGHT}"
    lenses = v360(sphere_scene(HEIGHT), (HEIGHT, 2 * HEIGHT), options)
    front_first = np.roll(lenses, HEIGHT, axis=1)  # ffmpeg has the front lens at the right
    page, frame = page_of(front_first, Projection.DUAL_FISHEYE, Stereo.MONO)
    for yaw, pitch in IN_FRONT:
        options = f"dfisheye:flat:ih_fov=190:iv_fov=190:yaw={yaw}:pitch={pitch}"
        options += f":h_fov=90:v_fov={V_FOV}:w={SIZE[1]}:h={SIZE[0]}"
        wanted = v360(np.roll(frame, HEIGHT, axis=1), SIZE, options)
        assert mean_error(seen(page, yaw, pitch), wanted) < BAR


@pytest.mark.parametrize("view", [View.PLANET, View.FLAT])
def test_the_other_views_show_what_the_desktop_shows(page_of, view):
    scene = sphere_scene(HEIGHT)
    page, frame = page_of(scene, Projection.EQUIRECT, Stereo.MONO)
    camera = Camera(radians(40), radians(10), 0, radians(80))
    found = seen(page, 40, 10, 80, view=str(view))
    assert mean_error(found, looked_up(frame, camera, view)) < BAR


def looked_up(rgb, camera, view):
    """The view by the conventions themselves, nearest pixel; black outside the flat picture."""
    half = reach(camera, view, SIZE)
    x, y = np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0]))
    u, v = (2 * (x + 0.5) / SIZE[1] - 1) * half[0], (1 - 2 * (y + 0.5) / SIZE[0]) * half[1]
    if view is View.PLANET:
        square = u * u + v * v
        rays = np.stack([2 * u, 2 * v, square - 1], -1) / (1 + square)[..., None]
    else:
        rays = np.stack([np.cos(v) * np.sin(u), np.sin(v), -np.cos(v) * np.cos(u)], -1)
    lon, lat = xyz_to_lonlat(rays @ view_matrix(camera, view).T)
    height, width = rgb.shape[:2]
    column = np.floor((lon / (2 * np.pi) + 0.5) * width).astype(int) % width
    row = np.clip(np.floor((0.5 - lat / np.pi) * height), 0, height - 1).astype(int)
    outside = (view is View.FLAT) & ((abs(u) > np.pi) | (abs(v) > np.pi / 2))
    return np.where(outside[..., None], 0, rgb[row, column])


def test_a_still_needs_no_film(page_of):
    page, frame = page_of(sphere_scene(HEIGHT), Projection.EQUIRECT, Stereo.MONO, still=True)
    for yaw, pitch in SEAM_AND_POLES:
        found = seen(page, yaw, pitch)
        assert mean_error(found, reference(frame, Projection.EQUIRECT, yaw, pitch)) < BAR
    assert page.locator("#play").is_hidden()
    assert page.locator("#seek").is_hidden()


def test_a_pose_in_the_metadata_levels_the_picture(page_of, tmp_path, serve, visit):
    page, _ = page_of(sphere_scene(HEIGHT), Projection.EQUIRECT, Stereo.MONO)
    plain = seen(page, 20)
    turned = tmp_path / "turned.mp4"
    sphere = SphericalMetadata(Projection.EQUIRECT, Stereo.MONO, yaw=20.0)
    inject(tmp_path / "scene.mp4", sphere, turned)
    share(ShareJob((turned,), tmp_path / "turned"))
    page = visit(serve(tmp_path / "turned") + "?t=0.1", viewport={"width": 320, "height": 240})
    wait(page, "player.drawn === 2")
    assert mean_error(seen(page, 40), plain) < 1
    assert degrees(player(page, "player.at.yaw")) == pytest.approx(40)
