"""Looks for pictures that the net has not seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.nets.checkpoint import load_gallery
from pipeline.source.delivery import Span
from pipeline.styles import open_palette
from pipeline.styles.learned import kept_at
from pipeline.training import picture
from pipeline.training.picture import with_learned
from pipeline.training.predict import predicted_shares
from tests.pipeline.training.conftest import SETTINGS, Learn, paint, tiny_gallery
from vr360.errors import StyleImageError
from vr360.media.probe import probe


def grams(seed: int, count: int) -> torch.Tensor:
    features = torch.randn(count, 8, 40, generator=torch.Generator().manual_seed(seed))
    return features @ features.mT / 40


def test_what_a_known_mixture_is_made_of_is_found():
    known = {"relu1_2": grams(0, 4), "relu3_1": 50 * grams(1, 4)}
    shares = torch.tensor([0.6, 0.0, 0.3, 0.1])
    wanted = {name: (each * shares[:, None, None]).sum(0) for name, each in known.items()}
    assert torch.allclose(predicted_shares(known, wanted), shares, atol=0.02)


def test_shares_are_no_less_than_nothing_and_together_one():
    known, wanted = {"relu1_2": grams(0, 4)}, {"relu1_2": -grams(3, 1)[0]}
    shares = predicted_shares(known, wanted)
    assert shares.min() >= 0
    assert float(shares.sum()) == pytest.approx(1)


def test_a_style_that_the_gallery_does_not_have_begins_as_a_blend_of_those_it_has(
    tmp_path: Path, learn: Learn
):
    start, still = tiny_gallery("one", "two"), replace(SETTINGS, iterations=1, look_rate=0.0)
    new, out = paint(tmp_path / "new.png", 3), tmp_path / "new.safetensors"
    learn([new], out, settings=replace(still, convolutions=False), start=start)
    (found,), (one, two) = load_gallery(out).looks, start.looks
    share = float(((found - two) * (one - two)).sum() / (one - two).square().sum())
    assert 0 <= share <= 1
    assert torch.allclose(found, torch.lerp(two, one, share), atol=1e-3)


@pytest.fixture
def still(tmp_path: Path) -> Path:
    rgb = np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "still.png"), rgb)
    return tmp_path / "still.png"


def test_a_picture_is_learned_once_and_blends_with_the_gallery(
    still: Path, tmp_path: Path, vgg_weights: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    carpet, steps = paint(tmp_path / "carpet.png", 5).image, []
    asked = {"seconds": 0.0, "vgg_weights": vgg_weights, "device": "cpu"}
    watch = lambda picture, state: steps.append(picture)  # noqa: E731
    written = [f"{carpet}:0.5,starry_night:0.5", f"4s:{carpet}"]
    looks = with_learned(written, probe(still), Span(), watch=watch, **asked)
    file = kept_at(carpet, 0)
    assert looks == [f"{file}:0.5,starry_night:0.5", f"4s:{file}"]
    assert steps == [str(carpet)]  # one step on from the blend
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert set(open_palette([str(file), "starry_night"]).styles) == {str(file), "starry_night"}
    monkeypatch.setattr(picture, "train", None)  # nothing is learned twice
    assert with_learned(written, probe(still), Span(), **asked) == looks


def test_a_picture_whose_name_ends_like_another_s_is_told_from_it(
    still: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for seed, name in enumerate(("a.png", "ba.png")):
        file = kept_at(paint(tmp_path / name, seed).image, 60)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    looks = with_learned(["a.png:1,ba.png:2", "4s:ba.png"], probe(still), Span())
    a, ba = (kept_at(Path(name), 60) for name in ("a.png", "ba.png"))
    assert looks == [f"{a}:1,{ba}:2", f"4s:{ba}"]


def test_another_picture_of_the_same_name_is_learned_anew(tmp_path: Path):
    before = kept_at(paint(tmp_path / "carpet.png", 5).image, 60)
    assert kept_at(paint(tmp_path / "carpet.png", 6).image, 60) != before
    assert kept_at(tmp_path / "carpet.png", 61) != kept_at(tmp_path / "carpet.png", 60)


def test_shipped_styles_are_left_as_they_are_and_a_missing_picture_is_named(still: Path):
    assert with_learned(["starry_night"], probe(still), Span()) == ["starry_night"]
    with pytest.raises(StyleImageError, match=r"none\.jpg: no such file"):
        with_learned(["none.jpg"], probe(still), Span())
