from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.nets.checkpoint import Gallery, load_gallery, same_net, save_gallery
from pipeline.nets.looks import STRENGTHS
from pipeline.styles import open_palette
from pipeline.training.data import load_picture
from pipeline.training.recipe import StyleSource
from pipeline.training.train import TrainSettings, preview_path, resume_path, train
from tests.pipeline.conftest import tiny_gallery
from tests.pipeline.training.conftest import SETTINGS, Learn, paint
from vr360.errors import CheckpointError

LOOKS_ALONE = replace(SETTINGS, convolutions=False)


def test_training_lowers_the_loss_and_writes_gallery_preview_and_card(
    tmp_path: Path, painting: StyleSource, learn: Learn
):
    out = tmp_path / "style.safetensors"
    states = learn([painting], out)
    assert [s.step for s in states] == [1, 2, 3, 4, 5, 6]
    assert states[-1].done == 1
    assert states[-1].losses["style"] < states[0].losses["style"]
    card = load_gallery(out).card
    (style,) = card.styles
    assert (style.name, style.painting["title"]) == ("painting", "Noise")
    assert len(style.painting["sha256"]) == 64
    assert style.settings["scale"] == 17
    assert card.data == {"photos": "photos", "count": 9, "rights": "made"}
    assert card.settings["steps"] == 6
    assert set(card.losses) == set(states[-1].losses)
    assert load_picture(preview_path(out)).shape == (128, 256, 3)


@pytest.fixture
def shipped(tmp_path: Path) -> tuple[Path, Gallery]:
    path = tmp_path / "shipped.safetensors"
    save_gallery(path, tiny_gallery("one", "two"))
    return path, load_gallery(path)


def test_a_look_learned_from_a_gallery_blends_with_its_styles(
    tmp_path: Path, painting: StyleSource, learn: Learn, shipped: tuple[Path, Gallery]
):
    path, start = shipped
    out = tmp_path / "more.safetensors"
    learn([painting], out, settings=LOOKS_ALONE, start=start)
    learned = load_gallery(out)
    assert same_net(learned.net, start.net)
    assert learned.card.names == ["painting"]
    assert (learned.looks[0] - start.looks.mean(0)).abs().max() > 1e-3
    assert set(open_palette([f"{path}#two", str(out)]).styles) == {f"{path}#two", str(out)}


def test_with_the_convolutions_a_gallery_s_net_changes_and_no_longer_blends(
    tmp_path: Path, painting: StyleSource, learn: Learn, shipped: tuple[Path, Gallery]
):
    path, start = shipped
    out = tmp_path / "own.safetensors"
    learn([painting], out, start=start)
    assert not same_net(load_gallery(out).net, start.net)
    with pytest.raises(CheckpointError, match="no blend of styles of two nets"):
        open_palette([f"{path}#one", str(out)])


def test_from_nothing_the_whole_net_learns(tmp_path: Path, painting: StyleSource, learn: Learn):
    first, last = tmp_path / "first.safetensors", tmp_path / "last.safetensors"
    learn([painting], first, settings=replace(SETTINGS, iterations=1))
    learn([painting], last)
    pairs = zip(
        *(load_gallery(path).net.state_dict().items() for path in (first, last)), strict=True
    )
    unmoved = [name for (name, one), (_, other) in pairs if torch.equal(one, other)]
    # A bias in front of a normalisation changes nothing, so nothing pulls at it but rounding.
    assert not [name for name in unmoved if name.endswith("weight")]


def test_two_styles_of_one_run_become_two_looks(tmp_path: Path, learn: Learn):
    styles = [paint(tmp_path / f"{name}.png", seed) for seed, name in enumerate("ab")]
    out = tmp_path / "two.safetensors"
    learn(styles, out, settings=replace(SETTINGS, batch=4))
    looks = load_gallery(out).looks
    assert looks.shape[:2] == (2, len(STRENGTHS))
    assert (looks[0] - looks[1]).abs().max() > 1e-3


def test_looks_of_the_gallery_are_taken_up_by_their_names(
    tmp_path: Path, learn: Learn, shipped: tuple[Path, Gallery]
):
    still = replace(LOOKS_ALONE, look_rate=0.0, iterations=1)
    out = tmp_path / "again.safetensors"
    learn([paint(tmp_path / "two.png", 0)], out, settings=still, start=shipped[1])
    assert torch.equal(load_gallery(out).looks[0], shipped[1].looks[1])


@pytest.mark.parametrize("settings", [SETTINGS, LOOKS_ALONE])
def test_the_same_seed_gives_the_same_style_and_resuming_does_not_change_it(
    tmp_path: Path, painting: StyleSource, learn: Learn, photos: Path, vgg_weights: Path,
    settings: TrainSettings,
):  # fmt: skip
    straight, halted = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    start = tiny_gallery("one")
    learn([painting], straight, settings=settings, start=start)
    steps = train(
        [painting], halted, photos, settings, start=start, data_card={}, vgg_weights=vgg_weights,
        save_every=0,
    )  # fmt: skip
    for _ in range(3):
        next(steps)
    steps.close()
    assert not halted.exists()
    assert resume_path(halted).exists()
    states = learn([painting], halted, settings=settings, start=start, resume=True)
    assert [s.step for s in states] == [4, 5, 6]
    first, second = load_gallery(straight), load_gallery(halted)
    assert same_net(first.net, second.net)
    assert torch.equal(first.looks, second.looks)
    assert first.card.losses == second.card.losses


def test_resuming_with_other_settings_is_refused(
    tmp_path: Path, painting: StyleSource, learn: Learn
):
    out = tmp_path / "style.safetensors"
    learn([painting], out)
    with pytest.raises(CheckpointError, match="other settings"):
        learn([painting], out, settings=replace(SETTINGS, seed=1), resume=True)
    with pytest.raises(CheckpointError, match="other settings"):
        learn([replace(painting, scale=20)], out, resume=True)


def test_resuming_what_never_began_is_refused(tmp_path: Path, painting: StyleSource, learn: Learn):
    with pytest.raises(CheckpointError, match="no such file"):
        learn([painting], tmp_path / "none.safetensors", resume=True)
