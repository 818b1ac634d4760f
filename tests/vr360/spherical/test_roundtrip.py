"""Whatever is written reads back, twice is once, and taking it out leaves what was there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.vr360.spherical.synthetic import (
    FOREIGN_UUID,
    Track,
    audio_entry,
    box,
    media,
    movie,
    noise,
    visual_entry,
    walk,
)
from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import Bounds, SphericalMetadata, inject, inspect, remove

SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PRINTABLE = st.characters(codec="utf-8", exclude_categories=["C", "Z"])


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    def pair() -> tuple[float, float]:
        one = draw(st.floats(0, 0.9))
        return one, draw(st.floats(0, 0.95 - one))

    return Bounds(*pair(), *pair())


@st.composite
def metadata(draw: st.DrawFn) -> SphericalMetadata:
    projection = draw(st.sampled_from([p for p in Projection if p is not Projection.EQUI_ANGULAR]))
    fisheye = projection is Projection.DUAL_FISHEYE
    return SphericalMetadata(
        projection,
        Stereo.MONO if fisheye else draw(st.sampled_from(Stereo)),
        draw(st.floats(-180, 180)),
        draw(st.floats(-90, 90)),
        draw(st.floats(-180, 180)),
        draw(bounds()) if projection is Projection.EQUIRECT else Bounds(),
        draw(st.floats(180, 280)) if fisheye else 0.0,
        draw(st.text(PRINTABLE, min_size=1, max_size=60)),
    )


@st.composite
def movies(draw: st.DrawFn) -> bytes:
    """Any order and size of boxes, sound before or after the picture, foreign boxes around."""
    order = draw(
        st.sampled_from(
            (
                "ftyp moov mdat",
                "ftyp mdat moov",
                "ftyp mdat moov mdat",
                "mdat moov",
                "ftyp free moov free mdat",
                "ftyp moov uuid mdat",
                "ftyp mdat mdat uuid moov free mdat",
            )
        )
    )
    kind = draw(st.sampled_from([b"avc1", b"hvc1", b"hev1", b"av01", b"vp09", b"mp4v", b"ap4h"]))
    pasp = box(b"pasp", bytes([0, 0, 0, 1] * 2))
    entry = visual_entry(kind, box(b"avcC", b"\1"), pasp)
    film = Track(
        entries=(entry,) * draw(st.integers(1, 2)),
        samples=noise(draw(st.integers(0, 99))),
        extra=draw(st.sampled_from([b"", box(b"uuid", FOREIGN_UUID, b"foreign")])),
        wide=draw(st.booleans()),
    )
    sound = Track(b"soun", (audio_entry(),), noise(7))
    return movie(
        *draw(st.permutations([film, sound])),
        order=order,
        brand=draw(st.sampled_from([b"isom", b"qt  "])),
        wide_mdat=draw(st.booleans()),
        wide_moov=draw(st.booleans()),
        open_ended=draw(st.booleans()),
        others={"free": box(b"free", bytes(40)), "uuid": box(b"uuid", FOREIGN_UUID, b"x")},
    )


@given(metadata(), movies())
@SETTINGS
def test_every_metadata_reads_back_from_every_layout(
    tmp_path: Path, wanted: SphericalMetadata, data: bytes
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, wanted, any_shape=True)
    report = inspect(path)
    assert report.metadata == wanted
    assert report.disagreements == report.problems == ()
    assert report.metadata.software == wanted.software
    assert media(path.read_bytes()) == media(data)


@given(metadata(), movies())
@SETTINGS
def test_injecting_twice_gives_the_same_bytes(
    tmp_path: Path, wanted: SphericalMetadata, data: bytes
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, wanted, any_shape=True)
    once = path.read_bytes()
    inject(path, wanted, any_shape=True)
    assert path.read_bytes() == once


@given(metadata(), movies())
@SETTINGS
def test_removing_what_was_injected_gives_back_every_byte(
    tmp_path: Path, wanted: SphericalMetadata, data: bytes
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    inject(path, wanted, any_shape=True, move_front=False)
    remove(path)
    assert path.read_bytes() == data


@given(metadata(), metadata(), movies())
@SETTINGS
def test_new_metadata_leaves_no_trace_of_the_old(
    tmp_path: Path, old: SphericalMetadata, new: SphericalMetadata, data: bytes
) -> None:
    direct, late = tmp_path / "direct.mp4", tmp_path / "late.mp4"
    direct.write_bytes(data)
    late.write_bytes(data)
    inject(late, old, any_shape=True)
    inject(late, new, any_shape=True)
    inject(direct, new, any_shape=True)
    assert late.read_bytes() == direct.read_bytes()


@given(metadata())
@SETTINGS
def test_every_metadata_reads_back_from_matroska(
    tmp_path: Path, matroska: Path, wanted: SphericalMetadata
) -> None:
    path = tmp_path / "film.mkv"
    inject(matroska, wanted, path, any_shape=True, force=True)
    assert inspect(path).metadata == wanted
    once = path.read_bytes()
    inject(path, wanted, any_shape=True)
    assert path.read_bytes() == once
    remove(path)
    assert path.read_bytes() == matroska.read_bytes()


@pytest.fixture(params=[".jpg", ".png"])
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"picture{request.param}"
    Image.new("RGB", (256, 128), (10, 200, 30)).save(path)
    return path


@given(metadata())
@SETTINGS
def test_a_still_takes_the_metadata_exactly_or_refuses_it(
    picture: Path, wanted: SphericalMetadata
) -> None:
    plain = picture.read_bytes()
    if not wanted.is_equirect or wanted.stereo is Stereo.RIGHT_LEFT:
        with pytest.raises(MetadataError, match="still cannot be tagged"):
            inject(picture, wanted, any_shape=True)
        return
    inject(picture, wanted, any_shape=True)
    report = inspect(picture)
    found = report.metadata
    assert found is not None
    assert found.differences(wanted, report.pixel(wanted)) == []  # crops are whole pixels in XMP
    assert (found.yaw, found.pitch, found.roll) == (wanted.yaw, wanted.pitch, wanted.roll)
    assert found.software == wanted.software
    once = picture.read_bytes()
    inject(picture, wanted, any_shape=True)
    assert picture.read_bytes() == once
    remove(picture)
    assert picture.read_bytes() == plain


def test_only_the_listed_boxes_are_added(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    plain = make_clip()
    inject(plain, SphericalMetadata(), tmp_path / "out.mp4")
    kinds = [kind for kind, _, _ in walk(plain.read_bytes())]
    assert [kind for kind, _, _ in walk((tmp_path / "out.mp4").read_bytes())] == kinds
