import numpy as np

from viewer.heat import coloured, difference, flicker


def picture(value):
    return np.full((64, 128, 3), value, np.uint8)


def test_equal_pictures_have_no_difference():
    assert not difference(picture(9), picture(9)).any()


def test_difference_is_a_share_of_full_scale():
    assert np.allclose(difference(picture(0), picture(51)), 0.2)


def test_a_spot_at_the_seam_is_hot_on_both_sides_of_it():
    b = picture(0)
    b[30:35, :3] = 255
    heat = difference(picture(0), b)
    assert heat[32, 127] > 0.2
    assert heat[32, 64] == 0


def test_what_the_source_changed_is_no_flicker():
    assert not flicker(picture(80), picture(50), picture(130), picture(100)).any()
    assert np.allclose(flicker(picture(80), picture(50), picture(100), picture(100)), 30 / 255)
    assert np.allclose(flicker(picture(80), picture(50), None, None), 30 / 255)


def test_cold_places_are_clear_and_hot_ones_red():
    colours = coloured(np.array([[0.0, 0.25]], np.float32))
    assert colours[0, 0, 3] == 0
    red, green, blue, alpha = colours[0, 1]
    assert alpha > 150
    assert red > 2 * max(green, blue)
