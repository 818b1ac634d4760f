from fractions import Fraction

import numpy as np
import pytest

from pipeline.quality.faces import face_edge_gradient
from pipeline.quality.poles import pole_ratio, strokes
from pipeline.quality.sphere import SphereMeter
from pipeline.quality.together import Moment
from vr360.cubemap import xyz_to_face
from vr360.geometry import equirect_directions

from .conftest import even_field, grey

HEIGHT, WIDTH = 192, 384


@pytest.fixture(scope="module")
def rays() -> np.ndarray:
    return equirect_directions(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def source(rays: np.ndarray) -> np.ndarray:
    """Much to see at the equator, little at the poles."""
    calm = 0.2 + 0.8 * (1 - np.abs(rays[..., 1])) ** 0.5
    return grey(calm * even_field(rays, 25, seed=3) + 0.5 * rays[..., 1])


def painted(source: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Strokes that are stronger where the source is brighter."""
    strength = 15 + 25 * source[..., :1] / 255
    return np.clip(0.5 * source + 60 + strength * strokes[..., None], 0, 255).astype(np.uint8)


def flat_field(pitch: float, waves: int = 40) -> np.ndarray:
    """Waves of equal length in pixels: what a net paints that takes the picture for flat."""
    rng = np.random.default_rng(0)
    turn, phase = rng.uniform(0, 2 * np.pi, (2, waves))
    lon = np.arange(WIDTH)[None, :, None] / WIDTH * 2 * np.pi
    lat = np.arange(HEIGHT)[:, None, None] / HEIGHT * np.pi
    phases = np.round(pitch * np.cos(turn)) * lon + pitch * np.sin(turn) * lat + phase
    return np.cos(phases).mean(-1) * np.sqrt(waves / 2)


@pytest.mark.parametrize("pitch", [30, 50])
def test_strokes_that_are_alike_everywhere_have_pole_ratio_one(rays, source, pitch: int):
    film = painted(source, even_field(rays, pitch))
    assert pole_ratio([strokes(film)], [strokes(source)]) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("pitch", [30, 50])
def test_strokes_of_equal_length_in_pixels_are_needles_at_the_poles(source, pitch: int):
    film = painted(source, flat_field(pitch))
    assert pole_ratio([strokes(film)], [strokes(source)]) < 0.8


def test_the_source_itself_has_pole_ratio_one(source):
    assert pole_ratio([strokes(source)], [strokes(source)]) == pytest.approx(1, abs=0.1)


def test_blank_pictures_have_no_pole_ratio(source):
    blank = np.zeros_like(source)
    assert pole_ratio([strokes(blank)], [strokes(source)]) is None


def test_an_even_field_has_no_face_edges(rays):
    assert face_edge_gradient(grey(even_field(rays, 25))) == pytest.approx(1, abs=0.1)


def test_faces_of_different_brightness_show_at_their_edges(rays):
    plain = grey(even_field(rays, 25))
    face = xyz_to_face(rays, 64)[0]
    stepped = np.clip(plain.astype(int) + 6 * face[..., None], 0, 255).astype(np.uint8)
    assert face_edge_gradient(stepped) > 1.8
    moved = np.roll(stepped, WIDTH // 8, axis=1)  # the same steps, between where edges are
    assert face_edge_gradient(moved) < 1.3


def test_a_blank_picture_has_no_face_edges():
    assert face_edge_gradient(np.zeros((64, 128, 3), np.uint8)) == 1


def test_the_meter_divides_by_the_source_and_skips_frames(rays, source):
    calls = SphereMeter(frames=16)
    for n in range(16):
        calls.see(Moment(Fraction(n, 24), False, source, source))
    assert calls.figures.face_edge_ratio == 1
    assert len(calls._edges) == 8
    assert SphereMeter(1).figures.pole_ratio is None


def test_ten_bits_read_as_eight(rays):
    rgb = grey(even_field(rays, 25))
    assert face_edge_gradient(rgb.astype(np.uint16) * 4) == pytest.approx(face_edge_gradient(rgb))
