"""Single fisheyes and little planets, against FFmpeg's v360."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.convert import ConvertJob, Side, convert
from vr360.errors import InputError
from vr360.geometry import equirect_directions
from vr360.media.stills import read_still, write_still
from vr360.views import Fisheye, LittlePlanet


@pytest.fixture
def panorama(tmp_path: Path) -> Path:
    waves = np.array([[3, 1, 2], [-2, 4, 1], [1, -1, 5]])
    rgb = 128 + 100 * np.sin(equirect_directions(256, 512) @ waves.T)
    write_still(tmp_path / "pano.png", rgb.round().astype(np.uint8))
    return tmp_path / "pano.png"


def seen(run_ffmpeg: Callable[..., bytes], source: Path, how: str, side: int) -> np.ndarray:
    words = f"format=gbrp,v360={how}:w={side}:h={side}:interp=cubic"
    raw = run_ffmpeg("-i", source, "-vf", words, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    return np.frombuffer(raw, np.uint8).reshape(side, side, 3).astype(float)


@pytest.mark.parametrize("fov", [180, 220])
def test_a_fisheye_is_ffmpegs(panorama: Path, tmp_path: Path, run_ffmpeg, fov: int):
    target = Side("fisheye", fov=np.radians(fov))
    convert(ConvertJob(panorama, tmp_path / "eye.png", target=target, size=(128, 128)))
    made = read_still(tmp_path / "eye.png").astype(float)
    theirs = seen(run_ffmpeg, panorama, f"e:fisheye:h_fov={fov}:v_fov={fov}", 128)
    y, x = np.mgrid[:128, :128] - 63.5
    inside = np.hypot(x, y) < 62
    assert np.abs(made - theirs)[inside].mean() < 1.0


def test_a_little_planet_is_ffmpegs(panorama: Path, tmp_path: Path, run_ffmpeg):
    target = Side("little-planet", fov=np.radians(270))
    convert(ConvertJob(panorama, tmp_path / "planet.png", target=target, size=(128, 128)))
    made = read_still(tmp_path / "planet.png").astype(float)
    theirs = seen(run_ffmpeg, panorama, "e:sg:h_fov=270:v_fov=270:pitch=-90", 128)
    assert np.abs(made - theirs).mean() < 1.0


@pytest.mark.parametrize("fov", [180, 220])
def test_a_fisheye_becomes_the_part_of_the_sphere_that_it_saw(
    panorama: Path, tmp_path: Path, fov: int
):
    lens = Side("fisheye", fov=np.radians(fov))
    convert(ConvertJob(panorama, tmp_path / "eye.png", target=lens, size=(256, 256)))
    convert(ConvertJob(tmp_path / "eye.png", tmp_path / "back.png", lens, size=(256, 512)))
    ahead = -equirect_directions(256, 512)[..., 2]
    off = np.abs(read_still(tmp_path / "back.png").astype(int) - read_still(panorama))
    assert off[ahead > np.cos(np.radians(fov / 2 - 3))].mean() < 1.5
    dark = read_still(tmp_path / "back.png")[ahead < np.cos(np.radians(fov / 2 + 1))]
    assert dark.max() == 0


@pytest.mark.parametrize("view", [Fisheye(96, 128, 3.8), LittlePlanet(96, 128, 5.0)])
def test_pixels_and_directions_are_inverse(view: Fisheye | LittlePlanet):
    y, x = np.mgrid[:96, :128].astype(float)
    xyz, shown = view.directions(x, y)
    assert np.allclose(np.linalg.norm(xyz, axis=-1), 1)
    back_x, back_y, found = view.pixels(xyz[shown])
    assert found.mean() > 0.99
    assert np.allclose(back_x, x[shown], atol=1e-6)
    assert np.allclose(back_y, y[shown], atol=1e-6)


def test_a_lens_spans_less_than_the_sphere():
    with pytest.raises(InputError, match="0 to 360"):
        Fisheye(64, 64, 7.0)
