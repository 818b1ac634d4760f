"""What a film will take is counted on from a few of its frames."""

from dataclasses import replace
from fractions import Fraction

import pytest

from pipeline.jobs.forecast import forecast, held_memory
from pipeline.jobs.job import JobOptions, folder_of, stylize_in_segments
from pipeline.painting.asked import probe_source
from pipeline.painting.job import StylizeJob
from vr360.errors import InputError


def test_room_for_film_and_folder_is_what_they_take(job: StylizeJob):
    job = replace(job, strength="1", rate=None)
    found = forecast(job, trial=60)
    report = stylize_in_segments(job, options=JobOptions(keep=True))
    folder = sum(path.stat().st_size for path in folder_of(job.output).glob("*.mkv"))
    assert found.frames == report.frames == 20
    assert found.film == pytest.approx(job.output.stat().st_size, rel=0.2)
    assert found.folder == pytest.approx(folder, rel=0.2)


def test_workers_share_the_painting_alone_and_cost_as_much(job: StylizeJob):
    one = forecast(job, price=3600, trial=0)
    two = forecast(job, 2, trial=0)
    assert one.cost == pytest.approx(one.seconds)
    assert one.seconds_shared == pytest.approx(one.seconds)
    assert one.efficiency == 1
    assert two.waited == 14, "the longer of the two shots"
    rest = two.seconds - two.painting
    assert two.seconds_shared == pytest.approx(rest + 14 / two.fps)
    assert two.efficiency == pytest.approx(24 / 28)
    assert one.memory > 1e8


def test_nothing_is_written_where_the_film_would_be(job: StylizeJob):
    forecast(job, trial=0)
    assert sorted(path.name for path in job.output.parent.iterdir()) == ["clip.mkv"]


def test_a_film_that_is_too_short_to_try_is_refused(job: StylizeJob):
    with pytest.raises(InputError, match="too short"):
        forecast(replace(job, rate=Fraction(1)))


def test_memory_holds_a_segment_where_it_fits_and_is_coded_at_a_loss(job: StylizeJob):
    info, frame = probe_source(job), 64 * 128 * 3
    for suffix, size, keep, held in (
        (".mp4", None, False, 240 * frame),
        (".mkv", None, False, 0),
        (".mp4", None, True, 0),
        (".mp4", (2048, 4096), False, 0),
    ):
        film = replace(job, output=job.output.with_suffix(suffix), size=size)
        assert held_memory(film, info, 240, keep) == held
