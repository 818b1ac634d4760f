from pathlib import Path

import pytest

from tests.pipeline.cli.conftest import Run
from tests.pipeline.jobs.conftest import make_clip


def test_a_painting_that_memory_does_not_suffice_for_is_refused_before_it_begins(
    command: Run, tmp_path: Path, tiny_style: Path
):
    clip, film = make_clip(tmp_path / "clip.mkv", 4, []), tmp_path / "film.mkv"
    code, _, said = command("stylize", clip, film, "--style", tiny_style, "--memory", "100M")
    assert code == 1
    assert "--memory allows 0.1 GB; --paint-width" in " ".join(said.split())
    assert not film.exists()


@pytest.mark.parametrize("size", ["4", "G", "0G", "-1G", "4 apples"])
def test_a_size_of_memory_that_is_none_is_refused(
    command: Run, tmp_path: Path, tiny_style: Path, size: str
):
    clip = make_clip(tmp_path / "clip.mkv", 4, [])
    words = ["stylize", clip, tmp_path / "film.mkv", "--style", tiny_style]
    code, _, said = command(*words, f"--memory={size}")
    assert code == 2
    assert "4G or 800M" in " ".join(said.split())
