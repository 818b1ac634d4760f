import numpy as np
import pytest

from vr360.cubelayout import CubeLayout
from vr360.errors import InputError
from vr360.frame import Projection
from vr360.geometry import lonlat_to_xyz
from vr360.projections import (
    BACK_LENS,
    FRONT_LENS,
    CubeMap,
    DualFisheye,
    Equirect,
    HalfEquirect,
    SphereMap,
    sphere_map,
    usual_size,
)
from vr360.views import RECTILINEAR, Rectilinear

MAPS: tuple[SphereMap, ...] = (
    Equirect(8, 16),
    HalfEquirect(8, 6),
    Rectilinear(8, 10, 1.5),
    DualFisheye(16, 32, 3.0),
    CubeMap(5, Projection.CUBEMAP, CubeLayout.CBMP),
    CubeMap(5, Projection.CUBEMAP, CubeLayout.C6X1),
    CubeMap(5, Projection.EQUI_ANGULAR, CubeLayout.EAC),
)


@pytest.mark.parametrize("picture", MAPS, ids=str)
def test_pixels_survive_the_round_trip_through_directions(picture: SphereMap):
    x, y = np.meshgrid(np.arange(picture.width), np.arange(picture.height))
    xyz, seen = picture.directions(x, y)
    back_x, back_y, shown = picture.pixels(xyz)
    assert shown[seen].all()
    assert back_x[seen] == pytest.approx(x[seen])
    assert back_y[seen] == pytest.approx(y[seen])


def test_convention_half_an_equirect_ends_a_quarter_turn_to_the_sides():
    half = HalfEquirect(4, 4)
    x, _, seen = half.pixels(np.array([[-1, 0, 0], [1, 0, 0], [0, 0, 1.0]]))
    assert x[:2] == pytest.approx([-0.5, 3.5])
    assert seen.tolist() == [True, True, False]


def test_convention_a_view_of_90_degrees_reaches_as_far_as_it_is_deep():
    x, y, seen = Rectilinear(10, 10).pixels(np.array([[1, 0, -1], [0, 1, -1], [0, 0, 1.0]]))
    assert (x[0], y[1]) == pytest.approx((9.5, -0.5))
    assert not seen[2]


def test_convention_the_front_lens_lies_left_and_the_back_lens_is_seen_from_its_front():
    lenses = DualFisheye(10, 20, np.pi)
    forward, backward, right = np.array([[0, 0, -1], [0, 0, 1], [1, 0, 0.001]])
    assert lenses.pixels(forward)[:2] == pytest.approx((4.5, 4.5))
    assert lenses.pixels(backward)[:2] == pytest.approx((14.5, 4.5))
    assert float(lenses.pixels(right)[0]) == pytest.approx(9.5, abs=0.01)


def test_both_lenses_see_what_they_overlap_in():
    lenses = DualFisheye(400, 800, np.radians(195))
    edge = lonlat_to_xyz(np.radians([95.0, -95.0]), np.zeros(2))
    for lens in (FRONT_LENS, BACK_LENS):
        x, y, seen = lenses.lens_pixels(lens, edge)
        assert seen.all()
        back, inside = lenses.directions(x, y)
        assert inside.all()
        np.testing.assert_allclose(back, edge, atol=1e-9)
    assert not lenses.lens_pixels(FRONT_LENS, [0.0, 0.0, 1.0])[2]


@pytest.mark.parametrize(
    ("source", "projection", "size"),
    [
        (Equirect(960, 1920), Projection.EQUI_ANGULAR, (960, 1440)),
        (Equirect(540, 1920), Projection.EQUIRECT, (540, 1920)),
        (Equirect(960, 1920), Projection.HALF_EQUIRECT, (960, 960)),
        (CubeMap(480), Projection.EQUIRECT, (960, 1920)),
        (HalfEquirect(960, 960), Projection.EQUIRECT, (960, 1920)),
        (DualFisheye(960, 1920, np.pi), Projection.EQUIRECT, (960, 1920)),
    ],
    ids=str,
)
def test_the_result_is_as_fine_as_the_source(
    source: SphereMap, projection: Projection, size: tuple[int, int]
):
    assert usual_size(source, projection) == size
    sphere_map(projection, *size)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Projection.EQUIRECT, 64, 127), "127x64 is no equirect sphere: an even width"),
        ((Projection.CUBEMAP, 64, 128), "128x64 is no c3x2 cube map"),
        ((Projection.EQUI_ANGULAR, 64, 128), "128x64 is no eac cube map"),
        ((Projection.DUAL_FISHEYE, 100, 150), "two square pictures side by side"),
    ],
)
def test_sizes_that_contradict_the_projection_are_refused(
    arguments: tuple[Projection, int, int], message: str
):
    with pytest.raises(InputError, match=message):
        sphere_map(*arguments)


@pytest.mark.parametrize("fov", [np.pi, 4.0, -1.0])
def test_fields_of_view_that_cannot_be_are_refused(fov: float):
    with pytest.raises(InputError, match="between 0 and 180"):
        sphere_map(RECTILINEAR, 10, 10, fov=fov)
