"""`vr360 remove`: back to the very bytes of the plain file."""

import json
from pathlib import Path

from tests.pipeline.cli.conftest import Run
from tests.vr360.spherical.synthetic import Track, movie, noise
from vr360.spherical import SphericalMetadata, inject, inspect


def tagged(path: Path) -> bytes:
    """A tagged film; returns the bytes it had before."""
    path.write_bytes(movie(Track(samples=noise(1))))
    plain = path.read_bytes()
    inject(path, SphericalMetadata(yaw=5), apple=True)
    return plain


def test_the_plain_file_comes_back(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    plain = tagged(path)
    code, out, err = command("remove", path)
    assert (code, out) == (0, "")
    assert "no spherical metadata" in err
    assert path.read_bytes() == plain


def test_into_another_file_the_input_is_kept(command: Run, tmp_path: Path) -> None:
    path, out = tmp_path / "film.mp4", tmp_path / "plain.mp4"
    plain = tagged(path)
    code, text, _ = command("remove", path, out, "--json")
    assert code == 0
    assert json.loads(text) == {"file": str(out), "metadata": None}
    assert out.read_bytes() == plain
    assert inspect(path).metadata == SphericalMetadata(yaw=5)


def test_many_files_in_one_call(command: Run, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.mp4" for name in "abc"]
    plain = [tagged(path) for path in paths]
    assert command("remove", *paths)[0] == 0
    assert [path.read_bytes() for path in paths] == plain


def test_in_place_takes_no_output(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    tagged(path)
    assert command("remove", path, tmp_path / "out.mp4", "--in-place")[0] == 2


def test_a_damaged_file_is_named_and_left(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    tagged(path)
    path.write_bytes(path.read_bytes()[:-20])
    before = path.read_bytes()
    code, _, err = command("remove", path)
    assert code == 1
    assert "truncated" in err
    assert path.read_bytes() == before
