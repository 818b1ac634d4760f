"""`vr360 plan` and the options that it has in common with `vr360 stylize`."""

import json
from inspect import signature
from pathlib import Path

import pytest

from pipeline.cli.painting import painting
from pipeline.cli.plan import plan
from pipeline.cli.stylize import stylize
from tests.pipeline.cli.conftest import Run
from tests.pipeline.jobs.conftest import make_clip


@pytest.mark.parametrize("command", [plan, stylize])
def test_all_that_describes_a_painting_is_an_option_of_both(command):
    shared = list(signature(painting).parameters)[3:]
    options = list(signature(command).parameters)
    assert options[:2] == ["input", "output"]
    assert set(shared) < set(options)
    assert {"style", "stroke", "then", "rate", "eyes", "codec"} < set(shared)


def test_a_plan_of_many_workers_tells_what_they_gain(
    command: Run, tmp_path: Path, tiny_style: Path
):
    clip = make_clip(tmp_path / "clip.mkv", 40, [])
    words = ["plan", clip, tmp_path / "film.mkv", "--style", tiny_style, "--flow", "dis"]
    code, data, _ = command(*words, "--workers", "2", "--json")
    assert code == 0
    found = json.loads(data)
    assert (found["frames"], found["workers"], found["efficiency"]) == (40, 2, 0.5)
    code, _, said = command(*words, "--workers", "2", "--warm-up", "4", "--price", "2")
    assert code == 0
    assert "by 2 machines, 83 % of their painting is the film" in said
    assert "best with --segment 24" in said
    assert sorted(path.name for path in tmp_path.glob("film*")) == []


@pytest.mark.parametrize(
    "wrong", [["--stroke", "9"], ["--smoothness", "2"], ["--codec"], ["--workers", "0"]]
)
def test_a_choice_that_cannot_be_is_refused_before_any_work(
    command: Run, tmp_path: Path, wrong: list[str]
):
    clip = make_clip(tmp_path / "clip.mkv", 2, [])
    assert command("plan", clip, "--style", "starry_night", *wrong)[0] == 2


def test_an_engine_needs_a_job(command: Run, tmp_path: Path):
    clip = make_clip(tmp_path / "clip.mkv", 2, [])
    words = [clip, tmp_path / "film.mkv", "--style", "starry_night"]
    code, _, said = command("stylize", *words, "--engine", "ray", "--job", "never")
    assert code == 2
    assert "--job never makes none" in said
