"""A film made as a job, killed and damaged at will, is the film that was made at once."""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.jobs import studio
from pipeline.jobs.files import fingerprint, sha256
from pipeline.jobs.job import JobOptions, folder_of, help_out, remove, resume, stylize_in_segments
from pipeline.jobs.lock import locked
from pipeline.jobs.plan import load_plan
from pipeline.jobs.scan import source_of
from pipeline.jobs.segments import Segment
from pipeline.painting.job import StylizeJob
from tests.pipeline.jobs.conftest import (
    OPTIONS,
    Counted,
    broken_off,
    make_clip,
    painted_at_once,
    same,
    same_but_for_the_picture,
    sound,
)
from vr360.errors import InputError, OutputError, Vr360Error
from vr360.frame import Stereo
from vr360.media.encoder import ffmpeg_binary
from vr360.media.presets import Overrides


@pytest.mark.parametrize("length", [3, 8, 240])
def test_a_job_makes_the_film_that_one_run_makes(job: StylizeJob, whole: Path, length: int):
    report = stylize_in_segments(job, options=JobOptions(length=length))
    assert report.frames == 24
    assert report.resampling.repeated == 4
    assert same(job.output, whole)
    assert list(job.output.parent.glob(".*")) == []
    assert not folder_of(job.output).exists()


def test_a_job_that_was_broken_off_goes_on_behind_what_is_complete(job: StylizeJob, whole: Path):
    folder = broken_off(job, 13)
    assert len(list(folder.glob("*.mkv"))) == 1
    progress = Counted()
    resume(folder, progress, OPTIONS)
    assert progress.frames == progress.total < 24
    assert same(job.output, whole)


@pytest.mark.parametrize("suffix", [".mkv", ".safetensors", ".json"])
@pytest.mark.parametrize("how", ["truncated", "deleted", "garbled"])
def test_what_was_damaged_is_painted_again(job: StylizeJob, whole: Path, suffix: str, how: str):
    folder = broken_off(job, 22)
    for segment in load_plan(folder).segments:
        path = folder / f"{segment.key}{suffix}"
        data = path.read_bytes() if path.exists() else b""
        if how == "deleted":
            path.unlink(missing_ok=True)
        elif data:
            middle = len(data) // 2
            rest = b"" if how == "truncated" else b"\x00\xff" + data[middle + 2 :]
            path.write_bytes(data[:middle] + rest)
    stylize_in_segments(job, options=OPTIONS)
    assert same(job.output, whole)


def test_a_state_goes_with_the_next_segment_and_comes_back_where_that_is_damaged(
    job: StylizeJob, whole: Path
):
    folder = broken_off(job, 23, JobOptions(length=4))
    plan = load_plan(folder)
    done = [p for p in plan.segments if Segment(folder, p.key).manifest()]
    followed = [p.key for p in done if p.key in {other.after for other in done}]
    assert len(followed) >= 2
    assert not any((folder / f"{key}.safetensors").exists() for key in followed)
    last = next(p for p in reversed(done) if p.after in followed)
    Segment(folder, last.key).film.unlink()
    counted = Counted()
    resume(folder, counted)
    assert counted.frames > 4
    assert same(job.output, whole)


def test_a_segment_that_bears_the_name_of_another_is_painted_again(job: StylizeJob, whole: Path):
    folder = broken_off(job, 22)
    there = [s.key for s in load_plan(folder).segments if Segment(folder, s.key).manifest()]
    for suffix in (".mkv", ".json", ".safetensors"):
        one, other = (folder / f"{key}{suffix}" for key in there[:2])
        if one.exists() and other.exists():
            other.write_bytes(one.read_bytes())
    stylize_in_segments(job, options=OPTIONS)
    assert same(job.output, whole)


def test_a_segment_that_is_damaged_while_the_last_is_painted_ends_in_an_error(job: StylizeJob):
    def progress(frames, total):
        yield from frames
        folder = folder_of(job.output)
        film = folder / f"{load_plan(folder).segments[0].key}.mkv"
        film.write_bytes(film.read_bytes()[:-10])

    with pytest.raises(OutputError, match="damaged since it was painted; vr360 jobs resume"):
        stylize_in_segments(job, progress, OPTIONS)
    assert not job.output.exists()
    counted = Counted()
    first = load_plan(folder_of(job.output)).segments[0]
    resume(folder_of(job.output), counted)
    assert counted.frames == first.frames


