"""Damaged files of all kinds: an answer or a named error, never anything else."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vr360.spherical.synthetic import (
    FOREIGN_UUID,
    Track,
    audio_entry,
    box,
    movie,
    noise,
    visual_entry,
)
from vr360.errors import Vr360Error
from vr360.spherical import SphericalMetadata, inject, inspect, remove

MIB = 1 << 20
LONGEST = 5.0  # seconds of this process for one file
SIZES = (0, 1, 7, 8, 9, 16, 255, 65_535, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
KINDS = (
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stco", b"co64", b"uuid", b"free"),
    *(b"moof", b"traf", b"tfhd", b"trun", b"saio", b"sidx", b"mfra", b"tfra", b"meta", b"mdat"),
    *(b"sv3d", b"st3d", b"vexu", b"SA3D", b"esds", b"chan", b"dref", b"tref", b"hdlr", b"wave"),
)


def corpus(folder: Path, clips: list[Path]) -> list[Path]:
    """Whole files of every kind, tagged and plain."""
    sound = Track(b"soun", (audio_entry(channels=4),), noise(2))
    film = Track(samples=noise(1), extra=box(b"uuid", FOREIGN_UUID, b"x"), auxiliary=True)
    entry = visual_entry(b"hvc1", box(b"hvcC", b"\1"), box(b"pasp", bytes([0, 0, 0, 1] * 2)))
    made = [*clips]
    for number, data in enumerate(
        [
            movie(film, sound),
            movie(sound, Track(entries=(entry,), samples=noise(1)), order="ftyp mdat moov mdat"),
            movie(film, order="ftyp moov free mdat", others={"free": box(b"free", bytes(900))}),
        ]
    ):
        made.append(folder / f"{number}.mp4")
        made[-1].write_bytes(data)
    pixels = np.zeros((32, 64, 3), np.uint8)
    for suffix in (".jpg", ".png"):
        made.append(folder / f"still{suffix}")
        Image.fromarray(pixels).save(made[-1])
    for path in list(made):
        tagged = folder / f"tagged {path.name}"
        inject(path, SphericalMetadata(yaw=5), tagged, apple=path.suffix == ".mp4", any_shape=True)
        made.append(tagged)
    return made


def mutated(data: bytes, source: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 5))):
        if len(out) > 8:
            out = source.choice(MUTATIONS)(out, source)
    return bytes(out)


def _header(data: bytearray, source: random.Random) -> int:
    """Position of a box header or of an element, rather than of media, most of the time."""
    found = [at for kind in KINDS if (at := data.find(kind, source.randrange(len(data)))) >= 4]
    return source.choice(found) - 4 if found else source.randrange(len(data) - 7)


def _size(data: bytearray, source: random.Random) -> bytearray:
    at = _header(data, source)
    old = int.from_bytes(data[at : at + 4])
    new = source.choice((*SIZES, old + source.choice((-8, -1, 1, 4, 8, 100)), len(data)))
    data[at : at + 4] = (new % (1 << 32)).to_bytes(4)
    return data


def _kind(data: bytearray, source: random.Random) -> bytearray:
    at = _header(data, source) + 4
    data[at : at + 4] = source.choice(KINDS)
    return data


def _number(data: bytearray, source: random.Random) -> bytearray:
    at = min(_header(data, source) + source.randrange(8, 40), len(data) - 4)
    data[at : at + 4] = source.choice(SIZES).to_bytes(4)
    return data


def _bytes(data: bytearray, source: random.Random) -> bytearray:
    for _ in range(source.choice((1, 4, 30))):
        data[source.randrange(min(len(data), 6000))] = source.randrange(256)
    return data


def _cut(data: bytearray, source: random.Random) -> bytearray:
    return data[: source.randrange(1, len(data))]


def _repeat(data: bytearray, source: random.Random) -> bytearray:
    at = _header(data, source)
    piece = data[at : at + source.choice((8, 64, 700))]
    return data[:at] + piece * source.choice((1, 2, 50)) + data[at:]


def _drop(data: bytearray, source: random.Random) -> bytearray:
    at = _header(data, source)
    return data[:at] + data[at + source.choice((1, 8, 64, 700)) :]


MUTATIONS: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (
    *(_size, _size, _kind, _number, _number, _bytes, _cut, _repeat, _drop),
)


def try_everything(path: Path, data: bytes, source: random.Random) -> Iterator[str]:
    """The outcomes of inspecting, tagging and cleaning; the input must stay as it is."""
    out = path.with_name("out" + path.suffix)
    wanted = SphericalMetadata(stereo=source.choice(("mono", "tb")), yaw=7)
    actions = (
        lambda: inspect(path).as_dict(),
        lambda: inject(path, wanted, out, force=True, any_shape=True),
        lambda: remove(path, out, force=True),
    )
    for action in actions:
        started, said = time.process_time(), ""
        try:
            action()
        except Vr360Error as error:
            said = str(error)
        assert "\n" not in said
        yield "refused" if said else "done"
        assert time.process_time() - started < LONGEST
    assert path.read_bytes() == data
    assert {p.name for p in path.parent.iterdir()} <= {path.name, out.name}
    out.unlink(missing_ok=True)


def campaign(folder: Path, originals: list[Path], count: int, seed: int) -> dict[str, int]:
    outcomes = {"done": 0, "refused": 0}
    for number in range(count):
        source = random.Random(f"{seed}/{number}")
        original = source.choice(originals)
        data = mutated(original.read_bytes(), source)
        path = folder / f"mutant{original.suffix}"
        path.write_bytes(data)
        try:
            for outcome in try_everything(path, data, source):
                outcomes[outcome] += 1
        except Exception as error:
            error.add_note(f"seed {seed}, file {number}, from {original.name}")
            raise
        path.unlink()
    return outcomes


@pytest.fixture
def originals(tmp_path: Path, make_clip: Callable[..., Path], matroska: Path) -> list[Path]:
    folder = tmp_path / "whole"
    folder.mkdir()
    fragments = [make_clip(layout=f"fragments, {kind}") for kind in ("absolute", "indexed")]
    return corpus(folder, [make_clip(), *fragments, matroska])


def check(folder: Path, originals: list[Path], count: int, seed: int) -> None:
    folder.mkdir()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = campaign(folder, originals, count, seed)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 256 * MIB
    assert min(outcomes.values()) > count / 10, "mutations should neither all pass nor all fail"


def test_three_hundred_damaged_files(tmp_path: Path, originals: list[Path]) -> None:
    check(tmp_path / "work", originals, 300, seed=0)


@pytest.mark.fuzz
def test_ten_thousand_damaged_files(tmp_path: Path, originals: list[Path]) -> None:
    check(tmp_path / "work", originals, 10_000, seed=1)
