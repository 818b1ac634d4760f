"""`vr360 doctor`, on this machine and on worse ones."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.quality import doctor
from tests.pipeline.cli.conftest import Run
from vr360.projections import CubeMap


def test_this_machine_is_fit(command: Run):
    code, out, _ = command("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(out)}
    assert code == 0, out
    assert {"versions", "encoders", "devices", "sound", "caches", "disk", "sphere", "v360"} < {
        *checks
    }
    assert all(check["ok"] for check in checks.values() if check["needed"])


def test_an_ffmpeg_without_encoders_fails_and_says_what_to_do(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' V....D libx264 H.264'\n")
    poor.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert shutil.which("ffmpeg") == str(poor)
    code, out, _ = command("doctor")
    assert code == 1
    line = next(line for line in out.splitlines() if line.startswith("encoders"))
    assert "FAIL" in line
    assert "it lacks libx264rgb, libx265, ffv1, prores_ks; install" in line


def test_a_cube_half_a_pixel_off_is_found_out(monkeypatch: pytest.MonkeyPatch):
    true = CubeMap.directions

    def shifted(self: CubeMap, x: object, y: object):  # type: ignore[no-untyped-def]
        return true(self, x + 0.5, y)  # type: ignore[operator]

    assert doctor.round_trip().ok
    monkeypatch.setattr(CubeMap, "directions", shifted)
    assert not doctor.round_trip().ok
    assert [check.ok for check in doctor.agreement()] == [False]


def test_a_device_that_throws_all_samples_away_is_no_sound_card(tmp_path: Path):
    config = tmp_path / "asound.conf"
    config.write_text("pcm.!default { type null }\n")
    ask = "from pipeline.quality.doctor import sound; print(sound().ok, sound().found)"
    environment = {**os.environ, "ALSA_CONFIG_PATH": str(config)}
    told = subprocess.run(
        [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout == "False none\n"
