"""`vr360 inject`: defaults with their reasons, one file or many, and never a file lost."""

import json
from pathlib import Path

import pytest

from tests.pipeline.cli.conftest import Run
from tests.vr360.spherical.synthetic import (
    Track,
    audio_entry,
    box,
    media,
    movie,
    noise,
    visual_entry,
)
from vr360.spherical import Bounds, SphericalMetadata, inspect

SOUND = Track(b"soun", (audio_entry(channels=4),), noise(2))


def film(path: Path, width: int = 64, height: int = 32, *others: Track) -> Path:
    entry = visual_entry(width=width, height=height)
    path.write_bytes(movie(Track(entries=(entry,), samples=noise(1)), *others))
    return path


def test_without_output_the_file_itself_is_tagged(command: Run, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    code, out, err = command("inject", path)
    assert (code, out) == (0, "")
    assert "taken as equirect, mono: 2:1 is the shape of a mono sphere" in err
    assert inspect(path).metadata == SphericalMetadata()
    assert list(tmp_path.iterdir()) == [path]


def test_with_output_the_input_is_kept(command: Run, tmp_path: Path) -> None:
    path, out = film(tmp_path / "film.mp4"), tmp_path / "out.mp4"
    before = path.read_bytes()
    assert command("inject", path, out)[0] == 0
    assert path.read_bytes() == before
    assert inspect(out).metadata == SphericalMetadata()


def test_every_option_reaches_the_file(command: Run, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 64, 64)
    arguments = "--projection equirect --stereo tb --yaw 10.5 --pitch -20 --roll 3 --apple"
    code, _, err = command("inject", path, *arguments.split(), "--crop", "64:32:128:64:32:8")
    assert code == 0
    assert "experimental" in err
    wanted = SphericalMetadata(
        "equirect", "tb", 10.5, -20, 3, Bounds(top=0.125, bottom=0.375, left=0.25, right=0.25)
    )
    assert inspect(path).metadata == wanted
    assert b"vexu" in path.read_bytes()


def test_a_dual_fisheye_lens_can_be_given(command: Run, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    assert command("inject", path, "--projection", "dual-fisheye", "--lens-fov", 195)[0] == 0
    assert inspect(path).metadata == SphericalMetadata("dual-fisheye", lens_fov=195)


def test_the_name_suffix_makes_a_file_that_quest_knows(command: Run, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 64, 64)
    code, out, _ = command("inject", path, "--name-suffix", "--json")
    assert code == 0
    assert json.loads(out)["file"] == str(tmp_path / "film_360_TB.mp4")
    assert json.loads(out)["metadata"]["stereo"] == "tb"
    assert inspect(path).metadata is None
    assert inspect(tmp_path / "film_360_TB.mp4").metadata == SphericalMetadata(stereo="tb")
    right_left = ["--projection", "equirect", "--stereo", "rl", "--any-shape"]
    code, _, err = command("inject", path, "--name-suffix", *right_left)
    assert code == 1
    assert "no name suffix" in err


def test_sound_is_marked_or_left_as_asked(command: Run, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", 64, 32, SOUND)
    assert "marked as ambisonic" in command("inject", path)[2]
    assert len(inspect(path).ambisonic) == 1
    command("inject", path, "--ambisonic", "none")
    assert inspect(path).ambisonic == ()


def test_the_order_of_tracks_can_be_kept(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(SOUND, Track(samples=noise(1))))
    before = path.read_bytes()
    command("inject", path, "--keep-order")
    assert not inspect(path).leads
    path.write_bytes(before)
    assert "moved to the front" in command("inject", path)[2]
    assert inspect(path).leads


def test_what_the_file_says_is_kept_where_nothing_is_asked(command: Run, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    command("inject", path, "--yaw", "30")
    _, _, err = command("inject", path, "--pitch", "5")
    assert "the file says so" in err
    assert inspect(path).metadata == SphericalMetadata(yaw=30, pitch=5)


def test_in_place_edits_the_file_where_it_is(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    free = {"free": box(b"free", bytes(2000))}
    path.write_bytes(movie(Track(samples=noise(1)), order="ftyp moov free mdat", others=free))
    before, inode = path.read_bytes(), path.stat().st_ino
    assert command("inject", path, "--in-place")[0] == 0
    assert path.stat().st_ino == inode
    assert media(path.read_bytes()) == media(before)
    assert inspect(path).metadata == SphericalMetadata()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--in-place", "--name-suffix"),
        ("out.mp4", "--in-place"),
        ("--crop", "1:2:3"),
        ("--crop", "a:b:c:d:e:f"),
        ("--projection", "flat"),
        ("--ambisonic", "fuma"),
        ("--yaw", "north"),
        ("--yaw", "nan"),
        ("--pitch", "91"),
    ],
)
def test_a_command_line_that_makes_no_sense_exits_with_2(
    command: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = film(tmp_path / "film.mp4")
    before = path.read_bytes()
    assert command("inject", path, *arguments)[0] == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--crop", "64:32:60:32:0:0"), "does not lie in the sphere"),
        (("--crop", "0:0:0:0:0:0"), "does not lie in the sphere"),
        (("--stereo", "mono", "--projection", "half-equirect"), "is not the shape of"),
        (("--projection", "cubemap"), "is not the shape of"),
        (("--track", "2"), "no video track 2"),
        (("--ambisonic", "acn-sn3d"), "no audio track"),
    ],
)
def test_what_we_refuse_is_said_in_one_line_and_exits_with_1(
    command: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    path = film(tmp_path / "film.mp4")
    before = path.read_bytes()
    code, out, err = command("inject", path, *arguments)
    assert (code, out) == (1, "")
    last = err.splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert "Traceback" not in err
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("options", [(), ("--projection", "equirect"), ("--stereo", "mono")])
@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("README.md", b"# A text\n", "not an MP4, MOV, MKV, WebM, JPEG or PNG file"),
        ("text.mp4", b"# A text\n", "not an MP4, MOV, MKV, WebM, JPEG or PNG file"),
        ("sound_360.mp4", movie(SOUND), "holds no picture that could be a sphere"),
    ],
)
def test_what_holds_no_picture_is_said_to_hold_none(
    command: Run,
    tmp_path: Path,
    name: str,
    data: bytes,
    message: str,
    options: tuple[str, ...],
) -> None:
    (tmp_path / name).write_bytes(data)
    code, _, err = command("inject", tmp_path / name, tmp_path / "out.mp4", *options)
    assert code == 1
    assert err == f"error: {tmp_path / name}: {message}\n"
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_an_output_that_exists_is_not_overwritten(command: Run, tmp_path: Path) -> None:
    one, other = film(tmp_path / "one.mp4"), film(tmp_path / "other.mp4")
    before = other.read_bytes()
    code, _, err = command("inject", one, other)
    assert code == 1
    assert "--force" in err
    assert "--each" in err
    assert other.read_bytes() == before
    assert command("inject", one, other, "--force")[0] == 0
    assert inspect(one).metadata is None
    assert inspect(other).metadata == SphericalMetadata()


def test_two_files_are_tagged_with_each_and_three_without(command: Run, tmp_path: Path) -> None:
    paths = [film(tmp_path / f"{name}.mp4") for name in "abc"]
    code, out, _ = command("inject", *paths[:2], "--each", "--json")
    assert code == 0
    assert [entry["file"] for entry in json.loads(out)] == [str(path) for path in paths[:2]]
    assert command("inject", *paths)[0] == 0
    assert all(inspect(path).metadata == SphericalMetadata() for path in paths)


def test_many_files_may_go_into_a_folder(command: Run, tmp_path: Path) -> None:
    paths = [film(tmp_path / f"{name}.mp4") for name in "ab"]
    folder = tmp_path / "tagged"
    folder.mkdir()
    assert command("inject", *paths, folder)[0] == 0
    assert {path.name for path in folder.iterdir()} == {"a.mp4", "b.mp4"}
    assert all(inspect(path).metadata is None for path in paths)


def test_of_many_files_the_good_ones_are_done(command: Run, tmp_path: Path) -> None:
    good = [film(tmp_path / f"{name}.mp4") for name in "ac"]
    bad = tmp_path / "b.mp4"
    bad.write_bytes(b"garbage")
    code, out, err = command("inject", good[0], bad, good[1], "--json")
    assert code == 1
    assert "not an MP4" in err
    assert ["error" in entry for entry in json.loads(out)] == [False, True, False]
    assert all(inspect(path).metadata == SphericalMetadata() for path in good)


def test_a_big_file_shows_its_progress(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.cli.editing.BIG", 1)
    path = film(tmp_path / "film.mp4")
    assert command("inject", path)[0] == 0
    assert inspect(path).metadata == SphericalMetadata()
