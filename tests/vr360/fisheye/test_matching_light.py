"""Light: two lenses of different exposure, colour and falloff become one picture."""

from dataclasses import replace

import numpy as np
import pytest

from tests.vr360.fisheye.conftest import World, psnr
from vr360.fisheye.camera import Camera
from vr360.fisheye.drift import LightMeter
from vr360.fisheye.photometry import GAMMA, match_lenses, neutral
from vr360.fisheye.rim import trimmed
from vr360.fisheye.ring import RingSampler
from vr360.fisheye.seam import Seam, place_seam
from vr360.fisheye.stitching import Blend, Stitcher, fit_blend
from vr360.geometry import row_areas

COLOURS = np.array([1.10, 1.0, 0.92])


def unequal(side: int, angle: np.ndarray) -> np.ndarray:
    """The right lens is redder and brighter, both get dark towards the rim."""
    dark = np.exp(-0.25 * (angle / (np.pi / 2)) ** 6)
    return 0.9 * dark[..., None] * (COLOURS if side else 1 / COLOURS)


@pytest.fixture(scope="module")
def soft() -> World:
    """Waves long enough for the light to be read off, dim enough not to clip."""
    draw = np.random.default_rng(5)
    wave = draw.normal(size=(12, 3)) * 4
    return World(wave.astype(np.float32), draw.uniform(0, 6.28, 12).astype(np.float32))


