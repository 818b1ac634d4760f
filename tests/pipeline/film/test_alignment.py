from fractions import Fraction

import numpy as np
import pytest

from pipeline.film.alignment import find_offset
from pipeline.film.hearing import RATE


def noise(seconds, seed):
    return np.random.default_rng(seed).normal(0, 0.1, (round(seconds * RATE), 1)).astype(np.float32)


@pytest.mark.parametrize("offset", [0.75, -0.5, 0.0])
def test_the_offset_of_a_shifted_copy_is_found_within_a_millisecond(offset):
    world = noise(5, 0)
    clip = world[RATE : 3 * RATE]  # the clip's zero is the world's first second
    begin = round((1 + offset) * RATE)
    other = 0.3 * world[begin : begin + 2 * RATE].repeat(2, axis=1) + 0.5 * noise(2, 1)
    muffled = (other + np.roll(other, 1, 0) + np.roll(other, 2, 0)) / 3
    found = find_offset(clip, muffled)
    assert found is not None
    assert abs(found - Fraction(offset)) <= Fraction(1, 1000)


def test_sounds_of_different_things_do_not_fit():
    assert find_offset(noise(2, 0), noise(2, 1)) is None
    assert find_offset(np.zeros((RATE, 1), np.float32), noise(1, 1)) is None
