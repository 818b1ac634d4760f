from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.nets.checkpoint import Gallery, load_gallery
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.looks import STRENGTHS
from pipeline.nets.surface import PLANE
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures
from pipeline.training.hero import Hero
from pipeline.training.lessons import painted_targets
from pipeline.training.optimised import load_pair
from pipeline.training.recipe import PIXELS_PER_DEGREE, StyleSource, load_recipe
from pipeline.training.train import open_vgg
from tests.pipeline.conftest import soft_noise
from tests.pipeline.training.conftest import SETTINGS, Learn
from vr360.errors import InputError, StyleImageError
from vr360.geometry import row_areas

FACE = 96
SCALE = FACE / PIXELS_PER_DEGREE


def save(path: Path, rgb: np.ndarray) -> Path:
    cv2.imwrite(str(path), rgb[..., ::-1])
    return path


@pytest.fixture
def hero(tmp_path: Path) -> StyleSource:
    """A sphere "painted" by turning bright into dark, and what it was before."""
    before = soft_noise(2 * FACE, 4 * FACE, 3)
    source = save(tmp_path / "before.png", before)
    painted = save(tmp_path / "hero.png", 255 - before)
    return StyleSource("hero", painted, scale=SCALE, optimised_from=(Hero(source, painted),))


def test_both_spheres_are_cut_at_the_same_place(hero: StyleSource):
    random = np.random.default_rng(0)
    crops = [hero.pairs[0].crop(68, random) for _ in range(5)]
    for before, after in crops:
        assert before.shape == after.shape == (68, 68, 3)
        assert np.abs(255 - before.astype(int) - after).max() <= 1
    assert len({before.tobytes() for before, _ in crops}) == 5


def test_textures_are_taken_from_the_sphere_and_not_from_its_stretched_picture(tmp_path: Path):
    cap = np.zeros((128, 256, 3), np.uint8)
    cap[:32] = 200  # a quarter of the picture, a seventh of the sphere
    path = save(tmp_path / "cap.png", cap)
    heroes = (Hero(path, path),)
    faces = StyleSource("cap", path, scale=64 / PIXELS_PER_DEGREE, optimised_from=heroes).pictures()
    assert [face.shape for face in faces] == [(64, 64, 3)] * 6
    area = row_areas(128)[:32].sum()
    assert (np.stack(faces) > 100).mean() == pytest.approx(area, abs=0.01)


def test_a_stereo_sphere_is_learned_from_its_left_eye(tmp_path: Path):
    left, right = soft_noise(64, 128, 1), soft_noise(64, 128, 2)
    both = save(tmp_path / "both_tb.png", np.concatenate([left, right]))
    one = save(tmp_path / "left.png", left)
    pairs = [load_pair(Hero(path, path), 32) for path in (both, one)]
    assert np.array_equal(pairs[0].painted, pairs[1].painted)


def test_its_source_brings_the_net_nearer_to_the_painted_sphere(
    tmp_path: Path, hero: StyleSource, learn: Learn
):
    before, after = (to_tensor(faces) for faces in (hero.pairs[0].source, hero.pairs[0].painted))

    @torch.no_grad()
    def far(gallery: Gallery) -> float:
        look = gallery.looks[0, STRENGTHS.index(1)].expand(len(before), -1)
        return float((gallery.net.paint(before, look, PLANE)[0] - after).square().mean())

    near = {"content_layer": "relu1_2", "detail_layer": "relu1_2", "style_layers": ("relu1_2",)}
    others = dict.fromkeys(("style", "tv", "temporal", "feature", "grid", "draft"), 0.0)
    content_alone = {**near, **{f"{name}_weight": zero for name, zero in others.items()}}
    settings = replace(SETTINGS, iterations=20, batch=2, learning_rate=0.01, **content_alone)
    learn([hero], tmp_path / "look.safetensors", settings=settings)
    learned = load_gallery(tmp_path / "look.safetensors")
    torch.manual_seed(settings.seed)
    net = DraftNet(settings.net)
    begun = replace(learned, net=net, looks=net.plain_look().expand_as(learned.looks))
    # Content of the photographs alone would lead away from a sphere that is its own negative.
    assert far(learned) < far(begun)


def test_the_card_says_what_it_was_painted_from(hero: StyleSource):
    told = hero.card().painting
    (files,) = told["optimised_from"]
    assert {name: file["file"] for name, file in files.items()} == {
        "source": "before.png",
        "painted": "hero.png",
    }
    assert all(len(file["sha256"]) == 64 for file in files.values())
    assert "optimised_from" not in replace(hero, optimised_from=()).card().painting


def test_a_recipe_finds_the_source_beside_the_sphere(tmp_path: Path, hero: StyleSource):
    recipe = tmp_path / "looks.toml"
    recipe.write_text('[hero]\nimage = "hero.png"\noptimised_from = "before.png"\n')
    (style,) = load_recipe(recipe)
    assert style == replace(hero, scale=90.0)


