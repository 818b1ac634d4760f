from dataclasses import asdict

import cv2
import numpy as np
import pytest

from pipeline.quality.stability import (
    LONG,
    Stability,
    StabilityMeter,
    flow_of_source,
    slope,
    summarise,
)
from vr360.geometry import equirect_directions

from .conftest import HEIGHT, STEP, WIDTH, even_field

GRAIN = 6.0  # codes


def measured(moments, motion=flow_of_source) -> Stability:
    meter = StabilityMeter(moments[0].baseline is not None, motion)
    for moment in moments:
        meter.see(moment)
    return summarise(meter.trace)


def grain(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, GRAIN, (HEIGHT, WIDTH, 3))


def painted(place: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    return np.clip(0.5 * place + 60 + strokes, 0, 255).round().astype(np.uint8)


def boiling(place: np.ndarray, count: int, still: bool = False) -> list[np.ndarray]:
    """New grain on every frame."""
    rng = np.random.default_rng(1)
    step = 0 if still else STEP
    return [painted(np.roll(place, n * step, axis=1), grain(rng)) for n in range(count)]


def sticking(place: np.ndarray, count: int) -> list[np.ndarray]:
    """Grain that moves with what it lies on."""
    first = painted(place, grain(np.random.default_rng(2)))
    return [np.roll(first, n * STEP, axis=1) for n in range(count)]


def test_strokes_that_stick_have_no_warp_error(place, moments, exact):
    figures = measured(moments(sticking(place, 12)), exact)
    assert figures.warp_error == pytest.approx(0, abs=1e-6)
    assert figures.warp_error_long == pytest.approx(0, abs=1e-6)


def test_boiling_grain_has_twice_its_variance_as_warp_error_everywhere(place, moments, exact):
    figures = measured(moments(boiling(place, 12)), exact)
    expected = (2 * GRAIN**2 + 2 / 12) / 255**2  # rounding to codes adds 1 / 12
    assert figures.warp_error == pytest.approx(expected, rel=0.03)
    assert figures.warp_error_long == pytest.approx(expected, rel=0.03)
    for region, value in figures.regions["warp_error"].items():
        assert value == pytest.approx(expected, rel=0.15), region


def test_ratios_are_to_the_film_painted_frame_by_frame(place, moments, exact):
    films = boiling(place, 12)
    rng = np.random.default_rng(5)
    calm = [painted(np.roll(place, n * STEP, 1), grain(rng) / 2) for n in range(12)]
    figures = measured(moments(calm, films), exact)
    assert figures.warp_error_ratio == pytest.approx(1 / 4, rel=0.05)
    assert figures.regions["warp_error_ratio"]["poles"] == pytest.approx(1 / 4, rel=0.15)
    assert measured(moments(films, films), exact).sharpness_ratio == 1


def test_blur_shows_in_the_sharpness_ratio(place, moments, exact):
    films = boiling(place, 4)
    soft = [cv2.GaussianBlur(film, (0, 0), 1.5) for film in films]
    assert measured(moments(soft, films), exact).sharpness_ratio < 0.7


def test_a_film_that_smears_in_time_drifts(place, moments, exact):
    films = sticking(place, 20)
    smeared = [cv2.GaussianBlur(f, (0, 0), 0.3 + 0.1 * n) for n, f in enumerate(films)]
    assert measured(moments(films), exact).sharpness_drift == pytest.approx(1, abs=0.01)
    assert measured(moments(smeared), exact).sharpness_drift < 0.7
    assert measured(moments(smeared, smeared), exact).sharpness_drift == 1


def test_what_was_hidden_does_not_count(place, moments, exact):
    films = sticking(place, 3)
    films[2] = films[2].copy()
    films[2][20:40, 50:70] ^= 128

    def hiding(now, earlier):
        direction, confidence = exact(now, earlier)
        confidence[20:40, 50:70] = 0
        return direction, confidence

    assert measured(moments(films), exact).warp_error > 1e-3
    assert measured(moments(films), hiding).warp_error < 1e-6


def test_where_the_flow_is_wrong_the_film_is_not_blamed(place, moments):
    rays = equirect_directions(HEIGHT, WIDTH).astype(np.float32)

    def frozen(now, earlier):
        return rays, np.ones((HEIGHT, WIDTH), np.float32)

    meter = StabilityMeter(False, frozen)
    for moment in moments(sticking(place, 6)):
        meter.see(moment)
    unmasked = np.mean(np.square(np.diff(np.array(sticking(place, 6), float), axis=0))) / 255**2
    assert meter.trace.film["warp_error"].series[-1] < 0.8 * unmasked


def test_flicker_is_what_alternates_on_a_source_that_stands_still(place, moments):
    flat = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    blinking = [flat + 10 * (n % 2) for n in range(6)]
    figures = measured(moments(blinking, boiling(place, 6, still=True), still=True))
    assert figures.flicker == pytest.approx(10 / 255)
    slowly = [flat + n for n in range(6)]
    assert measured(moments(slowly, still=True)).flicker == pytest.approx(0, abs=1e-6)


def test_nothing_is_compared_across_a_cut(place, moments, exact):
    films = sticking(place, 8)
    films[4:] = [255 - film for film in films[4:]]
    assert measured(moments(films), exact).warp_error > 1e-3
    cut = measured(moments(films, cuts=(4,)), exact)
    assert cut.warp_error < 1e-6
    assert cut.cuts == [4 / 24]


@pytest.mark.parametrize("count", [1, 2, 12])
def test_black_and_frozen_films_give_figures_or_none(moments, count: int):
    black = [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * count
    figures = asdict(measured(moments(black, black, still=True)))
    regions = figures.pop("regions")
    values = [*figures.values(), *(v for by in regions.values() for v in by.values())]
    assert all(v is None or v == [] or np.isfinite(v) for v in values)
    assert figures["sharpness"] == 0
    assert (figures["warp_error"] is None) == (count == 1)
    assert (figures["warp_error_long"] is None) == (count <= LONG)
    assert (figures["flicker"] is None) == (count < 3)


def test_sharpness_is_the_slope_in_space_the_same_all_over_the_sphere():
    rays = equirect_directions(180, 360)
    ramp = slope((0.5 + 0.3 * rays[..., 1]).astype(np.float32))
    lat = np.radians(90 - np.arange(180) - 0.5)
    assert np.allclose(ramp[1:-1, 7], 0.3 * np.cos(lat[1:-1]) * np.pi / 180, rtol=0.01)
    field = slope(even_field(rays, 50, waves=150).astype(np.float32))
    north, middle = field[:30].mean(1), field[75:105].mean()
    area = np.cos(lat[:30])
    assert (north * area).sum() / area.sum() == pytest.approx(middle, rel=0.1)


def test_the_flow_found_in_the_source_tells_sticking_from_boiling(place, moments):
    films, base = sticking(place, 4), boiling(place, 4)
    figures = measured(moments(films, base))
    assert figures.warp_error_ratio < 0.35
    for region in ("equator", "poles", "seam", "faces"):
        assert figures.regions["warp_error_ratio"][region] < 0.6, region


def test_worst_moments_are_where_the_film_jumps(place, moments, exact):
    films = sticking(place, 40)
    for n in (10, 30):
        films[n] = 255 - films[n]
    meter = StabilityMeter(False, exact)
    for moment in moments(films):
        meter.see(moment)
    times = sorted(round(s.time * 24) for s in meter.trace.worst.sights[:2])
    assert times[0] in (10, 11)
    assert times[1] in (30, 31)
