import numpy as np
import py360convert
import pytest

from vr360.geometry import (
    equirect_directions,
    lonlat_to_pixel,
    lonlat_to_xyz,
    perspective_directions,
    pixel_to_lonlat,
    rotation,
    row_areas,
    xyz_to_lonlat,
)


def test_convention_pixel_centres_carry_half_a_pixel():
    lon, lat = pixel_to_lonlat([0, 3], [0, 1], height=2, width=4)
    assert lon == pytest.approx([-0.75 * np.pi, 0.75 * np.pi])
    assert lat == pytest.approx([np.pi / 4, -np.pi / 4])


def test_convention_axes_are_right_up_and_backwards():
    assert lonlat_to_xyz(0.0, 0.0) == pytest.approx([0, 0, -1])
    assert lonlat_to_xyz(np.pi / 2, 0.0) == pytest.approx([1, 0, 0])
    assert lonlat_to_xyz(0.0, np.pi / 2) == pytest.approx([0, 1, 0], abs=1e-12)


def test_convention_positive_yaw_looks_right_and_positive_pitch_looks_up():
    forward = np.array([0, 0, -1.0])
    assert rotation(yaw=np.pi / 2) @ forward == pytest.approx([1, 0, 0], abs=1e-12)
    assert rotation(pitch=np.pi / 2) @ forward == pytest.approx([0, 1, 0], abs=1e-12)
    lon, lat = xyz_to_lonlat(rotation(yaw=0.3, pitch=-0.2, roll=1.0) @ forward)
    assert (lon, lat) == pytest.approx((0.3, -0.2))


def test_convention_positive_roll_turns_the_picture_clockwise():
    up = np.array([0, 1.0, 0])
    assert rotation(roll=np.pi / 2) @ up == pytest.approx([1, 0, 0], abs=1e-12)


def test_pixels_survive_the_round_trip_through_directions():
    y, x = np.mgrid[:16, :32]
    lon, lat = xyz_to_lonlat(equirect_directions(16, 32))
    back_x, back_y = lonlat_to_pixel(lon, lat, 16, 32)
    assert back_x == pytest.approx(x, abs=1e-9)
    assert back_y == pytest.approx(y, abs=1e-9)


def test_row_areas_are_the_sphere_between_two_parallels():
    areas = row_areas(2000)
    assert areas.sum() == pytest.approx(1)
    # Archimedes: half of the sphere lies between the parallels of 30 degrees.
    assert areas[2000 // 3 : 2000 - 2000 // 3].sum() == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(("yaw_deg", "pitch_deg"), [(0, 0), (90, 0), (180, 0), (-40, 50), (10, 90)])
def test_a_view_looks_where_py360convert_looks(yaw_deg: float, pitch_deg: float):
    height, width = 256, 512
    directions = equirect_directions(height, width)
    picture = ((directions + 1) / 2 * 255).astype(np.float32)  # every colour is a direction
    theirs = py360convert.e2p(picture, 90, yaw_deg, pitch_deg, out_hw=(64, 64)) / 255 * 2 - 1
    view = perspective_directions(64, 64, np.pi / 2)
    view /= np.linalg.norm(view, axis=-1, keepdims=True)
    ours = view @ rotation(np.radians(yaw_deg), np.radians(pitch_deg)).T
    # They interpolate a picture of 256 rows; a pixel is 0.012 wide.
    assert np.abs(ours - theirs).max() < 0.02


def test_a_view_of_half_a_turn_is_refused():
    with pytest.raises(ValueError, match="fov"):
        perspective_directions(4, 4, np.pi)
