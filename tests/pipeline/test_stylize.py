import gc
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.choices import EyePainting, Temporal
from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Finisher, Painter
from pipeline.painting.stylizer import load_stylizer
from pipeline.source.delivery import Span
from pipeline.source.preprocess import median_blur
from pipeline.stylize import StylizeJob, stylize
from pipeline.temporal.flow import FINE
from pipeline.temporal.smoothing import Smoother
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError, OutputError
from vr360.frame import Frame, Projection, Stereo
from vr360.media.presets import PresetName
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter
from vr360.spherical import inspect

SAMPLE = Path(__file__).parents[2] / "sample_clips" / "valley_2048x1024.mp4"


@pytest.mark.parametrize(("name", "preset"), [("a.mkv", "archive"), ("a.mp4", "lossless-mp4")])
def test_what_a_lossless_film_decodes_to_is_what_the_net_gave(
    tmp_path: Path, tiny_film: Path, tiny_style: Path, name: str, preset: str
):
    out = tmp_path / name
    report = stylize(StylizeJob(tiny_film, out, str(tiny_style), preset=preset))
    source = probe(tiny_film)
    painter = Painter([load_stylizer(tiny_style)], 8)
    finish = Finisher(Stereo.MONO, smoothers=[Smoother(quality=FINE)])  # a small film
    prepared = (Prepared([median_blur(f.rgb, 3)], f.pts) for f in read_frames(source))
    painted = [finish.step(painter.step(one)) for one in prepared]
    decoded = list(read_frames(probe(out)))
    assert report.frames == len(decoded) == len(painted) == 12
    for ours, theirs in zip(painted, decoded, strict=True):
        assert np.array_equal(ours.rgb, theirs.rgb)


@pytest.mark.parametrize(("name", "preset"), [("a.mkv", "archive"), ("a.mp4", "lossless-mp4")])
def test_ten_bits_stay_ten_bits_to_the_last_one(
    tmp_path: Path, tiny_style: Path, name: str, preset: str
):
    source, out = tmp_path / "deep.mkv", tmp_path / name
    deep = np.random.default_rng(0).integers(0, 1024, (64, 128, 3), np.uint16)
    with FilmWriter(source, 64, 128, Fraction(24), "archive", bit_depth=10) as film:
        film.write(Frame(deep, Fraction(0)))
    stylize(StylizeJob(source, out, str(tiny_style), preset=preset))
    (painted,) = load_stylizer(tiny_style)([median_blur(deep, 3)])
    decoded = next(iter(read_frames(probe(out)))).rgb
    assert painted.max() > 255
    assert np.array_equal(decoded, painted)


def test_the_film_keeps_rate_and_length_and_says_that_it_is_a_sphere(
    tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    out = tmp_path / "film.mp4"
    stylize(StylizeJob(tiny_film, out, str(tiny_style)))
    info = probe(out)
    assert info.rate == Fraction(24000, 1001)
    assert info.frames == 12
    metadata = inspect(out).metadata
    assert metadata is not None
    assert metadata.projection is Projection.EQUIRECT
    assert metadata.stereo is Stereo.MONO
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]


