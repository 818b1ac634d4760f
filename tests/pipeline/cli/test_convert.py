import json
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.cli.conftest import Run
from vr360.frame import Projection
from vr360.media.probe import probe
from vr360.media.stills import read_still, write_still


@pytest.fixture
def panorama(tmp_path: Path) -> Path:
    rgb = np.random.default_rng(1).integers(0, 256, (64, 128, 3), np.uint8)
    write_still(tmp_path / "pano.png", rgb)
    return tmp_path / "pano.png"


def test_converting_a_film_and_its_summary(command: Run, tiny_film: Path, tmp_path: Path):
    out = tmp_path / "half.mp4"
    code, stdout, stderr = command("convert", tiny_film, out, "--to", "half-equirect", "--json")
    assert code == 0
    summary = json.loads(stdout)
    assert (summary["frames"], summary["to"], summary["metadata"]) == (12, "half-equirect", True)
    assert "12/12" in stderr
    assert probe(out).projection is Projection.HALF_EQUIRECT


def test_degrees_turn_the_front(command: Run, panorama: Path, tmp_path: Path):
    out = tmp_path / "turned.png"
    code, _, _ = command("convert", panorama, out, "--to", "equirect", "--yaw", 90)
    assert code == 0
    assert (read_still(out) == np.roll(read_still(panorama), -32, axis=1)).all()


def test_what_cannot_be_is_one_line(command: Run, panorama: Path, tmp_path: Path):
    code, _, stderr = command("convert", panorama, tmp_path / "o.png", "--from", "cubemap")
    assert code == 1
    assert len(stderr.strip().splitlines()) == 1
    assert "128x64 is no c3x2 cube map" in stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "auto"), "name the projection"),
        (("--to", "equirect", "--layout", "c3x2"), "no faces"),
        (("--to", "cubemap", "--fov", "90"), "no field of view; is --from-fov meant"),
        (("--to", "sphere"), "sphere"),
    ],
)
def test_a_command_line_that_makes_no_sense(
    options: tuple[str, ...], message: str, command: Run, panorama: Path, tmp_path: Path
):
    code, _, stderr = command("convert", panorama, tmp_path / "o.png", *options)
    assert code == 2
    assert message in " ".join(stderr.split())
