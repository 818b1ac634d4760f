import numpy as np
import pytest

from pipeline.nets.net import NetGeometry
from pipeline.painting.canvas import (
    Canvas,
    Cube,
    ExtendedEquirect,
    WholeEquirect,
    choose_canvas,
    soften_rims,
)
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError
from vr360.geometry import equirect_directions
from vr360.padding import sphere_pad_rgb

NET = NetGeometry(stride=4, multiple=8, reach=30)


def canvases(height: int, width: int) -> list[Canvas]:
    return [
        WholeEquirect(1),
        ExtendedEquirect(height, width, 1, NET),
        Cube(height, width, 1, NET),
    ]


def smooth(height: int, width: int) -> np.ndarray:
    """A picture without a seam: a colour for each direction."""
    waves = np.sin(equirect_directions(height, width) @ np.diag([3.0, 2.0, 4.0]))
    return ((waves + 1) * 127.5).round().astype(np.uint8)


@pytest.mark.parametrize("number", range(3))
def test_what_is_spread_is_gathered_again(number: int):
    eye = smooth(128, 256)
    canvas = canvases(128, 256)[number]
    error = canvas.gather(canvas.spread(eye)).astype(int) - eye
    assert np.abs(error).max() <= 2


@pytest.mark.parametrize("number", range(3))
def test_pictures_are_as_many_and_as_large_as_the_surface_weighs(number: int):
    import torch

    canvas = canvases(128, 256)[number]
    pictures = canvas.spread(smooth(128, 256))
    assert len(pictures) == canvas.surface.together
    height, width = pictures[0].shape[:2]
    features = torch.zeros(len(pictures), 1, height // 4, width // 4)
    total = (features + canvas.surface.weights(features)).sum()
    assert float(total) == pytest.approx(len(pictures))


def test_squeezed_eyes_keep_their_shape_and_their_seam():
    # 1920x540 eyes: half as high as a sphere of that width.
    canvas = Cube(64, 256, 1, NET)
    eye = smooth(64, 256)
    gathered = canvas.gather(canvas.spread(eye))
    assert gathered.shape == eye.shape
    assert np.abs(gathered.astype(int) - eye)[:, [0, -1]].max() <= 2


def test_ten_bits_go_through_every_canvas():
    eye = (smooth(64, 128).astype(np.uint16) << 2) | 3
    for canvas in canvases(64, 128):
        gathered = canvas.gather(canvas.spread(eye))
        assert gathered.dtype == np.uint16
        assert np.abs(gathered.astype(int) - eye).max() <= 24


def test_extending_shows_the_sphere_beyond_every_edge():
    eye = soft_noise(64, 128, 0)
    canvas = ExtendedEquirect(64, 128, 1, NET)
    (extended,) = canvas.spread(eye)
    margin = (extended.shape[0] - 64) // 2
    assert np.array_equal(extended[:, : 128 + 2 * margin], sphere_pad_rgb(eye, margin))


@pytest.mark.parametrize(
    ("projection", "padding", "size", "kind"),
    [
        ("equirect", "sphere", (64, 128), WholeEquirect),
        ("equirect", "wrap", (64, 128), ExtendedEquirect),
        ("equirect", "sphere", (66, 130), ExtendedEquirect),
        ("cubemap", "sphere", (66, 130), Cube),
        ("auto", "wrap", (128, 256), ExtendedEquirect),
        ("auto", "sphere", (24, 48), WholeEquirect),  # faces of three features a side
        ("auto", "sphere", (64, 128), Cube),
    ],
)
def test_the_canvas_is_the_one_asked_for(projection, padding, size, kind):
    assert type(choose_canvas(*size, 1, projection, padding, NET)) is kind


@pytest.mark.parametrize("reduction", [0.5, 2**0.5, 2])
@pytest.mark.parametrize("projection", ["equirect", "cubemap"])
def test_spheres_drawn_smaller_or_larger_come_back_as_they_were(projection: str, reduction: float):
    eye = smooth(128, 256)
    canvas = choose_canvas(128, 256, 1, projection, "sphere", NET, reduction)
    pictures = canvas.spread(eye)
    around = pictures[0].shape[1] * (4 if projection == "cubemap" else 1)
    assert around == pytest.approx(256 / reduction, abs=2 * NET.stride)
    assert np.abs(canvas.gather(pictures).astype(int) - eye).max() <= 3


def test_spheres_are_drawn_no_smaller_than_the_net_can_paint():
    canvas = choose_canvas(32, 64, 1, "auto", "sphere", NET, 4)
    assert canvas.spread(smooth(32, 64))[0].shape == (16, 32, 3)


def test_layouts_there_are_not_are_refused():
    from pipeline.painting.canvas import check_layout

    with pytest.raises(InputError, match="--canvas pyramid: one of auto, equirect, cubemap"):
        check_layout("pyramid", "sphere")
    with pytest.raises(InputError, match="--padding bubble: one of sphere, wrap"):
        check_layout("auto", "bubble")
    with pytest.raises(InputError, match="--padding wrap is for --canvas equirect"):
        check_layout("cubemap", "wrap")


def test_a_net_that_looks_further_than_a_face_is_wide_still_paints_a_cube():
    deep = NetGeometry(stride=32, multiple=64, reach=2000)
    assert type(choose_canvas(1024, 2048, 1, "auto", "sphere", deep)) is Cube
    assert Cube(330, 660, 1, deep).size == 160


def test_rims_of_the_turned_faces_lean_towards_each_other_and_nothing_else_changes():
    faces = np.full((6, 32, 32, 3), 100, np.uint8)
    faces[4] = 0
    soft = soften_rims(faces).astype(int)
    assert (soft[4, [0, -1], 16] > 0).all()
    assert (soft[4, 16, [0, -1]] > 0).all()
    assert (soft[:4, 0, 16] < 100).all()
    assert (soft[:4, 8:] == 100).all()
    assert (soft[4, 8:-8, 8:-8] == 0).all()
    across = faces[0, 0, 16].astype(int) - faces[4, -1, 16]
    assert (soft[0, 0, 16] - soft[4, -1, 16] > 0).all()
    assert (soft[0, 0, 16] - soft[4, -1, 16] < across).all()


def test_faces_that_agree_at_their_edges_stay_as_they_are():
    faces = np.full((6, 32, 32, 3), 77, np.uint16)
    assert np.array_equal(soften_rims(faces), faces)
