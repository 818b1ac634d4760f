import numpy as np
import pytest

from pipeline.looks.algebra import parse_mask
from pipeline.looks.masks import (
    ColourKey,
    LumaKey,
    Seen,
    Shape,
    in_band,
    in_circle,
)
from vr360.errors import InputError
from vr360.geometry import equirect_directions, lonlat_to_xyz, rotation, row_areas
from vr360.polygons import in_polygon
from vr360.projections import Equirect
from vr360.sampling import build_sampler

HEIGHT, WIDTH = 256, 512
STRAIGHT = np.eye(3)
EMPTY = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
FEATHER = np.radians(6)
CORNERS = lonlat_to_xyz(
    np.radians([-20.0, 30.0, 40.0, 5.0, -30.0]), np.radians([-15.0, -25.0, 20.0, 45.0, 30.0])
)


def circle(turn=STRAIGHT):
    yaw, pitch = np.radians(30), np.radians(70)
    centre = lonlat_to_xyz(yaw, pitch) @ turn
    return Shape(
        lambda _, d: np.radians(25) - np.arccos(np.clip(d @ centre, -1, 1)), lambda _: FEATHER
    )


def polygon(turn=STRAIGHT):
    return Shape(lambda _, d: in_polygon(d, CORNERS @ turn), lambda _: FEATHER)


def mask(shape, seconds=0.0):
    return shape(Seen(EMPTY, seconds))


def share(found):
    """Of the sphere."""
    return float(found.mean(axis=1) @ row_areas(HEIGHT))


@pytest.mark.parametrize("radius_deg", [10, 40, 90])
@pytest.mark.parametrize(("yaw_deg", "pitch_deg"), [(0, 0), (180, 20), (75, 85)])
def test_a_circle_covers_the_area_of_its_cap(radius_deg, yaw_deg, pitch_deg):
    yaw, pitch, radius = np.radians([yaw_deg, pitch_deg, radius_deg])
    found = mask(Shape(lambda _, d: in_circle(d, yaw, pitch, radius), lambda _: 0.0))
    assert share(found) == pytest.approx((1 - np.cos(radius)) / 2, abs=2e-3)


def test_a_polygon_covers_the_area_that_its_angles_give():
    corners = lonlat_to_xyz(np.array([0, np.pi / 2, 0]), np.array([0, 0, np.pi / 2]))  # an octant
    for turned in (corners, corners[::-1]):
        found = mask(Shape(lambda _, d, c=turned: in_polygon(d, c), lambda _: 0.0))
        assert share(found) == pytest.approx(1 / 8, abs=2e-3)


def test_a_polygon_over_the_seam_and_a_pole_has_its_own_side_alone():
    around = np.radians(np.arange(0, 360, 60.0))
    corners = lonlat_to_xyz(around, np.full(6, np.radians(70)))
    found = mask(Shape(lambda _, d: in_polygon(d, corners), lambda _: 0.0))
    assert found[0].min() == 1
    assert found[HEIGHT // 2 :].max() == 0


def test_a_band_has_no_edge_at_a_pole():
    found = mask(Shape(lambda _, d: in_band(d, np.radians(30), np.pi / 2), lambda _: FEATHER))
    assert found[0].min() == 1
    assert found[HEIGHT // 2 :].max() == 0
    assert share(found) == pytest.approx(0.25, abs=2e-3)


@pytest.mark.parametrize("shape", [circle, polygon])
def test_masks_commute_with_turning_the_film(shape):
    turn = rotation(np.radians(100), np.radians(60), np.radians(20))
    sphere = Equirect(HEIGHT, WIDTH)
    turned = build_sampler(sphere, sphere, turn)(mask(shape()))
    error = np.mean((turned - mask(shape(turn))) ** 2, axis=1) @ row_areas(HEIGHT)
    assert -10 * np.log10(error) >= 45


@pytest.mark.parametrize("shape", [circle, polygon])
def test_masks_have_no_step_at_the_seam_and_the_poles(shape):
    # turned so that the edge lies across the seam and a pole; a step would be larger than any
    # that the slope of the feather allows
    for turn in (rotation(np.pi, 0), rotation(0, np.radians(75)), rotation(np.pi, np.radians(30))):
        found = mask(shape(turn))
        steepest = 1.5 / FEATHER * (2 * np.pi / WIDTH) * 1.1
        assert abs(found[:, 0] - found[:, -1]).max() <= steepest
        assert abs(found[0] - np.roll(found[0], WIDTH // 2)).max() <= steepest


def test_the_feather_is_as_wide_as_asked_for():
    found = mask(Shape(lambda _, d: in_circle(d, 0.0, 0.0, np.radians(40)), lambda _: FEATHER))
    degrees = np.arccos(equirect_directions(HEIGHT, WIDTH) @ [0, 0, -1]) * 180 / np.pi
    assert (found[degrees < 36.9] == 1).all()
    assert (found[degrees > 43.1] == 0).all()
    assert np.ptp(found[(degrees > 37.5) & (degrees < 42.5)]) > 0.9


def test_keys_take_what_they_name():
    rgb = np.zeros((2, 4, 3), np.uint8)
    rgb[0, 0], rgb[0, 1] = (200, 30, 30), (250, 250, 250)
    assert ColourKey((200 / 255, 30 / 255, 30 / 255))(Seen(rgb, 0)).nonzero()[1].tolist() == [0]
    assert LumaKey(0.8, 1.0)(Seen(rgb, 0)).nonzero()[1].tolist() == [1]
    assert (LumaKey(0.0, 1.0)(Seen(rgb, 0)) == 1).all()


def test_formulas_join_masks():
    half, most = (lambda seen, v=v: np.full(seen.size, v, np.float32) for v in (0.5, 0.75))
    known = {"a": half, "b": most}
    values = {
        "a - b": 0.125,
        "a + b": 0.875,
        "a | b": 0.875,
        "a & b": 0.375,
        "~(a - b) * b": 0.65625,
    }
    for formula, value in values.items():
        assert np.unique(parse_mask(formula, known)(Seen(EMPTY, 0))) == pytest.approx(value)
    for wrong, said in (
        ("a - c", "no mask 'c'; there are a, b"),
        ("a +", "no formula"),
        ("2 * a", "alone"),
    ):
        with pytest.raises(InputError, match=said):
            parse_mask(wrong, known)
