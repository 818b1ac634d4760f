"""The place is taken out of a photo; exiftool is asked before and after."""

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from vr360.errors import MetadataError
from vr360.media.location import strip_location
from vr360.media.stills import read_still, write_still
from vr360.spherical import SphericalMetadata, inspect

PLACE = ("-GPSLatitude=48.1372", "-GPSLatitudeRef=N", "-GPSLongitude=11.5756")
EXIFTOOL = shutil.which("exiftool")


def exiftool(*arguments: str | Path) -> str:
    assert EXIFTOOL, "exiftool is what this is checked with"
    done = subprocess.run([EXIFTOOL, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_place_goes_and_picture_camera_and_sphere_stay(tmp_path: Path, suffix: str):
    path = tmp_path / f"photo{suffix}"
    ramp = np.tile(np.arange(128, dtype=np.uint8)[None, :, None], (64, 1, 3))
    write_still(path, ramp, SphericalMetadata())
    groups = [f"-{group}:{word[1:]}" for group in ("EXIF", "XMP-exif") for word in PLACE]
    exiftool("-overwrite_original", "-Make=Ricoh", *PLACE, *groups[3:4], *groups[5:], path)
    assert "48 deg" in exiftool("-a", "-G1", "-GPS*", path)
    before, picture = path.stat().st_size, read_still(path)
    assert strip_location(path) > 20
    told = exiftool("-a", "-G1", "-n", path)
    assert "48.13" not in told
    assert "11.57" not in told
    assert "Ricoh" in told
    assert path.stat().st_size == before
    assert np.array_equal(read_still(path), picture)
    assert inspect(path).metadata == SphericalMetadata()
    assert strip_location(path) == 0


def test_a_photo_without_a_place_is_left_as_it_is(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "plain.jpg"), np.zeros((32, 64, 3), np.uint8))
    before = (tmp_path / "plain.jpg").stat()
    assert strip_location(tmp_path / "plain.jpg") == 0
    assert (tmp_path / "plain.jpg").stat().st_ino == before.st_ino


def test_exif_that_does_not_add_up_is_named(tmp_path: Path):
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8" + segment + b"\xff\xd9")
    with pytest.raises(MetadataError, match="does not add up"):
        strip_location(tmp_path / "bad.jpg")
