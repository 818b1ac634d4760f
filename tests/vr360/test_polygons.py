"""Polygons of great circles, held against angles that are known."""

import numpy as np
import pytest

from vr360.geometry import lonlat_to_xyz, rotation
from vr360.polygons import angle_between, in_polygon

OCTANT = lonlat_to_xyz(np.array([0, np.pi / 2, 0]), np.array([0, 0, np.pi / 2]))
INSIDE, ON_A_SIDE, OUTSIDE = (
    lonlat_to_xyz(np.radians([yaw]), np.radians([pitch]))
    for yaw, pitch in ((45, 20), (45, 0), (45, -10))
)


@pytest.mark.parametrize("turn", [np.eye(3), rotation(2.9, 1.2, 0.4)], ids=["upright", "turned"])
def test_depth_is_the_angle_to_the_nearest_side(turn):
    for place, depth in ((INSIDE, 20), (ON_A_SIDE, 0), (OUTSIDE, -10)):
        for corners in (OCTANT, OCTANT[::-1]):
            found = in_polygon(place @ turn, corners @ turn)
            np.testing.assert_allclose(np.degrees(found), depth, atol=1e-6)


def test_beyond_the_end_of_a_side_its_corner_is_nearest():
    place = lonlat_to_xyz(np.radians([-30.0]), np.radians([-30.0]))
    away = angle_between(place, OCTANT[0])
    np.testing.assert_allclose(in_polygon(place, OCTANT), -away)
    np.testing.assert_allclose(np.cos(away), np.cos(np.radians(30)) ** 2)


def test_small_angles_are_exact():
    near = lonlat_to_xyz(np.array([1e-9]), np.array([0.0]))
    np.testing.assert_allclose(angle_between(near, lonlat_to_xyz(0.0, 0.0)), 1e-9, rtol=1e-6)