def test_a_part_painted_frame_by_frame_is_that_part_of_the_whole(
    tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    whole, part = tmp_path / "whole.mkv", tmp_path / "part.mkv"
    rate = Fraction(24000, 1001)
    alone = StylizeJob(tiny_film, whole, str(tiny_style), statistics="frame", temporal="none")
    stylize(alone)
    job = replace(alone, output=part, span=Span(4 / rate, 5 / rate))
    assert stylize(job).frames == 5
    frames = [f.rgb for f in read_frames(probe(whole))]
    for n, frame in enumerate(read_frames(probe(part))):
        assert np.array_equal(frame.rgb, frames[4 + n])


def test_asking_for_more_than_there_is_gives_what_there_is(
    tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    job = StylizeJob(
        tiny_film, tmp_path / "a.mkv", str(tiny_style), span=Span(duration=Fraction(60))
    )
    assert stylize(job).frames == 12


def test_strength_zero_is_the_source(tmp_path: Path, tiny_film: Path, tiny_style: Path):
    out = tmp_path / "same.mkv"
    stylize(StylizeJob(tiny_film, out, str(tiny_style), strength=0))
    pairs = zip(read_frames(probe(tiny_film)), read_frames(probe(out)), strict=True)
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in pairs)


@pytest.mark.parametrize("passes", [1, 2])
def test_where_a_ramp_is_at_zero_the_film_is_the_source(
    tmp_path: Path, tiny_film: Path, tiny_style: Path, passes: int
):
    out = tmp_path / "ramp.mkv"
    ramp = "0s:0,0.15s:0,0.25s:1,0.35s:0"  # of twelve frames the first four and the last three
    stylize(StylizeJob(tiny_film, out, str(tiny_style), strength=ramp, passes=passes))
    pairs = zip(read_frames(probe(tiny_film)), read_frames(probe(out)), strict=True)
    same = [np.array_equal(a.rgb, b.rgb) for a, b in pairs]
    assert same == [True] * 4 + [False] * 5 + [True] * 3


def test_what_shows_through_a_weak_look_is_not_blurred(tmp_path: Path, tiny_style: Path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8)
    faint = paint_still(tmp_path, tiny_style, noise, strength=0.01).astype(int)
    assert np.abs(faint - noise).max() < 10


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_stills_are_painted_and_tagged(tmp_path: Path, tiny_style: Path, suffix: str):
    source, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    cv2.imwrite(str(source), soft_noise(64, 128, 0))
    assert stylize(StylizeJob(source, out, str(tiny_style))).frames == 1
    assert cv2.imread(str(out)).shape == (64, 128, 3)
    metadata = inspect(out).metadata
    assert metadata is not None
    assert metadata.projection is Projection.EQUIRECT


def test_folders_of_frames_are_painted_into_folders(tmp_path: Path, tiny_style: Path):
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for n in range(3):
        cv2.imwrite(str(source / f"frame_{n}.png"), soft_noise(64, 128, n))
    assert stylize(StylizeJob(source, out, str(tiny_style))).frames == 3
    assert len(list(out.glob("*.png"))) == 3


def paint_still(folder: Path, style: Path, rgb: np.ndarray, **settings: object) -> np.ndarray:
    cv2.imwrite(str(folder / "in.png"), rgb)
    job = StylizeJob(folder / "in.png", folder / "out.png", str(style), force=True, **settings)  # type: ignore[arg-type]
    stylize(job)
    painted: np.ndarray = cv2.imread(str(folder / "out.png"))
    return painted


def test_each_eye_is_painted_as_a_sphere_of_its_own(tmp_path: Path, tiny_style: Path):
    left = soft_noise(64, 128, 0)
    right = np.roll(left, 48, axis=1)  # another picture of the same statistics
    asked = {"projection": "equirect"}
    stereo = np.concatenate([left, right])
    both = paint_still(tmp_path, tiny_style, stereo, stereo=Stereo.TOP_BOTTOM, **asked)
    alone = paint_still(tmp_path, tiny_style, left, **asked)
    assert np.abs(both[:64].astype(int) - alone).max() <= 1


def test_what_both_eyes_show_is_painted_alike_whatever_else_they_show(
    tmp_path: Path, tiny_style: Path
):
    left = soft_noise(128, 256, 0)
    right = left.copy()
    right[:, :64] //= 4  # dark here, the same there
    both = np.concatenate([left, right])
    painted = paint_still(tmp_path, tiny_style, both, stereo=Stereo.TOP_BOTTOM).astype(int)
    same = slice(130, 190)  # further away than the net looks
    assert np.abs(painted[:128] - painted[128:])[32:96, same].max() <= 2


def test_size_and_rate_can_be_chosen(tmp_path: Path, tiny_film: Path, tiny_style: Path):
    out = tmp_path / "film.mkv"
    job = StylizeJob(tiny_film, out, str(tiny_style), size=(32, 64), rate=Fraction(12))
    report = stylize(job)
    info = probe(out)
    assert (info.height, info.width, info.rate) == (32, 64, Fraction(12))
    assert info.frames == report.frames == 6
    assert report.resampling.dropped > 0


def test_a_frame_shown_twice_is_painted_once(tmp_path: Path, tiny_film: Path, tiny_style: Path):
    once, twice = tmp_path / "once.mkv", tmp_path / "twice.mkv"
    stylize(StylizeJob(tiny_film, once, str(tiny_style)))
    report = stylize(StylizeJob(tiny_film, twice, str(tiny_style), rate=Fraction(48000, 1001)))
    assert report.frames == 24
    assert report.resampling.repeated == 12
    assert report.painted == 12


def test_nothing_is_read_when_the_output_cannot_be(tiny_film: Path, tiny_style: Path):
    with pytest.raises(OutputError, match="input itself"):
        stylize(StylizeJob(tiny_film, tiny_film, str(tiny_style), force=True))


def test_a_start_behind_the_end_is_refused(tmp_path: Path, tiny_film: Path, tiny_style: Path):
    with pytest.raises(InputError, match="--start"):
        stylize(StylizeJob(tiny_film, tmp_path / "a.mp4", str(tiny_style), span=Span(Fraction(9))))


def test_a_still_cannot_become_a_film_nor_a_film_a_still(
    tmp_path: Path, tiny_film: Path, tiny_style: Path
):
    with pytest.raises(OutputError, match=r"still|picture|films"):
        stylize(StylizeJob(tiny_film, tmp_path / "a.png", str(tiny_style)))
    still = tmp_path / "in.png"
    cv2.imwrite(str(still), soft_noise(64, 128, 0))
    with pytest.raises(OutputError, match=r"still|picture"):
        stylize(StylizeJob(still, tmp_path / "a.mp4", str(tiny_style)))


def test_few_frames_are_held_however_long_the_film_is(tmp_path: Path, tiny_style: Path):
    rate, source = Fraction(24), tmp_path / "long.mkv"
    with FilmWriter(source, 64, 128, rate, "archive") as film:
        for n in range(100):
            film.write(Frame(soft_noise(64, 128, n), n / rate))
    held = []

    def frames_held() -> int:
        return sum(type(o) is Frame for o in gc.get_objects())

    def watch(frames: Iterable[Frame], _: int) -> Iterator[Frame]:
        for n, frame in enumerate(frames):
            if n % 20 == 19:
                held.append(frames_held())
            yield frame

    before = frames_held()  # by other tests

    stylize(StylizeJob(source, tmp_path / "out.mkv", str(tiny_style)), watch)
    assert len(held) == 5
    assert max(held) <= before + 20  # of 100: two queues of four, and those in hand


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_ending_signal_leaves_neither_film_nor_waiting_frames(
    number: int, tmp_path: Path, tiny_style: Path
):
    out = tmp_path / "film.mp4"
    command = [sys.executable, "-m", "pipeline.cli", "stylize", str(SAMPLE), str(out)]
    command += ["--passes", "2"]
    process = subprocess.Popen(
        [*command, "--style", str(tiny_style)], stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 600
    while len(list(tmp_path.glob("*.partial"))) < 2:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=600)
    assert process.returncode == 128 + number
    assert b"Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("temporal", "x", "--temporal x: one of flow, none"),
        ("projection", "x", "--canvas x: one of auto, equirect, cubemap"),
        ("padding", "x", "--padding x: one of sphere, wrap"),
        ("statistics", "x", "--statistics x: one of shot, frame"),
        ("flow", "x", "--flow x: one of auto, dis, fine, raft"),
        ("eyes", "x", "--eyes x: one of matched, own"),
        ("preset", "x", "--preset x: one of archive"),
        ("device", "x", "--device x: one of auto, cuda, mps, cpu"),
        ("source_projection", "x", "--from x: one of equirect"),
        ("stereo", "x", "--stereo x: one of mono, tb, lr, rl"),
        ("camera", "x", "no camera 'x'"),
        ("passes", 7, "--passes 7: give 1 or 2"),
        ("median", 2, "--median 2"),
        ("smoothness", 2, "--smoothness 2"),
        ("paint_width", 8, "--paint-width 8"),
        ("strength", "9", "--strength 9"),
        ("then", [""], "--style"),
    ],
)
def test_a_job_refuses_what_cannot_be_when_it_is_made(field: str, value: object, said: str):
    with pytest.raises(InputError, match=re.escape(said)):
        StylizeJob(Path("in.mp4"), Path("out.mp4"), "starry_night", **{field: value})  # type: ignore[arg-type]


