from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.looks.colours import picture_palette
from pipeline.training.recipe import PIXELS_PER_DEGREE, StyleSource, load_recipe
from pipeline.training.reference import reference_palette
from vr360.change import luma
from vr360.errors import NotEquirectError, StyleImageError, VideoOpenError
from vr360.geometry import row_areas


@pytest.fixture
def source(tmp_path: Path) -> StyleSource:
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    path = tmp_path / "painting.png"
    cv2.imwrite(str(path), cv2.resize(coarse, (200, 100), interpolation=cv2.INTER_CUBIC))
    return StyleSource("painting", path, crop=(0, 0, 1, 1), scale=200 / PIXELS_PER_DEGREE)


def test_scale_is_how_far_the_painting_spans_on_the_sphere(source: StyleSource):
    assert StyleSource("x", source.image).pixels == 2048 // 4
    assert replace(source, scale=45).pictures()[0].shape[1] == 2048 // 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "a:b"}, "letters"),
        ({"name": ""}, "letters"),
        ({"crop": (0.6, 0, 0.5, 1)}, "crop"),
        ({"crop": (0, 0, 1, 1.1)}, "crop"),
        ({"crop": (0, 0, 1)}, "crop"),
        ({"crop": ("l", "t", "r", "b")}, "crop"),
        ({"crop": (0, 0, float("nan"), 1)}, "crop"),
        ({"scale": 0}, "scale"),
        ({"scale": 400}, "scale"),
        ({"weight": -1}, "weight"),
        ({"weight": float("nan")}, "weight"),
    ],
)
def test_values_that_cannot_be_are_refused(source: StyleSource, change: dict, said: str):
    with pytest.raises(StyleImageError, match=said):
        replace(source, **change)


def test_a_style_that_preserves_colour_is_learned_from_a_grey_painting(source: StyleSource):
    grey = replace(source, preserve_colour=True).pictures()[0]
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert np.abs(luma(grey) - luma(source.pictures()[0])).max() < 1 / 255


def test_a_matched_painting_has_the_colours_of_the_picture(source: StyleSource, tmp_path: Path):
    random = np.random.default_rng(1)
    dusk = np.clip(random.normal((200, 90, 40), (20, 10, 5), (120, 150, 3)), 0, 255)
    path = tmp_path / "dusk.png"
    cv2.imwrite(str(path), dusk.astype(np.uint8)[..., ::-1])
    before, after = source.pictures()[0], replace(source, match=path).pictures()[0]
    wanted = picture_palette(dusk.astype(np.uint8))
    assert np.abs(picture_palette(after) - wanted).mean() < 0.005
    assert np.abs(picture_palette(before) - wanted).mean() > 0.1
    # Strokes stay where they were: brighter stays brighter in each channel.
    flat = [(before[..., c].ravel(), after[..., c].ravel()) for c in range(3)]
    assert all((np.diff(b[np.argsort(a, kind="stable")].astype(int)) >= 0).all() for a, b in flat)
    assert replace(source, match=path).card().settings["match"] == "dusk.png"


def test_a_sphere_is_matched_by_area(tmp_path: Path):
    sphere = np.zeros((64, 128, 3), np.uint8)
    sphere[:16] = 200  # the upper 45 degrees
    path = tmp_path / "sphere.png"
    cv2.imwrite(str(path), sphere)
    bright = (reference_palette(path)[0] > 0.5).mean()
    assert bright == pytest.approx(row_areas(64)[:16].sum(), abs=0.01)
    assert bright < 0.16


def test_the_colours_of_a_film_are_those_of_all_its_frames(tiny_film: Path, make_film, moving):
    palette = reference_palette(tiny_film)
    assert palette.shape[0] == 3
    assert (np.diff(palette) >= 0).all()
    dark_then_bright = np.concatenate([np.full((12, 64, 128, 3), v, np.uint8) for v in (40, 200)])
    film = make_film("two.mkv", dark_then_bright, "-c:v", "ffv1", "-pix_fmt", "gbrp")
    halves = reference_palette(film)
    assert (halves < 0.4).mean() == pytest.approx(0.5, abs=0.02)


def test_a_film_to_match_that_is_not_there_is_refused(source: StyleSource, tmp_path: Path):
    with pytest.raises(VideoOpenError, match=r"none.mp4"):
        replace(source, match=tmp_path / "none.mp4").pictures()[0]


def test_a_film_that_is_no_sphere_is_refused(make_film):
    flat = make_film("flat.mkv", np.full((2, 90, 120, 3), 90, np.uint8), "-c:v", "ffv1")
    with pytest.raises(NotEquirectError):
        reference_palette(flat)


def test_a_recipe_names_its_styles_and_what_it_says_of_them(tmp_path: Path, source: StyleSource):
    recipe = tmp_path / "gallery.toml"
    recipe.write_text(
        '[night]\nimage = "painting.png"\ntitle = "Nachtcafé"\ncrop = [0, 0, 0.5, 1]\n'
        'preserve_colour = true\nmatch = "dusk.png"\n[day]\nimage = "painting.png"\nscale = 45\n',
        encoding="utf-8",
    )
    night, day = load_recipe(recipe)
    assert (night.name, night.title, night.crop) == ("night", "Nachtcafé", (0, 0, 0.5, 1))
    assert (night.preserve_colour, night.match) == (True, tmp_path / "dusk.png")
    assert (day.image, day.scale) == (source.image, 45)
    (elsewhere, _) = load_recipe(recipe, tmp_path / "images")
    assert elsewhere.image == tmp_path / "images" / "painting.png"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no style in it"),
        ("[night", "no recipe"),
        ("[night]", "wants `image`"),
        ('[night]\nimage = "a.png"\nstrokes = 3', "may have"),
        ("[night]\nimage = 3", "wrong kind"),
        ('[night]\nimage = "a.png"\nscale = "wide"', "wrong kind"),
        ('[night]\nimage = "a.png"\ncrop = 1', "wrong kind"),
        ('[night]\nimage = "a.png"\ncrop = [1, 0, 0, 1]', "crop"),
    ],
)
def test_recipes_that_cannot_be_understood_are_refused(tmp_path: Path, text: str, said: str):
    recipe = tmp_path / "gallery.toml"
    recipe.write_text(text)
    with pytest.raises(StyleImageError, match=said):
        load_recipe(recipe)
