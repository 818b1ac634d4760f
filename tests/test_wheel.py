"""The wheel, installed outside the checkout, beside a user's own `pipeline.py`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.pipeline.conftest import soft_noise

ROOT = Path(__file__).parents[1]
PARTS = ("vr360", "pipeline", "viewer", "sample_clips")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a wheel built from these sources was installed into."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    run(*PIP, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", source / "dist", source)
    (wheel,) = (source / "dist").glob("*.whl")
    run(*PIP, "install", "-q", "--no-deps", "--target", target, wheel)
    return target


@pytest.fixture
def elsewhere(tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with a panorama, and with a module that is called as ours is."""
    (tmp_path / "pipeline.py").write_text("raise RuntimeError('the user\\'s own')\n")
    cv2.imwrite(str(tmp_path / "panorama.png"), soft_noise(64, 128, 0))
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_works_from_any_folder(elsewhere: Path, installed: Path):
    vr360 = sys.executable, installed / "bin" / "vr360"
    run(*vr360, "convert", "panorama.png", "ahead.png", "--to", "rectilinear")
    run(*vr360, "stylize", "panorama.png", "painted.png", "--style", "harvest")
    assert (elsewhere / "ahead.png").is_file()
    assert (elsewhere / "painted.png").is_file()


def test_the_shipped_graphs_come_along(elsewhere: Path):
    code = "from pipeline.backends.graphs import SHIPPED; print(len(list(SHIPPED.glob('*.zip'))))"
    assert run(sys.executable, "-P", "-c", code).strip() == "3"


def test_the_sample_clip_comes_along(elsewhere: Path, installed: Path):
    code = "from pipeline.cli.demo import SAMPLE; print(SAMPLE)"
    sample = Path(run(sys.executable, "-P", "-c", code).strip())
    assert sample.is_relative_to(installed)
    assert sample.read_bytes() == next((ROOT / "sample_clips").glob("*.mp4")).read_bytes()


def test_a_script_beside_a_pipeline_of_its_own_is_told_so(elsewhere: Path):
    code = "import vr360; vr360.stylize"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: vr360 needs its own package `pipeline`, but")
    assert str(elsewhere / "pipeline.py") in last
