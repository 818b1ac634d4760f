import numpy as np
import pytest

from pipeline.film.easing import Easing, Key, Track, at


@pytest.mark.parametrize("easing", Easing)
def test_every_easing_begins_at_the_one_value_and_ends_at_the_other(easing: Easing):
    track = Track((Key(1.0, 5.0), Key(3.0, 9.0, easing)))
    assert [at(track, t) for t in (0, 1, 3, 4)] == [5, 5, 9, 9]


def test_smooth_is_smoothstep_and_hold_waits():
    smooth, hold = (Track((Key(0.0, 0.0), Key(1.0, 1.0, e))) for e in (Easing.SMOOTH, Easing.HOLD))
    assert at(smooth, 0.25) == pytest.approx(3 / 16 - 2 / 64)
    assert [at(hold, t) for t in (0.5, 0.999, 1.0)] == [0, 0, 1]


@pytest.mark.parametrize("easing", Easing)
def test_straight_pieces_stand_for_the_curve(easing: Easing):
    track = Track((Key(0.5, 0.0), Key(2.5, 1.0, easing), Key(3.0, 0.0)))
    moments = sorted(set(track.moments()))
    times = np.linspace(0, 4, 999)
    straight = np.interp(times, moments, [at(track, t) for t in moments])
    assert abs(straight - [at(track, t) for t in times]).max() < 0.004