def step_at_seam(error: np.ndarray) -> float:
    """Grey levels between means a few degrees to either side of the meridian of the seam."""
    height, width = error.shape[:2]
    at, far = width // 4, width // 60
    rows = slice(height // 4, -height // 4)
    left = error[rows, at - 3 * far : at - far].mean((0, 1))
    right = error[rows, at + far : at + 3 * far].mean((0, 1))
    return float(np.abs(left - right).max())


def untouched(camera: Camera, frame: np.ndarray, seam: Seam) -> Blend:
    """Takes the light as it is, in frames like this."""
    return Blend(neutral(), seam, LightMeter(camera, neutral())(frame))


def test_unequal_lenses_are_made_equal(soft: World, camera: Camera):
    frame = soft.photograph(camera, unequal)
    blend = fit_blend(camera, [frame])
    even = 0.9 * soft.equirect(128)
    matched = Stitcher(camera, blend, 128, 256)(frame)
    plain = Stitcher(camera, untouched(camera, frame, blend.seam), 128, 256)(frame)
    assert step_at_seam(plain - even) > 8
    assert step_at_seam(matched - even) < 1
    assert psnr(matched, even) > psnr(plain, even) + 6


def test_what_the_lenses_lose_is_measured(soft: World, camera: Camera):
    photometry = match_lenses(camera, [soft.photograph(camera, unequal)])
    np.testing.assert_allclose(photometry.series[0], -2 * np.log(COLOURS), atol=0.01)
    np.testing.assert_allclose(photometry.falloff, 0.25, atol=0.05)


def test_equal_lenses_are_left_alone(soft: World, camera: Camera):
    photometry = match_lenses(camera, [soft.photograph(camera)])
    assert np.abs(photometry.series).max() < 0.005
    assert np.abs(photometry.falloff).max() < 0.01


def test_the_calibrations_vignetting_is_undone_in_light(camera: Camera):
    left = replace(camera.lenses[0], vignetting=(-0.3, 0.0, 0.0), dark_unit=128.0)
    left = replace(left, dark_centre=left.centre)
    told = replace(camera, lenses=(left, camera.lenses[1]))
    direction = left.unproject(left.centre[0] + 64, left.centre[1])
    gain = neutral().gain(told, 0, direction)
    np.testing.assert_allclose(gain, (1 - 0.3 / 4) ** (-1 / GAMMA), rtol=1e-6)


def test_darkness_tells_nothing_about_light(camera: Camera):
    night = np.zeros((256, 512, 3), np.uint8)
    photometry = match_lenses(camera, [night])
    assert not photometry.series.any()
    assert np.isfinite(Stitcher(camera, fit_blend(camera, [night]), 64, 128)(night)).all()


def test_a_circle_drawn_too_wide_shrinks_to_what_is_lit(soft: World, camera: Camera):
    frame = soft.photograph(camera)
    wide = tuple(replace(lens, circle=(*lens.circle[:2], 133.0)) for lens in camera.lenses)
    narrow = tuple(replace(lens, circle=(*lens.circle[:2], 120.0)) for lens in camera.lenses)
    lit = soft.photograph(replace(camera, lenses=narrow))
    for lens in trimmed(replace(camera, lenses=wide), [lit]).lenses:
        assert lens.circle[2] == pytest.approx(120, abs=1.5)
    for lens in trimmed(camera, [frame]).lenses:
        assert lens.circle[2] == pytest.approx(camera.lenses[0].circle[2], abs=1.5)


def ring_with(camera: Camera, world: World, blot: np.ndarray):
    ring = RingSampler(camera, 360, np.radians(9))(world.photograph(camera))
    changed = ring.rgb[1] + 90 * blot(*np.meshgrid(ring.azimuth, ring.depth))[..., None]
    return replace(ring, rgb=(ring.rgb[0], changed.astype(np.float32)))


def test_the_seam_goes_around_what_differs(soft: World, camera: Camera):
    """A person stands in the plane between the lenses, from 2 to 3 radians around the ring."""

    def person(azimuth: np.ndarray, depth: np.ndarray) -> np.ndarray:
        return (azimuth > 2) & (azimuth < 3) & (depth > np.radians(-2)) & (depth < np.radians(6))

    seam = place_seam([ring_with(camera, soft, person)], [np.float32(1), np.float32(1)])
    beside = (seam.azimuth > 2.1) & (seam.azimuth < 2.9)
    assert (seam.depth[beside] < np.radians(-2)).all()
    away = (seam.azimuth < 1.5) | (seam.azimuth > 3.5)
    assert np.abs(seam.depth[away]).max() < np.radians(1)
    assert seam.feather[away].min() > np.radians(2)


def test_the_seam_is_closed_and_steady(soft: World, camera: Camera):
    def stripes(azimuth: np.ndarray, depth: np.ndarray) -> np.ndarray:
        return np.sin(3 * azimuth) * depth * 10 > 0.3

    seam = place_seam([ring_with(camera, soft, stripes)], [np.float32(1), np.float32(1)])
    steps = np.abs(np.diff(seam.depth, append=seam.depth[:1]))
    assert steps.max() < np.radians(1.2)  # a column is one degree
    assert np.abs(seam.depth).max() < np.radians(9)


def test_poles_and_equator_have_equal_light(soft: World, camera: Camera):
    """The gain is made on coarse cells: over a pole and over ±180° they must not show."""
    frame = soft.photograph(camera, unequal)
    result = Stitcher(camera, fit_blend(camera, [frame]), 128, 256)(frame).astype(float)
    error = np.abs(result - 0.9 * soft.equirect(128)).mean((1, 2))
    assert error[:4].mean() < 2 * np.average(error, weights=row_areas(128)) + 2


def brighter_right(world: World, camera: Camera, factor: float) -> np.ndarray:
    return world.photograph(
        camera, lambda side, angle: (factor if side else 1.0) + 0 * angle[:, None]
    )


def test_a_lens_that_changes_its_exposure_is_followed(soft: World, camera: Camera):
    """Half of the change goes to each lens, because nothing says which of them is right."""
    stitcher = Stitcher(camera, fit_blend(camera, [soft.photograph(camera)]), 128, 256)
    later = brighter_right(soft, camera, 0.8)
    followed = stitcher(later) - np.sqrt(0.8) * soft.equirect(128)
    assert step_at_seam(followed) < 2.5
    blend = untouched(camera, later, stitcher.blend.seam)
    held = Stitcher(camera, blend, 128, 256)
    assert step_at_seam(held(later) - np.sqrt(0.8) * soft.equirect(128)) > 15


def test_small_changes_between_the_lenses_are_no_reason_to_flicker(soft: World, camera: Camera):
    stitcher = Stitcher(camera, fit_blend(camera, [soft.photograph(camera)]), 128, 256)
    nearly, steady = brighter_right(soft, camera, 1.01), soft.photograph(camera)
    middle = np.s_[32:96, 96:160]  # what the left lens sees
    np.testing.assert_array_equal(stitcher(nearly)[middle], stitcher(steady)[middle])


def test_a_film_that_differs_throughout_is_matched_once(soft: World, camera: Camera):
    """The meter reads the same off every frame, and nothing is corrected twice."""
    frame = soft.photograph(camera, unequal)
    blend = fit_blend(camera, [frame])
    meter = LightMeter(camera, blend.photometry)
    np.testing.assert_allclose(meter(frame), blend.usual)
    assert np.abs(blend.usual).max() < 0.02