def test_a_recipe_may_have_several_and_masks(tmp_path: Path, hero: StyleSource):
    recipe = tmp_path / "looks.toml"
    wanted = '["before.png", "day.png,day_hero.png,day_mask.png"]'
    recipe.write_text(f'[hero]\nimage = "hero.png"\noptimised_from = {wanted}\n')
    (style,) = load_recipe(recipe)
    day = (tmp_path / f"day{name}.png" for name in ("", "_hero", "_mask"))
    assert style.optimised_from == (*hero.optimised_from, Hero(*day))


@pytest.mark.parametrize("text", ["", ",hero.png", "a.png,b.png,c.png,d.png"])
def test_what_names_no_hero_is_refused(text: str):
    with pytest.raises(InputError, match="give SOURCE, SOURCE,HERO or SOURCE,HERO,MASK"):
        Hero.parse(text, Path("hero.png"))


@pytest.fixture
def vgg(vgg_weights: Path) -> VggFeatures:
    return open_vgg(SETTINGS, vgg_weights, "cpu")


@pytest.fixture
def half(tmp_path: Path, hero: StyleSource) -> StyleSource:
    """The same sphere, painted with noise behind, which the mask leaves out."""
    painted = 255 - soft_noise(2 * FACE, 4 * FACE, 3)
    front = np.zeros((2 * FACE, 4 * FACE, 3), np.uint8)
    front[:, FACE : 3 * FACE] = 255
    noise = np.random.default_rng(0).integers(0, 256, painted.shape, np.uint8)
    path = save(tmp_path / "half.png", np.where(front > 0, painted, noise))
    mask = save(tmp_path / "front.png", front)
    source = hero.optimised_from[0].source
    return replace(hero, image=path, optimised_from=(Hero(source, path, mask),))


def test_places_that_do_not_count_are_hardly_ever_shown(half: StyleSource):
    random = np.random.default_rng(0)
    clean = [np.abs(255 - a.astype(int) - b).mean() < 8 for a, b in _crops(half, random)]
    assert np.mean(clean) > 0.9
    unmasked = replace(half, optimised_from=(replace(half.optimised_from[0], mask=None),))
    anywhere = [np.abs(255 - a.astype(int) - b).mean() < 8 for a, b in _crops(unmasked, random)]
    assert np.mean(anywhere) < 0.6


def _crops(style: StyleSource, random: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [style.pairs[0].crop(32, random) for _ in range(40)]


def test_textures_are_those_of_what_counts(half: StyleSource, hero: StyleSource, vgg):
    """With noise behind the mask, as without it."""
    (found,) = half.optimised_from
    clean_sphere = replace(hero, optimised_from=(replace(found, painted=hero.image),))
    masked, clean, noisy = (
        painted_targets([style], vgg, SETTINGS, "cpu")["relu1_2"][0, 1]
        for style in (half, clean_sphere, _bare(half))
    )
    assert (masked - clean).norm() < 0.3 * (noisy - clean).norm()


def _bare(style: StyleSource) -> StyleSource:
    return replace(style, optimised_from=(replace(style.optimised_from[0], mask=None),))


def test_two_spheres_are_averaged(half: StyleSource, hero: StyleSource, vgg):
    both = replace(hero, optimised_from=(*hero.optimised_from, *_bare(half).optimised_from))
    first, second, mean = (
        painted_targets([style], vgg, SETTINGS, "cpu")["relu1_2"][0, 1]
        for style in (hero, _bare(half), both)
    )
    torch.testing.assert_close(mean, (first + second) / 2)


def test_a_mask_that_is_black_or_of_another_shape_is_refused(half: StyleSource, tmp_path: Path):
    (found,) = half.optimised_from
    for rgb, said in (
        (np.zeros((64, 128, 3)), "black all over"),
        (np.ones((100, 128, 3)), "sphere"),
    ):
        mask = save(tmp_path / "bad.png", rgb.astype(np.uint8))
        with pytest.raises(StyleImageError, match=said):
            load_pair(replace(found, mask=mask), 32)


def test_faces_smaller_than_what_is_learned_at_once_are_refused(hero: StyleSource, learn: Learn):
    with pytest.raises(StyleImageError, match=r"give a scale of 11\.25"):
        learn([replace(hero, scale=6)], hero.image.with_name("none.safetensors"))


def test_a_sphere_that_will_blur_is_said(hero: StyleSource, caplog: pytest.LogCaptureFixture):
    assert hero.pictures()
    assert caplog.text == ""
    assert replace(hero, scale=4.1 * SCALE).pictures()
    assert "hero.png: painted 384 pixels wide" in caplog.text
