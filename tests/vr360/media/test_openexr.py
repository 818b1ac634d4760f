"""OpenEXR files that the OpenEXR library wrote, against the formula of sRGB."""

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from vr360.errors import VideoOpenError
from vr360.media.openexr import BT709, to_srgb
from vr360.media.probe import probe
from vr360.media.stills import read_still

P3_D65 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329)


def written(path: Path, linear: np.ndarray, compression: str = "ZIP", **header: object) -> Path:
    header["compression"] = getattr(OpenEXR, f"{compression}_COMPRESSION")
    header["type"] = OpenEXR.scanlineimage
    OpenEXR.File(header, {"RGB": linear}).write(str(path))
    return path


def light(kind: type) -> np.ndarray:
    values = np.geomspace(1e-4, 1.5, 64 * 128 * 3).reshape(64, 128, 3)
    return np.random.default_rng(2).permutation(values.ravel()).reshape(values.shape).astype(kind)


def srgb(linear: np.ndarray) -> np.ndarray:
    x = linear.astype(float).clip(0, 1)
    return 65535 * np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ"])
def test_linear_light_becomes_srgb_of_sixteen_bits(compression, kind, tmp_path):
    path = written(tmp_path / "a.exr", light(kind), compression)
    assert np.abs(read_still(path, depth=16) - srgb(light(kind))).max() <= 0.51
    info = probe(path)
    assert (info.bit_depth, info.colour.transfer) == (10, "iec61966-2-1")


@pytest.mark.parametrize("compression", ["PXR24", "B44", "DWAA", "DWAB"])
def test_lossy_compressions_are_read(compression, tmp_path):
    y, x = np.mgrid[:64, :128]
    smooth = np.stack([x / 128, y / 64, (x + y) / 192], axis=-1).astype(np.float16)
    path = written(tmp_path / "a.exr", smooth, compression)
    assert np.abs(read_still(path, depth=16) - srgb(smooth)).mean() < 200


def test_chromaticities_become_those_of_bt709():
    colour = np.array([[[0.2, 0.5, 0.7], [0.3, 0.3, 0.3]]], np.float32)
    # matrix of Display P3 to sRGB, as W3C's CSS Color 4 gives it
    turn = [
        [1.2249402, -0.2249402, 0],
        [-0.0420570, 1.0420570, 0],
        [-0.0196376, -0.0786361, 1.0982735],
    ]
    expected = srgb(colour @ np.array(turn).T)
    assert np.abs(to_srgb(colour, P3_D65) - expected).max() < 30
    assert np.ptp(to_srgb(colour, P3_D65)[0, 1]) <= 1  # grey stays grey
    assert np.abs(to_srgb(colour, BT709) - srgb(colour)).max() < 1


def test_the_header_names_the_primaries(tmp_path):
    path = written(tmp_path / "a.exr", light(np.float32), chromaticities=P3_D65)
    expected = to_srgb(light(np.float32), P3_D65)
    assert np.abs(read_still(path, depth=16).astype(int) - expected).max() <= 1


def test_what_is_no_number_is_black_and_infinite_light_white(tmp_path):
    linear = np.full((64, 128, 3), 0.2, np.float32)
    linear[0, 0], linear[0, 1], linear[0, 2] = np.nan, np.inf, -np.inf
    codes = read_still(written(tmp_path / "a.exr", linear), depth=16)
    assert codes[0, :3, 0].tolist() == [0, 65535, 0]


def test_a_file_cut_short_says_what_to_do(tmp_path):
    path = written(tmp_path / "a.exr", light(np.float32), "NO")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(VideoOpenError, match=r"OpenEXR cannot be decoded.*oiiotool"):
        probe(path)
