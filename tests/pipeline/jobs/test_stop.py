"""A job that is asked to stop keeps every frame that is finished, and says so."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.jobs import status
from pipeline.jobs.job import JobOptions, folder_of, resume, stylize_in_segments
from pipeline.jobs.stop import PausedError, Stop
from pipeline.painting.job import StylizeJob
from tests.pipeline.jobs.conftest import (
    LENGTH,
    OPTIONS,
    Counted,
    StopHereError,
    broken_off,
    same,
    stopping_after,
    stopping_at,
)
from vr360.errors import OutputError, Vr360Error

COMMAND = [sys.executable, "-m", "pipeline.cli"]


@pytest.mark.parametrize("frame", [2, 9, 13])
def test_stopped_within_a_segment_it_goes_on_with_the_next_frame(
    job: StylizeJob, whole: Path, frame: int
):
    stop = Stop()
    progress = stopping_at(frame, lambda: stop.ask("test"))
    with pytest.raises(PausedError, match=r"paused \(test\): \d+ of 24 frames are kept; go on"):
        stylize_in_segments(job, progress, replace(OPTIONS, stop=stop))
    kept = status.status(folder_of(job.output)).done
    assert frame < kept <= frame + LENGTH
    counted = Counted()
    resume(folder_of(job.output), counted)
    assert counted.frames == counted.total == 24 - kept
    assert same(job.output, whole)


def test_stopped_again_and_again_it_is_still_the_same_film(job: StylizeJob, whole: Path):
    pauses = 0
    while not job.output.exists():
        stop = Stop()
        progress = stopping_at(1, lambda stop=stop: stop.ask("test"))
        try:
            stylize_in_segments(job, progress, replace(OPTIONS, stop=stop))
        except PausedError:
            pauses += 1
    assert pauses > 2
    assert same(job.output, whole)


def test_a_film_coded_at_a_loss_is_the_same_when_it_was_stopped_within_a_segment(job: StylizeJob):
    film = replace(job, output=job.output.with_suffix(".mp4"))
    whole = replace(film, output=film.output.with_name("whole.mp4"))
    stylize_in_segments(whole, options=OPTIONS)
    stop = Stop()
    progress = stopping_at(2, lambda: stop.ask("test"))
    with pytest.raises(PausedError):
        stylize_in_segments(film, progress, replace(OPTIONS, stop=stop))
    assert len(list(folder_of(film.output).glob("*.part.mkv"))) == 1
    counted = Counted()
    resume(folder_of(film.output), counted)
    assert 0 < counted.frames < 22
    assert same(film.output, whole.output)


def test_a_part_that_was_damaged_is_painted_again(job: StylizeJob, whole: Path):
    stop = Stop()
    progress = stopping_at(2, lambda: stop.ask("test"))
    with pytest.raises(PausedError):
        stylize_in_segments(job, progress, replace(OPTIONS, stop=stop))
    (part,) = folder_of(job.output).glob("*.part.mkv")
    part.write_bytes(part.read_bytes()[:-5])
    resume(folder_of(job.output))
    assert same(job.output, whole)


def test_stopped_while_it_is_assembled_it_is_assembled_anew(job: StylizeJob, whole: Path):
    stop = Stop()

    def progress(frames, total):
        yield from frames
        stop.ask("test")

    with pytest.raises(PausedError, match="24 of 24 frames are kept"):
        stylize_in_segments(job, progress, replace(OPTIONS, stop=stop))
    assert not job.output.exists()
    counted = Counted()
    resume(folder_of(job.output), counted)
    assert counted.frames == 0
    assert same(job.output, whole)


def run(folder: Path) -> subprocess.Popen:
    words = ["jobs", "resume", str(folder)]
    return subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_frame_and_says_what_is_kept(
    job: StylizeJob, whole: Path, number: signal.Signals
):
    folder = broken_off(job, 1, JobOptions(length=4))
    process = run(folder)
    while not list(folder.glob("*.mkv")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 128 + number
    assert "finishing the frame" in said
    assert "frames are kept; go on with: vr360 jobs resume" in said
    assert "Traceback" not in said
    resume(folder)
    assert same(job.output, whole)


def test_a_second_signal_stops_at_once_and_loses_only_the_segment(job: StylizeJob, whole: Path):
    folder = broken_off(job, 1, JobOptions(length=4))
    process = run(folder)
    while not list(folder.glob("*.mkv")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=600)
    assert process.returncode != 0
    resume(folder)
    assert same(job.output, whole)


SCANNED = """
import os, signal, sys
from pathlib import Path
from pipeline.cli.signals import clean_up_when_ended, stopping_at_a_frame
from pipeline.jobs.job import JobOptions, stylize_in_segments
from pipeline.painting.job import StylizeJob
def signalled(frames, total):
    for n, frame in enumerate(frames):
        if n == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        yield frame