def test_resuming_refuses_a_source_that_has_changed_and_keeps_all(job: StylizeJob, whole: Path):
    folder = broken_off(job, 13)
    before = job.input.stat()
    job.input.touch()
    with pytest.raises(InputError, match=r"clip\.mkv has changed since; vr360 stylize"):
        resume(folder)
    os.utime(job.input, ns=(before.st_atime_ns, before.st_mtime_ns))
    resume(folder)
    assert same(job.output, whole)


def test_a_source_that_changes_under_way_is_refused(job: StylizeJob):
    def progress(frames, total):
        for n, frame in enumerate(frames):
            if n == 3:
                job.input.touch()
            yield frame

    with pytest.raises(InputError, match=r"clip\.mkv: changed while it was painted"):
        stylize_in_segments(job, progress, OPTIONS)
    assert not job.output.exists()


def test_every_chapter_of_a_source_counts(job: StylizeJob):
    names = ("GH010012.MKV", "GH020012.MKV", "GH020013.MKV")
    first, second, stranger = (job.input.with_name(name) for name in names)
    for path in (first, second, stranger):
        shutil.copyfile(job.input, path)
    alone = replace(job, input=first, chapters=False)
    before = source_of(replace(alone, chapters=True)), source_of(alone)
    assert before[0] != before[1]
    stranger.touch()
    assert (source_of(replace(alone, chapters=True)), source_of(alone)) == before
    second.touch()
    assert source_of(replace(alone, chapters=True)) != before[0]
    assert source_of(alone) == before[1]


def test_the_file_of_the_other_lens_is_part_of_the_source(job: StylizeJob, tmp_path: Path):
    lenses = [tmp_path / f"VID_20190101_120000_{n}0_001.insv" for n in (0, 1)]
    for lens in lenses:
        lens.write_bytes(b"film")
    pair = replace(job, input=lenses[0])
    before = source_of(pair)
    lenses[1].write_bytes(b"another")
    assert source_of(pair) != before


def test_a_later_chapter_that_changes_is_refused(job: StylizeJob):
    names = ("GH010012.MKV", "GH020012.MKV")
    first, second = (job.input.with_name(name) for name in names)
    for path in (first, second):
        shutil.copyfile(job.input, path)
    folder = broken_off(replace(job, input=first), 13)
    second.touch()
    with pytest.raises(InputError, match=r"GH010012\.MKV has changed since"):
        resume(folder)


def test_a_source_that_is_altered_in_secret_is_refused(job: StylizeJob):
    folder = broken_off(job, 13)
    make_clip(job.input, 20, [9])
    path, old = folder / "plan.json", load_plan(folder).source
    path.write_text(path.read_text().replace(old, fingerprint(job.input)))
    with pytest.raises(InputError, match=r"frame \d+ is not what it was when the job began"):
        help_out(folder)


def test_settings_that_change_every_frame_paint_every_frame(job: StylizeJob):
    broken_off(job, 13)
    other, progress = replace(job, smoothness=0.1), Counted()
    stylize_in_segments(other, progress, OPTIONS)
    assert progress.frames == 24
    assert same(job.output, painted_at_once(other))


def test_a_damaged_plan_is_named_by_resume_and_made_again_by_stylize(job: StylizeJob, whole: Path):
    folder = broken_off(job, 13)
    (folder / "plan.json").write_text("{")
    with pytest.raises(InputError, match=r"plan\.json: damaged; vr360 stylize"):
        resume(folder)
    progress = Counted()
    stylize_in_segments(job, progress, OPTIONS)
    assert progress.frames < 24
    assert same(job.output, whole)


def test_a_second_process_is_told(job: StylizeJob):
    folder = broken_off(job, 13)
    with locked(folder), pytest.raises(OutputError, match=r"worked on by process \d+ on "):
        resume(folder)


def test_a_job_that_is_done_while_another_process_opens_it_is_said_to_be_gone(job: StylizeJob):
    folder = folder_of(job.output)
    with pytest.raises(InputError, match="no job; it has no plan"):
        resume(folder)
    with pytest.raises(OutputError, match="is gone; its film is finished"), locked(folder):
        pass


def test_resuming_replaces_a_film_only_when_told_to(job: StylizeJob, whole: Path):
    folder = broken_off(job, 13)
    job.output.write_bytes(b"another film")
    with pytest.raises(OutputError, match="--force"):
        resume(folder)
    assert job.output.read_bytes() == b"another film"
    resume(folder, force=True)
    assert same(job.output, whole)


