"""Damaged files: a named error, nothing changed, nothing left behind."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.vr360.spherical.synthetic import Track, box, full, movie, noise, visual_entry
from vr360.errors import MetadataError
from vr360.spherical import SphericalMetadata, inject, inspect, remove

FILM = movie(Track(samples=noise(1)), order="ftyp moov mdat")
LATE = movie(Track(samples=noise(1)), order="ftyp mdat moov")
FTYP = box(b"ftyp", b"isom", bytes(4))


def resized(data: bytes, kind: bytes, size: int) -> bytes:
    at = data.index(kind) - 4
    return data[:at] + struct.pack(">I", size) + data[at + 4 :]


def nested(depth: int, kind: bytes = b"moov") -> bytes:
    data = b""
    for _ in range(depth):
        data = box(kind, data)
    return data


def wide_moov(size: int) -> bytes:
    return FTYP + struct.pack(">I4sQ", 1, b"moov", size)


CASES = {
    "empty": (b"", "the file is empty"),
    "garbage": (b"\x93garbage\x00\xff" * 40, "not an MP4, MOV, MKV"),
    "text": (b"hello", "not an MP4"),
    "seven bytes": (b"\0\0\0\7fty", "not an MP4"),
    "no movie": (FTYP + box(b"mdat", bytes(900)), "no movie box"),
    "two movies": (FILM + FILM[FILM.index(b"moov") - 4 :], "2 movie boxes"),
    "truncated movie": (LATE[:-40], "moov box needs .* truncated"),
    "truncated media": (FILM[:-40], "mdat box needs .* truncated"),
    "media cut off after its header": (FILM[: FILM.index(b"mdat") + 4], "truncated"),
    "cut in a header, not zeros": (FILM + b"\0\0\1f", "cut off in a box header"),
    "file box too small": (resized(FILM, b"ftyp", 4), "claims 4 bytes, less than its own header"),
    "64-bit size too small": (
        FTYP + struct.pack(">I4sQ", 1, b"mdat", 9) + bytes(30),
        "claims 9 bytes",
    ),
    "child too small": (resized(FILM, b"mdia", 7), "a box in trak claims 7 bytes"),
    "child without size": (resized(FILM, b"mdia", 0), "a box in trak claims 0 bytes"),
    "child past its parent": (resized(FILM, b"stbl", 99_999), "stbl box reaches past .* minf"),
    "entry past its parent": (resized(FILM, b"avc1", 5000), "avc1 box reaches past"),
    "entry too short": (movie(Track(entries=(box(b"avc1", bytes(20)),))), "avc1 box is too short"),
    "no entries": (movie(Track(entries=())), "empty sample description"),
    "absurd movie size": (wide_moov(1 << 60), "truncated"),
    "absurd depth": (FTYP + nested(5000), "no tracks"),
    "chunks past the end": (FILM[:-900], "truncated"),
    "more chunks than table": (
        FILM.replace(b"stco\0\0\0\0\0\0\0\3", b"stco\0\0\0\0\0\1\0\3"),
        "shorter than its own count",
    ),
    "two sample tables": (FILM.replace(b"dinf", b"stbl"), "minf box holds 2 stbl boxes"),
    "media without a header": (FILM.replace(b"hdlr", b"free"), "without its headers"),
    "compressed movie": (FTYP + box(b"moov", box(b"cmov", bytes(50))), "compressed"),
    "only sound": (movie(Track(b"soun")), "no video track"),
    "a picture in a movie's clothes": (
        FTYP + full(b"meta", full(b"hdlr", bytes(20))) + box(b"mdat", bytes(9)),
        "HEIF",
    ),
}


NOTHING_TO_REMOVE = ("only sound",)


@pytest.mark.parametrize(
    ("edit", "name"),
    [("inject", name) for name in CASES]
    + [("remove", name) for name in CASES if name not in NOTHING_TO_REMOVE],
)
def test_a_damaged_film_is_named_and_left_as_it_is(tmp_path: Path, name: str, edit: str) -> None:
    data, message = CASES[name]
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(MetadataError, match=message) as caught:
        inject(path, SphericalMetadata()) if edit == "inject" else remove(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_zeros_after_the_last_box_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    for zeros in (1, 3, 7, 4096):
        path.write_bytes(FILM + bytes(zeros))
        inject(path, SphericalMetadata())
        assert path.read_bytes().endswith(bytes(zeros))
        remove(path)
        assert path.read_bytes() == FILM + bytes(zeros)


def test_a_movie_larger_than_any_honest_one_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(wide_moov(1 << 32))
    with path.open("r+b") as file:
        file.truncate(len(FTYP) + (1 << 32))
    with pytest.raises(MetadataError, match="absurdly large"):
        inject(path, SphericalMetadata())


def test_a_flood_of_boxes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(FTYP + box(b"moov", box(b"free") * 10_001))
    with pytest.raises(MetadataError, match="more than 10000 boxes"):
        inject(path, SphericalMetadata())


@pytest.mark.parametrize("data", [b"RIFF\0\0\0\0AVI LIST", b"hello", b"\x93garbage" * 40])
def test_any_other_file_has_an_empty_report(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.avi"
    path.write_bytes(data)
    report = inspect(path)
    assert (report.container, report.metadata, report.statements) == (None, None, ())
    assert not any(verdict.plays for verdict in report.verdicts)


@pytest.mark.parametrize("name", ["empty", "no movie", "truncated movie", "child past its parent"])
def test_inspecting_a_damaged_film_names_the_damage(tmp_path: Path, name: str) -> None:
    data, message = CASES[name]
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(MetadataError, match=message):
        inspect(path)


def test_a_damaged_tag_is_reported_and_can_be_replaced(tmp_path: Path) -> None:
    entry = visual_entry(b"avc1", box(b"avcC", b"\1"), box(b"sv3d", b"\0\0\0\5junk"))
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(entries=(entry,))))
    report = inspect(path)
    assert report.metadata is None
    assert report.problems[0].startswith("V2: ")
    inject(path, SphericalMetadata())
    assert inspect(path).metadata == SphericalMetadata()
