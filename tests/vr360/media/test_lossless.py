"""What the lossless presets store is what they were given, to the bit."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vr360.frame import Frame
from vr360.media.writer import FilmWriter

TARGETS = [("archive", ".mkv"), ("lossless-mp4", ".mp4")]


def write(path: Path, frames, preset: str, bit_depth: int, **options) -> FilmWriter:
    height, width = frames[0].shape[:2]
    with FilmWriter(
        path, height, width, Fraction(24), preset, bit_depth=bit_depth, **options
    ) as film:
        for n, rgb in enumerate(frames):
            film.write(Frame(rgb, Fraction(n, 24)))
    return film


def raw_frames(run_ffmpeg, path: Path, shape, bit_depth: int) -> np.ndarray:
    """What ffmpeg itself decodes, without any code of ours."""
    kind, pixels = ("<u2", "gbrp10le") if bit_depth == 10 else ("u1", "gbrp")
    data = run_ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", pixels, "-")
    planes = np.frombuffer(data, kind).reshape(-1, 3, *shape)
    return np.moveaxis(planes[:, [2, 0, 1]], 1, -1)


@pytest.mark.parametrize("bit_depth", [8, 10])
@pytest.mark.parametrize(("preset", "suffix"), TARGETS)
def test_lossless_presets_give_back_every_bit(
    preset, suffix, bit_depth, each_ffmpeg, noise, decoded, run_ffmpeg, tmp_path
):
    frames = noise(5, 128, 256, bit_depth)
    path = tmp_path / f"film{suffix}"
    write(path, frames, preset, bit_depth)
    np.testing.assert_array_equal(decoded(path), frames)
    np.testing.assert_array_equal(raw_frames(run_ffmpeg, path, (128, 256), bit_depth), frames)


@pytest.mark.parametrize(("preset", "suffix"), TARGETS)
def test_lossless_presets_take_odd_sizes(preset, suffix, noise, run_ffmpeg, tmp_path):
    frames = noise(2, 33, 67, 8)
    write(tmp_path / f"film{suffix}", frames, preset, 8)
    read = raw_frames(run_ffmpeg, tmp_path / f"film{suffix}", (33, 67), 8)
    np.testing.assert_array_equal(read, frames)


def test_a_folder_of_frames_is_lossless_too(noise, tmp_path):
    from vr360.media.probe import probe
    from vr360.media.reader import read_frames
    from vr360.media.writer import open_writer

    for bit_depth in (8, 10):
        frames = noise(12, 32, 64, bit_depth)
        folder = tmp_path / f"frames{bit_depth}"
        with open_writer(folder, 32, 64, Fraction(24), bit_depth=bit_depth) as writer:
            for n, rgb in enumerate(frames):
                writer.write(Frame(rgb, Fraction(n, 24)))
        info = probe(folder)
        assert (info.frames, info.bit_depth) == (12, bit_depth)
        np.testing.assert_array_equal([f.rgb for f in read_frames(info)], frames)
