from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Finisher, Painted, Painter
from pipeline.painting.stylizer import load_stylizer
from pipeline.temporal.smoothing import Smoother
from tests.pipeline.conftest import soft_noise
from vr360.frame import Rgb, Stereo


def film(*pictures: Rgb, cuts: tuple[int, ...] = ()) -> list[Prepared]:
    """A picture that is the same object as the one before it repeats that one."""
    return [
        Prepared(
            [rgb],
            Fraction(n, 24),
            repeats=n > 0 and rgb is pictures[n - 1],
            begins_shot=n in cuts,
        )
        for n, rgb in enumerate(pictures)
    ]


def painter(style: Path) -> Painter:
    return Painter([load_stylizer(style, projection="equirect")], 8)


def test_a_repeated_frame_is_painted_once_and_keeps_its_own_time(tiny_style: Path):
    rgb = soft_noise(64, 128, 0)
    paint = painter(tiny_style)
    first, second = map(paint.step, film(rgb, rgb))
    assert paint.painted == 1
    assert first.eyes is second.eyes
    finish = Finisher(Stereo.MONO)
    assert [finish.step(one).pts for one in (first, second)] == [0, Fraction(1, 24)]


def test_a_cut_gives_the_next_frame_statistics_of_its_own(tiny_style: Path):
    pictures = [soft_noise(64, 128, 0), soft_noise(64, 128, 1) // 3]
    first, second = map(painter(tiny_style).step, film(*pictures, cuts=(1,)))
    (alone,) = map(painter(tiny_style).step, film(pictures[1]))
    assert [first.begins_shot, second.begins_shot] == [False, True]
    assert np.array_equal(second.eyes[0], alone.eyes[0])
    *_, held = map(painter(tiny_style).step, film(*pictures))
    assert not np.array_equal(held.eyes[0], alone.eyes[0])


def painted(source: Rgb, eye: Rgb, n: int, begins: bool = False) -> Painted:
    return Painted(Prepared([source], Fraction(n, 24), begins_shot=begins), [eye])


def test_a_cut_leaves_nothing_of_the_shot_before():
    source, before, after = (soft_noise(64, 128, n) for n in range(3))
    finish = Finisher(Stereo.MONO, smoothers=[Smoother(1.0)])
    finish.step(painted(source, before, 0))
    assert np.array_equal(finish.step(painted(source, after, 1, begins=True)).rgb, after)


def test_without_a_cut_what_stands_still_stays():
    source, before, after = (soft_noise(64, 128, n) for n in range(3))
    finish = Finisher(Stereo.MONO, smoothers=[Smoother(1.0)])
    for n in range(5):
        finish.step(painted(source, before, n))
    rgb = finish.step(painted(source, after, 5)).rgb.astype(int)
    assert np.abs(rgb - before).mean() < 0.7 * np.abs(after.astype(int) - before).mean()


@pytest.mark.parametrize("matched", [True, False])
def test_eyes_are_matched_where_that_is_wanted(matched: bool):
    eye, left, right = (soft_noise(64, 128, n) for n in range(3))
    finish = Finisher(Stereo.TOP_BOTTOM, match_eyes=matched)
    both = Painted(Prepared([eye, eye], Fraction(0)), [left, right])
    upper, lower = np.split(finish.step(both).rgb, 2)
    assert np.array_equal(upper, left)
    mine, theirs = (right, left) if not matched else (left, right)
    assert np.abs(lower.astype(int) - mine).max() <= 1
    assert np.abs(lower.astype(int) - theirs).max() > 1
