"""A film's cuts written for other editors are those that are read back."""

import resource
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from pipeline.film.cuts import Cut, read_cuts, write_script
from pipeline.film.film import check
from pipeline.film.timelines import write_timeline
from vr360.errors import OutputError

FILM = """
[[scene]]
name = "meadow"
source = "a.mkv"
in = 0.5
[[scene]]
name = "lake; shore"
source = "b.mkv"
out = 1.5
transition = { kind = "dissolve", seconds = 0.5 }
[[scene]]
name = "night"
source = "a.mkv"
"""


@pytest.fixture
def film(clip, script):
    clip("a.mkv")
    clip("b.mkv")
    return check(script("[film]\nrate = 24\n" + FILM)).film


@pytest.mark.parametrize("suffix", [".otio", ".edl"])
def test_parts_and_dissolves_come_back(suffix, film, tmp_path: Path):
    path = tmp_path / f"cut{suffix}"
    write_timeline(film, path)
    half, zero = Fraction(1, 2), Fraction(0)
    assert read_cuts(path, film.rate) == [
        Cut("a.mkv", half, Fraction(2)),
        Cut("b.mkv", zero, Fraction(3, 2), half),
        Cut("a.mkv", zero, Fraction(2)),
    ]


def test_a_marker_names_each_scene_where_it_begins(film, tmp_path: Path):
    write_timeline(film, tmp_path / "cut.otio")
    timeline = otio.adapters.read_from_file(str(tmp_path / "cut.otio"))
    clips = timeline.find_clips()
    assert [[m.name for m in c.markers] for c in clips] == [["meadow"], ["lake; shore"], ["night"]]
    for one in clips:
        assert one.markers[0].marked_range.start_time == one.source_range.start_time
    assert timeline.duration().to_seconds() == float(film.frames / film.rate)


def test_an_edl_holds_the_markers_too(film, tmp_path: Path):
    write_timeline(film, tmp_path / "cut.edl")
    text = (tmp_path / "cut.edl").read_text()
    markers = [line.split(maxsplit=4)[-1] for line in text.splitlines() if "* LOC" in line]
    assert set(markers) == {"MEADOW", "LAKE; SHORE", "NIGHT"}


def test_other_kinds_and_files_that_are_there_are_refused(film, script, tmp_path: Path):
    with pytest.raises(OutputError, match=r"timelines are written as .otio, .edl"):
        write_timeline(film, tmp_path / "cut.xml")
    odd = check(script("[film]\nrate = 12\n" + FILM)).film
    with pytest.raises(OutputError, match=r"an EDL counts 24, 25, .* not 12; name a .otio"):
        write_timeline(odd, tmp_path / "cut.edl")
    (tmp_path / "cut.otio").touch()
    with pytest.raises(OutputError, match="exists already; --force"):
        write_timeline(film, tmp_path / "cut.otio")


@pytest.mark.parametrize("suffix", [".otio", ".edl"])
def test_a_full_disk_leaves_the_timeline_that_was_there(suffix, film, tmp_path: Path):
    path = tmp_path / f"cut{suffix}"
    path.write_text("before")
    there = sorted(tmp_path.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OutputError, match=r"cut\.\w+: cannot be written"):
            write_timeline(film, path, force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "before"
    assert sorted(tmp_path.iterdir()) == there


@pytest.fixture
def clocked(clip, run_ffmpeg, tmp_path):
    """A clip of two seconds with a time code: `clocked("24", "15:44:35:10")`."""

    def make(rate: str, timecode: str) -> None:
        clip("plain.mkv")
        how = ("-c:v", "libx264", "-r", rate, "-timecode", timecode)
        run_ffmpeg("-i", tmp_path / "plain.mkv", *how, tmp_path / "a.mp4")

    return make


def test_times_by_the_cameras_clock_count_from_the_clips_beginning(clocked, tmp_path):
    clocked("24", "15:44:35:10")
    by_clock = Cut("a.mp4", *(15 * 3600 + 44 * 60 + 35 + Fraction(n, 24) for n in (22, 34)))
    by_clip = Cut("a.mp4", Fraction(1, 2), Fraction(1))
    written = write_script([by_clock, by_clip], tmp_path / "film.toml", tmp_path, Fraction(24))
    assert written == [by_clip, by_clip]
    text = (tmp_path / "film.toml").read_text()
    assert text.count("in = 0.5\n") == 2
    assert text.count("out = 1\n") == 2


@pytest.mark.parametrize(
    ("rate", "timecode", "zero", "film_rate"),
    [
        ("60", "10:00:00:45", Fraction(36000 * 60 + 45, 60), 30),
        ("30000/1001", "10:00:00:00", Fraction(36000 * 1001, 1000), 24),
        ("30000/1001", "10:00:00;00", Fraction(1078920 * 1001, 30000), 24),  # 108 dropped an hour
    ],
)
def test_a_time_code_counts_at_the_rate_of_its_clip(
    rate, timecode, zero, film_rate, clocked, tmp_path
):
    clocked(rate, timecode)
    cut = Cut("a.mp4", zero + Fraction(1, 2), zero + 1)
    (written,) = write_script([cut], tmp_path / "film.toml", tmp_path, Fraction(film_rate))
    assert float(written.start) == pytest.approx(0.5, abs=1e-6)
    assert not written.note


def test_times_that_no_time_code_explains_are_kept_and_told(clocked, tmp_path):
    clocked("30000/1001", "10:00:00:00")  # 36036 seconds
    (tmp_path / "b.mp4").write_text("no film")
    cuts = [Cut(name, Fraction(36001), Fraction(36002), note="x") for name in ("a.mp4", "b.mp4")]
    written = write_script(cuts, tmp_path / "film.toml", tmp_path, Fraction(30))
    assert [(cut.start, cut.end) for cut in written] == [(36001, 36002)] * 2
    assert "before the clip's time code 10:00:00:00 at 30000/1001 frames/s" in written[0].note
    assert "its time code cannot be read: " in written[1].note
    text = (tmp_path / "film.toml").read_text()
    assert all(f"# {cut.note}\n" in text for cut in written)
