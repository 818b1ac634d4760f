"""What every option promises: a wrong word or number exits 2, before any work, and says why."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from pipeline.choices import FaceLayout, PictureKind, StereoOrAuto
from pipeline.cli import app
from tests.pipeline.cli.conftest import Run
from vr360.choices import CubeLayout, Projection, Stereo
from vr360.media.presets import PRESETS, PresetName

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
ARGUMENTS = {
    "inject": ["f.mp4"], "inspect": ["f.mp4"], "remove": ["f.mp4"], "measure": ["f.mp4"],
    "stylize": ["f.mp4", "o.mp4", "--style", "starry_night"],
    "plan": ["f.mp4", "--style", "starry_night"],
    "optimize": ["f.mp4", "o.mp4", "--style", "p.png"],
    "explore": ["f.mp4", "folder", "--style", "p.png"],
    "discover": ["starry_night", "--out", "folder"],
    "film": ["f.toml", "o.mp4"],
    "train": ["p.png", "o.safetensors", "--photos", "photos"],
    "convert": ["f.mp4", "o.mp4"], "stitch": ["f.mp4", "o.mp4"], "jobs resume": ["folder"],
}  # fmt: skip


def commands(
    found: dict[str, Any] = COMMANDS, before: tuple[str, ...] = ()
) -> Iterator[tuple[str, Any]]:
    """All of them, those of groups too: `jobs resume`."""
    for name, command in found.items():
        yield " ".join([*before, name]), command
        yield from commands(getattr(command, "commands", {}), (*before, name))


def options() -> Iterator[tuple[str, Any]]:
    for name, command in commands():
        for option in command.params:
            if option.opts[0].startswith("--"):
                yield name, option


def words(option: Any) -> list[str]:
    return [str(word) for word in option.type_descriptor.choices or ()]


CHOICES = [(name, o.opts[0], words(o)) for name, o in options() if words(o)]
RANGES = [
    (name, o.opts[0], str(bound + step))
    for name, o in options()
    for bound, step in ((o.min, -1), (o.max, 1))
    if bound is not None
]
NUMBERS = [(n, o.opts[0]) for n, o in options() if o.type_descriptor.annotation in (int, float)]


def plain(text: str) -> str:
    """Without the box that it is drawn in."""
    return " ".join(text.replace("│", " ").split())


@pytest.fixture(autouse=True)
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """None of the files that the commands name exists, and none is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    yield
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "option", "known"), CHOICES)
def test_a_word_that_is_no_choice_is_a_usage_error(
    command: Run, name: str, option: str, known: list[str]
):
    code, stdout, stderr = command(*name.split(), *ARGUMENTS.get(name, ()), option, "abacus")
    assert (code, stdout) == (2, "")
    assert option in stderr
    assert "'abacus' is not one of" in plain(stderr)
    assert "Value error" not in stderr
    assert all(word in plain(stderr) for word in known)


@pytest.mark.parametrize(("name", "option", "number"), RANGES)
def test_a_number_out_of_range_is_a_usage_error(command: Run, name: str, option: str, number: str):
    words = f"{option}={number}"
    code, stdout, stderr = command(*name.split(), *ARGUMENTS.get(name, ()), words)
    assert (code, stdout) == (2, "")
    assert option in stderr
    assert f": {number} should be " in plain(stderr)


@pytest.mark.parametrize(("name", "option"), NUMBERS)
def test_a_word_that_is_no_number_is_a_usage_error(command: Run, name: str, option: str):
    code, stdout, stderr = command(*name.split(), *ARGUMENTS.get(name, ()), option, "abacus")
    assert (code, stdout) == (2, "")
    assert option in stderr
    assert ": abacus should be a valid " in plain(stderr)


@pytest.mark.parametrize("name", [n for n, o in options() if o.opts[0] == "--device"])
@pytest.mark.parametrize("device", ["abacus", "cuda:x", "cpu:1"])
def test_a_device_of_no_kind_is_a_usage_error(command: Run, name: str, device: str):
    code, _, stderr = command(name, *ARGUMENTS.get(name, ()), "--device", device)
    assert code == 2
    assert f"--device {device}" in plain(stderr)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("film", "--rate", "x"),
        ("stylize", "--strength", "2"),
        ("stylize", "--size", "12"),
        ("stylize", "--rate", "0"),
        ("stylize", "--start", "x"),
        ("optimize", "--size", "12"),
        ("optimize", "--crop", "the middle"),
        ("optimize", "--init", "abacus"),
        ("optimize", "--style-layers", "abacus"),
        ("optimize", "--add-block", "p.png"),
        ("optimize", "--dissolve", "abacus"),
        ("explore", "--unrealness", "a,b"),
        ("explore", "--style-layers", "abacus"),
        ("discover", "--scale", "x"),
        ("train", "--crop", "the middle"),
        ("convert", "--to", "auto"),
        ("measure", "--duration", "x"),
    ],
)
def test_what_makes_no_sense_is_said_before_what_is_missing(
    command: Run, name: str, option: str, value: str
):
    code, _, stderr = command(name, *ARGUMENTS[name], option, value)
    assert code == 2
    assert f"{option} {value}" in plain(stderr)


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "rectilinear", "--fov", "200"),
        ("--to", "dual-fisheye", "--fov", "400"),
        ("--from", "little-planet", "--from-fov", "400"),
    ],
)
def test_a_lens_that_spans_too_much_is_a_usage_error(command: Run, words: tuple[str, ...]):
    code, _, stderr = command("convert", *ARGUMENTS["convert"], *words)
    assert code == 2
    assert words[-1] in plain(stderr)


@pytest.mark.parametrize("name", ["train", "discover"])
def test_steps_and_minutes_exclude_each_other(command: Run, name: str):
    code, _, stderr = command(name, *ARGUMENTS[name], "--iterations", 5, "--minutes", 1)
    assert code == 2
    assert "--iterations and --minutes: give one of the two" in plain(stderr)


def test_the_contract_is_about_all_the_options_that_choose():
    said = {(name, option) for name, option, _ in CHOICES}
    stylize = ("temporal", "canvas", "padding", "statistics", "flow", "eyes", "preset", "from")
    assert said >= {("stylize", f"--{option}") for option in stylize}
    assert said >= {("optimize", f"--{o}") for o in ("network", "optimizer", "histogram", "kind")}
    assert said >= {("train", "--network"), ("train", "--kind"), ("inject", "--ambisonic")}
    assert said >= set(itertools.product(["convert"], ["--to", "--layout", "--interpolation"]))


def test_lists_of_words_that_extend_others_hold_all_of_theirs():
    assert {*StereoOrAuto} == {"auto", *Stereo}
    flat = {"rectilinear", "fisheye", "little-planet"}
    assert {*PictureKind} == {"auto", *flat, *Projection}
    assert {*FaceLayout} == {"faces", *CubeLayout}
    assert {*PresetName} == {*PRESETS}
