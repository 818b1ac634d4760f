"""JPEG and PNG stills: XMP goes in, pixels and all other properties stay."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vr360.spherical.conftest import need, run
from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import Bounds, SphericalMetadata, inject, inspect, remove

SPHERE = SphericalMetadata(yaw=-10.5, pitch=5.25, roll=2)
GPANO = "http://ns.google.com/photos/1.0/panorama/"
HEAD = b"http://ns.adobe.com/xap/1.0/\0"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def packet(inner: str, after: str = "") -> bytes:
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{inner}</rdf:RDF>'
        f"</x:xmpmeta>{after}"
    ).encode()


OTHERS = (
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="a">'
    "<dc:title>Kopf &amp; Fuß</dc:title></rdf:Description>"
)


@pytest.fixture(params=[".jpg", ".png"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return picture(tmp_path / f"picture{request.param}")


def picture(path: Path, width: int = 256, height: int = 128, **options: object) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return path


def exiftool(path: Path) -> dict[str, object]:
    return json.loads(run(need("exiftool"), "-j", "-G1", "-s", "-n", path))[0]


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def test_exiftool_reads_what_was_written_and_pixels_stay(path: Path) -> None:
    before = pixels(path)
    inject(path, SPHERE)
    seen = {key.partition(":")[2]: v for key, v in exiftool(path).items() if "XMP-GPano" in key}
    assert seen == {
        "UsePanoramaViewer": True,
        "ProjectionType": "equirectangular",
        "StitchingSoftware": "vr360",
        "CroppedAreaImageWidthPixels": 256,
        "CroppedAreaImageHeightPixels": 128,
        "FullPanoWidthPixels": 256,
        "FullPanoHeightPixels": 128,
        "CroppedAreaLeftPixels": 0,
        "CroppedAreaTopPixels": 0,
        "PoseHeadingDegrees": 349.5,
        "PosePitchDegrees": 5.25,
        "PoseRollDegrees": 2,
    }
    assert "Warning" not in str(exiftool(path))
    np.testing.assert_array_equal(pixels(path), before)


def test_half_a_sphere_is_a_window_of_a_whole_one(tmp_path: Path) -> None:
    path = picture(tmp_path / "half.jpg", 200, 200)
    half = SphericalMetadata(Projection.HALF_EQUIRECT)
    inject(path, half)
    seen = exiftool(path)
    assert seen["XMP-GPano:FullPanoWidthPixels"] == 400
    assert seen["XMP-GPano:CroppedAreaLeftPixels"] == 100
    assert inspect(path).metadata == half


def test_stereo_stills_say_so_and_leave_gpano_to_mono_ones(tmp_path: Path) -> None:
    path = picture(tmp_path / "stereo.jpg", 256, 256)
    wanted = SphericalMetadata(stereo=Stereo.TOP_BOTTOM)
    inject(path, wanted)
    assert inspect(path).metadata == wanted
    seen = exiftool(path)
    assert seen["XMP-GSpherical:StereoMode"] == "top-bottom"
    assert not any("GPano" in key for key in seen)


def test_pillow_reads_the_same_packet(path: Path) -> None:
    inject(path, SPHERE)
    with Image.open(path) as image:
        raw = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    assert f'xmlns:GPano="{GPANO}"'.encode() in raw
    assert b'GPano:PoseHeadingDegrees="349.5"' in raw


@pytest.mark.parametrize(
    "old",
    [
        f'<rdf:Description rdf:about="" xmlns:GPano="{GPANO}" GPano:PoseHeadingDegrees="77"/>',
        f"<rdf:Description rdf:about='' xmlns:g='{GPANO}'><g:PoseHeadingDegrees>77"
        "</g:PoseHeadingDegrees></rdf:Description>",
    ],
)
def test_old_panorama_properties_go_and_others_stay(tmp_path: Path, old: str) -> None:
    path = picture(tmp_path / "old.jpg", xmp=packet(OTHERS + old))
    assert inspect(path).metadata.yaw == 77
    inject(path, SPHERE)
    assert inspect(path).metadata == SPHERE
    data = path.read_bytes()
    assert OTHERS.encode() in data
    assert b"77" not in data[data.index(HEAD) : data.index(b"</x:xmpmeta>")]
    remove(path)
    assert inspect(path).metadata is None
    assert OTHERS.encode() in path.read_bytes()


def test_exif_and_profiles_stay_byte_for_byte(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    path = picture(tmp_path / "exif.jpg", exif=exif, icc_profile=b"profile" * 30)
    before = path.read_bytes()
    inject(path, SPHERE)
    assert exiftool(path)["IFD0:Make"] == "Camera"
    after = path.read_bytes()
    cut = after.index(HEAD) - 4
    (size,) = struct.unpack_from(">H", after, cut + 2)
    assert after[:cut] + after[cut + 2 + size :] == before
    assert b"Exif\0\0" in after[:cut]


def segments(*parts: tuple[int, bytes]) -> bytes:
    made = b"".join(struct.pack(">BBH", 0xFF, m, len(p) + 2) + p for m, p in parts)
    return b"\xff\xd8" + made


FRAME = (0xC0, struct.pack(">BHHB", 8, 128, 256, 3) + bytes(9))
SCAN = (0xDA, bytes(10))
PICTURE_DATA = b"\x12\x34" * 50 + b"\xff\xd9"


def test_pictures_behind_the_first_keep_their_distance_or_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "several.jpg"
    mpf, xmp = (0xE2, b"MPF\0" + bytes(40)), (0xE1, HEAD + packet(OTHERS))
    path.write_bytes(segments(mpf, xmp, FRAME, SCAN) + PICTURE_DATA)
    with pytest.raises(MetadataError, match="MPF"):
        inject(path, SPHERE)
    path.write_bytes(segments(xmp, mpf, FRAME, SCAN) + PICTURE_DATA)
    inject(path, SPHERE)
    assert inspect(path).metadata == SPHERE


def test_a_full_packet_has_no_room(tmp_path: Path) -> None:
    path = tmp_path / "full.jpg"
    xmp = (0xE1, HEAD + packet(OTHERS, after=" " * 65_000))
    path.write_bytes(segments(xmp, FRAME, SCAN) + PICTURE_DATA)
    with pytest.raises(MetadataError, match="no room"):
        inject(path, SPHERE)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_a_compressed_packet_of_a_png_is_read(tmp_path: Path) -> None:
    path = picture(tmp_path / "plain.png")
    data = path.read_bytes()
    text = zlib.compress(packet(OTHERS))
    at = 8 + 25
    itxt = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + text)
    path.write_bytes(data[:at] + itxt + data[at:])
    inject(path, SPHERE)
    assert inspect(path).metadata == SPHERE
    assert OTHERS.encode() in path.read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jpg", b"\xff\xd8\xff", "damaged or cut off"),
        ("b.jpg", segments(FRAME, SCAN) + b"no end", "no end marker"),
        ("c.jpg", segments((0xC0, b"")) + PICTURE_DATA, "damaged"),
        ("d.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)), "truncated"),
        ("e.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "does not begin"),
    ],
)
def test_a_damaged_still_is_named_and_left(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(MetadataError, match=message):
        inject(path, SPHERE)
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "bad",
    [b"<rdf", b"\xff\xfe", packet("<!-- a -->").replace(b"</rdf:RDF>", b""), b"<!DOCTYPE a><a/>"],
)
def test_a_damaged_packet_is_named_and_left(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "bad.jpg"
    data = segments((0xE1, HEAD + bad), FRAME, SCAN) + PICTURE_DATA
    path.write_bytes(data)
    assert inspect(path).problems[0].startswith("GPano: the XMP packet")
    with pytest.raises(MetadataError, match="XMP packet"):
        inject(path, SPHERE)
    assert path.read_bytes() == data


def test_a_cut_picture_keeps_its_window(tmp_path: Path) -> None:
    path = picture(tmp_path / "cut.png", 300, 100)
    wanted = SphericalMetadata(bounds=Bounds(top=0.25, bottom=0.25, left=0.25, right=0.0))
    inject(path, wanted)
    assert inspect(path).metadata == wanted
    assert exiftool(path)["XMP-GPano:CroppedAreaLeftPixels"] == 100
