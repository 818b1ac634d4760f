"""Films cut into chapters by the camera, read as one."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.convert import ConvertJob, convert
from pipeline.source.delivery import Span
from vr360.cameras.chapters import chapters_after
from vr360.errors import InputError
from vr360.media.chapters import with_chapters
from vr360.media.probe import probe
from vr360.media.reader import read_frames

FRAMES = 5


@pytest.fixture
def chapters(make_film, moving, make_sound: Callable[..., Path]) -> list[Path]:
    """Two chapters of five frames at 25 a second, and a tone that goes on from one to the next."""
    frames, time = moving(2 * FRAMES, 64, 128), np.arange(2 * 9600) / 48000
    tone = np.sin(2 * np.pi * 250 * time)[:, None] / 2
    paths = []
    for n in range(2):
        sound = make_sound(f"{n}.wav", tone[n * 9600 : (n + 1) * 9600])
        options = ("-map", "0", "-map", "1", "-c:v", "libx264", "-qp", "0", "-c:a", "alac")
        part = frames[n * FRAMES : (n + 1) * FRAMES]
        made = make_film(f"x{n}.mp4", part, *options, rate=25, inputs=("-i", sound))
        paths.append(made.rename(made.with_name(f"GS0{n + 1}0012.mp4")))
    return paths


@pytest.mark.parametrize(
    ("names", "following"),
    [
        (["GS010012.360", "GS020012.360", "GS030012.360", "GS050012.360"], 2),
        (["GH010012.MP4", "GH020013.MP4"], 0),
        (["GX010012.MP4", "GX020012.MP4"], 1),
        (["GOPR0012.MP4", "GP010012.MP4", "GP020012.MP4"], 2),
        (["GS020012.360", "GS030012.360"], 0),
        (["film.mp4", "film2.mp4"], 0),
    ],
)
def test_chapters_are_known_by_their_names(tmp_path: Path, names: list[str], following: int):
    for name in names:
        (tmp_path / name).touch()
    found = chapters_after(tmp_path / names[0])
    assert [path.name for path in found] == names[1 : 1 + following]


def test_frames_and_sound_of_all_chapters_make_one_film(chapters: list[Path], tmp_path: Path):
    out = tmp_path / "whole.mkv"
    report = convert(ConvertJob(chapters[0], out))
    assert any("2 chapters are taken as one film" in note for note in report.source.notes)
    made = list(read_frames(probe(out)))
    parts = [frame.rgb for path in chapters for frame in read_frames(probe(path))]
    assert [frame.pts for frame in made] == [Fraction(n, 25) for n in range(2 * FRAMES)]
    assert all(np.array_equal(a.rgb, b) for a, b in zip(made, parts, strict=True))
    assert not list(tmp_path.glob("*.ffconcat*"))


def test_sound_goes_on_where_a_chapter_ends(chapters: list[Path], tmp_path: Path, run_ffmpeg):
    out = tmp_path / "whole.mp4"
    convert(ConvertJob(chapters[0], out))
    heard = np.frombuffer(run_ffmpeg("-i", out, "-f", "s16le", "-ac", "1", "-"), np.int16)
    time = np.arange(2 * 9600) / 48000
    tone = np.rint(np.sin(2 * np.pi * 250 * time) / 2 * 32767)
    assert abs(len(heard) - len(tone)) <= 1
    assert np.abs(heard[: len(tone)] - tone[: len(heard)]).max() <= 2


def test_chapters_may_lie_in_folders_of_any_name(chapters: list[Path], tmp_path: Path):
    folder = tmp_path / "-it's a 'valley' \\ \"día\" 谷"
    folder.mkdir()
    for path in chapters:
        path.rename(folder / path.name)
    out = folder / ("-" + "x" * 200 + ".mp4")
    assert convert(ConvertJob(folder / chapters[0].name, out)).rewritten.frames == 2 * FRAMES
    assert len(probe(out).audio) == 1


def test_a_part_may_lie_across_two_chapters(chapters: list[Path], tmp_path: Path):
    info = with_chapters(probe(chapters[0]))
    some = list(read_frames(info, Fraction(3, 25), Fraction(4, 25)))
    assert [frame.pts for frame in some] == [Fraction(n, 25) for n in range(3, 7)]
    job = ConvertJob(chapters[0], tmp_path / "a.mkv", span=Span(Fraction(6, 25)))
    assert convert(job).rewritten.frames == 4


def test_the_first_may_be_taken_alone(chapters: list[Path], tmp_path: Path):
    job = ConvertJob(chapters[0], tmp_path / "a.mkv", chapters=False)
    assert convert(job).rewritten.frames == FRAMES


def test_a_film_of_another_size_is_no_chapter(chapters: list[Path], make_film, moving):
    other = make_film("other.mp4", moving(3, 32, 64), "-c:v", "libx264", rate=25)
    other.replace(chapters[1])
    with pytest.raises(InputError, match="--no-chapters"):
        with_chapters(probe(chapters[0]))
