"""All or nothing: the target is the old file or the new one, whatever happens in between."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.vr360.spherical.synthetic import (
    Track,
    audio_entry,
    head_of,
    media,
    movie,
    noise,
    sparse_film,
    sparse_media,
)
from vr360.errors import MetadataError, OutputError, VideoOpenError
from vr360.spherical import SphericalMetadata, files, inject, inspect, remove
from vr360.spherical.offsets import Table

SPHERE = SphericalMetadata()
GIB = 1 << 30
MIB = 1 << 20


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(samples=noise(1))))
    return path


def test_the_input_may_be_named_as_the_output(film: Path) -> None:
    inject(film, SPHERE, film)
    assert inspect(film).metadata == SPHERE


def test_a_link_stays_a_link_and_its_file_is_changed(film: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.mp4"
    link.parent.mkdir()
    link.symlink_to(film)
    inject(link, SPHERE)
    assert link.is_symlink()
    assert inspect(film).metadata == SPHERE
    assert [p.name for p in link.parent.iterdir()] == ["link.mp4"]


def test_an_output_that_is_a_link_to_the_input_is_the_input(film: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(film)
    inject(film, SPHERE, link)
    assert link.is_symlink()
    assert inspect(film).metadata == SPHERE


def test_an_output_that_exists_is_kept_unless_forced(film: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"exists; .*--force"):
        inject(film, SPHERE, other)
    assert other.read_bytes() == b"precious"
    inject(film, SPHERE, other, force=True)
    assert inspect(other).metadata == SPHERE


@pytest.mark.parametrize("place", ["missing folder", "folder", "file as folder"])
def test_an_output_without_a_place_is_named(film: Path, tmp_path: Path, place: str) -> None:
    output = {
        "missing folder": tmp_path / "no" / "out.mp4",
        "folder": tmp_path,
        "file as folder": film / "out.mp4",
    }[place]
    with pytest.raises(OutputError, match=r"folder"):
        inject(film, SPHERE, output)
    assert list(tmp_path.iterdir()) == [film]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, who may write anywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_cannot_be_written_is_named(film: Path) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        closed = folder / "film.mp4"
        closed.write_bytes(film.read_bytes())
        folder.chmod(0o555)
        try:
            with as_nobody(), pytest.raises(OutputError, match="written: Permission denied"):
                inject(closed, SPHERE)
        finally:
            folder.chmod(0o700)
        assert closed.read_bytes() == film.read_bytes()
        assert list(folder.iterdir()) == [closed]


def test_a_folder_that_refuses_files_is_named(film: Path) -> None:
    with pytest.raises(OutputError, match="its folder cannot be written"):
        inject(film, SPHERE, Path("/proc/self/film.mp4"))


def test_a_full_disk_leaves_everything_as_it_was(film: Path, tmp_path: Path) -> None:
    film.write_bytes(movie(Track(samples=noise(1, (200_000, 200_000, 200_000)))))
    before = film.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        with pytest.raises(OutputError, match=r"film\.mp4: cannot be written"):
            inject(film, SPHERE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert film.read_bytes() == before
    assert list(tmp_path.iterdir()) == [film]


def test_a_disk_that_fills_while_copying_leaves_everything_as_it_was(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = film.read_bytes()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "_copy", full)
    with pytest.raises(OutputError, match="No space left on device"):
        inject(film, SPHERE)
    assert film.read_bytes() == before
    assert list(tmp_path.iterdir()) == [film]


@pytest.mark.parametrize("code", sorted(files.NO_KERNEL_COPY))
def test_where_the_kernel_cannot_copy_we_do(
    film: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    before = media(film.read_bytes())
    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    inject(film, SPHERE)
    assert media(film.read_bytes()) == before


def test_another_device_is_no_obstacle(film: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == film.stat().st_dev:
        pytest.skip("there is no second file system at /dev/shm")
    out = shared / f"vr360-{os.getpid()}.mp4"
    try:
        inject(film, SPHERE, out)
        assert media(out.read_bytes()) == media(film.read_bytes())
    finally:
        out.unlink(missing_ok=True)


def test_permissions_are_kept(film: Path, tmp_path: Path) -> None:
    film.chmod(0o640)
    inject(film, SPHERE)
    assert film.stat().st_mode & 0o777 == 0o640
    inject(film, SPHERE, tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").stat().st_mode & 0o777 == 0o640


def test_an_offset_that_was_forgotten_is_noticed_before_it_does_harm(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = film.read_bytes()
    monkeypatch.setattr(Table, "move", lambda *_: None)
    with pytest.raises(MetadataError, match="track 1 would be damaged"):
        inject(film, SPHERE)
    assert film.read_bytes() == before
    assert list(tmp_path.iterdir()) == [film]


def test_a_film_that_reads_back_differently_is_not_delivered(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = film.read_bytes()
    monkeypatch.setattr("vr360.spherical.v2.write", lambda *_: None)
    monkeypatch.setattr("vr360.spherical.v1.write", lambda *_: None)
    with pytest.raises(MetadataError, match="read back as None"):
        inject(film, SPHERE)
    assert film.read_bytes() == before
    assert list(tmp_path.iterdir()) == [film]


@pytest.mark.parametrize("edit", [lambda path: inject(path, SPHERE), remove, inspect])
@pytest.mark.parametrize("what", ["missing", "folder"])
def test_an_input_that_cannot_be_opened_is_named(tmp_path: Path, edit: object, what: str) -> None:
    path = tmp_path if what == "folder" else tmp_path / "none.mp4"
    with pytest.raises(VideoOpenError, match="cannot be read"):
        edit(path)


def test_progress_ends_at_the_whole_size(film: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    out = tmp_path / "out.mp4"
    inject(film, SPHERE, out, progress=lambda done, total: seen.append((done, total)))
    size = out.stat().st_size
    assert seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_an_interrupt_leaves_no_partial_file(film: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inject(film, SPHERE, progress=stop)
    assert list(tmp_path.iterdir()) == [film]


def test_killed_in_the_middle_of_writing_the_original_is_whole(film: Path) -> None:
    film.write_bytes(movie(Track(samples=noise(1, (20 * MIB, 2 * MIB)))))
    before = film.read_bytes()
    script = f"""
        import os, signal
        from vr360.spherical import SphericalMetadata, inject
        def kill(done, total):
            if 0.3 * total < done < total:
                os.kill(os.getpid(), signal.SIGKILL)
        inject({str(film)!r}, SphericalMetadata(), progress=kill)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert film.read_bytes() == before
    inject(film, SPHERE)
    assert media(film.read_bytes()) == media(before)


