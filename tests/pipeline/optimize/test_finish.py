from fractions import Fraction

import numpy as np
import pytest

from pipeline.optimize.finish import denoised, finished, parse_dissolve, share_at
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError


def test_a_dissolve_is_linear_between_its_points_and_level_outside():
    track = parse_dissolve("1s:0,3s:1")
    times = [Fraction(0), Fraction(1), Fraction(2), Fraction(5, 2), Fraction(9)]
    assert [share_at(track, t) for t in times] == [0, 0, 0.5, 0.75, 1]
    assert share_at((), Fraction(3)) == 1


@pytest.mark.parametrize("text", ["0s:0,0s:1", "0s:1.5", "0=1", "xs:1", ""])
def test_dissolves_that_cannot_be_are_refused(text: str):
    with pytest.raises(InputError, match="--dissolve"):
        parse_dissolve(text)


def test_a_share_mixes_the_painting_with_its_source():
    source, painted = soft_noise(32, 64, 1), soft_noise(32, 64, 2)
    assert np.array_equal(finished(painted, source, 0, 1), painted)
    assert np.array_equal(finished(painted, source, 0, 0), source)
    half = (source.astype(int) + painted) / 2
    assert np.abs(finished(painted, source, 0, 0.5) - half).max() <= 0.5


def test_denoising_turns_with_the_sphere_and_takes_noise():
    clean = soft_noise(128, 256, 1)
    noise = np.random.default_rng(0).normal(0, 12, clean.shape)
    noisy = np.clip(clean + noise, 0, 255).round().astype(np.uint8)
    result = denoised(noisy, 8)
    assert np.array_equal(denoised(np.roll(noisy, 80, 1), 8), np.roll(result, 80, 1))
    error, before = (np.abs(rgb.astype(int) - clean).mean() for rgb in (result, noisy))
    assert error < 0.8 * before


def test_small_paintings_are_enlarged_to_their_source():
    assert finished(soft_noise(16, 32, 1), soft_noise(32, 64, 2), 0, 1).shape == (32, 64, 3)