clean_up_when_ended()
source, output, style = sys.argv[1:]
with stopping_at_a_frame() as stop:
    options = JobOptions(stop=stop, scanning=signalled)
    stylize_in_segments(StylizeJob(Path(source), Path(output), style), options=options)
"""


def test_a_signal_while_the_source_is_scanned_ends_it_at_once(job: StylizeJob, whole: Path):
    words = [sys.executable, "-c", SCANNED, job.input, job.output, job.style]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (128 + signal.SIGTERM, "")
    assert not (folder_of(job.output) / "scan.json").exists()
    stylize_in_segments(job, options=OPTIONS)
    assert same(job.output, whole)


def test_pausing_reaches_the_process_that_paints(job: StylizeJob, whole: Path):
    folder = folder_of(job.output)
    act = stopping_at(9, lambda: status.pause(folder))
    with pytest.raises(PausedError, match="vr360 jobs pause"):
        stylize_in_segments(job, act, OPTIONS)
    with pytest.raises(OutputError, match="nobody is at work"):
        status.pause(folder)
    resume(folder)
    assert same(job.output, whole)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own, which only root can mount."""
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_pauses_the_job_before_it_is_full(
    job: StylizeJob, whole: Path, tmp_path: Path
):
    with small_disk(tmp_path / "disk", 32) as disk:
        film, ballast = replace(job, output=disk / "film.mkv"), disk / "ballast"
        fill = stopping_at(10, lambda: ballast.write_bytes(bytes(_free(disk) - 1_300_000)))
        with pytest.raises(PausedError, match="the disk is nearly full"):
            stylize_in_segments(film, fill, OPTIONS)
        with pytest.raises(PausedError, match="the disk is nearly full"):
            resume(folder_of(film.output))
        ballast.unlink()
        resume(folder_of(film.output))
        assert same(film.output, whole)


@pytest.mark.parametrize("frame", sorted(random.Random(20).sample(range(20), 10)))
def test_a_disk_that_is_full_at_once_ends_in_an_error_and_loses_nothing(
    job: StylizeJob, whole: Path, tmp_path: Path, frame: int
):
    with small_disk(tmp_path / "disk", 32) as disk:
        film, ballast = replace(job, output=disk / "film.mkv"), disk / "ballast"
        fill = stopping_at(frame, lambda: ballast.write_bytes(bytes(_free(disk))))
        with pytest.raises(Vr360Error, match=r"disk is|disk has|No space"):
            stylize_in_segments(film, fill, OPTIONS)
        assert not film.output.exists()
        ballast.unlink()
        resume(folder_of(film.output))
        assert same(film.output, whole)


def _free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def test_a_folder_that_cannot_be_written_is_named(job: StylizeJob, tmp_path: Path):
    place = tmp_path / "read_only"
    place.mkdir()
    film = replace(job, output=place / "film.mkv")
    words = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("a disk that cannot be written cannot be mounted here")
    try:
        with pytest.raises(
            OutputError, match=r"read_only/film\.mkv: the folder .* cannot be written"
        ):
            stylize_in_segments(film, options=OPTIONS)
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_the_command_line_ends_with_one_line(
    job: StylizeJob, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["vr360", "jobs", "resume", str(folder_of(job.output))])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_log_tells_when_what_happened(job: StylizeJob):
    stop = Stop()
    progress = stopping_at(10, lambda: stop.ask("test"))
    with pytest.raises(PausedError):
        stylize_in_segments(job, progress, replace(OPTIONS, stop=stop))
    folder = folder_of(job.output)
    with pytest.raises(StopHereError, match=r"^$"):
        resume(folder, stopping_after(1))
    lines = (folder / "log.txt").read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}  process \d+ on ", x) for x in lines)
    said = [line.partition(" on ")[2].partition("  ")[2] for line in lines]
    assert said[0].startswith("painting film.mkv, vr360 ")
    assert said[1] == "planned 24 frames in 4 segments"
    done = r"frames \d+ to \d+: done, 8 frames, \d+\.\d\d fps"
    # What is in hand when it is asked to stop is finished: that may end a second segment.
    assert sum(bool(re.fullmatch(done, line)) for line in said) in (1, 2)
    assert any("paused within" in line for line in said)
    assert any(line.startswith("paused (test): ") for line in said)
    assert said[-1].startswith("ended by StopHereError")
