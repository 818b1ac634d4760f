import numpy as np
import pytest

from pipeline.film.light import mix, mix_colour, to_codes, to_light


@pytest.mark.parametrize(("kind", "peak"), [(np.uint8, 255), (np.uint16, 1023)])
def test_codes_go_through_light_unchanged(kind: type, peak: int):
    rgb = np.arange(peak + 1, dtype=kind).repeat(3).reshape(1, -1, 3)
    assert np.array_equal(to_codes(to_light(rgb), rgb), rgb)


def test_half_of_black_and_white_is_half_the_light():
    black, white = np.zeros((1, 2, 3), np.uint8), np.full((1, 2, 3), 255, np.uint8)
    assert np.unique(mix(black, white, 0.5)) == round(255 * 0.5 ** (1 / 2.4))
    assert np.unique(mix_colour(white, (0, 0, 0), 0.5)) == round(255 * 0.5 ** (1 / 2.4))


def test_a_share_may_vary_over_the_picture():
    black, white = np.zeros((1, 2, 3), np.uint8), np.full((1, 2, 3), 255, np.uint8)
    mixed = mix(black, white, np.array([[0.0, 1.0]], np.float32))
    assert mixed[0, :, 0].tolist() == [0, 255]
