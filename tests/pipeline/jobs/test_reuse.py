"""Only what changed is painted: the rest comes from the segments of the job before."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.jobs.job import JobOptions, folder_of, stylize_in_segments
from pipeline.painting.job import StylizeJob
from tests.pipeline.jobs.conftest import Counted, make_clip, painted_at_once, same

KEEP = JobOptions(length=8, keep=True)


@pytest.fixture
def three_shots(tmp_path: Path, tiny_style: Path) -> StylizeJob:
    """Shots of twelve, eight and ten frames."""
    clip = make_clip(tmp_path / "clip.mkv", 30, [12, 20])
    return StylizeJob(clip, tmp_path / "film.mkv", str(tiny_style), "1", flow="dis")


def again(job: StylizeJob, **changed) -> tuple[StylizeJob, int]:
    """The job with something else, and how many frames it has painted."""
    other, counted = replace(job, force=True, **changed), Counted()
    stylize_in_segments(other, counted, KEEP)
    return other, counted.frames


@pytest.mark.parametrize(
    ("strength", "painted"),
    [
        ("1", 0),
        ("0s:1,1.95s:1,2s:0.5", 10),
        ("0s:1,1.15s:1,1.2s:0.4,1.9s:0.4,2s:1", 8),
        ("0s:1,0.75s:1,0.8s:0.6,1.15s:0.6,1.2s:1", 4),
        ("0.9", 30),
    ],
    ids=["nothing", "the last shot", "the middle shot", "the end of the first shot", "everything"],
)
def test_a_new_strength_paints_the_shot_that_it_is_in(
    three_shots: StylizeJob, strength: str, painted: int
):
    stylize_in_segments(three_shots, options=KEEP)
    job, frames = again(three_shots, strength=strength)
    assert frames == painted
    assert same(job.output, painted_at_once(job))


def test_strokes_of_another_canvas_are_painted_from_the_first_frame_on(three_shots: StylizeJob):
    stylize_in_segments(three_shots, options=KEEP)
    job, frames = again(three_shots, stroke="0s:1,1s:1,1.1s:4")
    assert frames == 30
    assert same(job.output, painted_at_once(job))


def test_a_strength_that_comes_back_is_the_film_that_was_there(three_shots: StylizeJob):
    stylize_in_segments(three_shots, options=KEEP)
    again(three_shots, strength="0s:1,1.95s:1,2s:0.5")
    job, frames = again(three_shots)
    assert frames == 10, "what is not in the film any more is not kept"
    assert same(job.output, painted_at_once(job))


def test_a_longer_title_paints_the_title_and_nothing_else(three_shots: StylizeJob):
    make_clip(three_shots.input, 30, [12, 20], title=6)
    stylize_in_segments(three_shots, options=KEEP)
    make_clip(three_shots.input, 30, [12, 20], title=9)
    job, frames = again(three_shots)
    assert frames == 9
    assert same(job.output, painted_at_once(job))


def test_another_preset_paints_nothing(three_shots: StylizeJob):
    stylize_in_segments(three_shots, options=KEEP)
    job, frames = again(three_shots, preset="lossless-mp4")
    assert frames == 0
    assert same(job.output, painted_at_once(job))


def test_what_is_kept_is_what_the_film_needs(three_shots: StylizeJob):
    stylize_in_segments(three_shots, options=KEEP)
    again(three_shots, strength="0.9")
    films = list(folder_of(three_shots.output).glob("*.mkv"))
    assert len(films) == 5
