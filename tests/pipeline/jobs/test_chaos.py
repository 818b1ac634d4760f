"""`make chaos`: a film whose process group is killed at random moments, again and again."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.painting.job import StylizeJob
from tests.pipeline.jobs.conftest import (
    make_clip,
    painted_at_once,
    same,
    same_but_for_the_picture,
)
from vr360.frame import Stereo
from vr360.media.encoder import ffmpeg_binary

KILLS = int(os.environ.get("VR360_CHAOS_KILLS", "50"))
SEED = int(os.environ.get("VR360_CHAOS_SEED", "20"))

# A process that has imported everything, and forks one that paints for each line it is given: what
# is killed is the painting, not the import of torch.
NURSERY = """
import os, sys
from fractions import Fraction
from pathlib import Path
from pipeline.jobs.job import JobOptions, stylize_in_segments
from pipeline.painting.job import StylizeJob
from vr360.frame import Stereo
for line in sys.stdin:
    source, output, style = line.split()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        job = StylizeJob(
            Path(source), Path(output), style, "1s:0.3,6s:1", flow="dis", rate=Fraction(12),
            stereo=Stereo.TOP_BOTTOM, force=True,
        )
        stylize_in_segments(job, options=JobOptions(length=20))
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Nursery:
    """Starts painting processes, one at a time."""

    def __init__(self, job: StylizeJob) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([sys.executable, "-c", NURSERY], text=True, **pipes)
        self._line = f"{job.input} {job.output} {job.style}\n"

    def run(self, kill_after: float | None = None) -> int:
        """The exit code of a run, which is killed after so many seconds."""
        self._process.stdin.write(self._line)
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it has ended
                os.killpg(child, signal.SIGKILL)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def film(tmp_path: Path, tiny_style: Path, make_sound) -> StylizeJob:
    """120 frames with a cut, a ramp, two eyes and sound."""
    clip = make_clip(tmp_path / "clip.mkv", 100, [47], stereo=Stereo.TOP_BOTTOM)
    beeps = make_sound("beeps.wav", np.sin(np.arange(480_000)[:, None] / 9) / 2)
    source = tmp_path / "source.mkv"
    words = [ffmpeg_binary(), "-v", "error", "-i", clip, "-i", beeps]
    subprocess.run([*words, "-c:v", "copy", "-c:a", "aac", source], check=True)
    return StylizeJob(
        source, tmp_path / "film.mp4", str(tiny_style), "1s:0.3,6s:1", flow="dis",
        rate=Fraction(12), stereo=Stereo.TOP_BOTTOM,
    )  # fmt: skip


@pytest.mark.chaos
def test_a_film_killed_at_random_moments_is_the_film_that_was_not(film: StylizeJob):
    nursery, chance = Nursery(film), random.Random(SEED)
    started = time.monotonic()
    assert nursery.run() == 0
    usual = time.monotonic() - started
    whole = film.output.rename(film.output.with_name("uninterrupted.mp4"))
    assert same_but_for_the_picture(whole, painted_at_once(film))
    killed = films = 0
    while killed < KILLS:
        film.output.unlink(missing_ok=True)
        while killed < KILLS and nursery.run(chance.uniform(0, usual)) != 0:
            killed += 1
        if not film.output.exists():
            assert nursery.run() == 0
        films += 1
        assert same(film.output, whole), f"after {killed} kills"
    nursery.close()
    print(
        f"\nkilled {killed} times within {films} films of 120 frames, {usual:.1f} s each: the same"
    )
