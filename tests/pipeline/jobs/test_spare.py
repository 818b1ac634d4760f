"""Frames that a pause may want back, in memory as far as they fit."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.jobs import coding
from pipeline.jobs.coding import coding_of
from pipeline.jobs.job import JobOptions, folder_of, stylize_in_segments
from pipeline.jobs.plan import load_plan
from pipeline.jobs.spare import Spare
from pipeline.jobs.stop import PausedError, Stop
from pipeline.painting.job import StylizeJob
from tests.pipeline.conftest import soft_noise
from tests.pipeline.jobs.conftest import same, stopping_at
from vr360.frame import Frame
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter

FRAMES = [Frame(soft_noise(64, 128, n), Fraction(n, 10)) for n in range(6)]


def opened(folder: Path, holds: bool) -> Spare:
    film = FilmWriter(folder / "film.mp4", 64, 128, Fraction(10), "quest")
    own = coding_of(film, Fraction(10), keep=False)
    return Spare(lambda frame: own.spare(folder / "spare.mkv", frame), holds)


@pytest.mark.parametrize("holds", [True, False])
def test_it_gives_back_every_bit_and_writes_only_what_does_not_fit(tmp_path: Path, holds: bool):
    frames = opened(tmp_path, holds)
    for frame in FRAMES:
        frames.write(frame)
    assert bool(list(tmp_path.iterdir())) != holds
    kept = [frame.rgb for frame in read_frames(probe(frames.keep()))]
    assert np.array_equal(kept, [frame.rgb for frame in FRAMES])


@pytest.mark.parametrize("holds", [True, False])
def test_nothing_is_left_of_one_that_nobody_wants(tmp_path: Path, holds: bool):
    frames = opened(tmp_path, holds)
    frames.write(FRAMES[0])
    frames.drop()
    assert not list(tmp_path.iterdir())


def test_nothing_is_left_of_one_that_is_broken_off_while_it_is_kept(tmp_path: Path):
    frames = opened(tmp_path, True)
    for frame in (FRAMES[0], Frame(soft_noise(32, 64, 0), Fraction(1, 10))):
        frames.write(frame)  # the second is of another size, which no file takes
    with pytest.raises(ValueError, match="frame 1 is"):
        frames.keep()
    assert list(tmp_path.iterdir())
    frames.drop()
    assert not list(tmp_path.iterdir())


def test_segments_are_as_long_as_can_be_held(job: StylizeJob, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(coding, "HELD", 7 * 64 * 128 * 3)
    monkeypatch.setattr(coding, "LEAST", 3)
    for suffix, length in ((".mp4", 7), (".mkv", 240)):
        film = replace(job, output=job.output.with_suffix(suffix))
        with pytest.raises(PausedError):
            stylize_in_segments(film, options=JobOptions(stop=Stop("test")))
        assert load_plan(folder_of(film.output)).length == length


def test_a_pause_of_what_cannot_be_held_goes_on_to_the_same_bits(
    job: StylizeJob, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(coding, "HELD", 64 * 128 * 3)  # less than a segment: none is held
    film = replace(job, output=job.output.with_suffix(".mp4"))
    whole = replace(film, output=film.output.with_name("whole.mp4"))
    stylize_in_segments(whole, options=JobOptions(length=8))
    stop = Stop()
    asking = stopping_at(1, lambda: stop.ask("test"))
    with pytest.raises(PausedError):
        stylize_in_segments(film, asking, JobOptions(length=8, stop=stop))
    assert len(list(folder_of(film.output).glob("*.part.mkv"))) == 1
    stylize_in_segments(film, options=JobOptions(length=8))
    assert same(film.output, whole.output)
