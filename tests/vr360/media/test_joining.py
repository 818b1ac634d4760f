"""Parts of a film, coded one by one, are its frames at its times."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vr360.errors import OutputError
from vr360.frame import Colour, Frame, VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter

LENGTHS = (7, 1, 30, 2)


def frames(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 255, (16, 32, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    return [np.roll(noise, 3 * n, axis=1) for n in range(count)]


def write_parts(film: FilmWriter, rate: Fraction) -> list[Path]:
    parts, pictures = [], iter(frames(sum(LENGTHS)))
    for number, length in enumerate(LENGTHS):
        path = film.path.with_name(f"part{number}{film.path.suffix}")
        with film.part(path) as part:
            for n in range(length):
                part.write(Frame(next(pictures), n / rate))
        parts.append(path)
    return parts


def joined(film: FilmWriter, parts: list[Path]) -> VideoInfo:
    with film:
        assert list(film.join(parts, Fraction(0))) == list(LENGTHS)
    return probe(film.path)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)], ids=["24", "29.97"])
@pytest.mark.parametrize(
    ("preset", "suffix"),
    [
        *(("quest", ".mp4"), ("quest", ".mkv"), ("youtube", ".mov"), ("archive", ".mkv")),
        *(("lossless-mp4", ".mp4"), ("lossless-mp4", ".mkv")),
    ],
)
def test_a_joined_film_is_its_parts_at_exact_times(
    tmp_path: Path, preset: str, suffix: str, rate: Fraction
):
    film = FilmWriter(tmp_path / f"film{suffix}", 64, 128, rate, preset)
    parts = write_parts(film, rate)
    info = joined(film, parts)
    whole = list(read_frames(info))
    apart = [frame.rgb for part in parts for frame in read_frames(probe(part))]
    assert [frame.pts for frame in whole] == [n / rate for n in range(sum(LENGTHS))]
    assert all(np.array_equal(a.rgb, b) for a, b in zip(whole, apart, strict=True))
    assert (info.rate, info.variable_rate) == (rate, False)


@pytest.mark.parametrize(
    ("preset", "suffix"), [("archive", ".mkv"), ("quest", ".mp4"), ("lossless-mp4", ".mp4")]
)
def test_a_joined_film_says_what_its_colours_are(tmp_path: Path, preset: str, suffix: str):
    colour = Colour(primaries="smpte432", transfer="bt470bg")
    parts = FilmWriter(tmp_path / f"film{suffix}", 64, 128, Fraction(24), preset)
    with FilmWriter(tmp_path / "source.mkv", 64, 128, Fraction(24), "archive") as source:
        source.write(Frame(frames(1)[0], Fraction(0)))
    info = replace(probe(source.path), colour=colour)
    parts = FilmWriter(tmp_path / f"film{suffix}", 64, 128, Fraction(24), preset, source=info)
    found = joined(parts, write_parts(parts, Fraction(24))).colour
    assert (found.primaries, found.transfer) == ("smpte432", "bt470bg")
    assert found.matrix == ("bt709" if preset == "quest" else "gbr")
    assert found.range == ("tv" if preset == "quest" else "pc")


def test_parts_of_another_coding_are_refused_and_leave_nothing(tmp_path: Path):
    rate = Fraction(24)
    film = FilmWriter(tmp_path / "film.mp4", 64, 128, rate, "quest")
    parts = write_parts(film, rate)
    other = FilmWriter(parts[2], 64, 128, rate, "youtube", force=True)
    write_parts(replace_path(other, tmp_path / "x" / "film.mp4"), rate)
    parts[2] = tmp_path / "x" / "part2.mp4"
    with pytest.raises(OutputError, match=r"part2\.mp4: was coded by another encoder"), film:
        list(film.join(parts, Fraction(0)))
    assert not film.path.exists()
    assert list(tmp_path.glob(".*")) == []


def replace_path(film: FilmWriter, path: Path) -> FilmWriter:
    path.parent.mkdir()
    return film.part(path)


def test_the_recipe_names_what_decides_about_the_bits_and_no_file(tmp_path: Path):
    def recipe(name: str, preset: str = "quest", rate: int = 24) -> list[str]:
        return FilmWriter(tmp_path / name, 64, 128, Fraction(rate), preset).recipe

    assert recipe("a.mp4") == recipe("b.mp4")
    assert not any(str(tmp_path) in word for word in recipe("a.mp4"))
    assert recipe("a.mp4") != recipe("a.mp4", "youtube")
    assert recipe("a.mp4") != recipe("a.mp4", rate=25)
