"""`vr360 jobs`: what a person and a script see of a job."""

import json
from pathlib import Path

import pytest

from pipeline.cli.jobs import segment_map
from pipeline.jobs.job import JobOptions
from pipeline.jobs.status import Row
from pipeline.painting.job import StylizeJob
from tests.pipeline.cli.conftest import Run
from tests.pipeline.jobs.conftest import broken_off, make_clip


@pytest.fixture
def folder(tmp_path: Path, tiny_style: Path) -> Path:
    """A job of two shots, five frames each; the first one is painted."""
    clip = make_clip(tmp_path / "clip.mkv", 16, [9])
    job = StylizeJob(clip, tmp_path / "film.mkv", str(tiny_style), flow="dis")
    return broken_off(job, 10, JobOptions(length=9))


def test_a_job_is_shown(command: Run, folder: Path):
    code, _, said = command("jobs", "show", folder)
    assert code == 0
    assert "9 of 16 frames (56 %), 1 of 2 segments" in said
    assert "█████████·······" in said
    assert "nobody is at work on it" in said
    assert f"go on with: vr360 jobs resume {folder}" in said.replace("\n", "")
    code, data, _ = command("jobs", "show", folder, "--json")
    rows = json.loads(data)["rows"]
    assert [(row["first"], row["frames"], row["state"]) for row in rows] == [
        (0, 9, "done"),
        (9, 7, "waiting"),
    ]


def test_jobs_are_listed_wherever_they_lie(command: Run, folder: Path):
    code, _, said = command("jobs", "list", folder.parent)
    assert code == 0
    assert "film.mkv.job  9 of 16 frames" in said
    empty = folder.parent / "empty"
    empty.mkdir()
    assert "no jobs below" in command("jobs", "list", empty)[2]
    assert command("jobs", "list", empty / "none")[0] == 1


def test_what_is_damaged_is_named(command: Run, folder: Path):
    assert command("jobs", "verify", folder)[0] == 0
    (film,) = folder.glob("*.mkv")
    film.write_bytes(film.read_bytes()[:-1])
    code, _, said = command("jobs", "verify", folder)
    assert code == 1
    assert film.name in said


@pytest.mark.parametrize("name", ["show", "resume", "work", "pause", "verify", "clean"])
def test_a_folder_that_is_no_job_ends_in_one_line(command: Run, tmp_path: Path, name: str):
    code, _, said = command("jobs", name, tmp_path)
    assert code == 1
    assert "no job; it has no plan.json" in said
    assert said.count("\n") == 1


def test_cleaning_and_resuming_from_the_command_line(command: Run, folder: Path):
    assert command("jobs", "resume", folder)[0] == 0
    assert folder.with_suffix("").exists()
    assert not folder.exists()
    assert command("jobs", "clean", folder)[0] == 1


def test_the_map_shows_each_state_at_its_place():
    rows = [
        Row(0, 2, "done", 2),
        Row(2, 4, "painting", 1),
        Row(6, 4, "part", 2),
        Row(10, 2, "waiting", 0),
    ]
    assert segment_map(rows) == ["██▒░░░▄▄····"]
    long = [Row(0, 6000, "done", 6000), Row(6000, 6000, "waiting", 0)]
    assert segment_map(long) == ["█" * 30 + "·" * 30]
