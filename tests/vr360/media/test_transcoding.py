"""Stills of further kinds against libheif, libavif, libwebp and the codes that went in."""

import io
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageOps

from tests.vr360.media.conftest import GPANO
from tests.vr360.media.synthetic_heif import heic
from vr360.errors import MetadataError, OutputError, VideoOpenError
from vr360.frame import Frame, Projection, Rgb
from vr360.media.containers import opened
from vr360.media.probe import probe
from vr360.media.provenance import Provenance, provenance_of, with_provenance
from vr360.media.reader import read_frames
from vr360.media.stills import read_still
from vr360.media.tonemap import as_sdr
from vr360.media.transcoding import still_ffmpeg
from vr360.media.writer import open_writer
from vr360.spherical import inject, inspect

MAKE, ORIENTATION = 0x010F, 0x0112


@pytest.fixture
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def exif() -> bytes:
    """Says that the picture lies on its side."""
    said = Image.Exif()
    said[MAKE], said[ORIENTATION] = "Maker", 6
    return said.tobytes()


def ramp(height: int, width: int, top: int = 255) -> Rgb:
    y, x = np.mgrid[:height, :width]
    planes = np.stack([x / width, y / height, 1 - x / width], axis=-1)
    return np.rint(planes * top).astype(np.uint8 if top == 255 else np.uint16)


def coded(path: Path, rgb: Rgb, *options: str) -> Path:
    """A still as FFmpeg writes it."""
    height, width, _ = rgb.shape
    raw = "rgb24" if rgb.dtype == np.uint8 else "rgb48le"
    command = [still_ffmpeg(), "-v", "error", "-f", "rawvideo", "-pix_fmt", raw]
    command += ["-s", f"{width}x{height}", "-i", "-", "-frames:v", "1", *options, str(path)]
    subprocess.run(command, input=rgb.tobytes(), check=True, timeout=300)
    return path


def worst(one: Rgb, other: Rgb) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize("suffix", [".webp", ".avif", ".heic"])
def test_pixels_profile_camera_and_pose_come_out(suffix, profile, exif, tmp_path):
    path = tmp_path / f"a%d b{suffix}"
    pillow_heif.register_heif_opener()
    lying = Image.fromarray(np.rot90(ramp(64, 128)))  # and upright as its EXIF says
    lying.save(path, exif=exif, icc_profile=profile, xmp=GPANO, quality=95)
    info = probe(path)
    assert (info.width, info.height, info.bit_depth) == (128, 64, 8)
    assert info.declared
    assert info.pose[0] == 40
    with Image.open(path) as independent:
        expected = np.asarray(independent)
    if suffix != ".heic":  # libheif turns it, the others leave that to EXIF
        expected = np.rot90(expected, -1)
    rgb = read_still(path)
    assert worst(rgb, expected) <= 6  # chroma is interpolated in ways of their own
    assert abs(rgb.mean() - expected.mean()) < 0.5
    out = tmp_path / "out.jpg"
    with open_writer(out, 64, 128, Fraction(0), source=info) as still:
        still.write(next(read_frames(info)))
    with Image.open(out) as picture:
        assert picture.info["icc_profile"] == profile
        assert picture.getexif()[MAKE] == "Maker"
        assert picture.getexif().get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("with_profile", [True, False])
def test_a_phones_heic_of_tiles_is_whole_and_upright(with_profile, profile, exif, tmp_path):
    rgb, path = ramp(256, 128), tmp_path / "phone.heic"
    icc = profile if with_profile else b""
    path.write_bytes(heic(rgb, 64, exif.removeprefix(b"Exif\0\0"), GPANO, icc))
    assert worst(read_still(path), np.asarray(pillow_heif.open_heif(path))) <= 2
    info = probe(path)
    assert (info.width, info.height, info.pose[0]) == (256, 128, 40)
    assert info.colour.primaries == ("bt709" if with_profile else "smpte432")
    with open_writer(tmp_path / "out.png", 128, 256, Fraction(0), source=info) as still:
        still.write(next(read_frames(info)))
    kept = provenance_of((tmp_path / "out.png").read_bytes())
    assert (kept.icc, kept.cicp) == (icc, b"" if with_profile else b"\x0c\x0d\0\1")
    assert Image.Exif().load(kept.exif) is None  # it parses


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        (".jxl", ("-c:v", "libjxl", "-distance", "0")),
        (".webp", ("-c:v", "libwebp", "-lossless", "1", "-pix_fmt", "bgra")),
    ],
)
def test_lossless_codes_of_eight_bits_are_those_that_went_in(suffix, options, tmp_path):
    rgb = ramp(64, 128)
    assert worst(read_still(coded(tmp_path / f"a{suffix}", rgb, *options)), rgb) == 0


