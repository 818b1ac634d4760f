import numpy as np
import pytest

from vr360.change import alternation, difference, flicker, luma, stillness


def picture(value: int, dtype: type = np.uint8) -> np.ndarray:
    return np.full((64, 128, 3), value, dtype)


def with_step(value: int, column: int) -> np.ndarray:
    """Dark left of a column, bright from it on, on the front half of the sphere."""
    rgb = picture(40)
    rgb[:, column:96] = value
    return rgb


def test_luma_is_what_rec_709_says():
    red = picture(0)
    red[..., 0] = 255
    assert np.allclose(luma(red), 0.2126)
    assert np.allclose(luma(picture(255)), 1)
    assert np.allclose(luma(picture(1023, np.uint16)), 1)


def test_difference_is_a_share_of_full_scale_whatever_the_depth():
    assert np.allclose(difference(picture(0), picture(51)), 0.2)
    assert np.allclose(difference(picture(1023, np.uint16), picture(0, np.uint16)), 1)


def test_two_values_in_turn_flicker_by_their_difference():
    assert np.allclose(flicker([picture(100), picture(110), picture(100)]), 10 / 255)


def test_a_lamp_that_is_slowly_dimmed_does_not_flicker():
    assert np.allclose(flicker([picture(120), picture(110), picture(100)]), 0, atol=1e-6)


def test_noise_flickers_by_what_its_variance_says():
    draws = np.random.default_rng(0).normal(0, 0.01, (3, 256, 512)).astype(np.float32)
    expected = 0.01 * np.sqrt(6) / 2 * np.sqrt(2 / np.pi)  # mean |N(0, 6 s² / 4)|
    assert alternation(draws).mean() == pytest.approx(expected, rel=0.01)


def test_only_places_whose_source_stands_still_flicker():
    film = [picture(100), picture(130), picture(100)]
    source = [with_step(200, 40 + n) for n in range(3)]
    heat = flicker(film, source)
    assert np.allclose(heat[:, 41], 0)  # the step passes here
    assert np.allclose(heat[:, 60:90], 30 / 255)


def test_a_slow_pan_of_the_source_is_motion_although_its_luma_ramps():
    ramp = np.tile(np.arange(128, dtype=np.uint8)[:, None], (64, 1, 3))
    source = [np.roll(ramp, 8 * n, axis=1) for n in range(3)]
    assert not flicker([picture(100), picture(130), picture(100)], source)[:, 32:].any()


def test_a_cameras_noise_counts_as_still():
    rng = np.random.default_rng(1)
    source = [luma((picture(100) + rng.normal(0, 2, (64, 128, 3))).astype(np.uint8)) for _ in "abc"]
    assert stillness(source).mean() > 0.95


def test_motion_at_the_seam_is_seen_from_both_sides_of_it():
    source = [luma(picture(100)) for _ in "abc"]
    source[1][:, 0] += 0.5
    still = stillness(source)
    assert not still[:, 127].any()
    assert still[2:-2, 64].all()  # beyond a pole, the seam lies half a turn away
