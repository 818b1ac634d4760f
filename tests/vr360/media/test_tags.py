"""What a film says of itself comes along: title, place, time code, subtitles."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.convert import ConvertJob, convert
from pipeline.source.delivery import Span
from vr360.media.probe import probe
from vr360.media.tags import shifted

NTSC = Fraction(30000, 1001)
SUBTITLES = """1
00:00:00,200 --> 00:00:00,600
early

2
00:00:01,200 --> 00:00:01,600
late
"""


@pytest.mark.parametrize(
    ("timecode", "seconds", "rate", "expected"),
    [
        ("10:11:12:13", 0, 25, "10:11:12:13"),
        ("10:11:12:13", 1, 25, "10:11:13:13"),
        ("23:59:59:24", Fraction(1, 25), 25, "00:00:00:00"),
        ("00:00:00;00", 1800 / NTSC, NTSC, "00:01:00;02"),
        ("00:00:00;00", 1799 / NTSC, NTSC, "00:00:59;29"),
        ("00:00:00;00", 17982 / NTSC, NTSC, "00:10:00;00"),
        ("00:09:59;29", 1 / NTSC, NTSC, "00:10:00;00"),
        ("00:58:59;29", 1 / NTSC, NTSC, "00:59:00;02"),
        ("", 1, 25, ""),
        ("garbage", 1, 25, ""),
    ],
)
def test_time_code_goes_on_with_the_frames(timecode, seconds, rate, expected):
    assert shifted(timecode, Fraction(seconds), Fraction(rate)) == expected


@pytest.fixture
def rich(make_film: Callable[..., Path], moving: Callable[..., np.ndarray], tmp_path: Path) -> Path:
    (tmp_path / "s.srt").write_text(SUBTITLES)
    said = ("title=Harbour walk", "artist=J. Doe", "location=+48.1372+011.5756/")
    said += ("creation_time=2023-09-23T16:41:42.000000Z",)
    words = [word for each in said for word in ("-metadata", each)]
    options = ("-c:s", "mov_text", "-timecode", "10:11:12:13", *words)
    return make_film("rich.mov", moving(48), *options, inputs=("-i", tmp_path / "s.srt"))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_what_the_container_can_say_is_kept(rich: Path, suffix: str, tmp_path: Path):
    out = tmp_path / f"out{suffix}"
    convert(ConvertJob(rich, out, span=Span(duration=Fraction(1))))
    with av.open(str(out)) as container:
        said = {key.lower(): value for key, value in container.metadata.items()}
        packets = [p for p in container.demux(subtitles=0) if p.size > 2]
    assert said["title"] == "Harbour walk"
    assert said["artist"] == "J. Doe"
    assert said["location"] == "+48.1372+011.5756/"
    assert said["creation_time"].startswith("2023-09-23T16:41:42")
    assert [b"early" in bytes(p) for p in packets] == [True]
    assert packets[0].pts * packets[0].time_base == Fraction(1, 5)
    assert probe(out).tags.timecode == "10:11:12:13"
    assert probe(out).frames == 24


def test_a_cut_film_has_the_time_code_of_its_first_frame(rich: Path, tmp_path: Path, caplog):
    convert(ConvertJob(rich, tmp_path / "cut.mov", span=Span(Fraction(1))))
    found = probe(tmp_path / "cut.mov").tags
    assert (found.timecode, found.subtitles) == ("10:11:13:13", ())
    assert "subtitles are left out" in caplog.text


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_a_title_in_another_encoding_does_not_keep_a_film_from_being_read(
    suffix, make_film, moving, tmp_path
):
    film = make_film(f"film{suffix}", moving(3, 64, 128), "-metadata", "title=Donauwerth")
    film.write_bytes(film.read_bytes().replace(b"Donauwerth", b"Donauw\xf6rth"))
    info = probe(film)
    assert dict(info.tags.words)["title"] == "Donauw\ufffdrth"
    convert(ConvertJob(film, tmp_path / "out.mp4"))
    assert probe(tmp_path / "out.mp4").frames == 3
