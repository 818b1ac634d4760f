"""Films cut elsewhere: EDLs as editors write them, and OpenTimelineIO's own files."""

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from pipeline.film.cuts import Cut, read_cuts, write_script
from pipeline.film.film import check
from pipeline.film.script import Change
from vr360.errors import InputError, OutputError

EDL = """TITLE: WALK
FCM: NON-DROP FRAME

001  A001     V     C        00:00:00:06 00:00:01:00 01:00:00:00 01:00:00:18
* FROM CLIP NAME: a.mkv

002  A001     V     C        00:00:01:00 00:00:01:00 01:00:00:18 01:00:00:18
002  A002     V     D    006 00:00:00:12 00:00:01:06 01:00:00:18 01:00:01:12
* FROM CLIP NAME: a.mkv
* TO CLIP NAME: B

003  A003     V     C        00:00:00:00 00:00:00:12 01:00:01:12 01:00:02:00
* FROM CLIP NAME: nowhere.mov
"""


@pytest.fixture
def edl(tmp_path: Path) -> Path:
    path = tmp_path / "cut.edl"
    path.write_text(EDL)
    return path


def test_an_edls_cuts_and_dissolves_are_read(edl: Path):
    second = Fraction(1, 24)
    assert read_cuts(edl, Fraction(24)) == [
        Cut("a.mkv", 6 * second, 30 * second),  # as long as the dissolve shows it
        Cut("B", 12 * second, 30 * second, 6 * second),
        Cut("nowhere.mov", Fraction(0), 12 * second),
    ]


def test_the_file_that_is_written_is_a_film(edl: Path, clip, tmp_path: Path):
    clip("a.mkv")
    clip("b.mkv")
    target = tmp_path / "film.toml"
    cuts = read_cuts(edl, Fraction(24))
    write_script(cuts[:2], target, tmp_path, Fraction(24))
    film = check(target).film
    assert [placed.scene.source.name for placed in film.scenes] == ["a.mkv", "b.mkv"]
    assert film.scenes[1].scene.enter.kind is Change.DISSOLVE
    assert film.frames == 24 + 18 - 6
    with pytest.raises(OutputError, match="is there already"):
        write_script(cuts, target, tmp_path, Fraction(24))
    write_script(cuts, tmp_path / "third.toml", tmp_path, Fraction(24))
    with pytest.raises(InputError, match=r"third\.toml:19: source: 'nowhere.mov'"):
        check(tmp_path / "third.toml")


def test_a_timeline_tells_its_rate_its_files_and_where_they_begin(tmp_path: Path):
    def time(frames: float):
        return otio.opentime.RationalTime(frames, 30000 / 1001)

    begins = otio.opentime.TimeRange(time(900), time(300))
    media = otio.schema.ExternalReference("file:///footage/GS01%200042.mp4", begins)
    part = otio.opentime.TimeRange(time(930), time(60))
    gap = otio.schema.Gap(source_range=part)
    slow = otio.schema.LinearTimeWarp(time_scalar=0.5)
    clip = otio.schema.Clip("shot", media, part, effects=[slow])
    timeline = otio.schema.Timeline(tracks=[otio.schema.Track(children=[gap, clip])])
    path = tmp_path / "cut.otio"
    otio.adapters.write_to_file(timeline, str(path))
    (cut,) = read_cuts(path, Fraction(24))
    assert (cut.name, cut.start, cut.end) == (
        "GS01 0042.mp4",
        30 * Fraction(1001, 30000),
        90 * Fraction(1001, 30000),
    )
    assert cut.note == "gap before it left out; LinearTimeWarp left out"


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.edl", "nonsense\n001 x"), ("a.otio", "{"), ("a.xyz", ""), ("a.edl", "TITLE: NOTHING\n")],
)
def test_what_is_no_timeline_is_said(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=name):
        read_cuts(tmp_path / name, Fraction(24))
    with pytest.raises(InputError, match=r"missing\.edl"):
        read_cuts(tmp_path / "missing.edl", Fraction(24))
