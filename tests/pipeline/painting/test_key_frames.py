"""Which frames the net paints, and what is shown between them."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.painting.key_frames import KeyFrames, check_paint_every
from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Finisher, Painter
from pipeline.painting.stylizer import load_stylizer
from pipeline.temporal.flow import FAST
from pipeline.temporal.smoothing import Smoother
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError
from vr360.frame import Rgb, Stereo


def film(*pictures: Rgb, cut: int = 0) -> list[Prepared]:
    return [
        Prepared([rgb], Fraction(n, 24), begins_shot=n == cut) for n, rgb in enumerate(pictures)
    ]


def still(count: int) -> list[Rgb]:
    return [soft_noise(64, 128, 0)] * count


def painted_frames(
    style: Path, frames: list[Prepared], every: int | str, strength: str = "1"
) -> list[int]:
    """Which of them the net paints."""
    keys = KeyFrames(every, len(frames[0].eyes), FAST)
    painter = Painter([load_stylizer(style, projection="equirect", strength=strength)], 8, keys)
    painted = []
    for n, frame in enumerate(frames):
        before = painter.painted
        painter.step(frame)
        painted += [n] * (painter.painted - before)
    return painted


def test_every_nth_frame_is_painted_and_those_that_begin_a_shot(tiny_style: Path):
    assert painted_frames(tiny_style, film(*still(10)), 4) == [0, 4, 8]
    assert painted_frames(tiny_style, film(*still(10), cut=6), 4) == [0, 4, 6]


def test_auto_paints_a_still_scene_once_and_a_fast_one_often(tiny_style: Path):
    place = soft_noise(64, 128, 0)
    panned = [np.roll(place, 2 * n, axis=1) for n in range(10)]  # 5.6 degrees a frame
    assert painted_frames(tiny_style, film(*still(10)), "auto") == [0]
    assert painted_frames(tiny_style, film(*panned), "auto") == list(range(10))


def test_a_frame_that_shows_much_that_is_new_is_painted(tiny_style: Path):
    other = soft_noise(64, 128, 1)
    frames = film(*still(3), *[other] * 3)  # and nobody says that it is a cut
    assert painted_frames(tiny_style, frames, 50) == [0, 3]


def test_a_look_that_changes_is_followed(tiny_style: Path):
    frames = film(*still(24))
    painted = painted_frames(tiny_style, frames, 50, strength="0s:0.5,1s:1")
    assert 4 <= len(painted) <= 12
    assert len(painted_frames(tiny_style, frames, 50, strength="0s:0.5,40s:1")) == 1


def test_the_source_itself_is_never_moved(tiny_style: Path):
    place = soft_noise(64, 128, 0)
    frames = film(*[np.roll(place, n, axis=1) for n in range(6)])
    keys = KeyFrames(50, 1, FAST)
    painter = Painter([load_stylizer(tiny_style, strength="0s:0,0.1s:0,0.12s:1")], 8, keys)
    for frame in frames[:3]:
        step = painter.step(frame)
        assert step.untouched
        assert np.array_equal(step.eyes[0], frame.eyes[0])
    assert not painter.step(frames[3]).untouched


def test_the_motion_found_is_the_motion_that_holding_still_would_find(tiny_style: Path):
    place = soft_noise(64, 128, 0)
    frames = film(*[np.roll(place, n, axis=1) for n in range(5)])
    keys = KeyFrames(2, 1, FAST)
    painter = Painter([load_stylizer(tiny_style, projection="equirect")], 8, keys)
    given, found = (Finisher(Stereo.MONO, smoothers=[Smoother()]) for _ in range(2))
    for painted in map(painter.step, frames):
        assert painted.tracked
        alone = replace(painted, tracked=None)
        assert np.array_equal(given.step(painted).rgb, found.step(alone).rgb)


def test_both_eyes_are_painted_together_and_moved_each_by_itself(tiny_style: Path):
    place = soft_noise(64, 128, 0)
    right = [np.roll(place, -2 * n, axis=1) for n in range(3)]
    frames = [Prepared([place, eye], Fraction(n, 24)) for n, eye in enumerate(right)]
    painter = Painter([load_stylizer(tiny_style)], 8, KeyFrames(3, 2, FAST))
    first, _, third = (painter.step(frame).eyes for frame in frames)
    assert painter.painted == 1
    assert np.array_equal(third[0], first[0])
    moved = np.roll(first[1], -4, axis=1).astype(float)
    assert np.abs(third[1] - moved)[8:-8].mean() < np.abs(first[1] - moved)[8:-8].mean() / 2


@pytest.mark.parametrize("every", ["0", "-1", "often", "1.5", 0, 241])
def test_what_cannot_be_is_refused(every: int | str):
    with pytest.raises(InputError, match=r"--paint-every .*: give a number of frames"):
        check_paint_every(every)
