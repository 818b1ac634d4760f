"""Metadata that is already there: replaced, exactly one of each, foreign boxes kept.

The tests named `..._unlike_googles_tool` are the cases in which Google's spatial-media exits with 0
and leaves a wrong or damaged file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vr360.spherical.conftest import need, run, stream_hashes
from tests.vr360.spherical.synthetic import (
    FOREIGN_UUID,
    V1_UUID,
    Track,
    box,
    entries,
    find,
    full,
    media,
    movie,
    noise,
    visual_entry,
    walk,
)
from vr360.frame import Projection, Stereo
from vr360.spherical import Bounds, SphericalMetadata, inject, inspect, remove

MONO = SphericalMetadata()
STEREO = SphericalMetadata(stereo=Stereo.TOP_BOTTOM, yaw=20, bounds=Bounds(top=0.25))


def children(data: bytes, entry: int = 0) -> list[bytes]:
    _, first, end = entries(data)[entry]
    return [kind for kind, _, _ in walk(data, first, end)]


def v1_texts(data: bytes) -> list[bytes]:
    found = [data[body:end] for body, end in find(data, "moov/trak/uuid")]
    return [text[16:] for text in found if text.startswith(V1_UUID)]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(samples=noise(5))))
    return path


def test_a_sandwiched_movie_keeps_its_media_unlike_googles_tool(
    tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    path = tmp_path / "film.mp4"
    clip = make_clip().read_bytes()
    ((moov, end),) = find(clip, "moov")
    ((mdat, stop),) = find(clip, "mdat")
    assert mdat < moov
    chunks = sorted(
        offset
        for body, _ in find(clip, "moov/trak/mdia/minf/stbl/stco")
        for offset in struct.unpack_from(f">{clip[body + 7]}I", clip, body + 8)
    )
    cut = chunks[len(chunks) // 2]
    first, second = clip[mdat:cut], clip[cut:stop]
    moved = bytearray(clip[moov - 8 : end])
    late = len(moved) + 8  # what lies behind the cut moves by the movie and a new header
    for body, _ in find(bytes(moved), "moov/trak/mdia/minf/stbl/stco"):
        for at in range(body + 8, body + 8 + 4 * moved[body + 7], 4):
            (offset,) = struct.unpack_from(">I", moved, at)
            struct.pack_into(">I", moved, at, offset + late * (offset >= cut))
    path.write_bytes(clip[: mdat - 8] + box(b"mdat", first) + moved + box(b"mdat", second))
    plain = stream_hashes(make_clip())
    assert stream_hashes(path) == plain
    inject(path, MONO)
    assert [kind for kind, _, _ in walk(path.read_bytes())][-3:] == [b"mdat", b"moov", b"mdat"]
    assert stream_hashes(path) == plain


def test_absolute_fragment_offsets_keep_their_media_unlike_googles_tool(
    tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    clip, out = make_clip(layout="fragments, absolute"), tmp_path / "out.mp4"
    inject(clip, MONO, out)
    assert stream_hashes(out) == stream_hashes(clip)
    ffmpeg = need("ffmpeg")
    assert run(ffmpeg, "-v", "error", "-i", out, "-f", "framemd5", "-") == run(
        ffmpeg, "-v", "error", "-i", clip, "-f", "framemd5", "-"
    )


def test_mono_clears_old_stereo_unlike_googles_tool(film: Path) -> None:
    inject(film, STEREO, any_shape=True)
    inject(film, MONO)
    data = film.read_bytes()
    _, first, end = entries(data)[0]
    ((st3d, _),) = find(data, "st3d", first, end)
    assert data[st3d + 4] == 0
    assert b"StereoMode" not in v1_texts(data)[0]
    assert inspect(film).metadata == MONO


def test_old_v2_does_not_survive_under_new_v1_unlike_googles_tool(film: Path) -> None:
    inject(film, SphericalMetadata(Projection.CUBEMAP), any_shape=True)
    inject(film, MONO)
    assert children(film.read_bytes()) == [b"avcC", b"st3d", b"sv3d"]
    assert b"cbmp" not in film.read_bytes()
    assert not inspect(film).disagreements


def test_foreign_uuid_boxes_stay_unlike_googles_tool(tmp_path: Path) -> None:
    foreign = box(b"uuid", FOREIGN_UUID, b"somebody's")
    path = tmp_path / "film.mp4"
    path.write_bytes(
        movie(
            Track(extra=foreign),
            order="ftyp uuid moov mdat",
            extra=foreign,
            others={"uuid": foreign},
        )
    )
    inject(path, MONO)
    assert path.read_bytes().count(foreign) == 3
    remove(path)
    assert path.read_bytes().count(foreign) == 3


def test_old_crop_does_not_survive_unlike_googles_tool(film: Path) -> None:
    inject(film, STEREO, any_shape=True)
    assert b"CroppedAreaTopPixels" in film.read_bytes()
    inject(film, SphericalMetadata(Projection.CUBEMAP), any_shape=True)
    data = film.read_bytes()
    assert b"CroppedArea" not in data
    assert v1_texts(data) == []  # V1 knows no cubemap
    assert b"equi" not in data


def test_duplicates_become_one_of_each(tmp_path: Path) -> None:
    st3d = full(b"st3d", b"\1")
    text = box(b"uuid", V1_UUID, b"<old/>")
    entry = visual_entry(b"avc1", st3d, box(b"avcC", b"\1"), st3d, box(b"pasp", bytes(8)))
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(entries=(entry,), extra=text + text)))
    assert "twice" in inspect(path).problems[-1]
    inject(path, MONO)
    data = path.read_bytes()
    assert children(data) == [b"avcC", b"st3d", b"sv3d", b"pasp"]
    assert len(v1_texts(data)) == 1


@pytest.mark.parametrize("place", ["movie", "file"])
def test_v1_where_no_reader_looks_is_named_and_taken_away(tmp_path: Path, place: str) -> None:
    text = box(b"uuid", V1_UUID, b"<old/>")
    path = tmp_path / "film.mp4"
    if place == "movie":
        plain, data = movie(), movie(extra=text)
    else:
        plain = movie(order="ftyp moov mdat")
        data = movie(order="ftyp moov uuid mdat", others={"uuid": text})
    path.write_bytes(data)
    report = inspect(path)
    assert report.metadata is None
    assert "outside the video track" in report.problems[0]
    remove(path)
    assert path.read_bytes() == plain


def test_v2_wins_over_v1_and_the_difference_is_named(film: Path) -> None:
    inject(film, STEREO, any_shape=True)
    data = film.read_bytes()
    film.write_bytes(data.replace(b">top-bottom<", b">left-right<"))
    report = inspect(film)
    assert report.metadata == STEREO
    assert report.disagreements == ("V2 and V1 differ in stereo; V2 wins",)


def test_v1_says_the_stereo_that_v2_leaves_open(film: Path) -> None:
    inject(film, STEREO, any_shape=True)
    data = film.read_bytes()
    film.write_bytes(data.replace(b"st3d", b"free"))
    assert inspect(film).metadata == STEREO


def test_a_projection_without_its_header_counts_for_nothing_as_in_ffmpeg(film: Path) -> None:
    inject(film, SphericalMetadata(Projection.CUBEMAP), any_shape=True)
    film.write_bytes(film.read_bytes().replace(b"svhd", b"free"))
    report = inspect(film)
    assert report.metadata is None
    assert "lacks its svhd" in report.problems[0]


def test_a_software_name_with_markup_is_escaped(film: Path) -> None:
    name = "<Stitch & \"Co\"> 'ß'"
    inject(film, SphericalMetadata(software=name))
    assert inspect(film).metadata.software == name
    assert b"<Stitch" not in v1_texts(film.read_bytes())[0]
    film.write_bytes(film.read_bytes().replace(b"sv3d", b"free"))
    assert inspect(film).metadata.software == name  # from V1 alone


@pytest.mark.parametrize(
    "text",
    [
        b"<not xml",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a/>",
        b"\xff\xfe\x00",
        b"",
        b"x" * 300_000,
    ],
)
def test_a_damaged_v1_text_is_named_and_replaced(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(extra=box(b"uuid", V1_UUID, text))))
    report = inspect(path)
    assert report.metadata is None
    assert report.problems[0].startswith("V1: ")
    inject(path, MONO)
    assert inspect(path).metadata == MONO


def test_right_left_eyes_are_said_in_v2_only_and_that_is_told(film: Path) -> None:
    wanted = SphericalMetadata(Projection.HALF_EQUIRECT, Stereo.RIGHT_LEFT)
    notes = inject(film, wanted)
    assert any("no V1" in note for note in notes)
    assert v1_texts(film.read_bytes()) == []
    assert inspect(film).metadata == wanted


def test_the_bytes_of_v2_are_those_of_the_specification(film: Path) -> None:
    wanted = SphericalMetadata(
        Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT, -10.5, 20, -180, software="me"
    )
    inject(film, wanted)
    data = film.read_bytes()
    _, first, end = entries(data)[0]
    assert data[first:end].partition(b"config")[2].hex(" ", 4) == bytes.fromhex(
        "0000000d 73743364 00000000 02"
        "00000053 73763364"
        "0000000f 73766864 00000000 6d6500"
        "0000003c 70726f6a"
        "00000018 70726864 00000000 fff58000 00140000 00b40000"
        "0000001c 65717569 00000000 00000000 00000000 40000000 40000000"
    ).hex(" ", 4)


def test_the_text_of_v1_is_that_of_the_specification(film: Path) -> None:
    wanted = SphericalMetadata(
        stereo=Stereo.TOP_BOTTOM, yaw=10.4, bounds=Bounds(left=0.25), software="me"
    )
    inject(film, wanted, any_shape=True)
    (text,) = v1_texts(film.read_bytes())
    fields = {
        "Spherical": "true",
        "Stitched": "true",
        "StitchingSoftware": "me",
        "ProjectionType": "equirectangular",
        "StereoMode": "top-bottom",
        "InitialViewHeadingDegrees": "10",
        "InitialViewPitchDegrees": "0",
        "InitialViewRollDegrees": "0",
        "CroppedAreaImageWidthPixels": "64",
        "CroppedAreaImageHeightPixels": "16",
        "FullPanoWidthPixels": "85",
        "FullPanoHeightPixels": "16",
        "CroppedAreaLeftPixels": "21",
        "CroppedAreaTopPixels": "0",
    }
    body = "".join(f"<GSpherical:{k}>{v}</GSpherical:{k}>" for k, v in fields.items())
    head = (
        '<?xml version="1.0"?><rdf:SphericalVideo\n'
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"\n'
        'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">'
    )
    assert text.decode() == f"{head}{body}</rdf:SphericalVideo>"


def test_media_stays_through_any_number_of_edits(film: Path) -> None:
    before = media(film.read_bytes())
    for wanted in (MONO, STEREO, SphericalMetadata("cubemap"), SphericalMetadata("dual-fisheye")):
        inject(film, wanted, any_shape=True)
        assert media(film.read_bytes()) == before
    remove(film)
    assert media(film.read_bytes()) == before
