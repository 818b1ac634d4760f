"""The command line as a user meets it: help, README, data on stdout, errors in one line."""

import json
import re
import shlex
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import typer.main

from pipeline.cli import app
from pipeline.cli.command import PANELS, RENAMED
from pipeline.cli.examples import EXAMPLES
from tests.pipeline.cli.conftest import Run
from tests.pipeline.conftest import soft_noise

README = Path(__file__).parents[3] / "README.md"
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_stands_in_the_readme(command: Run, name: str):
    code, out, _ = command(name, "--help")
    assert code == 0
    options = typer.main.get_command(app).commands[name].params  # type: ignore[attr-defined]
    assert all(getattr(option, "help", None) for option in options), name
    assert len(out.splitlines()) > 5
    assert f"vr360 {name}" in README.read_text()


def test_the_summary_is_json_on_stdout(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    out = tmp_path / "film.mkv"
    code, stdout, stderr = command("stylize", tiny_film, out, "--style", tiny_style, "--json")
    assert code == 0
    summary = json.loads(stdout)
    assert summary["frames"] == 12
    assert summary["output"] == str(out)
    assert "12/12" in stderr


def test_the_summary_for_people_stays_off_stdout(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    _, stdout, stderr = command("stylize", tiny_film, tmp_path / "a.mkv", "--style", tiny_style)
    assert stdout == ""
    assert "equirect" in stderr
    assert "12 frames" in stderr


def test_measuring_a_film_against_its_source(command: Run, tiny_film: Path, tiny_style: Path):
    code, stdout, _ = command(
        "measure", tiny_film, "--source", tiny_film, "--style", tiny_style, "--json"
    )
    assert code == 0
    figures = json.loads(stdout)
    assert figures["frames"] == 12
    assert figures["fps"] == pytest.approx(24000 / 1001)
    assert figures["duration"] == pytest.approx(12 * 1001 / 24000)
    assert figures["seam_ratio"] == 1
    assert figures["yaw_equivariance_max"] < 1e-4
    assert figures["grid_ratio"] > 0


def test_styles_are_listed_with_their_paintings(command: Run):
    code, stdout, _ = command("styles", "--json")
    assert code == 0
    assert json.loads(stdout)["starry_night"]["painting"]["artist"] == "Vincent van Gogh"
    assert "starry_night" in command("styles")[2]


def bad_inputs(folder: Path, film: Path) -> dict[str, Path]:
    """Files that are no film, each in its own way."""
    whole = film.read_bytes()
    files = {
        "empty.mp4": b"",
        "garbage.mp4": np.random.default_rng(0).bytes(4096),
        "text.mp4": b"this is no film\n" * 100,
        "header.mkv": whole[:200],
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in files}


@pytest.mark.parametrize("name", ["empty.mp4", "garbage.mp4", "text.mp4", "header.mkv", "no.mp4"])
def test_files_that_are_no_film_are_refused_in_one_line(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path, name: str
):
    bad_inputs(tmp_path, tiny_film)
    before = sorted(p.name for p in tmp_path.iterdir())
    code, stdout, stderr = command(
        "stylize", tmp_path / name, tmp_path / "out.mp4", "--style", tiny_style
    )
    assert_one_line(code, stdout, stderr, name)
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_film_that_breaks_off_leaves_nothing_half_done(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    source = tmp_path / "cut.mkv"
    source.write_bytes(tiny_film.read_bytes()[: tiny_film.stat().st_size * 2 // 3])
    before = source.read_bytes()
    out = tmp_path / "out.mkv"
    code, stdout, stderr = command("stylize", source, out, "--style", tiny_style)
    assert code == 1
    assert stdout == ""
    assert "cut.mkv" in stderr.splitlines()[-1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cut.mkv"]
    assert source.read_bytes() == before


def test_sound_alone_is_refused(command: Run, tmp_path: Path, tiny_style: Path):
    import wave

    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000))
    code, stdout, stderr = command("stylize", path, tmp_path / "out.mp4", "--style", tiny_style)
    assert_one_line(code, stdout, stderr, "sound.wav")


@pytest.mark.parametrize(
    "style", ["none_such", "none.safetensors", "pickled.pth", "cut.safetensors"]
)
def test_styles_that_are_none_are_refused_in_one_line(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path, style: str
):
    torch.save({"a": torch.zeros(1)}, tmp_path / "pickled.pth")
    (tmp_path / "cut.safetensors").write_bytes(tiny_style.read_bytes()[:500])
    known = tmp_path / style
    name = known if known.exists() else style
    code, stdout, stderr = command("stylize", tiny_film, tmp_path / "out.mp4", "--style", name)
    assert_one_line(code, stdout, stderr, style)
    assert not (tmp_path / "out.mp4").exists()


def test_an_existing_film_is_kept_unless_forced(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    out = tmp_path / "film.mkv"
    out.write_text("precious")
    code, stdout, stderr = command("stylize", tiny_film, out, "--style", tiny_style)
    assert_one_line(code, stdout, stderr, "--force")
    assert out.read_text() == "precious"
    assert command("stylize", tiny_film, out, "--style", tiny_style, "--force")[0] == 0
    assert out.stat().st_size > 100


def test_the_input_is_never_the_output(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    film = tmp_path / "film.mkv"
    shutil.copy(tiny_film, film)
    link = tmp_path / "link.mkv"
    link.symlink_to(film)
    for out in (film, link):
        code, stdout, stderr = command("stylize", film, out, "--style", tiny_style, "--force")
        assert_one_line(code, stdout, stderr, "input itself")
    assert film.read_bytes() == tiny_film.read_bytes()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--preset", "prores"], "prores"),
        (["--camera", "abacus"], "abacus"),
        (["--start", "99"], "--start"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path, options: list[str], said: str
):
    code, stdout, stderr = command(
        "stylize", tiny_film, tmp_path / "out.mp4", "--style", tiny_style, *options
    )
    assert_one_line(code, stdout, stderr, said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        ["--size", "12"],
        ["--start", "x"],
        ["--rate", "0"],
        ["--duration", "1:2:3:4"],
        ["--strength", "2"],
        ["--median", "2"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path, options: list[str]
):
    code, _, stderr = command(
        "stylize", tiny_film, tmp_path / "out.mp4", "--style", tiny_style, *options
    )
    assert code == 2
    assert options[0] in stderr


def test_what_is_no_sphere_is_refused_and_can_be_overridden(
    command: Run, tmp_path: Path, tiny_style: Path
):
    still = tmp_path / "flat.png"
    cv2.imwrite(str(still), soft_noise(72, 128, 0))
    out = tmp_path / "out.png"
    code, stdout, stderr = command("stylize", still, out, "--style", tiny_style)
    assert_one_line(code, stdout, stderr, "--from equirect")
    forced = command("stylize", still, out, "--style", tiny_style, "--from", "equirect")
    assert forced[0] == 0
    assert cv2.imread(str(out)).shape == (72, 128, 3)


def test_training_refuses_before_it_starts(command: Run, tmp_path: Path):
    missing = tmp_path / "none.jpg"
    for arguments in (
        [missing, tmp_path / "out.safetensors", "--photos", tmp_path],
        [missing, tmp_path / "out.pth", "--photos", tmp_path],
        [missing, tmp_path / "out.safetensors", "--photos", tmp_path / "none"],
    ):
        code, stdout, stderr = command("train", *arguments)
        assert_one_line(code, stdout, stderr, "")
    assert list(tmp_path.iterdir()) == []


def assert_one_line(code: int, stdout: str, stderr: str, mentions: str) -> None:
    assert code == 1
    assert stdout == ""
    lines = [line for line in stderr.splitlines() if line.strip()]
    assert len(lines) == 1, stderr
    assert lines[0].startswith("error: ")
    assert mentions in lines[0]


def test_the_defaults_of_the_command_line_are_those_of_the_job():
    from inspect import signature

    from pipeline.cli.stylize import stylize
    from pipeline.stylize import StylizeJob

    shown = {
        name: getattr(p.default, "default", p.default)
        for name, p in signature(stylize).parameters.items()
    }
    job = StylizeJob(Path("in.mp4"), Path("out.mp4"), "starry_night")
    assert float(shown["strength"]) == job.strength
    assert float(shown["smoothness"]) == job.smoothness
    assert shown["canvas"] == job.projection
    for name in ("median", "padding", "statistics", "temporal",
                 "eyes", "cuts", "device", "camera", "force"):  # fmt: skip
        assert shown[name] == getattr(job, name), name


def test_the_version_is_printed(command: Run):
    from vr360 import __version__

    assert command("--version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_names_no_type_of_a_flag(command: Run, name: str):
    _, out, _ = command(*filter(None, [name]), "--help")
    assert "--help" in out
    assert "<bool>" not in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_has_its_panel(name: str):
    known = [word for words in PANELS.values() for word in words]
    params = typer.main.get_command(app).commands[name].params  # type: ignore[attr-defined]
    loose = {p.name for p in params if p.opts[0].startswith("-")} - {*known}
    assert not loose, "name a panel for them in pipeline/cli/command.py"
    assert len(known) == len(set(known))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_has_worked_examples_that_parse(name: str, command: Run):
    out = " ".join(command(name, "--help")[1].split())
    for example in EXAMPLES[name]:
        assert example in out
        program, called, *words = shlex.split(example)
        assert (program, called) == ("vr360", name)
        found = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
        assert found.make_context(name, words).params


def test_every_command_has_examples():
    assert {*EXAMPLES} == {*COMMANDS} - {"styles", "jobs"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("train", ["--preset", "photo", "--from", "none"], {"kind": "photo", "gallery": "none"}),
        ("train", ["--preset=photo"], {"kind": "photo"}),
        ("explore", ["--preset", "animation"], {"kind": "animation"}),
        ("optimize", ["--preset", "animation"], {"kind": "animation", "preset": None}),
        ("optimize", ["--encoding", "quest"], {"kind": "painting", "preset": "quest"}),
        ("stylize", ["--projection", "cubemap"], {"canvas": "cubemap"}),
        ("view", ["--projection", "cubemap"], {"source": "cubemap"}),
        ("optimize", ["--preset", "quest"], {"kind": "painting", "preset": "quest"}),
    ],
)
def test_yesterdays_spelling_is_taken_and_todays_is_named(
    capsys: pytest.CaptureFixture[str], name: str, old: list[str], new: dict[str, str | None]
):
    files = {"train": ["p.png", "o.safetensors", "--photos", "photos"], "view": ["f.mp4"]}
    given = files.get(name, ["in.png", "out.png", "--style", "p.png"])
    found = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    params = found.make_context(name, [*given, *old]).params
    assert {key: params[key] for key in new} == new
    said = capsys.readouterr().err
    assert ("is called" in said) == (old != ["--preset", "quest"])


@pytest.mark.parametrize("name", RENAMED)
def test_yesterdays_spelling_is_hidden(command: Run, name: str):
    options = typer.main.get_command(app).commands[name].params  # type: ignore[attr-defined]
    known = {word for option in options for word in option.opts}
    shown = re.findall(r"--[\w-]+", command(name, "--help")[1])
    assert not {*RENAMED[name]} & {*shown}
    assert not {*RENAMED[name]} & known
    assert {*RENAMED[name].values()} <= {*shown}


def test_shells_complete_the_words(command: Run, monkeypatch: pytest.MonkeyPatch):
    code, out, _ = command("--help")
    assert code == 0
    assert "--install-completion" in out
    monkeypatch.setenv("_VR360_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "vr360 stylize --flow r")
    monkeypatch.setenv("COMP_CWORD", "3")
    monkeypatch.setattr("sys.argv", ["vr360"])
    assert "raft" in command()[1]


@pytest.mark.parametrize("device", ["/dev/full", "/dev/stdout", "/dev/null"])
@pytest.mark.parametrize("name", ["stylize", "convert"])
def test_a_device_as_output_is_refused_in_one_line(
    command: Run, tiny_film: Path, tiny_style: Path, device: str, name: str
):
    style = ["--style", tiny_style] if name == "stylize" else []
    for force in ([], ["--force"]):
        code, stdout, stderr = command(name, tiny_film, device, *style, *force)
        assert_one_line(code, stdout, stderr, f"{device}: a device or a stream")


@pytest.mark.parametrize("suffix", [".webp", ".tif", ".avif"])
def test_a_kind_of_still_that_is_not_written_is_named_with_those_that_are(
    command: Run, tmp_path: Path, tiny_style: Path, suffix: str
):
    still = tmp_path / "in.png"
    cv2.imwrite(str(still), soft_noise(64, 128, 0))
    code, stdout, stderr = command("stylize", still, tmp_path / f"o{suffix}", "--style", tiny_style)
    assert_one_line(code, stdout, stderr, "stills as .jpg, .jpeg, .png")


def test_names_are_printed_as_they_are_written(command: Run, tmp_path: Path):
    for name in (":x:.mp4", "[red]one[/red].mp4", "two[0].mp4"):
        code, stdout, stderr = command("inspect", tmp_path / name)
        assert_one_line(code, stdout, stderr, name)


@pytest.mark.parametrize(("brand", "kind"), [(b"avif", "AVIF"), (b"heic", "HEIC")])
def test_a_kind_of_still_that_cannot_be_decoded_is_named(
    command: Run, tmp_path: Path, tiny_style: Path, brand: bytes, kind: str
):
    picture = tmp_path / "in.img"
    picture.write_bytes(b"\0\0\0\x1cftyp" + brand + bytes(64))
    code, stdout, stderr = command("stylize", picture, tmp_path / "o.png", "--style", tiny_style)
    assert_one_line(code, stdout, stderr, f"the {kind} cannot be decoded (")
