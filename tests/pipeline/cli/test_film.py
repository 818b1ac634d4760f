import json
from pathlib import Path

import cv2

from tests.pipeline.cli.conftest import Run


def write(folder: Path, film: Path, *lines: str) -> Path:
    path = folder / "film.toml"
    path.write_text("\n".join(["[[scene]]", 'name = "one"', f'source = "{film}"', *lines]))
    return path


def test_checking_says_where_each_scene_lies(command: Run, tmp_path: Path, tiny_film: Path):
    script = write(tmp_path, tiny_film, "[[scene]]", 'name = "two"', f'source = "{tiny_film}"')
    code, stdout, _ = command("film", script, tmp_path / "o.mkv", "--check", "--json")
    data = json.loads(stdout)
    assert (code, data["frames"], data["width"], data["height"]) == (0, 24, 128, 64)
    assert [scene["name"] for scene in data["scenes"]] == ["one", "two"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.toml"]


def test_what_is_wrong_is_said_before_anything_is_made(
    command: Run, tmp_path: Path, tiny_film: Path
):
    script = write(tmp_path, tiny_film, "stlye = 'x'", "out = 99")
    code, stdout, stderr = command("film", script, tmp_path / "o.mkv")
    assert (code, stdout) == (1, "")
    assert f"{script}:4: stlye: no such key; did you mean style" in stderr
    assert f"{script}:5: out: 99 s lies behind its end" in stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.toml"]


def test_a_film_is_made_and_what_was_painted_is_said(
    command: Run, tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    script = write(tmp_path, tiny_film, f'style = "{tiny_style}"')
    for painted in (["one"], []):
        code, stdout, _ = command("film", script, tmp_path / "o.mkv", "--force", "--json")
        data = json.loads(stdout)
        assert (code, data["frames"], data["painted"]) == (0, 12, painted)


def test_a_sheet_shows_each_scene_and_transition(command: Run, tmp_path: Path, tiny_film: Path):
    second = ("[[scene]]", 'name = "two"', f'source = "{tiny_film}"')
    script = write(tmp_path, tiny_film, *second, "transition = { seconds = 0.2 }")
    code, _, _ = command("film", script, "--sheet", tmp_path / "sheet.png")
    assert code == 0
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape == (16 + 28, 3 * 32, 3)


def test_without_output_something_else_must_be_wanted(command: Run, tmp_path: Path):
    assert command("film", tmp_path / "film.toml")[0] == 2


EDL = """TITLE: WALK
001  A001     V     C        00:00:00:00 00:00:00:06 01:00:00:00 01:00:00:06
* FROM CLIP NAME: tiny
"""


def test_an_edl_becomes_a_films_file(command: Run, tmp_path: Path, tiny_film: Path):
    (tmp_path / "cut.edl").write_text(EDL)
    script = tmp_path / "film.toml"
    words = ("film", script, "--from", tmp_path / "cut.edl", "--clips", tiny_film.parent)
    assert command(*words, "--rate", "often")[0] == 2
    code, _, stderr = command(*words)
    assert (code, "1 scenes" in stderr) == (0, True)
    code, stdout, _ = command("film", script, "--check", "--json")
    assert (code, json.loads(stdout)["frames"]) == (0, 6)
    code, _, stderr = command(*words)
    assert (code, "is there already" in stderr) == (1, True)