@pytest.mark.parametrize("name", ["film.mkv", "frames"])
def test_the_film_is_on_the_disk_before_its_segments_go(
    job: StylizeJob, monkeypatch: pytest.MonkeyPatch, name: str
):
    job = replace(job, output=job.output.with_name(name))
    kept, fsync = set[int](), os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        if job.output.exists() and list(folder_of(job.output).glob("*.json")):
            kept.add(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", watched)
    stylize_in_segments(job, options=OPTIONS)
    frames = [] if job.output.is_file() else job.output.iterdir()
    made = [job.output.parent, job.output, *frames]  # the name, and what bears it
    assert {path.stat().st_ino for path in made} <= kept


def test_cleaning_removes_the_job_and_nothing_else(job: StylizeJob):
    folder = broken_off(job, 13)
    beside = sorted(path.name for path in job.output.parent.iterdir() if path != folder)
    remove(folder)
    assert sorted(path.name for path in job.output.parent.iterdir()) == beside
    with pytest.raises(InputError, match="no job"):
        remove(job.output.parent)
    assert job.input.exists()


def test_a_job_that_is_worked_on_is_not_cleaned(job: StylizeJob):
    folder = broken_off(job, 13)
    with locked(folder), pytest.raises(OutputError, match="is being worked on"):
        remove(folder)
    assert (folder / "plan.json").exists()


def test_each_segment_is_hashed_once_when_written_and_once_when_assembled(
    job: StylizeJob, monkeypatch: pytest.MonkeyPatch
):
    hashed = []
    monkeypatch.setattr(
        "pipeline.jobs.segments.sha256", lambda path: (hashed.append(path.name), sha256(path))[1]
    )
    stylize_in_segments(job, options=OPTIONS)
    films = [name for name in hashed if name.endswith(".mkv")]
    assert films.count("film.mkv") == len(set(films)) - 1 == 4
    assert len(films) == 8


def test_nets_are_loaded_once_and_not_at_all_to_assemble(
    job: StylizeJob, monkeypatch: pytest.MonkeyPatch
):
    loads, load = [], studio.load_looks
    monkeypatch.setattr(studio, "load_looks", lambda *a, **k: (loads.append(a), load(*a, **k))[1])
    options = replace(OPTIONS, keep=True)
    stylize_in_segments(job, options=options)
    assert len(loads) == 1
    stylize_in_segments(replace(job, output=job.output, force=True), options=options)
    assert len(loads) == 1


def test_a_segment_with_another_number_of_frames_than_planned_is_painted_again(
    job: StylizeJob, whole: Path
):
    folder = broken_off(job, 13)
    (manifest,) = (p for p in folder.glob("*.json") if p.stem not in ("plan", "scan"))
    manifest.write_text(manifest.read_text().replace('"frames": 8', '"frames": 7'))
    counted = Counted()
    resume(folder, counted)
    assert counted.frames == 24
    assert same(job.output, whole)


def test_an_encoder_that_refuses_does_so_before_the_first_frame_is_painted(job: StylizeJob):
    film = replace(job, encoding=Overrides("libx264", None, None, "fastest"), preset="quest")
    counted = Counted()
    with pytest.raises(Vr360Error, match=r"film\.mkv: ffmpeg stopped"):
        stylize_in_segments(film, counted, OPTIONS)
    assert counted.frames == 0


@pytest.mark.parametrize("every", [3, "auto"])
def test_key_frames_go_on_where_they_were(job: StylizeJob, every: int | str):
    job = replace(job, paint_every=every)
    broken_off(job, 13, JobOptions(length=5))
    resume(folder_of(job.output))
    assert same(job.output, painted_at_once(job))


def test_files_are_closed_however_many_segments_there_are(job: StylizeJob):
    opened = []

    def progress(frames, total):
        for frame in frames:
            opened.append(len(list(Path("/proc/self/fd").iterdir())))
            yield frame

    before = len(list(Path("/proc/self/fd").iterdir()))
    stylize_in_segments(job, progress, JobOptions(length=1))
    assert len(opened) == 24
    assert max(opened) - min(opened) < 12
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 4, "what libraries open once"


# It kills its own group: on a busy machine another process could be too late for that.
KILLED = """
import os, signal, sys, threading, time
from pathlib import Path
from pipeline.jobs.job import resume
folder, parts = Path(sys.argv[1]), int(sys.argv[2])
def kill():
    while len(list(folder.glob("*.mkv"))) < parts:
        time.sleep(0.005)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=kill, daemon=True).start()
resume(folder)
"""


def test_killed_without_warning_it_goes_on_to_the_same_bits(job: StylizeJob, whole: Path):
    folder = broken_off(job, 1, JobOptions(length=2))
    for parts in ("1", "4"):
        words = [sys.executable, "-c", KILLED, folder, parts]
        run = subprocess.run(words, start_new_session=True, check=False)
        assert run.returncode == -signal.SIGKILL
        assert not job.output.exists()
    resume(folder)
    assert same(job.output, whole)


def test_of_two_processes_that_resume_at_once_one_is_told(job: StylizeJob, whole: Path):
    folder = broken_off(job, 13)
    words = [sys.executable, "-m", "pipeline.cli", "jobs", "resume", folder]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [run.communicate()[1] for run in both]
    said = {run.returncode: words for run, words in zip(both, told, strict=True)}
    assert sorted(said) == [0, 1]
    assert re.search(r"worked on by process \d+ on |no job; it has no plan|is gone", said[1])
    assert said[1].count("\n") == 1
    assert same(job.output, whole)


def test_segments_begin_with_the_right_frame_where_seeking_lands_elsewhere(job: StylizeJob):
    film = replace(job, input=job.input.with_name("long_gop.mp4"))
    words = [ffmpeg_binary(), "-v", "error", "-i", job.input, "-c:v", "libx264", "-g", "250"]
    words += ["-bf", "3", "-pix_fmt", "yuv420p", "-x264-params", "open-gop=1:b-pyramid=2"]
    subprocess.run([*words, film.input], check=True)
    stylize_in_segments(film, options=JobOptions(length=5))
    assert same(film.output, painted_at_once(film))


def test_all_the_sound_is_written_once_before_the_first_frame_is_painted(
    job: StylizeJob, make_sound, monkeypatch: pytest.MonkeyPatch
):
    beeps = make_sound("beeps.wav", np.sin(np.arange(96000)[:, None] / 9) / 2)
    film = replace(job, input=job.input.with_name("source.mkv"))
    words = [ffmpeg_binary(), "-v", "error", "-i", job.input, "-i", beeps]
    subprocess.run([*words, "-c:v", "copy", "-c:a", "aac", "-shortest", film.input], check=True)
    trial, heard, unlink = folder_of(film.output) / film.output.name, list[object](), Path.unlink

    def listening(path: Path, missing_ok: bool = False) -> None:
        if path == trial:
            heard.append(sound(path))
        unlink(path, missing_ok)

    def progress(frames, total):
        assert len(heard) == 1
        yield from frames

    monkeypatch.setattr(Path, "unlink", listening)
    stylize_in_segments(film, progress, OPTIONS)
    assert heard == [sound(film.output)] != [[]]


@pytest.mark.parametrize(
    ("suffix", "depth", "stereo"),
    [
        (".mkv", 10, Stereo.MONO),
        (".mkv", 8, Stereo.TOP_BOTTOM),
        (".mp4", 8, Stereo.MONO),
        (".mp4", 10, Stereo.MONO),
        (".mov", 8, Stereo.TOP_BOTTOM),
        ("", 8, Stereo.MONO),
    ],
)
def test_every_kind_of_film_is_the_same_when_it_was_broken_off(
    tmp_path: Path, tiny_style: Path, make_sound, suffix: str, depth: int, stereo: Stereo
):
    clip = make_clip(tmp_path / "clip.mkv", 20, [12], depth, stereo)
    beeps = make_sound("beeps.wav", np.sin(np.arange(96000)[:, None] / 9) / 2)
    source = tmp_path / "source.mkv"
    words = [ffmpeg_binary(), "-v", "error", "-i", clip, "-i", beeps]
    subprocess.run([*words, "-c:v", "copy", "-c:a", "aac", "-shortest", source], check=True)
    job = StylizeJob(
        source, tmp_path / f"film{suffix}", str(tiny_style), "0.2s:0.4,0.9s:1", flow="dis",
        stereo=stereo,
    )  # fmt: skip
    if suffix == ".mp4" and depth == 10:  # x265 encodes otherwise where frames come faster
        job = replace(job, preset="lossless-mp4")
    broken_off(job, 14)
    stylize_in_segments(job, options=OPTIONS)
    whole = painted_at_once(job)
    if suffix == ".mp4" and depth == 8:  # each segment is coded by itself, at a loss
        assert same_but_for_the_picture(job.output, whole)
        whole = replace(job, output=tmp_path / "again.mp4")
        stylize_in_segments(whole, options=OPTIONS)
        assert same(job.output, whole.output)
    elif suffix:
        assert same(job.output, whole)
        assert len({track for track, _, _ in sound(whole)}) == 1
    else:
        ours, theirs = (sorted(place.iterdir()) for place in (job.output, whole))
        assert [p.name for p in ours] == [p.name for p in theirs] != []
        assert [p.read_bytes() for p in ours] == [p.read_bytes() for p in theirs]