def test_jpeg_xl_keeps_sixteen_bits(tmp_path):
    rgb = ramp(64, 128, 65535)
    path = coded(tmp_path / "deep.jxl", rgb, "-c:v", "libjxl", "-distance", "0")
    assert worst(read_still(path, depth=16), rgb) == 0
    assert probe(path).bit_depth == 10
    assert read_still(path).max() == 1023


@pytest.mark.parametrize(
    ("transfer", "number"), [("smpte2084", 16), ("arib-std-b67", 18), ("iec61966-2-1", 13)]
)
def test_a_deep_avif_keeps_its_depth_and_its_colour(transfer, number, tmp_path):
    rgb = ramp(64, 128, 65535)
    tags = f"format=gbrp10le,setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=gbr"
    still = ("-c:v", "libaom-av1", "-still-picture", "1", "-crf", "0", "-cpu-used", "8")
    info = probe(coded(tmp_path / "deep.avif", rgb, "-vf", tags, *still))
    assert (info.bit_depth, info.colour.primaries, info.colour.transfer) == (10, "bt2020", transfer)
    frame = next(read_frames(info))
    assert worst(frame.rgb, np.rint(rgb / 65535 * 1023)) <= 1
    out = tmp_path / "out.png"
    with open_writer(out, 64, 128, Fraction(0), source=info, bit_depth=10) as still:
        still.write(frame)
    assert provenance_of(out.read_bytes()).cicp == bytes([9, number, 0, 1])
    assert probe(out).colour == info.colour


def test_an_hdr_still_goes_into_a_jpeg_by_a_tone_map_alone(tmp_path):
    tags = "format=gbrp10le,setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=gbr"
    still = ("-c:v", "libaom-av1", "-still-picture", "1", "-crf", "0", "-cpu-used", "8")
    info = probe(coded(tmp_path / "hlg.avif", ramp(64, 128, 65535), "-vf", tags, *still))
    with pytest.raises(OutputError, match=r"HDR does not fit into a JPEG; name a .png, or --to-"):
        open_writer(tmp_path / "out.jpg", 64, 128, Fraction(0), source=info)
    mapped = as_sdr(info, "bt2390")
    with open_writer(tmp_path / "out.png", 64, 128, Fraction(0), source=mapped) as out:
        out.write(next(read_frames(mapped)))
    assert provenance_of((tmp_path / "out.png").read_bytes()).cicp == b""
    assert probe(tmp_path / "out.png").bit_depth == 8


def test_a_limited_range_png_is_stretched_and_said(tmp_path):
    codes = np.linspace(16, 235, 220).astype(np.uint8)
    rgb = np.tile(codes[None, :, None], (110, 1, 3))
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "png")
    path = tmp_path / "limited.png"
    path.write_bytes(
        with_provenance(file.getvalue(), Provenance(cicp=b"\x01\x0d\0\0"), *rgb.shape[:2])
    )
    expected = np.rint((rgb - 16.0) / 219 * 255)
    assert worst(read_still(path), expected) == 0
    assert any("limited range" in note for note in probe(path).notes)


@pytest.mark.parametrize("orientation", [1, 2, 4, 5, 6, 8])
def test_a_mirrored_picture_is_as_transparent_as_its_reader_says(orientation, tmp_path):
    rgba, said = np.full((64, 128, 4), 200, np.uint8), Image.Exif()
    rgba[..., 3] = np.clip(np.add.outer(2 * np.arange(64), np.arange(128)), 0, 255)
    said[ORIENTATION] = orientation
    path = tmp_path / "a.avif"
    Image.fromarray(rgba).save(path, quality=95, exif=said.tobytes())
    with Image.open(path) as picture:
        upright = np.asarray(ImageOps.exif_transpose(picture))
    expected = np.rint(upright[..., :3] * (upright[..., 3:] / 255))
    assert worst(read_still(path), expected) <= 4


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("suffix", [".webp", ".avif", ".heic", ".jxl"])
def test_where_a_picture_is_transparent_black_is_taken(suffix, turned, exif, tmp_path):
    rgba = np.full((64, 128, 4), 200, np.uint8)
    rgba[..., 3] = np.linspace(0, 255, 128).astype(np.uint8)
    path, lying = tmp_path / f"a{suffix}", np.rot90(rgba) if turned else rgba
    pillow_heif.register_heif_opener()
    if suffix == ".jxl":
        raw = ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", "128x64", "-i", "-", "-frames:v", "1"]
        options = ("-c:v", "libjxl", "-distance", "0")
        command = [still_ffmpeg(), "-v", "error", *raw, *options, str(path)]
        subprocess.run(command, input=rgba.tobytes(), check=True, timeout=300)
    else:
        said = {"exif": exif} if turned else {}  # which AVIF tells of the colours alone
        Image.fromarray(np.ascontiguousarray(lying)).save(path, quality=95, **said)
    expected = np.rint(rgba[..., :3] * (rgba[..., 3:] / 255))
    assert worst(read_still(path), expected) <= 4
    assert "where it is transparent, black is taken" in probe(path).notes