MEASURE = """
    import resource, sys
    from vr360.spherical import SphericalMetadata, inject
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    inject(sys.argv[1], SphericalMetadata(), sys.argv[2])  # a small film: everything is loaded
    base = peak()
    inject(sys.argv[3], SphericalMetadata(yaw=10), sys.argv[4])
    print(peak() - base)
"""


def test_six_sparse_gib_across_the_32_bit_limit_take_little_memory_and_disk(
    film: Path, tmp_path: Path
) -> None:
    big, out = tmp_path / "big.mp4", tmp_path / "out.mp4"
    tracks = [Track(samples=noise(1)), Track(b"soun", (audio_entry(),), noise(2))]
    near = (1 << 32) - 100
    sparse_film(big, tracks, [[9000, 2 * GIB, near], [50_000, GIB, 3 * GIB]], 6 * GIB)
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(MEASURE),
        film,
        tmp_path / "small.mp4",
        big,
        out,
    ]
    text = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=True
    ).stdout
    assert int(text) * 1024 <= 64 * MIB
    assert sparse_media(out) == sparse_media(big)
    assert b"co64" in head_of(out)
    assert out.stat().st_size == 6 * GIB + len(head_of(out)) - len(head_of(big))
    assert out.stat().st_blocks * 512 < 64 * MIB
