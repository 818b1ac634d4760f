"""Which track is the film, and what happens to all the others: nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.vr360.spherical.synthetic import (
    Track,
    audio_entry,
    box,
    entries,
    find,
    media,
    movie,
    noise,
    visual_entry,
    walk,
)
from vr360.errors import MetadataError
from vr360.spherical import SphericalMetadata, inject, inspect, remove

SPHERE = SphericalMetadata()
SOUND = Track(b"soun", (audio_entry(),), noise(2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "film.mp4"


def tagged(data: bytes) -> list[int]:
    """Track ids of the tracks that hold a V1 box."""
    found = []
    for body, end in find(data, "moov/trak"):
        ((tkhd, _),) = find(data, "tkhd", body, end)
        if find(data, "uuid", body, end):
            found.append(struct.unpack_from(">I", data, tkhd + 12)[0])
    return found


def track_order(data: bytes) -> list[int]:
    return [
        struct.unpack_from(">I", data, tkhd + 12)[0] for tkhd, _ in find(data, "moov/trak/tkhd")
    ]


CODECS = (b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp09", b"mp4v", b"ap4h", b"apch", b"encv")


@pytest.mark.parametrize("kind", CODECS)
def test_every_kind_of_sample_entry_is_tagged(path: Path, kind: bytes) -> None:
    path.write_bytes(movie(Track(entries=(visual_entry(kind),))))
    inject(path, SPHERE)
    assert inspect(path).metadata == SPHERE


def test_boxes_go_behind_the_configuration_and_before_the_rest(path: Path) -> None:
    entry = visual_entry(
        b"hvc1",
        box(b"hvcC", b"\1"),
        box(b"dvvC", b"\1"),
        box(b"clap", bytes(32)),
        box(b"colr", b"x"),
    )
    path.write_bytes(movie(Track(entries=(entry,))))
    inject(path, SPHERE)
    data = path.read_bytes()
    _, first, end = entries(data)[0]
    kinds = [kind for kind, _, _ in walk(data, first, end)]
    assert kinds == [b"hvcC", b"dvvC", b"st3d", b"sv3d", b"clap", b"colr"]


def test_all_entries_of_a_track_are_tagged(path: Path) -> None:
    path.write_bytes(movie(Track(entries=(visual_entry(b"avc1"), visual_entry(b"hvc1")))))
    inject(path, SPHERE)
    data = path.read_bytes()
    assert len(entries(data)) == 2
    for _, first, end in entries(data):
        assert len(find(data, "st3d", first, end)) == len(find(data, "sv3d", first, end)) == 1


def test_a_quicktime_terminator_stays_last(path: Path) -> None:
    path.write_bytes(
        movie(Track(entries=(visual_entry(b"ap4h", box(b"pasp", bytes(8)), bytes(4)),)))
    )
    inject(path, SPHERE)
    data = path.read_bytes()
    _, first, end = entries(data)[0]
    assert data[end - 4 : end] == bytes(4)
    assert [kind for kind, _, _ in walk(data, first, end - 4)] == [b"st3d", b"sv3d", b"pasp"]
    assert inspect(path).metadata == SPHERE


def test_the_first_enabled_film_is_taken(path: Path) -> None:
    off, film = Track(samples=noise(1), enabled=False), Track(samples=noise(3))
    path.write_bytes(movie(off, film))
    inject(path, SPHERE)
    assert tagged(path.read_bytes()) == [2]


@pytest.mark.parametrize("mark", ["still", "thmb", "chap"])
def test_a_thumbnail_is_not_taken_for_the_film(path: Path, mark: str) -> None:
    if mark == "still":
        picture = Track(entries=(visual_entry(b"jpeg", bytes(4)),), samples=noise(1)[:1])
        film = Track(samples=noise(3))
    elif mark == "thmb":
        picture = Track(samples=noise(1), extra=box(b"tref", box(b"thmb", struct.pack(">I", 2))))
        film = Track(samples=noise(3))
    else:
        picture = Track(samples=noise(1))
        film = Track(samples=noise(3), extra=box(b"tref", box(b"chap", struct.pack(">I", 1))))
    path.write_bytes(movie(picture, film))
    inject(path, SPHERE)
    assert tagged(path.read_bytes()) == [2]


def test_a_track_can_be_chosen(path: Path) -> None:
    path.write_bytes(movie(Track(samples=noise(1)), Track(samples=noise(3)), SOUND))
    inject(path, SPHERE, track=2, move_front=False)
    assert tagged(path.read_bytes()) == [2]
    assert inspect(path).metadata is None
    assert inspect(path, track=2).metadata == SPHERE
    with pytest.raises(MetadataError, match="no video track 3; the file has 2"):
        inject(path, SPHERE, track=3)
    remove(path)
    assert tagged(path.read_bytes()) == []


def test_the_tagged_track_leads_because_youtube_needs_it(path: Path) -> None:
    data = movie(SOUND, Track(samples=noise(3)))
    path.write_bytes(data)
    notes = inject(path, SPHERE)
    assert any("moved to the front" in note for note in notes)
    assert track_order(path.read_bytes()) == [2, 1]
    assert media(path.read_bytes()) == media(data)
    assert inspect(path).leads
    path.write_bytes(data)
    assert inject(path, SPHERE, move_front=False) == ()
    assert track_order(path.read_bytes()) == [1, 2]
    verdict = next(v for v in inspect(path).verdicts if v.target == "YouTube")
    assert verdict.missing == "the tagged video track as the first track of the file"


def test_sound_time_code_and_camera_motion_stay_byte_for_byte(path: Path) -> None:
    camm = Track(b"meta", (box(b"camm", bytes(8)),), noise(8))
    tmcd = Track(b"tmcd", (box(b"tmcd", bytes(26)),), noise(9))
    odd = Track(b"soun", (box(b"odd ", b"short"),), noise(4))
    tracks = (Track(samples=noise(3)), SOUND, camm, tmcd, odd)
    data = movie(*tracks, order="ftyp mdat moov")
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    for (a, b), (c, d) in zip(find(data, "moov/trak")[1:], find(out, "moov/trak")[1:], strict=True):
        assert data[a:b] == out[c:d]


def test_ffv1_is_refused_outside_matroska(path: Path) -> None:
    path.write_bytes(movie(Track(entries=(visual_entry(b"FFV1"),))))
    with pytest.raises(MetadataError, match="FFV1 belongs into Matroska"):
        inject(path, SPHERE)


@pytest.mark.parametrize(
    ("shape", "metadata"),
    [
        ((64, 36), SphericalMetadata()),
        ((64, 48), SphericalMetadata(stereo="tb")),
        ((64, 32), SphericalMetadata("half-equirect")),
        ((64, 32), SphericalMetadata("cubemap")),
    ],
)
def test_a_shape_that_contradicts_the_projection_is_refused(
    path: Path, shape: tuple[int, int], metadata: SphericalMetadata
) -> None:
    entry = visual_entry(width=shape[0], height=shape[1])
    path.write_bytes(movie(Track(entries=(entry,))))
    before = path.read_bytes()
    with pytest.raises(MetadataError, match="is not the shape of"):
        inject(path, metadata)
    assert path.read_bytes() == before
    inject(path, metadata, any_shape=True)
    assert inspect(path).metadata == metadata


def test_the_shape_of_pixels_counts(path: Path) -> None:
    pasp = box(b"pasp", struct.pack(">2I", 2, 1))
    path.write_bytes(movie(Track(entries=(visual_entry(b"avc1", pasp, width=32, height=32),))))
    inject(path, SPHERE)
    assert inspect(path).pixel_aspect == 2
