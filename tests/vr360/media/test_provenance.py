"""Date, place, camera, copyright and colour profile survive, read back by Pillow and ExifTool."""

import json
import shutil
import struct
import subprocess
import tracemalloc
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from vr360.frame import Frame, Projection, Stereo
from vr360.media.probe import probe
from vr360.media.provenance import Provenance, provenance_of, with_provenance
from vr360.media.stills import read_still
from vr360.media.writer import open_writer
from vr360.spherical import SphericalMetadata

MAKE, ORIENTATION, COPYRIGHT, DETAILS, TAKEN, WIDTH = 0x010F, 0x0112, 0x8298, 0x8769, 0x9003, 0xA002
RESOURCES = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + b"\0\0\0\x0b" + b"\x1c\x02\x78\0\x06a city\0"


@pytest.fixture
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(params=[".jpg", ".png"])
def source(request: pytest.FixtureRequest, profile: bytes, tmp_path: Path) -> Path:
    exif = Image.Exif()
    exif[MAKE], exif[COPYRIGHT], exif[ORIENTATION] = "Samsung", "Ansel", 3
    exif.get_ifd(DETAILS).update({TAKEN: "2016:05:01 10:00:00", WIDTH: 128})
    picture = Image.fromarray(np.full((64, 128, 3), 90, np.uint8))
    path = tmp_path / f"source{request.param}"
    picture.save(path, exif=exif, icc_profile=profile)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_what_a_still_says_of_its_making_is_carried_over(
    suffix: str, source: Path, profile: bytes, tmp_path: Path
):
    info, out = probe(source, Projection.EQUIRECT, Stereo.MONO), tmp_path / f"out{suffix}"
    said = SphericalMetadata(Projection.EQUIRECT)
    with open_writer(out, 32, 64, Fraction(0), source=info, metadata=said) as still:
        still.write(Frame(read_still(source)[::2, ::2], Fraction(0)))
    with Image.open(out) as picture:
        exif = picture.getexif()
        assert picture.info["icc_profile"] == profile
    assert (exif[MAKE], exif[COPYRIGHT], exif[ORIENTATION]) == ("Samsung", "Ansel", 1)
    details = exif.get_ifd(DETAILS)
    assert details[TAKEN] == "2016:05:01 10:00:00"
    assert details[WIDTH] == 64
    assert probe(out).declared
    if shutil.which("exiftool"):
        command = ["exiftool", "-j", "-warning", "-error", str(out)]
        (found,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        assert set(found) == {"SourceFile"}


def test_iptc_goes_from_jpeg_to_jpeg():
    bare = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda"
    said = with_provenance(bare, Provenance(iptc=RESOURCES), 64, 128)
    assert provenance_of(said).iptc == RESOURCES
    assert said.startswith(bare[:20])


def test_a_profile_larger_than_a_segment_is_cut_and_joined():
    profile = bytes(16) + b"RGB " + np.random.default_rng(0).bytes(200_000)
    bare = b"\xff\xd8\xff\xda"
    assert provenance_of(with_provenance(bare, Provenance(icc=profile), 1, 2)).icc == profile


@pytest.mark.parametrize(
    "exif", [b"", b"MM", b"II*\0\xff\xff\0\0", b"MM\0*\0\0\0\x08\xff\xff", b"nonsense"]
)
def test_damaged_exif_is_left_out(exif: bytes):
    bare = b"\xff\xd8\xff\xda"
    assert with_provenance(bare, Provenance(exif=exif), 1, 2) == bare


def test_a_profile_of_other_inks_does_not_suit_what_was_decoded():
    profile = bytes(16) + b"CMYK" + bytes(100)
    said = with_provenance(b"\xff\xd8\xff\xda", Provenance(icc=profile), 1, 2)
    assert provenance_of(said).icc == b""


def png(profile: bytes) -> bytes:
    payload = b"a profile\0\0" + profile
    chunk = struct.pack(">I", len(payload)) + b"iCCP" + payload + bytes(4)
    return b"\x89PNG\r\n\x1a\n" + chunk


def test_a_profile_that_unpacks_to_more_than_any_has_is_none():
    whole = bytes(16) + b"RGB " + bytes(100)
    assert provenance_of(png(zlib.compress(whole))).icc == whole
    assert provenance_of(png(zlib.compress(whole)[:-6])).icc == b""  # cut off
    bomb = png(zlib.compress(whole + bytes(100 << 20)))
    tracemalloc.start()
    found = provenance_of(bomb)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == Provenance()
    assert top < 50 << 20
