"""Matroska and WebM: our own edit of the elements, read back by other tools."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import av
import pytest

from tests.vr360.spherical.conftest import need, run, stream_hashes
from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import Bounds, SphericalMetadata, inject, inspect, remove
from vr360.spherical.ebml import nodes, pack_id, pack_size, void

SPHERE = SphericalMetadata(stereo=Stereo.TOP_BOTTOM, yaw=10.5, pitch=-20.25, roll=3)
SOURCES = (
    *("-f", "lavfi", "-i", "testsrc2=s=128x64:r=10:d=2"),
    *("-f", "lavfi", "-i", "sine=d=2:r=48000"),
)


def element(ident: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack_id(ident) + pack_size(len(body)) + body


def number(ident: int, value: int) -> bytes:
    return element(ident, value.to_bytes(max(1, (value.bit_length() + 7) // 8)))


def tracks(padding: int = 0) -> bytes:
    video = element(0xE0, number(0xB0, 128), number(0xBA, 64))
    entry = element(
        0xAE,
        number(0xD7, 1),
        number(0x73C5, 1),
        number(0x83, 1),
        element(0x86, b"V_VP8"),
        video,
        void(padding),
    )
    return element(0x1654AE6B, entry)


def segment(*parts: bytes, unknown: bool = False, doc_type: bytes = b"matroska") -> bytes:
    header = element(0x1A45DFA3, element(0x4282, doc_type))
    body = b"".join(parts)
    size = b"\x01" + b"\xff" * 7 if unknown else pack_size(len(body), 8)
    return header + pack_id(0x18538067) + size + body


def cluster(*parts: bytes, unknown: bool = False) -> bytes:
    body = number(0xE7, 0) + b"".join(parts)
    size = b"\xff" if unknown else pack_size(len(body))
    return pack_id(0x1F43B675) + size + body


BLOCK = element(0xA3, b"\x81\0\0\x80", b"frame" * 20)


def body_of(data: bytes) -> int:
    at = data.index(pack_id(0x18538067))
    return at + 12


def found(data: bytes, *path: int) -> list[bytes]:
    """Payloads of the elements at a path below the segment."""
    payloads = [data[body_of(data) :]]
    for ident in path:
        payloads = [n.payload for payload in payloads for n in nodes(payload) if n.id == ident]
    return payloads


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "film.mkv"


def read_by_mkvmerge(path: Path) -> dict[str, object]:
    listing = json.loads(run(need("mkvmerge"), "-J", path))
    assert not listing["warnings"]
    assert not listing["errors"]
    return next(t["properties"] for t in listing["tracks"] if t["type"] == "video")


def test_mkvmerge_and_ffprobe_read_what_was_written(path: Path, matroska: Path) -> None:
    wanted = SphericalMetadata(
        stereo=Stereo.TOP_BOTTOM,
        yaw=10.5,
        pitch=-20.25,
        roll=3,
        bounds=Bounds(0.125, 0.125, 0, 0.5),
    )
    inject(matroska, wanted, path, any_shape=True)
    seen = read_by_mkvmerge(path)
    assert seen["stereo_mode"] == 3
    assert seen["projection_type"] == 1
    assert seen["projection_private"] == "0000000020000000200000000000000080000000"
    pose = [seen[f"projection_pose_{name}"] for name in ("yaw", "pitch", "roll")]
    assert pose == [10.5, -20.25, 3.0]
    entries = ("-select_streams", "v", "-show_entries", "stream_side_data", "-of", "compact")
    text = run(need("ffprobe"), "-v", "error", *entries, path)
    assert "projection=tiled equirectangular" in text
    assert "top and bottom" in text
    assert "yaw=10|pitch=-20|roll=3" in text
    assert stream_hashes(path) == stream_hashes(matroska)


@pytest.mark.parametrize(
    ("stereo", "mode"),
    [(Stereo.MONO, 0), (Stereo.LEFT_RIGHT, 1), (Stereo.TOP_BOTTOM, 3), (Stereo.RIGHT_LEFT, 11)],
)
def test_stereo_modes_are_those_of_matroska(
    path: Path, matroska: Path, stereo: Stereo, mode: int
) -> None:
    inject(matroska, SphericalMetadata(stereo=stereo), path, any_shape=True)
    assert read_by_mkvmerge(path)["stereo_mode"] == mode
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        kind, flags = struct.unpack_from("=II", bytes(frame.side_data["STEREO3D"]))
    expected = {0: (0, 0), 1: (1, 0), 3: (2, 0), 11: (1, 1)}[mode]
    assert (kind, flags) == expected


def test_mkvpropedit_and_we_write_the_same_meaning(path: Path, matroska: Path) -> None:
    path.write_bytes(matroska.read_bytes())
    private = "0000000000000000000000004000000040000000"
    settings = ["stereo-mode=1", "projection-type=1", f"projection-private={private}"]
    settings.append("projection-pose-yaw=10.5")
    edits = [part for setting in settings for part in ("--set", setting)]
    run(need("mkvpropedit"), path, "--edit", "track:v1", *edits)
    wanted = SphericalMetadata(Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT, 10.5)
    assert inspect(path).metadata == wanted


def test_filler_takes_the_metadata_and_no_cluster_moves(path: Path, matroska: Path) -> None:
    before, start = matroska.read_bytes(), pack_id(0x1F43B675)
    inject(matroska, SPHERE, path, any_shape=True)
    after = path.read_bytes()
    assert len(after) == len(before)
    assert after[after.index(start) :] == before[before.index(start) :]
    path.write_bytes(before)
    inode = path.stat().st_ino
    inject(path, SPHERE, any_shape=True, in_place=True)
    assert path.stat().st_ino == inode
    assert path.read_bytes() == after


def positions(data: bytes) -> tuple[dict[int, int], list[int]]:
    """Seek entries (element id: position) and cluster positions of the cues."""
    seeks = {}
    for seek in found(data, 0x114D9B74, 0x4DBB):
        parts = {n.id: n.payload for n in nodes(seek)}
        seeks[int.from_bytes(parts[0x53AB])] = int.from_bytes(parts[0x53AC])
    return seeks, [int.from_bytes(p) for p in found(data, 0x1C53BB6B, 0xBB, 0xB7, 0xF1)]


def check_positions(data: bytes) -> None:
    body = body_of(data)
    seeks, cues = positions(data)
    assert seeks
    for ident, position in seeks.items():
        assert data[body + position :].startswith(pack_id(ident))
    for position in cues:
        assert data[body + position :].startswith(pack_id(0x1F43B675))


@pytest.mark.parametrize("options", [(), ("-cues_to_front", "1")])
def test_without_filler_all_positions_move_along(
    path: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    plain = tmp_path / "plain.mkv"
    encode = ("-c:v", "libx264", "-g", "5", "-c:a", "aac", "-cluster_time_limit", "500")
    run(need("ffmpeg"), "-v", "error", *SOURCES, *encode, *options, plain)
    data = plain.read_bytes()
    check_positions(data)
    for wanted in (SPHERE, SphericalMetadata("dual-fisheye")):
        inject(plain, wanted, path, any_shape=True, force=True)
        check_positions(path.read_bytes())
        assert stream_hashes(path) == stream_hashes(plain)
    assert len(path.read_bytes()) > len(data)
    with av.open(str(path)) as container:
        container.seek(1_500_000)
        assert next(container.decode(video=0)).time >= 1
    remove(path)
    assert path.read_bytes() == data


def test_files_of_mkvmerge_keep_their_positions(path: Path, matroska: Path) -> None:
    run(need("mkvmerge"), "-q", "--clusters-in-meta-seek", "-o", path, matroska)
    plain = path.read_bytes()
    for wanted in (SPHERE, SphericalMetadata("dual-fisheye")):
        path.write_bytes(plain)
        inject(path, wanted, any_shape=True)
        check_positions(path.read_bytes())
        assert stream_hashes(path) == stream_hashes(matroska)
        assert inspect(path).metadata == wanted


def test_webm_is_tagged_too(tmp_path: Path) -> None:
    path = tmp_path / "film.webm"
    codecs = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-an", "-t", "0.3")
    run(need("ffmpeg"), "-v", "error", *SOURCES, *codecs, path)
    inject(path, SPHERE, any_shape=True)
    report = inspect(path)
    assert (report.container, report.metadata) == ("webm", SPHERE)
    assert read_by_mkvmerge(path)["projection_type"] == 1


def test_ffv1_in_matroska_is_tagged(path: Path) -> None:
    run(need("ffmpeg"), "-v", "error", *SOURCES[:4], "-t", "0.2", "-c:v", "ffv1", path)
    before = stream_hashes(path)
    inject(path, SphericalMetadata())
    assert stream_hashes(path) == before
    assert inspect(path).metadata == SphericalMetadata()


def test_a_checksum_over_changed_elements_is_renewed(path: Path, matroska: Path) -> None:
    inject(matroska, SPHERE, path, any_shape=True)
    data = path.read_bytes()
    checked = 0
    for ident in (0x1654AE6B, 0x114D9B74):
        for payload in found(data, ident):
            first, rest = next(nodes(payload)), payload[6:]
            assert first.id == 0xBF
            assert first.payload == struct.pack("<I", zlib.crc32(rest))
            checked += 1
    assert checked == 2


def test_live_files_of_unknown_size_are_edited(path: Path) -> None:
    plain = segment(
        tracks(), cluster(BLOCK, unknown=True), cluster(BLOCK, BLOCK, unknown=True), unknown=True
    )
    path.write_bytes(plain)
    inject(path, SPHERE, any_shape=True)
    out = path.read_bytes()
    assert inspect(path).metadata == SPHERE
    assert out.endswith(plain[plain.index(pack_id(0x1F43B675)) :])
    remove(path)
    assert path.read_bytes() == plain


def test_position_hints_in_clusters_follow_or_become_filler(path: Path) -> None:
    head = len(tracks())
    narrow, wide = number(0xA7, head), element(0xA7, head.to_bytes(4))
    second = head + len(cluster(narrow, BLOCK))
    plain = segment(
        tracks(), cluster(narrow, BLOCK), cluster(element(0xA7, second.to_bytes(4)), BLOCK)
    )
    assert len(wide) > len(narrow)
    path.write_bytes(plain)
    inject(path, SphericalMetadata("dual-fisheye"))  # grows by more than one byte can say
    out = path.read_bytes()
    assert inspect(path).metadata.projection is Projection.DUAL_FISHEYE
    first, last = found(out, 0x1F43B675)
    assert [n.id for n in nodes(first)] == [0xE7, 0xEC, 0xA3]
    hint = next(n.payload for n in nodes(last) if n.id == 0xA7)
    assert out[body_of(out) + int.from_bytes(hint) :].startswith(pack_id(0x1F43B675))


def test_clusters_with_a_checksum_over_their_position_are_refused(path: Path) -> None:
    checked = element(0xBF, bytes(4)) + number(0xA7, 5) + BLOCK
    body = element(0x1F43B675, checked)
    path.write_bytes(segment(tracks(), body))
    with pytest.raises(MetadataError, match="checksum"):
        inject(path, SPHERE, any_shape=True)


def test_seek_positions_widen_where_they_must(path: Path) -> None:
    def head(padding: int) -> list[bytes]:
        seek = element(0x4DBB, element(0x53AB, pack_id(0x1254C367)), number(0x53AC, padding))
        return [element(0x114D9B74, seek), tracks()]

    tags = element(0x1254C367, b"")
    place = sum(map(len, head(200)))
    assert place < 256
    filler = element(0x1043A770, bytes(250 - place - 5))
    at = place + len(filler)
    assert at < 256
    path.write_bytes(segment(*head(at), filler, tags, cluster(BLOCK)))
    check_positions(path.read_bytes())
    inject(path, SPHERE, any_shape=True)
    check_positions(path.read_bytes())
    ((ident, position),) = positions(path.read_bytes())[0].items()
    assert (ident, position > 255) == (0x1254C367, True)


def test_the_video_track_leads(path: Path) -> None:
    run(
        need("ffmpeg"), "-v", "error", *SOURCES, "-map", "1", "-map", "0", "-t", "0.3",
        "-c:v", "libx264", "-c:a", "aac", path,
    )  # fmt: skip
    before = stream_hashes(path)
    notes = inject(path, SphericalMetadata())
    assert any("moved to the front" in note for note in notes)
    assert inspect(path).leads
    assert stream_hashes(path) == before


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.99])
def test_a_truncated_file_is_refused(path: Path, matroska: Path, keep: float) -> None:
    data = matroska.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    before = path.read_bytes()
    with pytest.raises(MetadataError, match=r"truncated|cut off"):
        inject(path, SPHERE, any_shape=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([cluster(BLOCK)], "no tracks"),
        ([element(0x1654AE6B, element(0xAE, number(0x83, 2)))], "no video track"),
        ([element(0x1654AE6B, b"\xae\x90")], "past the end"),
        ([b"\0\0\0\0"], "no valid EBML"),
        ([element(0x1654AE6B, element(0xAE, number(0x83, 1)))], "lacks its E0"),
    ],
)
def test_damaged_structure_is_named(path: Path, parts: list[bytes], message: str) -> None:
    path.write_bytes(segment(*parts))
    with pytest.raises(MetadataError, match=message):
        inject(path, SPHERE)


def test_apples_boxes_are_refused(path: Path, matroska: Path) -> None:
    with pytest.raises(MetadataError, match="MP4 and MOV only"):
        inject(matroska, SPHERE, path, apple=True, any_shape=True)


@pytest.mark.parametrize("total", [0, *range(2, 300)])
def test_filler_has_exactly_the_size_asked_for(total: int) -> None:
    data = void(total)
    assert len(data) == total
    assert [n.id for n in nodes(data)] == [0xEC] * bool(total)
