"""One question to everything that knows a dual fisheye: in which half does the front lie?"""

from collections.abc import Callable

import numpy as np
import pytest

from sample_clips import Scene
from viewer.composition import compose
from viewer.layout import Layout
from viewer.picture import picture_from_rgb
from viewer.renderer import Look
from vr360.fisheye.presets import find_camera
from vr360.frame import Projection
from vr360.projections import DualFisheye
from vr360.spherical.mesh import _unpacked, _vertices, dual_fisheye

FORWARD = np.array([0.0, 0.0, -1.0])


def map_says() -> float:
    x, _, _ = DualFisheye(100, 200).pixels(FORWARD)
    return (float(x) + 0.5) / 200


def mesh_says() -> float:
    vertices = _vertices(_unpacked(dual_fisheye(190)))
    return float(vertices[np.argmax(vertices[:, :3] @ FORWARD), 3])


def camera_says(name: str) -> float:
    camera = find_camera(name)
    lens = max(camera.lenses, key=lambda lens: lens.margin(FORWARD))
    return (float(lens.project(FORWARD)[0]) + 0.5) / camera.width


def scene_says() -> float:
    """The half whose middle has the colours of the middle of the equirect picture."""
    scene = Scene()
    ahead = scene.render(40, 96, 192).rgb[44:52, 92:100].mean(axis=(0, 1))
    halves = np.split(scene.fisheye(40, 96), 2, axis=1)
    middles = [half[44:52, 44:52].mean(axis=(0, 1)) for half in halves]
    return 0.25 + 0.5 * int(np.argmin([np.abs(middle - ahead).sum() for middle in middles]))


@pytest.mark.parametrize(
    "says",
    [
        map_says,
        mesh_says,
        scene_says,
        lambda: camera_says("ideal-195"),
        lambda: camera_says("theta"),
        lambda: camera_says("insta360"),
        lambda: camera_says("gear360-2016"),
        lambda: camera_says("gear360-2017"),
    ],
    ids=["map", "mesh", "scene", "ideal-195", "theta", "insta360", "gear360-2016", "gear360-2017"],
)
def test_convention_forward_lies_in_the_left_half(says: Callable[[], float]):
    assert says() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(("swapped", "shown"), [(False, (255, 0, 0)), (True, (0, 0, 255))])
def test_convention_the_screen_shows_the_left_half_in_front(renderer, swapped, shown):
    rgb = np.zeros((64, 128, 3), np.uint8)
    rgb[:, :64], rgb[:, 64:] = (255, 0, 0), (0, 0, 255)
    layout = Layout(Projection.DUAL_FISHEYE, swap_lenses=swapped)
    renderer.upload("a", picture_from_rgb(rgb), layout)
    out = renderer.image(compose((32, 32), ["a"]), Look(), (32, 32))
    assert (out == shown).all()
