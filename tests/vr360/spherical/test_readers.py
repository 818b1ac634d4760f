"""Three readers that share nothing with us agree with what was written, and media is untouched."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from tests.vr360.spherical.conftest import CODECS, LAYOUTS, all_stream_hashes, need, run
from tests.vr360.spherical.synthetic import FOREIGN_UUID, box
from vr360.frame import Projection, Stereo
from vr360.spherical import Bounds, SphericalMetadata, inject, inspect

CROPPED = SphericalMetadata(
    stereo=Stereo.TOP_BOTTOM,
    yaw=10.5,
    pitch=-20.25,
    roll=3.125,
    bounds=Bounds(0.125, 0.25, 0.0625, 0.5),
)
WANTED = {
    "whole": SphericalMetadata(),
    "cropped": CROPPED,
    "half": SphericalMetadata(Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT, -170.75),
    "cube": SphericalMetadata(Projection.CUBEMAP, Stereo.RIGHT_LEFT, roll=-4),
}
FFMPEG_STEREO = {
    Stereo.MONO: "2D",
    Stereo.TOP_BOTTOM: "top and bottom",
    Stereo.LEFT_RIGHT: "side by side",
}
FFMPEG_CODES = {
    Stereo.MONO: 0,
    Stereo.TOP_BOTTOM: 2,
    Stereo.LEFT_RIGHT: 1,
}
EXIFTOOL_STEREO = {
    Stereo.MONO: ("Monoscopic",),
    Stereo.TOP_BOTTOM: ("Stereoscopic Top-Bottom",),
    Stereo.LEFT_RIGHT: ("Stereoscopic Left-Right",),
    Stereo.RIGHT_LEFT: ("Stereoscopic Right-Left", "Unknown (4)"),  # newer than exiftool 12.57
}


@pytest.fixture(scope="module")
def tagged(
    tmp_path_factory: pytest.TempPathFactory, make_clip: Callable[..., Path]
) -> list[tuple[Path, Path, SphericalMetadata]]:
    """(plain, tagged, metadata) for all codecs in both containers and all layouts."""
    folder = tmp_path_factory.mktemp("tagged")
    kinds, made = list(WANTED.values()), []
    for codec in CODECS:
        for suffix in (".mp4", ".mov"):
            for layout in (
                LAYOUTS if codec == "avc1" else list(LAYOUTS)[: 4 if suffix == ".mp4" else 2]
            ):
                plain = make_clip(codec, suffix, layout)
                wanted = kinds[len(made) % len(kinds)]
                out = folder / f"{len(made)} {plain.name}"
                inject(plain, wanted, out, any_shape=True)
                made.append((plain, out, wanted))
    for wanted in kinds:
        made.append((make_clip(), folder / f"{len(made)}.mp4", wanted))
        inject(make_clip(), wanted, made[-1][1], any_shape=True)
    return made


def test_packets_are_the_same_before_and_after(
    tagged: list[tuple[Path, Path, SphericalMetadata]],
) -> None:
    before = all_stream_hashes([path for path, _, _ in tagged])
    after = all_stream_hashes([path for _, path, _ in tagged])
    for (_, path, _), one, other in zip(tagged, before, after, strict=True):
        assert one == other, path.name


def test_ffprobe_agrees(tagged: list[tuple[Path, Path, SphericalMetadata]]) -> None:
    entries = ("-select_streams", "v", "-show_entries", "stream_side_data", "-of", "json")
    for _, path, wanted in tagged:
        listing = json.loads(run(need("ffprobe"), "-v", "error", *entries, path))
        found = {d["side_data_type"]: d for d in listing["streams"][0]["side_data_list"]}
        sphere = found["Spherical Mapping"]
        pose = [sphere[name] for name in ("yaw", "pitch", "roll")]
        assert pose == [int(v) for v in (wanted.yaw, wanted.pitch, wanted.roll)], path.name
        cropped = "tiled " * (wanted.bounds != Bounds())
        cube = wanted.projection is Projection.CUBEMAP
        assert sphere["projection"] == ("cubemap" if cube else f"{cropped}equirectangular")
        if wanted.stereo is not Stereo.RIGHT_LEFT:  # newer than ffprobe 5.1
            assert found["Stereo 3D"]["type"] == FFMPEG_STEREO[wanted.stereo]


def test_pyav_agrees_to_the_last_bit(tagged: list[tuple[Path, Path, SphericalMetadata]]) -> None:
    kinds = {Projection.EQUIRECT: 0, Projection.CUBEMAP: 1, Projection.HALF_EQUIRECT: 2}
    for _, path, wanted in tagged:
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
        # enum AVSphericalProjection; int32 yaw, pitch, roll; uint32 left, top, right, bottom
        kind, *values = struct.unpack_from("=I3i4I", bytes(frame.side_data["SPHERICAL"]))
        cropped = wanted.bounds != Bounds() and wanted.projection is Projection.EQUIRECT
        assert kind == (2 if cropped else kinds[wanted.projection]), path.name
        assert values[:3] == [v * 65536 for v in (wanted.yaw, wanted.pitch, wanted.roll)]
        if wanted.stereo is not Stereo.RIGHT_LEFT:  # newer than FFmpeg 8.1
            (eyes,) = struct.unpack_from("=I", bytes(frame.side_data["STEREO3D"]))
            assert eyes == FFMPEG_CODES[wanted.stereo]
        sides = (wanted.bounds.left, wanted.bounds.top, wanted.bounds.right, wanted.bounds.bottom)
        assert values[3:] == [v * (1 << 32) for v in sides]


def test_exiftool_agrees(tagged: list[tuple[Path, Path, SphericalMetadata]]) -> None:
    text = run(need("exiftool"), "-j", "-G1", "-s", *(path for _, path, _ in tagged))
    listing = {entry["SourceFile"]: entry for entry in json.loads(text)}
    for _, path, wanted in tagged:
        seen = {key.partition(":")[2]: value for key, value in listing[str(path)].items()}
        assert "Warning" not in seen, path.name
        assert seen["Stereoscopic3D"] in EXIFTOOL_STEREO[wanted.stereo]
        angles = [seen[f"Pose{name}Degrees"] for name in ("Yaw", "Pitch", "Roll")]
        assert angles == [wanted.yaw, wanted.pitch, wanted.roll], path.name
        if wanted.is_equirect:
            for name in ("top", "bottom", "left", "right"):
                bound = seen[f"ProjectionBounds{name.title()}"]
                assert bound == pytest.approx(getattr(wanted.bounds, name), abs=1e-9)
            check_v1(seen, wanted)


def check_v1(seen: dict[str, object], wanted: SphericalMetadata) -> None:
    assert (seen["Spherical"], seen["ProjectionType"]) == (True, "equirectangular")
    stereo = {Stereo.TOP_BOTTOM: "top-bottom", Stereo.LEFT_RIGHT: "left-right"}
    assert seen.get("StereoMode") == stereo.get(wanted.stereo)
    if wanted == CROPPED:
        numbers = [seen[f"{name}Pixels"] for name in ("FullPanoWidth", "CroppedAreaLeft")]
        assert numbers == [round(128 / 0.4375), round(0.0625 * round(128 / 0.4375))]


def test_we_read_all_of_them_back(tagged: list[tuple[Path, Path, SphericalMetadata]]) -> None:
    assert len(tagged) > 40
    for _, path, wanted in tagged:
        report = inspect(path)
        assert report.metadata == wanted, path.name
        assert report.disagreements == report.problems == ()


def test_ffmpeg_reads_v1_alone(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    path = tmp_path / "v1.mp4"
    inject(make_clip(), CROPPED, path, any_shape=True)
    path.write_bytes(path.read_bytes().replace(b"sv3d", b"free").replace(b"st3d", b"free"))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    # FFmpeg finds V1's view angles and crop but takes 0 for them
    assert struct.unpack_from("=I3i", bytes(frame.side_data["SPHERICAL"])) == (0, 0, 0, 0)
    assert struct.unpack_from("=I", bytes(frame.side_data["STEREO3D"])) == (2,)
    found = inspect(path)
    assert [statement.source for statement in found.statements] == ["V1"]
    assert found.metadata.differences(CROPPED, found.pixel(CROPPED)) == []


def copied(source: Path, target: Path, *options: str) -> Path:
    run(need("ffmpeg"), "-v", "error", "-i", source, "-map", "0", "-c", "copy", *options, target)
    return target


def test_stream_copies_lose_metadata_so_it_must_come_last(
    tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    path, unofficial = tmp_path / "tagged.mp4", ("-strict", "unofficial")
    inject(make_clip(), CROPPED, path, any_shape=True)
    path.write_bytes(path.read_bytes() + box(b"uuid", FOREIGN_UUID, b"foreign"))
    assert inspect(copied(path, tmp_path / "copy.mp4")).metadata is None
    assert inspect(copied(path, tmp_path / "copy.mov", *unofficial)).metadata is None
    kept = copied(path, tmp_path / "kept.mp4", *unofficial)
    assert [statement.source for statement in inspect(kept).statements] == ["V2"]
    assert b"foreign" not in kept.read_bytes()


def test_we_read_what_ffmpeg_itself_writes(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    for name in ("cropped", "half"):
        path = tmp_path / f"{name}.mp4"
        inject(make_clip(), WANTED[name], path, any_shape=True)
        mkv = copied(path, tmp_path / f"{name}.mkv")
        mp4 = copied(mkv, tmp_path / f"{name} again.mp4", "-strict", "unofficial")
        assert inspect(mkv).metadata == inspect(mp4).metadata == WANTED[name]
