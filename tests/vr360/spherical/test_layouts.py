"""Offsets follow the bytes they point to, whatever the order and size of boxes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from tests.vr360.spherical.conftest import stream_hashes
from tests.vr360.spherical.synthetic import (
    Track,
    audio_entry,
    box,
    chunks,
    find,
    full,
    head_of,
    media,
    movie,
    noise,
    sparse_film,
    sparse_media,
    visual_entry,
    walk,
)
from vr360.cameras.insta360 import END
from vr360.errors import MetadataError
from vr360.spherical import SphericalMetadata, inject, inspect, remove
from vr360.spherical.boxes import Extent
from vr360.spherical.fragments import _tfra
from vr360.spherical.offsets import Shift

SPHERE = SphericalMetadata(yaw=33)
TRACKS = (Track(samples=noise(1)), Track(b"soun", (audio_entry(),), noise(2)))
GIB = 1 << 30


def growth(data: bytes, path: Path) -> int:
    path.write_bytes(data)
    inject(path, SPHERE)
    return path.stat().st_size - len(data)


@pytest.mark.parametrize(
    "order",
    ["ftyp moov mdat", "ftyp mdat moov", "ftyp mdat moov mdat", "ftyp mdat free moov mdat mdat"],
)
@pytest.mark.parametrize("wide_mdat", [False, True])
@pytest.mark.parametrize("open_ended", [False, True])
def test_each_offset_moves_by_what_grew_before_it(
    tmp_path: Path, order: str, wide_mdat: bool, open_ended: bool
) -> None:
    others = {"free": box(b"free", bytes(9))}
    data = movie(*TRACKS, order=order, wide_mdat=wide_mdat, open_ended=open_ended, others=others)
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    assert inspect(path).metadata == SPHERE
    assert media(out) == media(data)
    assert [kind for kind, _, _ in walk(out)] == [kind for kind, _, _ in walk(data)]


def test_the_form_of_size_fields_is_kept(tmp_path: Path) -> None:
    data = movie(*TRACKS, wide_mdat=True, wide_moov=True)
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    ((moov, _),) = find(out, "moov")
    assert struct.unpack_from(">I", out, moov - 16) == (1,)
    data = movie(*TRACKS, open_ended=True)
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    ((mdat, _),) = find(out, "mdat")
    assert struct.unpack_from(">I", out, mdat - 8) == (0,)


def test_an_offset_that_would_pass_4_gib_widens_its_table(tmp_path: Path) -> None:
    last = (1 << 32) - 10
    path = tmp_path / "film.mp4"
    sparse_film(path, [Track(samples=noise(3))], [[5000, 2 * GIB, last]], 4 * GIB + 5000)
    before = sparse_media(path)
    inject(path, SPHERE)
    head = head_of(path)
    assert find(head, "moov/trak/mdia/minf/stbl/co64")
    assert not find(head, "moov/trak/mdia/minf/stbl/stco")
    assert chunks(head)[1][2][0] > 1 << 32
    assert sparse_media(path) == before


def test_widening_one_table_widens_another_where_that_pushes_it_over(tmp_path: Path) -> None:
    many = Track(samples=(b"x",) * 2000)
    near = Track(b"soun", (audio_entry(),), noise(4))
    end = 1 << 32
    offsets = [[*range(100_000, 101_999), end - 50], [200_000, 3 * GIB, end - 5000]]
    path = tmp_path / "film.mp4"
    sparse_film(path, [many, near], offsets, end + 5000)
    before = sparse_media(path)
    inject(path, SPHERE)
    head = head_of(path)
    assert len(find(head, "moov/trak/mdia/minf/stbl/co64")) == 2
    assert sparse_media(path) == before


def test_auxiliary_offsets_of_encrypted_tracks_move_along(tmp_path: Path) -> None:
    data = movie(Track(samples=noise(1), auxiliary=True))
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    ((saio, end),) = find(out, "moov/trak/mdia/minf/stbl/saio")
    ((stco, stop),) = find(out, "moov/trak/mdia/minf/stbl/stco")
    assert out[saio + 8 : end] == out[stco + 8 : stop]
    assert media(out) == media(data)


def test_offsets_into_other_files_stay(tmp_path: Path) -> None:
    data = movie(Track(samples=noise(1)), Track(b"soun", (audio_entry(),), self_contained=False))
    path = tmp_path / "film.mov"
    path.write_bytes(data)
    inject(path, SPHERE)
    assert chunks(path.read_bytes())[2] == chunks(data)[2]
    assert media(path.read_bytes())[1] == media(data)[1]


def test_edit_lists_user_data_and_colour_boxes_stay_byte_for_byte(tmp_path: Path) -> None:
    colr, clli = box(b"colr", b"nclx", bytes(7)), box(b"clli", bytes(4))
    entry = visual_entry(b"hvc1", box(b"hvcC", b"\1"), colr, clli)
    udta = box(b"udta", box(b"\xa9nam", b"name"), bytes(4))
    data = movie(Track(entries=(entry,), extra=udta), extra=udta)
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    for piece, count in ((colr + clli, 1), (udta, 2)):
        assert out.count(piece) == data.count(piece) == count
    for name in ("edts", "tkhd", "mdia/mdhd", "mdia/hdlr"):
        ((a, b),) = find(data, f"moov/trak/{name}")
        ((c, d),) = find(out, f"moov/trak/{name}")
        assert data[a:b] == out[c:d]


@pytest.mark.parametrize("spare", [0, 8, 500])
def test_free_space_takes_the_metadata_in_place(tmp_path: Path, spare: int) -> None:
    path = tmp_path / "film.mp4"
    need = growth(movie(*TRACKS), tmp_path / "probe.mp4")
    free = box(b"free", bytes(need + spare - 8))
    data = movie(*TRACKS, order="ftyp moov free mdat", others={"free": free})
    path.write_bytes(data)
    before = path.stat().st_ino
    inject(path, SPHERE, in_place=True)
    out = path.read_bytes()
    assert path.stat().st_ino == before
    assert len(out) == len(data)
    assert inspect(path).metadata == SPHERE
    assert chunks(out) == chunks(data)
    assert media(out) == media(data)
    left = [end - body + 8 for kind, body, end in walk(out) if kind == b"free"]
    assert left == ([spare] if spare else [])


@pytest.mark.parametrize("spare", [-20, 1, 7])
def test_free_space_that_does_not_fit_falls_back_to_a_new_file(tmp_path: Path, spare: int) -> None:
    path = tmp_path / "film.mp4"
    need = growth(movie(*TRACKS), tmp_path / "probe.mp4")
    free = box(b"free", bytes(need + spare - 8))
    data = movie(*TRACKS, order="ftyp moov free mdat", others={"free": free})
    path.write_bytes(data)
    before = path.stat().st_ino
    inject(path, SPHERE, in_place=True)
    assert path.stat().st_ino != before
    assert free in path.read_bytes()
    assert media(path.read_bytes()) == media(data)


def test_a_movie_at_the_end_grows_in_place_and_shrinks_back(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    data = movie(*TRACKS, order="ftyp mdat moov")
    path.write_bytes(data)
    before = path.stat().st_ino
    inject(path, SPHERE, in_place=True)
    assert inspect(path).metadata == SPHERE
    remove(path, in_place=True)
    assert path.stat().st_ino == before
    assert path.read_bytes() == data


def test_in_place_works_whatever_the_size(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    moov_room = box(b"free", bytes(4096))
    data = movie(*TRACKS, order="ftyp moov free mdat", others={"free": moov_room}, open_ended=True)
    path.write_bytes(data)
    with path.open("r+b") as file:
        file.truncate(6 * GIB)
    inject(path, SPHERE, in_place=True)
    assert path.stat().st_size == 6 * GIB
    assert inspect(path).metadata == SPHERE


def packets(path: Path) -> dict[int, list[bytes]]:
    with av.open(str(path)) as container:
        found: dict[int, list[bytes]] = {}
        for packet in container.demux():
            if packet.size:
                found.setdefault(packet.stream_index, []).append(bytes(packet))
    return found


@pytest.mark.parametrize(
    "layout", ["fragments, base is moof", "fragments, absolute", "fragments, indexed"]
)
def test_fragments_keep_their_media(
    tmp_path: Path, make_clip: Callable[..., Path], layout: str
) -> None:
    clip, out = make_clip(layout=layout), tmp_path / "out.mp4"
    inject(clip, SPHERE, out)
    assert packets(out) == packets(clip)
    assert stream_hashes(out) == stream_hashes(clip)
    assert inspect(out).metadata == SPHERE
    remove(out)
    assert out.read_bytes() == clip.read_bytes()


def base_offsets(data: bytes) -> list[tuple[int, int]]:
    """(position of the moof, base_data_offset) of track fragments with absolute offsets."""
    found = []
    for kind, body, end in walk(data):
        if kind == b"moof":
            for tfhd, _ in find(data, "traf/tfhd", body, end):
                if struct.unpack_from(">I", data, tfhd)[0] & 1:
                    found.append((body - 8, struct.unpack_from(">Q", data, tfhd + 8)[0]))
    return found


def test_absolute_fragment_offsets_and_random_access_points_are_moved(
    tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    clip, out = make_clip(layout="fragments, absolute"), tmp_path / "out.mp4"
    inject(clip, SPHERE, out)
    data = out.read_bytes()
    bases = base_offsets(data)
    assert len(bases) == len(base_offsets(clip.read_bytes())) > 1
    assert all(base == moof for moof, base in bases)
    moofs = {body - 8 for kind, body, _ in walk(data) if kind == b"moof"}
    for body, _ in find(data, "mfra/tfra"):
        version, count = data[body], struct.unpack_from(">I", data, body + 12)[0]
        assert count
        assert version == 1
        assert struct.unpack_from(">Q", data, body + 16 + 8)[0] in moofs


def sidx(distance: int, *sizes: int, version: int = 0) -> bytes:
    layout = ">QQ" if version else ">II"
    parts = b"".join(struct.pack(">3I", size, 1, 0x90000000) for size in sizes)
    head = struct.pack(">II", 1, 1000) + struct.pack(layout, 0, distance)
    return full(b"sidx", head, struct.pack(">HH", 0, len(sizes)), parts, version=version)


@pytest.mark.parametrize("version", [0, 1])
def test_an_index_before_the_movie_still_points_behind_it(tmp_path: Path, version: int) -> None:
    track = Track(samples=())
    index = sidx(len(movie(track, order="moov mdat")) - 8, 50, 60, version=version)
    others = {"sidx": index, "a": box(b"skip", bytes(42)), "b": box(b"wide", bytes(52))}
    data = movie(track, order="ftyp sidx moov a b mdat", others=others)
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    ((body, end),) = find(out, "sidx")
    at, layout = (body + 20, ">Q") if version else (body + 16, ">I")
    (distance,) = struct.unpack_from(layout, out, at)
    ((skip, _),) = find(out, "skip")
    assert end + distance == skip - 8
    assert out[at + struct.calcsize(layout) :][:28] == index[-28:]


def test_a_movie_inside_an_indexed_part_makes_that_part_longer(tmp_path: Path) -> None:
    track = Track(samples=noise(1))
    moov = len(movie(track, order="moov mdat")) - 8 - sum(map(len, track.samples))
    others = {"a": box(b"skip", bytes(42)), "sidx": sidx(0, 50 + moov, 60)}
    data = movie(track, order="ftyp sidx a moov mdat", others=others)
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    ((body, _),) = find(out, "sidx")
    first, second = struct.unpack_from(">I8xI", out, body + 24)
    assert first - (50 + moov) == len(out) - len(data) > 0
    assert second == 60


def moof(*data_offsets: int, base: int | None = None) -> bytes:
    runs = b"".join(full(b"trun", struct.pack(">Ii", 0, o), flags=1) for o in data_offsets)
    given = b"" if base is None else struct.pack(">Q", base)
    tfhd = full(b"tfhd", struct.pack(">I", 1), given, flags=0x20000 if base is None else 1)
    return box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", tfhd, runs))


def test_a_fragment_whose_media_lies_behind_the_movie_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    fragment = moof(5000)
    data = movie(order="ftyp moof moov mdat", others={"moof": fragment}) + box(b"mdat", bytes(9000))
    path.write_bytes(data)
    with pytest.raises(MetadataError, match="apart from its media"):
        inject(path, SPHERE)
    assert path.read_bytes() == data


def test_a_fragment_with_media_on_both_sides_of_the_movie_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    others = {"moof": moof(30, 5000, base=0), "free": box(b"free", bytes(90))}
    data = movie(order="ftyp free moov mdat moof", others=others) + box(b"mdat", bytes(9000))
    path.write_bytes(data)
    with pytest.raises(MetadataError, match="both sides of moov"):
        inject(path, SPHERE)
    assert path.read_bytes() == data


def test_an_absolute_run_moves_with_its_media_and_not_with_its_base(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    data = movie(order="ftyp moov mdat moof", others={"moof": moof(5000, base=0)})
    data += box(b"mdat", bytes(9000))
    path.write_bytes(data)
    inject(path, SPHERE)
    out = path.read_bytes()
    ((_, base),) = base_offsets(out)
    assert base == len(out) - len(data)


def test_an_index_of_32_bits_that_would_pass_4_gib_is_refused() -> None:
    extents = [Extent(b"moov", 0, 8, 100), Extent(b"mdat", 100, 116, (1 << 32) + 100)]
    table = struct.pack(">4I", 0, 1, 0, 1) + struct.pack(">II3B", 0, (1 << 32) - 50, 1, 1, 1)
    with pytest.raises(MetadataError, match="4 GiB"):
        _tfra(bytearray(table), Shift(extents, {0: 200}))


def test_items_at_file_positions_are_refused(tmp_path: Path) -> None:
    meta = full(b"meta", full(b"hdlr", bytes(20)), full(b"iloc", bytes(8)))
    data = movie(order="ftyp meta moov mdat", others={"meta": meta})
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    with pytest.raises(MetadataError, match="items"):
        inject(path, SPHERE)
    assert path.read_bytes() == data


def test_the_trailer_of_a_camera_is_kept(tmp_path: Path) -> None:
    footer = bytes(38) + struct.pack("<I", 300) + bytes(4) + END
    trailer = b"no box at all".ljust(300 - len(footer), b"!") + footer
    assert len(footer) == 78
    data = movie(*TRACKS) + trailer
    path = tmp_path / "film.insv"
    path.write_bytes(data)
    inject(path, SPHERE)
    assert path.read_bytes().endswith(trailer)
    assert media(path.read_bytes()) == media(data)
