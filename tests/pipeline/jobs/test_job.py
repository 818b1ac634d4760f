"""A film made as a job, killed and damaged at will, is the film that was made at once."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.jobs.job import complete, folder_of, stylize_in_segments
from pipeline.jobs.lock import locked
from pipeline.painting.job import StylizeJob
from pipeline.stylize import stylize
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError, OutputError
from vr360.frame import Frame
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter

SEGMENT = 8


@pytest.fixture
def job(tmp_path: Path, tiny_style: Path) -> StylizeJob:
    """Twenty frames, a cut at the twelfth, a ramp, a rate that repeats frames."""
    path = tmp_path / "clip.mkv"
    with FilmWriter(path, 64, 128, Fraction(10), preset="archive") as film:
        for n in range(20):
            place = soft_noise(64, 128, 0 if n < 12 else 7) // (1 if n < 12 else 2)
            film.write(Frame(np.roll(place, 2 * n, axis=1), Fraction(n, 10)))
    return StylizeJob(
        path,
        tmp_path / "film.mkv",
        str(tiny_style),
        "0.2s:0.4,0.9s:1",
        rate=Fraction(12),
        flow="dis",
    )


@pytest.fixture
def whole(job: StylizeJob) -> Path:
    output = job.output.with_name("whole.mkv")
    stylize(replace(job, output=output))
    return output


def same(ours: Path, theirs: Path) -> bool:
    a, b = (list(read_frames(probe(path))) for path in (ours, theirs))
    return [f.pts for f in a] == [f.pts for f in b] and all(
        np.array_equal(x.rgb, y.rgb) for x, y in zip(a, b, strict=True)
    )


class StopHereError(Exception):
    pass


def broken_off(job: StylizeJob, after: int) -> Path:
    """The folder of a job that an error ends when so many frames are painted."""

    def progress(frames, total):
        for n, frame in enumerate(frames):
            if n == after:
                raise StopHereError
            yield frame

    with pytest.raises(StopHereError):
        stylize_in_segments(job, progress, SEGMENT)
    return folder_of(job.output)


@pytest.mark.parametrize("segment", [3, 8, 12, 24, 240])
def test_a_job_makes_the_film_that_one_run_makes(job: StylizeJob, whole: Path, segment: int):
    report = stylize_in_segments(job, segment=segment)
    assert report.frames == 24
    assert same(job.output, whole)
    assert not folder_of(job.output).exists()


def test_a_job_that_was_broken_off_goes_on_behind_what_is_complete(job: StylizeJob, whole: Path):
    folder = broken_off(job, 13)
    done = sum(manifest.frames for _, manifest in complete(folder))
    report, left = [], []

    def progress(frames, total):
        left.append(total)
        for frame in frames:
            report.append(frame.pts)
            yield frame

    stylize_in_segments(job, progress, SEGMENT)
    assert 0 < done < 24
    assert left == [24 - done] == [len(report)]
    assert same(job.output, whole)


@pytest.mark.parametrize("name", ["000000.mkv", "000001.mkv", "000000.safetensors", "000001.json"])
@pytest.mark.parametrize("how", ["truncated", "deleted", "garbled"])
def test_what_was_damaged_is_painted_again(job: StylizeJob, whole: Path, name: str, how: str):
    path = broken_off(job, 18) / name
    data = path.read_bytes()
    if how == "deleted":
        path.unlink()
    else:
        middle = len(data) // 2
        rest = b"" if how == "truncated" else b"\x00\xff" + data[middle + 2 :]
        path.write_bytes(data[:middle] + rest)
    stylize_in_segments(job, segment=SEGMENT)
    assert same(job.output, whole)


def test_a_source_that_changed_is_refused(job: StylizeJob):
    broken_off(job, 13)
    job.input.write_bytes(job.input.read_bytes() + b"\0")
    with pytest.raises(InputError, match="has changed since"):
        stylize_in_segments(job, segment=SEGMENT)


def test_other_settings_are_refused(job: StylizeJob):
    broken_off(job, 13)
    with pytest.raises(InputError, match="its settings were others"):
        stylize_in_segments(replace(job, smoothness=0.1), segment=SEGMENT)


def test_a_damaged_plan_is_named(job: StylizeJob):
    folder = broken_off(job, 13)
    (folder / "plan.json").write_text("{")
    with pytest.raises(InputError, match=r"plan\.json: damaged"):
        stylize_in_segments(job, segment=SEGMENT)


def test_a_second_process_is_told(job: StylizeJob):
    folder = broken_off(job, 13)
    with locked(folder), pytest.raises(OutputError, match=r"worked on by process \d+"):
        stylize_in_segments(job, segment=SEGMENT)


RUN = """
import sys
from pathlib import Path
from pipeline.jobs.job import stylize_in_segments
from pipeline.jobs.plan import load_plan
stylize_in_segments(load_plan(Path(sys.argv[1])).job, segment=8)
"""


def test_killed_without_warning_it_goes_on_to_the_same_bits(job: StylizeJob, whole: Path):
    folder = broken_off(job, 1)
    for parts in (1, 2):
        run = subprocess.Popen([sys.executable, "-c", RUN, folder], start_new_session=True)
        while run.poll() is None and not (folder / f"{parts - 1:06}.json").exists():
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL, "it ended before it was killed"
        assert not job.output.exists()
    stylize_in_segments(job, segment=SEGMENT)
    assert same(job.output, whole)