def test_colours_premultiplied_by_their_alpha_are_taken_as_they_are(tmp_path):
    rgba, file = np.full((64, 128, 4), 100, np.uint8), io.BytesIO()
    rgba[..., 3] = 128
    Image.fromarray(rgba).save(file, "avif", quality=95)
    path, data = tmp_path / "a.avif", file.getvalue()
    at = data.index(b"auxl")
    (alpha, count, colour) = struct.unpack_from(">3H", data, at + 4)
    assert count == 1
    swapped = data[:at] + b"prem" + struct.pack(">3H", colour, 1, alpha) + data[at + 10 :]
    assert b"auxl" not in swapped
    path.write_bytes(swapped)
    assert worst(read_still(path), np.full((64, 128, 3), 100)) <= 3


def test_a_folder_of_further_kinds_is_a_film(tmp_path):
    for n in range(3):
        rgb = np.full((64, 128, 3), 40 * n, np.uint8)
        coded(tmp_path / f"{n}.jxl", rgb, "-c:v", "libjxl", "-distance", "0")
    info = probe(tmp_path)
    assert [frame.rgb[0, 0, 0] for frame in read_frames(info)] == [0, 40, 80]


@pytest.mark.parametrize("suffix", [".webp", ".avif", ".heic"])
def test_a_picture_cut_short_is_one_line_with_what_to_do(suffix, tmp_path):
    path = tmp_path / f"cut{suffix}"
    pillow_heif.register_heif_opener()
    noise = np.random.default_rng(0).integers(0, 255, (128, 256, 3), np.uint8)
    Image.fromarray(noise).save(path, quality=90)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(VideoOpenError, match=r"cannot be decoded \(.*\); copy the file again, or"):
        probe(path)


def test_tags_are_read_and_not_written(tmp_path):
    path = tmp_path / "a.avif"
    Image.fromarray(ramp(64, 128)).save(path, xmp=GPANO)
    report = inspect(path)
    assert (report.container, report.width, report.height) == ("avif", 128, 64)
    assert report.metadata is not None
    assert report.metadata.projection is Projection.EQUIRECT
    with pytest.raises(MetadataError, match="read and not written; make a PNG of it"):
        inject(path, report.metadata)


def test_written_frame_of_a_transcoded_still_is_what_was_read(tmp_path):
    path = coded(tmp_path / "a.jxl", ramp(64, 128), "-c:v", "libjxl", "-distance", "0")
    with open_writer(tmp_path / "o.png", 64, 128, Fraction(0), source=probe(path)) as out:
        out.write(Frame(read_still(path), Fraction(0)))
    assert worst(read_still(tmp_path / "o.png"), ramp(64, 128)) == 0


def test_what_opens_films_opens_these_stills_as_the_same_picture(tmp_path):
    """As the viewer does."""
    rgb, path = ramp(256, 128), tmp_path / "phone.heic"
    path.write_bytes(heic(rgb, 64))
    with opened(path) as (container, stream):
        seen = next(container.decode(stream)).to_ndarray(format="rgb24")
    assert worst(seen, read_still(path)) == 0


def test_compressed_xmp_is_said_not_to_be_read(tmp_path):
    bare = coded(tmp_path / "a.jxl", ramp(64, 128), "-c:v", "libjxl", "-distance", "0").read_bytes()
    boxes = [(b"ftyp", b"jxl \0\0\0\0jxl "), (b"brob", b"xml " + bytes(20))]
    if bare.startswith(b"\xff\x0a"):
        boxes.append((b"jxlc", bare))
    made = [struct.pack(">I4s", 8 + len(data), kind) + data for kind, data in boxes]
    packed = tmp_path / "packed.jxl"
    packed.write_bytes(b"\0\0\0\x0cJXL \r\n\x87\n" + b"".join(made))
    info = probe(packed)
    assert any("compressed (Brotli) and not read" in note for note in info.notes)
    assert worst(read_still(packed), ramp(64, 128)) == 0
