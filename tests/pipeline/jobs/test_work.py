"""Several processes paint one film: each segment once, and the same film as one alone."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.jobs import claims
from pipeline.jobs.claims import claimed, owner_of
from pipeline.jobs.job import JobOptions, folder_of, help_out, resume, stylize_in_segments
from pipeline.jobs.plan import load_plan
from pipeline.jobs.segments import Segment
from pipeline.jobs.status import status, verify
from pipeline.painting.job import StylizeJob
from tests.pipeline.jobs.conftest import broken_off, make_clip, painted_at_once, same
from vr360.errors import InputError, Vr360Error

COMMAND = [sys.executable, "-m", "pipeline.cli", "jobs"]
DEAD = 4_000_000  # no process has that number


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def claim(folder: Path, pid: int, node: str) -> Path:
    path = folder / "a.claim"
    path.write_text(json.dumps({"pid": pid, "node": node}))
    return path


def test_what_one_holds_the_next_one_passes_over(folder: Path):
    with claimed(folder, ["a", "b"]) as first, claimed(folder, ["a", "b"]) as second:
        assert first is not None
        assert second is not None
        assert (first[0], second[0]) == ("a", "b")
        with claimed(folder, ["a", "b"]) as third:
            assert third is None
    assert owner_of(folder, "a") is None


def test_the_claim_of_a_dead_process_is_free_at_once(folder: Path):
    claim(folder, DEAD, os.uname().nodename)
    with claimed(folder, ["a"]) as mine:
        assert mine is not None


@pytest.mark.parametrize("seconds", [-3600, 3600], ids=["an hour old", "the clock was set back"])
def test_a_claim_without_a_heartbeat_expires(folder: Path, seconds: int):
    path = claim(folder, 1, "another-machine")
    with claimed(folder, ["a"]) as mine:
        assert mine is None
    os.utime(path, (time.time() + seconds, time.time() + seconds))
    with claimed(folder, ["a"]) as mine:
        assert mine is not None


def test_a_claim_that_was_cut_short_by_a_crash_expires(folder: Path):
    path = folder / "a.claim"
    path.write_text('{"pid": 1')
    with claimed(folder, ["a"]) as mine:
        assert mine is None
    os.utime(path, (0, 0))
    with claimed(folder, ["a"]) as mine:
        assert mine is not None


def test_a_heart_beats_while_frames_come_and_stops_when_they_do_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(claims, "BEAT", 0.01)
    monkeypatch.setattr(claims, "STUCK", 0.2)
    with claimed(folder, ["a"]) as mine:
        assert mine is not None
        for _ in range(3):
            os.utime(folder / "a.claim", (0, 0))
            # again and again: a busy machine may let the heart sleep until a frame is long ago
            _wait(lambda: (mine[1].moved(), not _is_old(folder))[1])
        _wait(lambda: (os.utime(folder / "a.claim", (0, 0)), time.sleep(0.3)) and _is_old(folder))


def _is_old(folder: Path) -> bool:
    return (folder / "a.claim").stat().st_mtime == 0


def _wait(until) -> None:
    end = time.monotonic() + 600
    while not until():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_claim_that_another_has_taken_is_left_to_it(folder: Path):
    with claimed(folder, ["a"]):
        claim(folder, 1, "another-machine")
    owner = owner_of(folder, "a")
    assert owner is not None
    assert owner.node == "another-machine"


@pytest.fixture
def four_shots(tmp_path: Path, tiny_style: Path) -> StylizeJob:
    clip = make_clip(tmp_path / "clip.mkv", 32, [9, 16, 24])
    return StylizeJob(clip, tmp_path / "film.mkv", str(tiny_style), "0s:0.4,2s:1", flow="dis")


def test_a_second_process_shares_the_work(four_shots: StylizeJob):
    options = JobOptions(length=4)
    folder = broken_off(four_shots, 1, options)
    with subprocess.Popen([*COMMAND, "work", folder], stderr=subprocess.PIPE, text=True) as worker:
        _wait(lambda: list(folder.glob("*.mkv")) or worker.poll() is not None)
        resume(folder)
        _, said = worker.communicate(timeout=600)
    assert worker.returncode in (0, 1), said
    assert "Traceback" not in said
    assert same(four_shots.output, painted_at_once(four_shots))


def test_a_worker_alone_paints_all_and_leaves_the_assembly(four_shots: StylizeJob):
    folder = broken_off(four_shots, 1, JobOptions(length=4))
    help_out(folder)
    found = status(folder)
    assert found.done == found.frames == 32
    assert verify(folder) == []
    assert not four_shots.output.exists()
    resume(folder)
    assert same(four_shots.output, painted_at_once(four_shots))


def test_three_workers_of_which_some_are_killed_make_the_film_of_one(four_shots: StylizeJob):
    options = JobOptions(length=4, warm_up=2)
    stylize_in_segments(four_shots, options=options)
    alone = four_shots.output.rename(four_shots.output.with_name("alone.mkv"))
    folder = broken_off(four_shots, 1, options)
    chance = random.Random(5)
    words = [*COMMAND, "work", str(folder)]
    workers = [_start(words) for _ in range(3)]
    try:
        for _ in range(3):
            _wait(lambda: list(folder.glob("*.claim")) or _ended(workers))
            time.sleep(chance.uniform(0, 0.5))
            _kill(workers.pop(0))
            workers.append(_start(words))
        resume(folder)
        assert [worker.wait(timeout=600) in (0, 1) for worker in workers] == [True] * 3
    finally:
        for worker in workers:
            _kill(worker)
    assert same(four_shots.output, alone)


def _ended(workers: list[subprocess.Popen]) -> bool:
    return all(worker.poll() is not None for worker in workers)


def _kill(worker: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _start(words: list[str]) -> subprocess.Popen:
    return subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL)


def test_with_warm_up_the_manifest_says_so_and_the_film_differs_from_the_whole_one(
    four_shots: StylizeJob,
):
    folder = broken_off(four_shots, 30, JobOptions(length=4, warm_up=2))
    plan = load_plan(folder)
    made = [Segment(folder, planned.key).manifest() for planned in plan.segments]
    warm = {m.warm_up for m in made if m}
    assert warm == {0, 2}
    assert all(planned.after is None for planned in plan.segments)
    resume(folder)
    assert not same(four_shots.output, painted_at_once(four_shots))


def test_a_warm_up_from_the_beginning_of_each_shot_is_the_whole_film_where_nothing_is_repeated(
    four_shots: StylizeJob,
):
    stylize_in_segments(four_shots, options=JobOptions(length=4, warm_up=240))
    assert same(four_shots.output, painted_at_once(four_shots))


def test_a_worker_is_refused_where_source_or_scan_are_not_those_of_the_plan(
    four_shots: StylizeJob,
):
    folder = broken_off(four_shots, 5, JobOptions(length=4))
    scan = (folder / "scan.json").read_text()
    (folder / "scan.json").write_text("{")
    with pytest.raises(InputError, match=r"scan\.json is damaged"):
        help_out(folder)
    (folder / "scan.json").write_text(scan)
    four_shots.input.touch()
    with pytest.raises(InputError, match="has changed since"):
        help_out(folder)


def test_a_folder_that_is_removed_under_a_worker_is_named(four_shots: StylizeJob):
    folder = broken_off(four_shots, 5, JobOptions(length=4))

    def progress(frames, total):
        for n, frame in enumerate(frames):
            if n == 2:
                folder.rename(folder.with_name("elsewhere"))
            yield frame

    with pytest.raises(Vr360Error, match=r"film\.mkv\.job"):
        help_out(folder, progress)


def test_the_longest_shot_is_begun_first(four_shots: StylizeJob, tmp_path: Path):
    make_clip(four_shots.input, 32, [4, 26])
    folder = broken_off(replace(four_shots, strength="1"), 8, JobOptions(length=4))
    plan = load_plan(folder)
    done = [p.first for p in plan.segments if Segment(folder, p.key).manifest()]
    assert done == [4, 8]
    assert folder_of(four_shots.output) == folder
