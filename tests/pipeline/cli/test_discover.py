from pathlib import Path

from .conftest import Run


def test_looks_are_listed_and_the_page_is_named(
    command: Run, tiny_style: Path, tiny_film: Path, tmp_path: Path
):
    options = ("--on", tiny_film, "--size", "64x32", "--duration", "0.1", "--strength", "0.5,1")
    code, stdout, stderr = command("discover", tiny_style, "--out", tmp_path / "out", *options)
    assert code == 0
    assert {line.split()[1] for line in stdout.splitlines()} == {"tiny"}
    assert {line.split()[2] for line in stdout.splitlines()} == {"0.5", "1"}
    assert "index.html" in stderr
    assert (tmp_path / "out" / "index.html").is_file()


def test_what_cannot_be_is_one_line(command: Run, tiny_style: Path, tmp_path: Path):
    code, _, stderr = command("discover", tiny_style, "--out", tmp_path / "out", "--strength", "2")
    assert code == 2
    assert "--strength 2: give numbers from 0 to 1.5" in " ".join(stderr.split())
    code, _, stderr = command("discover", tiny_style, "--out", tmp_path / "out", "--strength", "x")
    assert code == 2
    assert "numbers" in stderr
