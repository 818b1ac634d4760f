from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.painting import memory
from pipeline.painting.job import StylizeJob
from pipeline.painting.memory import check_memory, needed_memory
from vr360.errors import InputError
from vr360.frame import Stereo, VideoInfo
from vr360.media.probe import probe
from vr360.memory import available_memory


@pytest.fixture
def job(tmp_path: Path, make_film, moving) -> StylizeJob:
    path = make_film("clip.mp4", moving(3, 64, 128), rate=25)
    return StylizeJob(path, tmp_path / "film.mp4", "starry_night")


@pytest.fixture
def info(job: StylizeJob) -> VideoInfo:
    return probe(job.input)


def test_what_takes_more_than_it_may_is_refused_in_one_line(job: StylizeJob, info: VideoInfo):
    needed = needed_memory(job, info)
    check_memory(job, info, needed)
    with pytest.raises(InputError, match=r"clip\.mp4: painting 128x64 takes .* --memory allows"):
        check_memory(job, info, needed - 1)


def test_a_machine_with_less_left_is_told_of_and_painting_begins(
    job: StylizeJob, info: VideoInfo, monkeypatch: pytest.MonkeyPatch, caplog
):
    monkeypatch.setattr(memory, "available_memory", lambda: 10**8)
    check_memory(job, info)
    assert "this machine has 0.1 GB left; --paint-width 64 takes less" in caplog.text


def test_spheres_that_are_continued_over_their_edges_are_painted_whole(job, info: VideoInfo):
    large = replace(info, width=16384, height=8192)
    assert needed_memory(replace(job, padding="wrap"), large) > 2 * needed_memory(job, large) / 1.5


def test_memory_goes_by_the_spheres_that_are_painted(job: StylizeJob, info: VideoInfo):
    large = replace(info, width=16384, height=8192)
    needed = needed_memory(job, large)
    assert needed > needed_memory(job, replace(info, width=8192, height=4096))
    assert needed_memory(replace(job, paint_width=128), large) == needed_memory(job, info)
    pair = replace(info, width=8192, height=8192, stereo=Stereo.TOP_BOTTOM)
    one = replace(info, width=8192, height=4096)
    assert needed_memory(job, one) < needed_memory(job, pair) < needed


def test_spheres_are_large_here_where_the_backend_tiles_them():
    from pipeline.backends.tiled import LARGEST
    from pipeline.painting.canvas import face_size

    assert 6 * face_size(5184, 32) ** 2 <= LARGEST < 6 * face_size(5248, 32) ** 2
    assert 5184 * 2592 <= memory.LARGEST_WHOLE < 5248 * 2624


def test_a_film_that_nothing_is_painted_of_takes_little(job: StylizeJob, info: VideoInfo):
    large = replace(info, width=16384, height=8192)
    assert needed_memory(replace(job, strength=0), large) < needed_memory(job, info)


@pytest.mark.parametrize(
    ("limit", "left"),
    [
        (None, 3000 << 10),
        ("max", 3000 << 10),
        ("2000000", 2_000_000 - 900_000 + 500_000 - 100_000),
        ("900000000", 3000 << 10),  # the group may take more than there is
        ("400000", 0),
    ],
)
def test_what_is_left_is_the_least_of_machine_and_group(
    limit: str | None, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    measures = tmp_path / "meminfo"
    measures.write_text("MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable:    3000 kB\n")
    if limit:  # of the pages of files, those of tmpfs are not free to go
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text("900000\n")
        told = "anon 300000\nfile 500000\nkernel 1\nshmem 100000\nfile_mapped 7\n"
        (tmp_path / "memory.stat").write_text(told)
    monkeypatch.setattr("vr360.memory._MEASURES", measures)
    monkeypatch.setattr("vr360.memory._GROUP", tmp_path)
    assert available_memory() == left


def test_a_system_that_does_not_say_is_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vr360.memory._MEASURES", tmp_path / "meminfo")
    monkeypatch.setattr("vr360.memory._GROUP", tmp_path)
    assert available_memory() is None
