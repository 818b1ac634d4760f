"""Painted masks carried through a clip; the truth is a thing that moves as it is told."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film.film import check
from pipeline.film.following import Followed
from pipeline.film.watching import Watched
from pipeline.looks.masks import Seen
from tests.pipeline.film.conftest import frames_of
from tests.pipeline.film.test_film import made
from tests.pipeline.temporal.test_flow import noise
from vr360.errors import InputError
from vr360.frame import Frame
from vr360.media.writer import FilmWriter

HEIGHT, WIDTH, COUNT, STEP = 128, 256, 12, 1


def truth(frame: int) -> np.ndarray:
    """A disc that goes right by a pixel a frame, over ±180°."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(mask, (WIDTH // 2, 60), 18, 1.0, -1)
    return np.roll(mask, WIDTH // 2 - 4 + STEP * frame, axis=1)


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    """A clip of it, and it painted on the first and the last frame."""
    path, ground, thing = tmp_path / "moving.mkv", noise(HEIGHT, 1), noise(HEIGHT, 2)
    with FilmWriter(path, HEIGHT, WIDTH, Fraction(12), "archive") as film:
        for n in range(COUNT):
            shown = np.roll(thing, STEP * n, axis=1)
            rgb = np.where(truth(n)[..., None] > 0, shown, ground)
            film.write(Frame(rgb, n / Fraction(12)))
    for n in (0, 6, COUNT - 1):
        cv2.imwrite(str(tmp_path / f"{n}.png"), 255 * truth(n))
    return path


def overlap(mask: np.ndarray, frame: int) -> float:
    """Intersection over union."""
    found, there = mask > 0.5, truth(frame) > 0.5
    return float((found & there).sum() / (found | there).sum())


FILM = '[[scene]]\nsource = "moving.mkv"\n{}'


def followed(script, *painted: int) -> list[np.ndarray]:
    (placed,) = check(script(FILM.format(""))).film.scenes
    keys = [(Fraction(n, 12), truth(n)) for n in painted]
    mask, eye = Followed(keys, Watched(placed)), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    return [mask(Seen(eye, n / 12, 0, n / 12)) for n in range(COUNT)]


@pytest.mark.parametrize(
    ("painted", "least"), [((0,), 0.6), ((5,), 0.75), ((0, COUNT - 1), 0.9), ((3, 8), 0.85)]
)
def test_a_painted_mask_stays_on_what_it_was_painted_on(moving, script, painted, least):
    masks = followed(script, *painted)
    assert min(overlap(mask, n) for n, mask in enumerate(masks)) > least
    for n in painted:
        assert np.array_equal(masks[n], truth(n))


def test_between_two_painted_masks_both_are_heard(moving, script):
    one, both = followed(script, 0), followed(script, 0, COUNT - 1)
    late = range(6, COUNT)
    assert sum(overlap(both[n], n) for n in late) > sum(overlap(one[n], n) for n in late)


PAINTED = """
style = "{style}"
in = 0.25
[[scene.layer]]
mask = "thing"
[masks.thing]
painted = [[0, "0.png"], [0.5, "6.png"]]
"""


def test_a_film_shows_the_clip_there(moving, script, tiny_style: Path):
    film, _ = made(script(FILM.format(PAINTED.format(style=tiny_style))))
    clip = frames_of(moving)
    for n in (3, 6, 9):
        inside = cv2.erode(truth(n), np.ones((9, 9))) > 0
        off = abs(film[n - 3].astype(int) - clip[n]).mean(2)
        assert off[inside].mean() < 3
        assert off[truth(n) == 0].mean() > 20


def test_painted_masks_that_cannot_be_are_named(moving, script, tmp_path: Path):
    cv2.imwrite(str(tmp_path / "square.png"), np.zeros((16, 16), np.uint8))
    for told, reason in {
        '"0.png"': "give seconds of the clip and files",
        '[[1, "0.png"], [0, "6.png"]]': "in the order of their times",
        '[[0, "nothing.png"]]': "there is no",
        '[[0, "square.png"]]': "is no mask of a sphere",
    }.items():
        with pytest.raises(InputError, match=reason):
            check(script(FILM.format(f"[masks.thing]\npainted = {told}\n")))
