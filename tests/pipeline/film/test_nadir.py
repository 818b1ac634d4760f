"""The foot of the camera, covered."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film.film import check
from pipeline.film.nadir import Covering, harmonic
from tests.pipeline.film.conftest import frames_of
from tests.pipeline.film.test_film import made
from vr360.errors import InputError
from vr360.geometry import equirect_directions

HEIGHT, WIDTH = 128, 256
RADIUS = np.radians(20)
INSIDE = np.arccos(-equirect_directions(HEIGHT, WIDTH)[..., 1]) < RADIUS


def ground() -> np.ndarray:
    """A picture with something in its nadir that belongs to nothing around it."""
    rng = np.random.default_rng(0)  # plane waves through the sphere: alike everywhere on it
    waves = equirect_directions(HEIGHT, WIDTH) @ rng.normal(scale=12, size=(3, 60))
    light = np.cos(waves + rng.uniform(0, 7, 60)) @ rng.normal(size=(60, 3))
    picture = np.clip(60 + 4 * light, 0, 120).astype(np.uint8)
    picture[INSIDE] = 255
    return picture


@pytest.mark.parametrize("fills", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_what_stood_there_is_gone_and_all_else_is_as_it_was(fills: bool, kind: type):
    picture = ground().astype(kind) * (4 if kind is np.uint16 else 1)
    covered = Covering(RADIUS, fills)(picture)
    assert covered.dtype == kind
    assert np.array_equal(covered[~INSIDE], picture[~INSIDE])
    assert covered[INSIDE].max() <= 1.2 * picture[~INSIDE].max()


@pytest.mark.parametrize("fills", [False, True])
def test_no_edge_shows(fills: bool):
    covered = Covering(RADIUS, fills)(ground()).astype(int)
    first = int(np.argmax(INSIDE.any(1)))
    steps = abs(np.diff(covered, axis=0)).mean((1, 2))  # between a row and the next
    assert steps[first - 1] < 1.3 * steps[first - 20 : first - 1].mean()
    assert abs(covered[:, 0] - covered[:, -1])[first:].mean() < 1.3 * np.mean(steps[first:])


@pytest.mark.parametrize("fills", [False, True])
def test_it_commutes_with_turning(fills: bool):
    picture, shift = ground(), WIDTH // 8
    rolled = Covering(RADIUS, fills)(np.roll(picture, shift, axis=1)).astype(int)
    off = rolled - np.roll(Covering(RADIUS, fills)(picture), shift, axis=1)
    assert abs(off).max() <= 1


def test_ground_from_beside_keeps_its_texture():
    def texture(picture: np.ndarray) -> float:
        rows = picture[-14:-4].astype(float)  # about the nadir, but for the pole itself
        return float(np.std(rows - cv2.blur(rows, (1, 5))))

    filled, blurred = (Covering(RADIUS, fills)(ground()) for fills in (True, False))
    assert texture(filled) > 3 * texture(blurred)


def test_the_harmonic_function_is_that_of_its_edge():
    # the stereographic projection of x, y and of x² - y² about the pole is harmonic
    row, angle = 110, 2 * np.pi * (np.arange(WIDTH) + 0.5) / WIDTH
    radius = np.tan(np.pi * (HEIGHT - np.arange(row, HEIGHT) - 0.5) / HEIGHT / 2)[:, None]
    truth = 3 + radius * np.sin(angle) + radius**2 * np.cos(2 * angle)
    found = harmonic(truth[:1, :, None].reshape(WIDTH, 1).astype(np.float32), HEIGHT, row)
    np.testing.assert_allclose(found[..., 0], truth, atol=1e-5)


FILM = '[[scene]]\nsource = "a.mkv"\nyaw = 90\nnadir = {}\n'


def test_a_film_shows_it_turned_with_its_scene(clip, script, tmp_path: Path):
    a = frames_of(clip("a.mkv", size=(HEIGHT, WIDTH)))
    film, _ = made(script(FILM.format('{ kind = "blur", size = 40 }')))
    covered = Covering(RADIUS, False)(a[5])
    assert np.array_equal(film[5], np.roll(covered, -WIDTH // 4, axis=1))
    cv2.imwrite(str(tmp_path / "logo.png"), np.full((20, 20, 3), 255, np.uint8))
    film, painted = made(script(FILM.format('{ image = "logo.png", size = 40 }')))
    assert film[5, -4:].min() == 255
    assert np.array_equal(film[5, :100], np.roll(a[5, :100], -WIDTH // 4, axis=1))
    assert painted == ()


def test_covers_that_cannot_be_are_named(clip, script, tmp_path: Path):
    clip("a.mkv")
    (tmp_path / "text.png").write_text("no picture")
    for told, reason in {
        '"fil"': "'fil' is none of blur, fill, image",
        '"image"': "write nadir = { image",
        "{ size = 170 }": "size: 170",
        '{ image = "no.png" }': "there is no",
        '{ image = "text.png" }': "no picture that can be read",
        "{ kimd = 1 }": "did you mean kind",
    }.items():
        with pytest.raises(InputError, match=reason) as caught:
            check(script(FILM.format(told)))
        assert str(caught.value).count("\n") == 0
