"""Apple's boxes: opt-in, as FFmpeg reads them, never contradicting the rest."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from tests.vr360.spherical.conftest import stream_hashes
from tests.vr360.spherical.synthetic import (
    Track,
    box,
    entries,
    find,
    full,
    movie,
    visual_entry,
    walk,
)
from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import SphericalMetadata, inject, inspect, remove

HALF = SphericalMetadata(Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "film.mov"


def test_nothing_of_apples_is_written_unasked(path: Path) -> None:
    path.write_bytes(movie())
    inject(path, SphericalMetadata())
    assert b"vexu" not in path.read_bytes()


def test_the_bytes_are_those_of_the_layout(path: Path) -> None:
    path.write_bytes(movie())
    notes = inject(path, HALF, apple=True)
    assert "experimental" in notes[0]
    data = path.read_bytes()
    _, first, end = entries(data)[0]
    ((vexu, stop),) = find(data, "vexu", first, end)
    assert data[vexu:stop].hex(" ", 4) == bytes.fromhex(
        "00000015 65796573 0000000d 73747269 00000000 03"
        "00000018 70726f6a 00000010 70726a69 00000000 68657175"
        "00000018 7061636b 00000010 706b696e 00000000 73696465"
    ).hex(" ", 4)
    ((hfov, _),) = find(data, "hfov", first, end)
    assert struct.unpack_from(">I", data, hfov) == (180_000,)


@pytest.mark.parametrize("stereo", Stereo)
@pytest.mark.parametrize("projection", [Projection.EQUIRECT, Projection.HALF_EQUIRECT])
def test_the_boxes_say_the_same_as_v2(path: Path, projection: Projection, stereo: Stereo) -> None:
    path.write_bytes(movie())
    wanted = SphericalMetadata(projection, stereo)
    inject(path, wanted, apple=True, any_shape=True)
    said = {s.source: s.metadata for s in inspect(path).statements}
    assert said["Apple"] == said["V2"] == wanted
    path.write_bytes(path.read_bytes().replace(b"sv3d", b"free").replace(b"uuid", b"free"))
    assert inspect(path).metadata == wanted


def test_ffmpeg_reads_them_alone(path: Path, make_clip: Callable[..., Path]) -> None:
    clip = make_clip("hvc1", ".mov")
    inject(clip, HALF, path, apple=True, any_shape=True)
    assert stream_hashes(path) == stream_hashes(clip)
    hidden = path.read_bytes().replace(b"sv3d", b"free").replace(b"st3d", b"free")
    path.write_bytes(hidden.replace(b"uuid", b"free"))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert struct.unpack_from("=I", bytes(frame.side_data["SPHERICAL"])) == (3,)  # half-equirect
    assert struct.unpack_from("=I", bytes(frame.side_data["STEREO3D"])) == (1,)  # side by side


def test_apple_has_no_code_for_a_cubemap(path: Path) -> None:
    path.write_bytes(movie())
    with pytest.raises(MetadataError, match="no code for cubemap"):
        inject(path, SphericalMetadata("cubemap"), apple=True, any_shape=True)


def test_boxes_that_would_contradict_go_and_others_stay(path: Path) -> None:
    path.write_bytes(movie())
    inject(path, HALF, apple=True, any_shape=True)
    assert inject(path, HALF, any_shape=True) == ()
    assert path.read_bytes().count(b"vexu") == 1
    notes = inject(path, SphericalMetadata())
    assert "contradicted" in notes[0]
    assert b"vexu" not in path.read_bytes()
    assert b"hfov" not in path.read_bytes()


def test_those_of_a_flat_stereo_film_stay(path: Path) -> None:
    eyes = box(b"eyes", full(b"stri", b"\3"))
    flat = box(b"vexu", eyes, box(b"proj", full(b"prji", b"rect"))) + box(b"hfov", bytes(4))
    path.write_bytes(movie(Track(entries=(visual_entry(b"hvc1", box(b"hvcC", b"\1"), flat),))))
    inject(path, SphericalMetadata())
    remove(path)
    data = path.read_bytes()
    _, first, end = entries(data)[0]
    assert [kind for kind, _, _ in walk(data, first, end)] == [b"hvcC", b"vexu", b"hfov"]
