"""What a job costs beside a plain run, how soon it goes on, and whether its forecast holds."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.jobs.forecast import forecast
from pipeline.jobs.job import JobOptions, folder_of, resume, stylize_in_segments
from pipeline.jobs.stop import PausedError, Stop
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Span
from pipeline.stylize import stylize
from tests.pipeline.jobs.conftest import stopping_at
from vr360.media.encoder import ffmpeg_binary

pytestmark = pytest.mark.bench
SAMPLE = Path(__file__).parents[2] / "sample_clips" / "valley_2048x1024.mp4"
FRAMES = int(os.environ.get("VR360_BENCH_FRAMES", "144"))
RUNS = int(os.environ.get("VR360_BENCH_RUNS", "3"))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """The shipped clip again and again, 1024x512."""
    path = tmp_path / "clip.mp4"
    words = [ffmpeg_binary(), "-v", "error", "-stream_loop", "-1", "-i", SAMPLE, "-c:a", "copy"]
    words += ["-vf", "scale=1024:512", "-crf", "16", "-preset", "fast", "-t", str(FRAMES / 24)]
    subprocess.run([*words, path], check=True)
    return path


@pytest.fixture
def job(clip: Path, tmp_path: Path) -> StylizeJob:
    return StylizeJob(clip, tmp_path / "film.mp4", "starry_night", force=True)


def processor_seconds() -> float:
    used = [resource.getrusage(kind) for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(run: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, processor = time.perf_counter(), processor_seconds()
    run()
    return time.perf_counter() - wall, processor_seconds() - processor


def line(name: str, plain: list[float], jobs: list[float]) -> str:
    ratio = statistics.median(jobs) / statistics.median(plain)
    pairs = ", ".join(f"{a:.1f}/{b:.1f}" for a, b in zip(jobs, plain, strict=True))
    return f"{name:12} x {ratio:.3f}  ({pairs} s, job/plain)"


def test_a_job_against_a_plain_run(job: StylizeJob):
    stylize(replace(job, span=Span(duration=Fraction(1))))  # does not count
    plain, jobs = list[tuple[float, float]](), list[tuple[float, float]]()
    for _ in range(RUNS):
        plain.append(measured(lambda: stylize(job)))
        jobs.append(measured(lambda: stylize_in_segments(job)))
    print(f"\n{FRAMES} frames of 1024x512, starry_night, {RUNS} runs of each, in turns")
    for name, kind in (("wall", 0), ("processor", 1)):
        print(line(name, [one[kind] for one in plain], [one[kind] for one in jobs]))


def test_the_folder_of_a_job_against_its_film(job: StylizeJob):
    largest = 0

    def progress(frames, _):
        nonlocal largest
        for frame in frames:
            sizes = [f.stat().st_size for f in folder_of(job.output).rglob("*") if f.is_file()]
            largest = max(largest, sum(sizes))
            yield frame

    stylize_in_segments(job, progress, JobOptions(length=max(12, FRAMES // 6)))
    film = job.output.stat().st_size
    print(
        f"\nfolder {largest / 1e6:.1f} MB at most, film {film / 1e6:.1f} MB: {largest / film:.2f}"
    )


RESUME = """
import sys, time
started = float(sys.argv[2])
from pathlib import Path
from pipeline.jobs.job import resume
def progress(frames, _):
    for frame in frames:
        print(time.time() - started, flush=True)
        sys.exit()
resume(Path(sys.argv[1]), progress)
"""


def test_a_job_goes_on_within_seconds(tmp_path: Path):
    job = StylizeJob(SAMPLE, tmp_path / "film.mp4", "starry_night")
    stop = Stop()
    asking = stopping_at(8, lambda: stop.ask("test"))
    with pytest.raises(PausedError):
        stylize_in_segments(job, asking, JobOptions(stop=stop))
    words = [sys.executable, "-c", RESUME, str(folder_of(job.output)), str(time.time())]
    seconds = []
    for _ in range(RUNS):
        words[-1] = str(time.time())
        found = subprocess.run(words, capture_output=True, text=True, check=False)
        seconds.append(float(found.stdout.split()[0]))
    print(f"\nfirst new frame at 2048x1024 after {statistics.median(seconds):.1f} s ({seconds})")


WORK = "import sys; from pathlib import Path; from pipeline.jobs.job import help_out\n"
WORK += "help_out(Path(sys.argv[1]))"


def test_two_workers_against_one(job: StylizeJob):
    options, stop = JobOptions(length=24, warm_up=4), Stop("test")
    with pytest.raises(PausedError):
        stylize_in_segments(job, options=replace(options, stop=stop))
    folder, times = folder_of(job.output), {1: list[float](), 2: list[float]()}
    away = folder.with_name("begun")
    shutil.copytree(folder, away)
    for _ in range(RUNS):
        for workers in times:
            shutil.rmtree(folder)
            shutil.copytree(away, folder)
            times[workers].append(measured(lambda n=workers: _work(folder, n))[0])
    print(f"\n{line('one/two', times[2], times[1])}")
    resume(folder)


def _work(folder: Path, workers: int) -> None:
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    limited = os.environ | {"OMP_NUM_THREADS": threads}
    words = [sys.executable, "-c", WORK, str(folder)]
    crew = [subprocess.Popen(words, env=limited) for _ in range(workers)]
    assert [worker.wait() for worker in crew] == [0] * workers


def test_the_forecast_against_what_came(job: StylizeJob):
    found = forecast(job)
    wall, _ = measured(lambda: stylize_in_segments(job))
    film = job.output.stat().st_size
    print(f"\ntime: forecast {found.seconds:.1f} s, came {wall:.1f}: {found.seconds / wall:.2f}")
    print(f"film: forecast {found.film / film:.2f} of what came")
