from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film.overlays import Overlay
from pipeline.film.script import Flat
from tests.pipeline.film.conftest import frames_of
from tests.pipeline.film.test_film import made
from vr360.geometry import equirect_directions, lonlat_to_xyz, row_areas

HEIGHT, WIDTH = 256, 512
GREY = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A white picture, twice as wide as high."""
    path = tmp_path / "card.png"
    cv2.imwrite(str(path), np.full((50, 100, 3), 255, np.uint8))
    return path


def shown(flat: Flat, seconds: float = 1.0) -> np.ndarray:
    return Overlay(flat, HEIGHT, WIDTH)(GREY, seconds)


def flat(card: Path, **values) -> Flat:
    return Flat("image", Fraction(0), Fraction(2), values={"file": card}, **values)


@pytest.mark.parametrize(("yaw_deg", "pitch_deg"), [(0, 0), (180, 0), (60, 50), (-120, -90)])
def test_a_picture_spans_its_angle_at_its_direction(card: Path, yaw_deg, pitch_deg):
    yaw, pitch, width = np.radians([yaw_deg, pitch_deg, 40])
    white = shown(flat(card, yaw=yaw, pitch=pitch, width=width))[..., 0] > 200
    away = np.arccos(np.clip(equirect_directions(HEIGHT, WIDTH) @ lonlat_to_xyz(yaw, pitch), -1, 1))
    assert white[away < np.radians(9)].all()
    assert not white[away > np.radians(23.5)].any()  # its corners
    # the solid angle of a rectangle before the middle of the sphere
    a, b = np.tan(width / 2), np.tan(width / 2) / 2
    solid = 4 * np.arcsin(a * b / np.sqrt((1 + a**2) * (1 + b**2)))
    found = white.mean(axis=1) @ row_areas(HEIGHT) * 4 * np.pi
    assert found == pytest.approx(solid, rel=0.05)


def test_it_comes_and_goes(card: Path):
    told = flat(card, fade_in=Fraction(1), fade_out=Fraction(1, 2))
    middle = [int(shown(told, t)[HEIGHT // 2, WIDTH // 2, 0]) for t in (0, 0.5, 1, 1.9, 2)]
    assert middle[0] == middle[4] == 90
    assert 90 < middle[1] < middle[2] == 255
    assert 90 < middle[3] < 255


def test_titles_are_seen_in_both_eyes_and_where_they_belong(clip, script):
    clip("a.mkv", size=(256, 256))
    text = '[[scene]]\nsource = "a.mkv"\nstereo = "tb"\n[[title]]\ntext = "A lake"\nyaw = 90\n'
    film, _ = made(script(text + "at = 0.5\nseconds = 1\nfade_in = 0\nwidth = 60\n"))
    plain = frames_of(script(text).with_name("a.mkv"))
    changed = (film != plain).any(axis=3)
    assert not changed[:6].any()
    assert not changed[18:].any()
    for eye in np.split(changed[8], 2):
        rows, columns = np.nonzero(eye)
        assert 40 < rows.min() < rows.max() < 88
        assert 160 < columns.min() < columns.max() < 224


@pytest.mark.parametrize(("pitch_deg", "yaw_deg"), [(0, 0), (40, 180)])
def test_both_eyes_see_it_at_its_distance(card: Path, pitch_deg: int, yaw_deg: int):
    """Rays from eyes 6.4 cm apart to its middle meet there."""
    yaw, pitch, metres = np.radians(yaw_deg), np.radians(pitch_deg), 0.4
    middles = []
    for side in (1, -1):
        told = flat(card, yaw=yaw, pitch=pitch, width=0.5, distance=metres)
        white = Overlay(told, HEIGHT, WIDTH)(GREY, 1.0, side)[..., 0] > 172
        middles.append((equirect_directions(HEIGHT, WIDTH)[white]).mean(axis=0))
    left, right = (np.arctan2(m[0], -m[2]) for m in middles)
    apart = (left - right + np.pi) % (2 * np.pi) - np.pi
    assert apart > 0, "what is near lies further right for the left eye"
    away = 0.032 / np.sin(apart / 2) / np.cos(pitch)
    assert away == pytest.approx(metres, rel=0.1)
    assert np.array_equal(shown(flat(card, distance=metres)), shown(flat(card))), "one eye alone"


def test_a_flat_clip_plays_on_the_sphere(clip, script, make_film):
    clip("a.mkv")
    frames = np.zeros((12, 32, 64, 3), np.uint8)
    frames[6:] = 255
    make_film("flat.mp4", frames, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-qp", "0", rate="12")
    text = '[[scene]]\nsource = "a.mkv"\n[[title]]\nfilm = "flat.mp4"\nseconds = 1\n'
    film, _ = made(script(text + "fade_in = 0\nfade_out = 0\n"))
    middle = film[:12, 32, 64].mean(axis=1)
    assert middle[:6].max() < 10
    assert middle[6:].min() > 245
