"""Made films whose flashes are known."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest

from pipeline.quality.flashes import FlashMeter
from vr360.geometry import equirect_directions

HEIGHT, WIDTH = 64, 128
DARK, LIGHT = (60, 60, 60), (220, 220, 220)


def rate(frames: Iterable[np.ndarray], fps: int = 24) -> int:
    meter = FlashMeter(Fraction(fps))
    for frame in frames:
        meter.see(frame)
    return meter.flash_rate


def full(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def square(hertz: float, fps: int, low=DARK, high=LIGHT, seconds: int = 2) -> list[np.ndarray]:
    """Two colours in turn over the whole sphere."""
    return [full(high if int(2 * n * hertz / fps) % 2 else low) for n in range(seconds * fps)]


@pytest.mark.parametrize("fps", [24, 30])
@pytest.mark.parametrize("hertz", [2, 6])
def test_a_flash_is_counted_as_often_as_it_comes(hertz: int, fps: int):
    assert rate(square(hertz, fps), fps) == hertz


def test_ten_bits_flash_as_eight_do():
    frames = [frame.astype(np.uint16) * 4 for frame in square(6, 24)]
    assert rate(frames) == 6


def test_a_smooth_fade_up_and_down_flashes_too():
    place = np.linspace(0.2, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1)
    wave = 0.75 + 0.25 * np.sin(2 * np.pi * 4 * np.arange(60) / 30)
    assert rate(((place * level * (255, 255, 255)).astype(np.uint8) for level in wave), 30) == 4


def grey(luminance: float) -> tuple[int, int, int]:
    return (round(255 * luminance ** (1 / 2.4)),) * 3


@pytest.mark.parametrize(
    ("low", "high", "flashes"),
    [(0.3, 0.38, 0), (0.3, 0.42, 6), (0.82, 1.0, 0), (0.78, 0.9, 6)],
    ids=["8 %", "12 %", "bright", "just dark enough"],
)
def test_a_change_counts_from_a_tenth_of_white_and_below_four_fifths_of_it(low, high, flashes):
    assert rate(square(6, 24, grey(low), grey(high))) == flashes


def patch(height_deg: float, width_deg: float, lat: float = 0) -> list[np.ndarray]:
    """A window ahead that flashes six times a second."""
    x, y, z = np.moveaxis(equirect_directions(HEIGHT, WIDTH), 2, 0)
    lons, lats = np.degrees(np.arctan2(x, -z)), np.degrees(np.arcsin(y))
    inside = (abs(lons) < width_deg / 2) & (abs(lats - lat) < height_deg / 2)
    return [np.where(inside[..., None], frame, 60).astype(np.uint8) for frame in square(6, 24)]


def test_what_fills_less_than_a_quarter_of_every_view_is_no_flash():
    assert rate(patch(30, 30)) == 0


def test_a_quarter_of_one_view_is_enough_though_it_is_little_of_the_sphere():
    assert rate(patch(60, 60)) == 6


def test_a_pole_is_seen_as_any_other_place():
    assert rate(patch(60, 360, lat=90)) == 6  # within 30° of it
    assert rate(patch(20, 360, lat=90)) == 0  # within 10°: half of the picture's width


@pytest.mark.parametrize("step", [1, 2, 3])
def test_stripes_that_pass_are_no_flash(step: int):
    stripes = np.where(np.arange(WIDTH) // 16 % 2, 220, 40).astype(np.uint8)
    picture = np.tile(stripes[None, :, None], (HEIGHT, 1, 3))
    assert rate(np.roll(picture, n * step, axis=1) for n in range(48)) == 0


def test_a_cut_and_a_slow_fade_are_no_flashes():
    fade = [full((n * 5, n * 5, n * 5)) for n in range(48)]
    assert rate([*fade, *[full(DARK)] * 24]) == 0


def test_saturated_red_flashes_at_any_luminance():
    assert rate(square(6, 24, (0, 0, 0), (120, 0, 0))) == 6  # 3.5 % of white
    assert rate(square(6, 24, (0, 0, 0), (0, 0, 200))) == 0  # blue of 4 %
    assert rate(square(6, 24, (90, 90, 90), (120, 90, 90))) == 0  # reddish


def test_the_worst_second_counts():
    calm = [full(DARK)] * 48
    assert rate([*calm, *square(4, 24, seconds=1), *calm]) == 4


def test_a_cameras_noise_and_single_frames_do_not_flash():
    random = np.random.default_rng(0)
    noise = random.normal(0, 8, (24, HEIGHT, WIDTH, 3))
    assert rate((full(DARK) + noise).clip(0, 255).astype(np.uint8)) == 0
    assert rate([full(LIGHT)]) == 0
    assert rate([]) == 0