def test_a_job_takes_words_for_paths_and_choices(tmp_path: Path, tiny_film: Path, tiny_style: Path):
    out = tmp_path / "film.mkv"
    job = StylizeJob(
        str(tiny_film), str(out), str(tiny_style), temporal="none", eyes="own", stereo="mono",
        source_projection="equirect", preset="archive",
    )  # type: ignore[arg-type]  # fmt: skip
    exact = StylizeJob(
        tiny_film, out, str(tiny_style), temporal=Temporal.NONE, eyes=EyePainting.OWN,
        stereo=Stereo.MONO, source_projection=Projection.EQUIRECT, preset=PresetName.ARCHIVE,
    )  # fmt: skip
    assert job == exact
    assert isinstance(job.stereo, Stereo)
    assert stylize(job).output == out
    assert probe(out).frames == 12


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input": "no.mp4"}, "no.mp4: no such file"),
        ({"output": "there.mp4"}, "there.mp4: exists already; --force replaces it"),
        ({"output": "film.tif"}, "films are written as"),
        ({"output": "film.mp4", "preset": "prores"}, "preset prores goes into"),
        ({"output": "film.png"}, "a film does not fit into a still"),
        ({"style": "none_such"}, "none_such: no such style"),
        ({"then": ["none_such"]}, "none_such: no such style"),
        ({"span": Span(Fraction(99))}, "--start 99 s lies behind its end"),
        ({"span": Span(duration=Fraction(0))}, "--duration 0: give a time above 0"),
    ],
)
def test_what_stands_in_the_way_is_said_before_nets_are_loaded_and_lenses_calibrated(
    tmp_path: Path, tiny_film: Path, monkeypatch: pytest.MonkeyPatch, given: dict, said: str
):
    def too_early(*_: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr("pipeline.take.load_looks", too_early)
    monkeypatch.setattr("pipeline.take.open_unfolding", too_early)
    monkeypatch.chdir(tmp_path)
    Path("there.mp4").write_text("precious")
    usual = {"input": tiny_film, "output": "film.mp4", "style": "starry_night"}
    with pytest.raises(InputError, match=re.escape(said)):
        stylize(StylizeJob(**usual | given))
    assert [path.name for path in tmp_path.iterdir()] == ["there.mp4"]


def test_a_link_as_output_is_written_through(tmp_path: Path, tiny_film: Path, tiny_style: Path):
    (tmp_path / "far").mkdir()
    for name, there in (("a.mkv", True), ("b.mkv", False)):
        target, link = tmp_path / "far" / name, tmp_path / name
        link.symlink_to(target)
        if there:
            target.write_text("earlier")
        stylize(StylizeJob(tiny_film, link, str(tiny_style), force=there))
        assert link.is_symlink()
        assert probe(target).frames == 12
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["a.mkv", "b.mkv"]
