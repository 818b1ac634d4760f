"""The site builds without a warning, and its pages say what the code has."""

import html
import re
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import typer.main

import vr360
from pipeline.cli import app
from tests.pipeline.conftest import soft_noise

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    build = ["build", "--quiet", "--strict", "--config-file", ".mkdocs.yml", "--site-dir", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", *build], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return out


def test_the_site_fetches_nothing(site: Path):
    for page in site.rglob("*.html"):
        loads = re.findall(r'<(?:script|img)[^>]+src="(https?:[^"]+)', page.read_text())
        loads += re.findall(r'<link[^>]+stylesheet[^>]+href="(https?:[^"]+)', page.read_text())
        assert not loads, page


def test_every_option_and_every_name_stands_in_the_reference(site: Path):
    commands = html.unescape((site / "reference" / "commands.html").read_text())
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f">vr360 {name}<" in commands
        for param in command.params:
            option = param.opts[0]
            assert option in commands or not option.startswith("--") or option == "--help"
    python = (site / "reference" / "python.html").read_text()
    assert all(f'id="{name}"' in python for name in vr360.__all__)


TAUGHT = [ROOT / "README.md", *sorted((ROOT / "docs").glob("how/*.md"))]
TAUGHT += [ROOT / "docs" / name for name in ("getting-started.md", "projections.md", "index.md")]


@pytest.mark.parametrize("page", TAUGHT, ids=lambda page: page.stem)
def test_every_command_line_that_is_taught_parses(page: Path):
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    for line in (line.removeprefix(".venv/bin/") for line in lines):
        program, *words = shlex.split(line, comments=True) or [""]
        if program == "vr360":
            command = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
            assert command.make_context(words[0], words[1:]).params is not None


def test_links_of_the_top_level_pages_lead_somewhere():
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for link in LINK.findall(page.read_text()):
            assert (ROOT / link).exists(), f"{page.name}: {link}"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 250


def test_the_five_lines_of_the_readme_paint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cv2.imwrite(str(tmp_path / "panorama.jpg"), soft_noise(64, 128, 0))
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 5
    found: dict[str, list] = {}
    exec(code, found)
    assert found["painted"][0].shape == (64, 128, 3)
