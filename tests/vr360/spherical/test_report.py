"""What a report says about targets, names and shapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vr360.spherical.synthetic import Track, audio_entry, movie, noise
from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import (
    Bounds,
    Report,
    SphericalMetadata,
    Statement,
    guess,
    inject,
    inspect,
    name_suffix,
    suffixed,
)
from vr360.spherical.defaults import check_shape, complete

MONO = SphericalMetadata()


def report(name: str = "film.mp4", container: str = "mp4", **settings: object) -> Report:
    metadata = settings.pop("metadata", MONO)
    source = {"matroska": "Matroska", "jpeg": "GPano"}.get(container, "V2")
    statements = (Statement(source, metadata),) if metadata else ()
    defaults = {"width": 4096, "height": 2048, "track": 1, "statements": statements}
    return Report(Path(name), container, **(defaults | settings))


def missing(of: Report) -> dict[str, str]:
    return {verdict.target: verdict.missing for verdict in of.verdicts}


def test_a_well_named_mono_film_plays_everywhere() -> None:
    assert set(missing(report("film_360.mp4")).values()) == {""}


def test_each_target_names_the_piece_that_is_missing() -> None:
    bare = missing(report(metadata=None))
    assert all("spherical metadata" in text for text in bare.values())
    assert missing(report())["Quest"] == "the name suffix _360"
    assert "MP4 or MOV" in missing(report(container="matroska"))["visionOS"]
    assert missing(report(container="matroska"))["YouTube"] == ""
    assert "film" in missing(report(container="jpeg"))["YouTube"]
    assert "first track" in missing(report(leads=False))["YouTube"]


def test_a_square_frame_without_a_suffix_is_taken_as_top_bottom_by_quest() -> None:
    lr = SphericalMetadata(stereo=Stereo.LEFT_RIGHT)
    text = missing(report(metadata=lr, width=2048, height=2048))["Quest"]
    assert text.startswith("the name suffix _360_LR; its square frame would be taken as top-bottom")
    assert missing(report("a_360_lr.mp4", metadata=lr))["Quest"] == ""


def test_stereo_and_half_spheres_are_no_mono_sphere_to_vlc() -> None:
    assert "mono" in missing(report(metadata=SphericalMetadata(stereo="tb")))["VLC"]
    assert "full equirect" in missing(report(metadata=SphericalMetadata("half-equirect")))["VLC"]


@pytest.mark.parametrize(
    ("metadata", "suffix"),
    [
        (MONO, "_360"),
        (SphericalMetadata(stereo="tb"), "_360_TB"),
        (SphericalMetadata(stereo="lr"), "_360_LR"),
        (SphericalMetadata("half-equirect", "lr"), "_180_LR"),
        (SphericalMetadata("half-equirect", "tb"), ""),
        (SphericalMetadata(stereo="rl"), ""),
        (SphericalMetadata("cubemap"), ""),
    ],
)
def test_name_suffixes_are_those_that_players_know(
    metadata: SphericalMetadata, suffix: str
) -> None:
    assert name_suffix(metadata) == suffix


@pytest.mark.parametrize("name", ["film.mp4", "film_360.mp4", "film_180_lr.mp4", "film_360_TB.mp4"])
def test_a_wrong_suffix_is_replaced(name: str) -> None:
    wanted = SphericalMetadata(stereo="tb")
    assert suffixed(Path("folder") / name, wanted) == Path("folder/film_360_TB.mp4")


@pytest.mark.parametrize(
    ("name", "size", "projection", "stereo"),
    [
        ("a.mp4", (3840, 1920), Projection.EQUIRECT, Stereo.MONO),
        ("a.mp4", (5228, 2624), Projection.EQUIRECT, Stereo.MONO),
        ("a.mp4", (2048, 2048), Projection.EQUIRECT, Stereo.TOP_BOTTOM),
        ("a.mp4", (4096, 1024), Projection.EQUIRECT, Stereo.LEFT_RIGHT),
        ("a_180_LR.mp4", (4096, 2048), Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT),
        ("a_360_lr.mp4", (2048, 2048), Projection.EQUIRECT, Stereo.LEFT_RIGHT),
    ],
)
def test_the_name_speaks_before_the_shape(
    name: str, size: tuple[int, int], projection: Projection, stereo: Stereo
) -> None:
    metadata, reason = guess(name, *size)
    assert (metadata.projection, metadata.stereo) == (projection, stereo)
    assert reason


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a_LR_180", "a"),
        ("a_180x180_3dh_LR", "a"),
        ("a_TB_360", "a"),
        ("a_360 (1)", "a"),
        ("b", "b"),
    ],
)
def test_any_ending_is_known_for_one(name: str, stem: str) -> None:
    assert suffixed(Path(f"{name}.mp4"), MONO) == Path(f"{stem}_360.mp4")


@pytest.mark.parametrize(
    ("metadata", "size"),
    [
        (SphericalMetadata(stereo="tb"), (4096, 2048)),
        (SphericalMetadata(stereo="lr"), (4096, 2048)),
        (SphericalMetadata(stereo="rl"), (1920, 1080)),
        (SphericalMetadata("half-equirect", "tb"), (2048, 2048)),
    ],
)
def test_squeezed_eyes_are_allowed_and_said(
    metadata: SphericalMetadata, size: tuple[int, int]
) -> None:
    assert "squeezed" in check_shape(metadata, *size)[0]
    with pytest.raises(MetadataError, match="--any-shape"):
        check_shape(SphericalMetadata(metadata.projection), size[0], size[1] * 0.7)


@pytest.mark.parametrize("size", [(1920, 1080), (3000, 2000)])
def test_an_ordinary_shape_speaks_for_no_sphere(size: tuple[int, int]) -> None:
    assert guess("a.mp4", *size) is None
    with pytest.raises(MetadataError, match="give --projection"):
        complete(report(metadata=None, width=size[0], height=size[1]))


@pytest.mark.parametrize("said", [{}, {"projection": Projection.EQUIRECT}])
def test_a_file_without_a_picture_has_no_shape_that_speaks(said: dict[str, Projection]) -> None:
    assert guess("a.mp4", 0, 0) is None
    with pytest.raises(MetadataError, match="holds no picture"):
        complete(report(metadata=None, width=0, height=0), **said)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"projection": Projection.HALF_EQUIRECT}, SphericalMetadata("half-equirect", "lr")),
        ({"stereo": Stereo.LEFT_RIGHT}, SphericalMetadata("half-equirect", "lr")),
        ({"projection": Projection.DUAL_FISHEYE}, SphericalMetadata("dual-fisheye")),
        ({}, MONO),
    ],
)
def test_what_the_user_leaves_open_follows_from_the_shape(
    said: dict[str, object], expected: SphericalMetadata
) -> None:
    found, reason = complete(report(metadata=None), **said)
    assert found == expected
    assert reason


def test_what_the_file_says_is_kept_where_the_user_says_nothing_else() -> None:
    old = SphericalMetadata(stereo="tb", yaw=10)
    assert complete(report(metadata=old)) == (old, "the file says so")
    assert complete(report(metadata=old), stereo=Stereo.MONO)[0] == SphericalMetadata(yaw=10)
    assert complete(report(metadata=old), Projection.CUBEMAP)[0].projection is Projection.CUBEMAP


@pytest.mark.parametrize(
    ("metadata", "size"),
    [
        (MONO, (4096, 2048)),
        (SphericalMetadata(stereo="tb"), (4096, 4096)),
        (SphericalMetadata(stereo="lr"), (4096, 1024)),
        (SphericalMetadata("half-equirect", "lr"), (4096, 2048)),
        (SphericalMetadata("half-equirect", "tb"), (2048, 4096)),
        (SphericalMetadata("cubemap"), (3072, 2048)),
        (SphericalMetadata("dual-fisheye"), (4096, 2048)),
        (SphericalMetadata(bounds=Bounds(top=0.25, bottom=0.25)), (4096, 1024)),
    ],
)
def test_the_shapes_that_projections_have(
    metadata: SphericalMetadata, size: tuple[int, int]
) -> None:
    check_shape(metadata, *size)
    with pytest.raises(MetadataError, match="is not the shape of"):
        check_shape(metadata, size[0], size[1] * 1.5)


def test_everything_goes_into_json(tmp_path: Path) -> None:
    path = tmp_path / "film_360.mp4"
    sound = Track(b"soun", (audio_entry(channels=4),), noise(2))
    path.write_bytes(movie(Track(samples=noise(1)), sound))
    inject(path, SphericalMetadata(yaw=10.5, bounds=Bounds()), apple=True)
    found = json.loads(json.dumps(inspect(path).as_dict()))
    assert found["metadata"]["projection"] == "equirect"
    assert found["metadata"]["yaw"] == 10.5
    assert [s["source"] for s in found["statements"]] == ["V1", "V2", "Apple"]
    assert found["ambisonic"][0]["order"] == 1
    assert found["container"] == "mp4"
    assert {t["target"]: t["plays"] for t in found["targets"]}["Quest"] is True


def test_a_report_reads_headers_only(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(samples=(bytes(20_000_000),))))
    usage = Path("/proc/self/io")  # its first line: rchar: bytes read
    before = int(usage.read_text().split()[1])
    inspect(path)
    assert int(usage.read_text().split()[1]) - before < 1_000_000
