"""What grows beside a target: never anybody else's, and cleared when its maker is gone."""

import os
import signal
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vr360.errors import OutputError
from vr360.frame import Frame
from vr360.media.six_faces import FacesWriter
from vr360.media.stills import read_still
from vr360.media.writer import open_writer
from vr360.partial import Partial, check_name, write_whole

NAMES = ["film.mkv", "pano.png", "frames"]
RATE = Fraction(24)


def frame(value: int, n: int = 0) -> Frame:
    return Frame(np.full((64, 128, 3), value, np.uint8), n / RATE)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_somebody_called_partial_is_theirs(name: str, kind: str, tmp_path: Path):
    theirs = tmp_path / f"{name}.partial"
    theirs.mkdir() if kind == "folder" else theirs.write_text("diary")
    if kind == "folder":
        (theirs / "diary.txt").write_text("diary")
    with open_writer(tmp_path / name, 64, 128, RATE) as film:
        film.write(frame(9))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, f"{name}.partial"])
    kept = theirs / "diary.txt" if kind == "folder" else theirs
    assert kept.read_text() == "diary"


def test_six_faces_leave_a_folder_called_partial_alone(tmp_path: Path):
    (tmp_path / "faces.partial").mkdir()
    (tmp_path / "faces.partial" / "diary.txt").write_text("diary")
    with FacesWriter(tmp_path / "faces", 8) as faces:
        faces.write(Frame(np.zeros((32, 48, 3), np.uint8), Fraction(0)))
    assert (tmp_path / "faces.partial" / "diary.txt").read_text() == "diary"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_of_two_runs_to_one_output_neither_loses_its_work(name: str, force: bool, tmp_path: Path):
    path = tmp_path / name
    one, two = (open_writer(path, 64, 128, RATE, force=force) for _ in range(2))

    def both() -> None:
        with two:
            with one:
                one.write(frame(10))
                two.write(frame(200))
            assert path.exists()

    with pytest.raises(OutputError, match="the result is") as caught:
        both()
    spare = path.with_name(f"{path.stem}-2{path.suffix}")
    assert str(spare) in str(caught.value)
    assert sorted(tmp_path.iterdir()) == sorted([path, spare])
    if name == "pano.png":
        assert [int(read_still(p).mean()) for p in (path, spare)] == [10, 200]


def test_what_is_put_into_a_folder_meanwhile_is_kept(tmp_path: Path):
    path = tmp_path / "frames"
    path.mkdir()

    def meanwhile() -> None:
        with open_writer(path, 64, 128, RATE) as out:
            out.write(frame(1))
            (path / "diary.txt").write_text("diary")

    with pytest.raises(OutputError, match="the result is"):
        meanwhile()
    assert (path / "diary.txt").read_text() == "diary"
    assert (tmp_path / "frames-2" / "000000.png").exists()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from vr360.partial import Partial
    target = Path(sys.argv[1])
    Partial(target).make()
    (Partial(target).make(folder=True) / "big").write_text("x")
    Partial(Partial(target).make()).make()
    print("made", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_what_a_killed_run_left_is_cleared_by_the_next_one_and_what_a_living_one_has_is_not(
    tmp_path: Path,
):
    target = tmp_path / "film.mkv"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(target)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as living:
        assert living.stdout is not None
        assert living.stdout.readline() == "made\n"
        assert len(list(tmp_path.iterdir())) == 4
        Partial(tmp_path / "film.mk").make()  # another target: none of its business
        write_whole(target, b"one")
        assert len(list(tmp_path.iterdir())) == 6
        living.send_signal(signal.SIGKILL)
    foreign = tmp_path / (f".film.mkv.{'0' * 8}-{living.pid}-{'0' * 8}.partial")
    foreign.touch()  # of a process on another machine that shares the folder
    write_whole(target, b"two")
    rest = [p.name for p in tmp_path.iterdir() if p not in (target, foreign)]
    assert [name.split("-")[0].rsplit(".", 1)[0] for name in rest] == [".film.mk"]
    assert target.read_bytes() == b"two"


def test_names_are_measured_in_bytes_before_the_work_begins(tmp_path: Path):
    longest = "全" * 83 + ".png"  # 253 bytes
    with open_writer(tmp_path / longest, 64, 128, RATE) as still:
        still.write(frame(1))
    assert [p.name for p in tmp_path.iterdir()] == [longest]
    with pytest.raises(OutputError, match="the name has 256 bytes and may have 255"):
        open_writer(tmp_path / f"全{longest}", 64, 128, RATE)
    with pytest.raises(OutputError, match="shorter"):
        check_name(tmp_path / ("x" * 256))


def test_a_name_that_is_no_text_is_a_name(tmp_path: Path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    with open_writer(path, 64, 128, RATE) as still:
        still.write(frame(1))
    assert [os.fsencode(p.name) for p in tmp_path.iterdir()] == [b"caf\xe9.png"]


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "pano.png").write_bytes(b"old")
    link = tmp_path / "pano.png"
    link.symlink_to(tmp_path / "real" / "pano.png")
    with open_writer(link, 64, 128, RATE, force=True) as still:
        still.write(frame(7))
    assert link.is_symlink()
    assert read_still(tmp_path / "real" / "pano.png").mean() == 7


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices on this system")
def test_a_device_is_no_output():
    with pytest.raises(OutputError, match="a device or a stream"):
        open_writer(Path("/dev/null"), 64, 128, RATE, force=True)


def test_results_have_the_permissions_of_any_new_file(tmp_path: Path):
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "whole", b"x")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "usual").stat().st_mode
