"""Real panoramas and films through the shipped style."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.backends import TorchBackend, open_backend
from pipeline.nets.surface import SPHERE, ZEROS, Surface
from pipeline.quality.style import flat_sky, grid_ratio
from pipeline.source.delivery import Span
from pipeline.styles import load_look
from pipeline.stylize import StylizeJob, stylize
from vr360.frame import Stereo
from vr360.geometry import row_areas
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.spherical import inspect

MONO = ("chichen-itza", "christ-redeemer", "machu-picchu", "petra", "taj-mahal")


def step_across(rgb: torch.Tensor, column: int) -> float:
    """Area-weighted mean step between `column` - 1 and `column`."""
    step = (rgb[..., column] - rgb[..., column - 1]).abs().mean((0, 1)).numpy()
    return float(row_areas(len(step)) @ step)


def seam_over_middle(
    rgb: torch.Tensor, paint: Callable[..., torch.Tensor], surface: Surface
) -> float:
    """The painted step at ±180° over the step at that place when it lies in the middle."""
    half = rgb.shape[-1] // 2
    middle = paint(rgb.roll(half, -1), surface=surface)
    return step_across(paint(rgb, surface=surface), 0) / step_across(middle, half)


@pytest.mark.parametrize("name", MONO)
def test_the_seam_of_a_real_panorama_is_like_any_other_place(shared_data: Path, name: str):
    bgr = cv2.imread(str(shared_data / "panoramas" / f"{name}.jpg"))
    small = cv2.resize(bgr, (512, 256), interpolation=cv2.INTER_AREA)[..., ::-1].copy()
    rgb = torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255
    net, look = load_look("starry_night")
    paint = partial(TorchBackend(net), look=look)
    ours, naive = (seam_over_middle(rgb, paint, surface) for surface in (SPHERE, ZEROS))
    assert ours == pytest.approx(1, abs=0.02)
    assert naive > 1.2


def test_flat_sky_shows_no_grid():
    sky = flat_sky(512, 1024)
    net, look = load_look("starry_night")
    painted = open_backend(net, "cpu")(sky, look)
    assert grid_ratio(painted, net.geometry.stride) <= 1.1


def test_a_hand_held_clip_of_odd_size_comes_out_as_it_went_in(shared_data: Path, tmp_path: Path):
    source, out = shared_data / "clips" / "ricoh_walk_mono_640.mp4", tmp_path / "film.mp4"
    job = StylizeJob(source, out, "starry_night", span=Span(Fraction(10), Fraction(1, 4)))
    report = stylize(job)
    info = probe(out)
    assert (info.width, info.height) == (640, 322)
    assert info.rate == report.source.rate
    assert any("322" in note for note in report.source.notes)


def test_both_eyes_of_a_stereo_film_are_painted_and_its_sound_is_kept(
    shared_data: Path, tmp_path: Path
):
    source, out = shared_data / "clips" / "congo_stereo_tb.mp4", tmp_path / "film.mp4"
    stylize(StylizeJob(source, out, "starry_night", span=Span(duration=Fraction(1, 10))))
    before, after = probe(source), probe(out)
    assert after.stereo is Stereo.TOP_BOTTOM
    assert [a.codec for a in after.audio] == [a.codec for a in before.audio]
    metadata = inspect(out).metadata
    assert metadata is not None
    assert metadata.stereo is Stereo.TOP_BOTTOM


def test_painting_changes_the_picture_but_keeps_what_is_in_it(shared_data: Path, tmp_path: Path):
    source, out = shared_data / "clips" / "testroom_mono_1920.mp4", tmp_path / "film.mkv"
    job = StylizeJob(
        source, out, "starry_night", size=(256, 512), span=Span(duration=Fraction(1, 10))
    )
    stylize(job)
    painted = next(iter(read_frames(probe(out)))).rgb
    original = cv2.resize(next(iter(read_frames(probe(source)))).rgb, (512, 256))
    luma = [
        cv2.GaussianBlur(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), (0, 0), 4)
        for p in (painted, original)
    ]
    assert np.abs(painted.astype(int) - original).mean() > 10
    assert np.corrcoef(luma[0].ravel(), luma[1].ravel())[0, 1] > 0.5
