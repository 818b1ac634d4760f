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
from pipeline.training.optimised import load_pair
from pipeline.training.recipe import PIXELS_PER_DEGREE, StyleSource, load_recipe
from tests.pipeline.conftest import soft_noise
from tests.pipeline.training.conftest import SETTINGS, Learn
from vr360.errors import StyleImageError
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
    return StyleSource("hero", painted, scale=SCALE, optimised_from=source)


def test_both_spheres_are_cut_at_the_same_place(hero: StyleSource):
    random = np.random.default_rng(0)
    crops = [hero.pair.crop(68, random) for _ in range(5)]
    for before, after in crops:
        assert before.shape == after.shape == (68, 68, 3)
        assert np.abs(255 - before.astype(int) - after).max() <= 1
    assert len({before.tobytes() for before, _ in crops}) == 5


def test_textures_are_taken_from_the_sphere_and_not_from_its_stretched_picture(tmp_path: Path):
    cap = np.zeros((128, 256, 3), np.uint8)
    cap[:32] = 200  # a quarter of the picture, a seventh of the sphere
    path = save(tmp_path / "cap.png", cap)
    faces = StyleSource("cap", path, scale=64 / PIXELS_PER_DEGREE, optimised_from=path).pictures()
    assert [face.shape for face in faces] == [(64, 64, 3)] * 6
    area = row_areas(128)[:32].sum()
    assert (np.stack(faces) > 100).mean() == pytest.approx(area, abs=0.01)


def test_a_stereo_sphere_is_learned_from_its_left_eye(tmp_path: Path):
    left, right = soft_noise(64, 128, 1), soft_noise(64, 128, 2)
    both = save(tmp_path / "both_tb.png", np.concatenate([left, right]))
    one = save(tmp_path / "left.png", left)
    assert np.array_equal(load_pair(both, both, 32).painted, load_pair(one, one, 32).painted)


def test_its_source_brings_the_net_nearer_to_the_painted_sphere(
    tmp_path: Path, hero: StyleSource, learn: Learn
):
    before, after = (to_tensor(faces) for faces in (hero.pair.source, hero.pair.painted))

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
    assert (told["file"], told["optimised_from"]) == ("hero.png", "before.png")
    assert len(told["optimised_from_sha256"]) == 64
    assert "optimised_from" not in replace(hero, optimised_from=None).card().painting


def test_a_recipe_finds_the_source_beside_the_sphere(tmp_path: Path, hero: StyleSource):
    recipe = tmp_path / "looks.toml"
    recipe.write_text('[hero]\nimage = "hero.png"\noptimised_from = "before.png"\n')
    (style,) = load_recipe(recipe)
    assert style == replace(hero, scale=90.0)


def test_faces_smaller_than_what_is_learned_at_once_are_refused(hero: StyleSource, learn: Learn):
    with pytest.raises(StyleImageError, match=r"give a scale of 11\.25"):
        learn([replace(hero, scale=6)], hero.image.with_name("none.safetensors"))


def test_a_sphere_that_will_blur_is_said(hero: StyleSource, caplog: pytest.LogCaptureFixture):
    assert hero.pictures()
    assert caplog.text == ""
    assert replace(hero, scale=4.1 * SCALE).pictures()
    assert "hero.png: painted 384 pixels wide" in caplog.text
