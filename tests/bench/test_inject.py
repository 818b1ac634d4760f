"""Injecting metadata beside copying the file, in one run; `make bench` prints the ratios."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vr360.spherical.synthetic import Track, box, movie, noise, sparse_film
from vr360.spherical import SphericalMetadata, inject, inspect

pytestmark = pytest.mark.bench
MIB, GIB = 1 << 20, 1 << 30


def seconds(target: Path, *sides: Callable[[], object]) -> list[float]:
    """Medians of nine turns, each onto a target that is not there, after one that does not count.

    The sides take turns, lest one of them gets all the burst that a disk allows.
    """
    times: list[list[float]] = [[] for _ in sides]
    for turn in range(10):
        for side, found in zip(sides, times, strict=True):
            target.unlink(missing_ok=True)
            os.sync()
            started = time.perf_counter()
            side()
            if turn:
                found.append(time.perf_counter() - started)
    return [statistics.median(found) for found in times]


@pytest.mark.parametrize("kind", ["1 GiB of media", "6 GiB with holes"])
def test_injecting_is_as_fast_as_copying(tmp_path: Path, kind: str):
    film, out = tmp_path / "film.mp4", tmp_path / "out.mp4"
    track = Track(samples=noise(1), wide=True)
    dense = not kind.startswith("6")
    end = GIB if dense else 6 * GIB
    sparse_film(film, [track], [[9000, end // 2, end - MIB]], end)
    if dense:
        with film.open("r+b") as file:
            file.seek(MIB)
            for _ in range(1022):
                file.write(os.urandom(MIB))

    def copy() -> None:
        subprocess.run(["cp", film, out], check=True)
        subprocess.run(["sync", out], check=True)  # injecting ends with an fsync, too

    copied, injected = seconds(out, copy, lambda: inject(film, SphericalMetadata(), out))
    print(f"\n{kind}: cp {copied:.3f} s, inject {injected:.3f} s, {copied / injected:.2f} x cp")
    assert injected <= copied / 0.8 + 0.05


def test_in_place_takes_milliseconds_whatever_the_size(tmp_path: Path):
    film = tmp_path / "film.mp4"
    room = {"free": box(b"free", bytes(4096))}
    film.write_bytes(movie(Track(), order="ftyp moov free mdat", others=room, open_ended=True))
    with film.open("r+b") as file:
        file.truncate(6 * GIB)
    os.sync()
    started = time.perf_counter()
    inject(film, SphericalMetadata(), in_place=True)
    taken = time.perf_counter() - started
    print(f"\nin place, 6 GiB: {taken * 1000:.1f} ms")
    assert inspect(film).metadata == SphericalMetadata()
    assert taken < 0.5
