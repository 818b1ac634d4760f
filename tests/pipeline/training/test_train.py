import math
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.looks.style_images import load_picture
from pipeline.nets.checkpoint import (
    Gallery,
    load_gallery,
    load_tensors,
    same_net,
    save_gallery,
    save_tensors,
)
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.looks import STRENGTHS
from pipeline.nets.losses import even_style_loss, gram
from pipeline.nets.surface import PLANE
from pipeline.nets.vgg import load_vgg16
from pipeline.styles import find_card, open_palette
from pipeline.training.data import PhotoFolder
from pipeline.training.lessons import LENGTHS, Lesson
from pipeline.training.luma import luma_of
from pipeline.training.objective import draft_losses, revision_losses
from pipeline.training.recipe import StyleSource
from pipeline.training.train import (
    painted_targets,
    preview_path,
    report_path,
    resume_path,
    train,
)
from tests.pipeline.conftest import tiny_gallery as other_gallery
from tests.pipeline.training.conftest import SETTINGS, Learn, Trained, paint, tiny_gallery
from vr360.errors import CheckpointError

LOOKS_ALONE = replace(SETTINGS, convolutions=False)


def test_training_brings_what_is_painted_nearer_to_the_painting(
    trained: Trained, painting: StyleSource, photos: Path, vgg_weights: Path
):
    vgg = load_vgg16(vgg_weights, SETTINGS.style_layers)
    rgb = PhotoFolder(photos, SETTINGS.crop).batch(8, 1, SETTINGS.crop, np.random.default_rng(0))
    asked = painted_targets([painting], vgg, SETTINGS, "cpu")
    targets = {name: grams[:, LENGTHS.index(1)] for name, grams in asked.items()}

    @torch.no_grad()
    def far(gallery: Gallery) -> float:
        at_one = gallery.looks[0, STRENGTHS.index(1)].expand(len(rgb), -1)
        seen = vgg(gallery.net.paint(rgb, at_one, PLANE)[0])
        grams = {name: gram(features) for name, features in seen.items()}
        return float(even_style_loss(grams, targets).mean())

    done = load_gallery(trained.out)
    torch.manual_seed(SETTINGS.seed)
    net = DraftNet(SETTINGS.net)
    begun = replace(done, net=net, looks=net.plain_look().expand_as(done.looks))
    assert far(done) < far(begun)


def test_training_writes_gallery_preview_and_card(trained: Trained):
    assert [s.step for s in trained.steps] == [1, 2, 3, 4]
    assert trained.steps[-1].done == 1
    assert all(math.isfinite(loss) for s in trained.steps for loss in s.losses.values())
    card = load_gallery(trained.out).card
    (style,) = card.styles
    assert (style.name, style.painting["title"]) == ("painting", "Noise")
    assert len(style.painting["sha256"]) == 64
    assert style.settings["scale"] == 17
    assert card.data == {"photos": "photos", "count": 8, "rights": "made"}
    assert card.settings["steps"] == 4
    assert card.losses == trained.steps[-1].losses
    assert load_picture(preview_path(trained.out)).shape == (
        2 * 64,
        64,
        3,
    )  # one photograph is held out


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


def test_from_nothing_the_whole_net_learns(trained: Trained):
    torch.manual_seed(SETTINGS.seed)
    drawn = DraftNet(SETTINGS.net).state_dict()
    learned = load_gallery(trained.out).net.state_dict()
    unmoved = [name for name, weights in learned.items() if torch.equal(weights, drawn[name])]
    # A bias in front of a normalisation changes nothing, so nothing pulls at it but rounding.
    assert not [name for name in unmoved if name.endswith("weight")]


def test_two_styles_of_one_run_become_two_looks(
    tmp_path: Path, learn: Learn, shipped: tuple[Path, Gallery]
):
    styles = [paint(tmp_path / f"{name}.png", seed) for seed, name in enumerate("ab")]
    out = tmp_path / "two.safetensors"
    learn(styles, out, settings=replace(LOOKS_ALONE, batch=2), start=shipped[1])
    looks, unseen = load_gallery(out).looks, shipped[1].looks.mean(0)
    assert looks.shape[:2] == (2, len(STRENGTHS))
    assert all((look - unseen).abs().max() > 1e-3 for look in looks)
    assert (looks[0] - looks[1]).abs().max() > 1e-3


def test_looks_of_the_gallery_are_taken_up_by_their_names(
    tmp_path: Path, learn: Learn, shipped: tuple[Path, Gallery]
):
    still = replace(LOOKS_ALONE, look_rate=0.0, iterations=1)
    out = tmp_path / "again.safetensors"
    learn([paint(tmp_path / "two.png", 0)], out, settings=still, start=shipped[1])
    assert torch.equal(load_gallery(out).looks[0], shipped[1].looks[1])


def test_the_same_seed_gives_the_same_style_and_resuming_does_not_change_it(
    tmp_path: Path, painting: StyleSource, learn: Learn, photos: Path, vgg_weights: Path
):
    straight, halted = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    start = tiny_gallery("one")
    learn([painting], straight, start=start)
    steps = train(
        [painting], halted, photos, SETTINGS, start=start, data_card={}, vgg_weights=vgg_weights,
        save_every=0,
    )  # fmt: skip
    next(steps)
    steps.close()
    assert not halted.exists()
    assert resume_path(halted).exists()
    states = learn([painting], halted, start=start, resume=True)
    assert [s.step for s in states] == [2, 3, 4]
    first, second = load_gallery(straight), load_gallery(halted)
    assert same_net(first.net, second.net)
    assert torch.equal(first.looks, second.looks)
    assert first.card.losses == second.card.losses


def test_resuming_with_other_settings_is_refused(
    painting: StyleSource, learn: Learn, trained: Trained
):
    with pytest.raises(CheckpointError, match="other settings"):
        learn([painting], trained.out, settings=replace(SETTINGS, seed=1), resume=True)
    with pytest.raises(CheckpointError, match="other settings"):
        learn([replace(painting, scale=20)], trained.out, resume=True)


def test_resuming_what_never_began_is_refused(tmp_path: Path, painting: StyleSource, learn: Learn):
    with pytest.raises(CheckpointError, match="no such file"):
        learn([painting], tmp_path / "none.safetensors", resume=True)


def test_resuming_from_a_file_that_lacks_something_is_refused(
    tmp_path: Path, painting: StyleSource, learn: Learn, trained: Trained
):
    out = tmp_path / "style.safetensors"
    tensors, header = load_tensors(resume_path(trained.out), "vr360-training")
    del tensors["adam.0.exp_avg"]
    save_tensors(resume_path(out), tensors, header)
    with pytest.raises(CheckpointError, match=r"style.safetensors.training: .*leave out --resume"):
        learn([painting], out, resume=True)


def test_a_finished_run_that_is_resumed_writes_what_it_learned(
    tmp_path: Path, painting: StyleSource, learn: Learn, trained: Trained
):
    out = tmp_path / "style.safetensors"
    shutil.copy(resume_path(trained.out), resume_path(out))
    assert learn([painting], out, resume=True) == []
    assert torch.equal(load_gallery(out).looks, load_gallery(trained.out).looks)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes, as if the disk were full then."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_keeps_the_last_saved_state_and_training_goes_on_from_it(
    tmp_path: Path, painting: StyleSource, learn: Learn, photos: Path, vgg_weights: Path,
    trained: Trained,
):  # fmt: skip
    out = tmp_path / "style.safetensors"
    steps = train(
        [painting], out, photos, SETTINGS, data_card={"rights": "made"}, vgg_weights=vgg_weights,
        save_every=0,
    )  # fmt: skip
    next(steps)
    saved = resume_path(out).read_bytes()
    with full_disk(len(saved) // 2), pytest.raises(CheckpointError, match="is the disk full"):
        next(steps)
    assert resume_path(out).read_bytes() == saved
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".jpg", ".training"]
    assert [s.step for s in learn([painting], out, resume=True)] == [2, 3, 4]
    assert torch.equal(load_gallery(out).looks, load_gallery(trained.out).looks)


def test_a_new_look_keeps_the_card_of_the_net_and_says_how_it_came_about(
    tmp_path: Path, learn: Learn, shipped: tuple[Path, Gallery]
):
    start = replace(shipped[1], card=replace(shipped[1].card, losses={"style": 7.0}))
    out = tmp_path / "all.safetensors"
    again = paint(tmp_path / "one.png", 3)
    learn(
        [again, paint(tmp_path / "new.png", 4)], out, settings=LOOKS_ALONE, start=start, keep=True
    )
    gallery = load_gallery(out)
    assert gallery.card.names == ["two", "one", "new"]
    assert torch.equal(gallery.looks[0], start.looks[1])
    assert not torch.equal(gallery.looks[1], start.looks[0])
    assert gallery.card.losses == {"style": 7.0}
    assert gallery.card.styles[0].training == {}
    assert gallery.card.styles[2].training["settings"]["steps"] == 4
    assert set(open_palette([f"{out}#two", f"{out}#new"]).styles) == {f"{out}#two", f"{out}#new"}


def test_a_style_that_preserves_colour_says_so(
    tmp_path: Path, painting: StyleSource, learn: Learn, shipped: tuple[Path, Gallery]
):
    out = tmp_path / "style.safetensors"
    settings = replace(LOOKS_ALONE, iterations=1)
    learn([replace(painting, preserve_colour=True)], out, settings=settings, start=shipped[1])
    assert find_card(str(out)).settings["preserve_colour"] is True
    assert open_palette([str(out)]).preserving == {str(out)}


def a_lesson(size: int, on_luma: bool) -> Lesson:
    rgb = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    one = torch.ones(1)
    targets = {"relu1_2": torch.ones(1, 64, 64)}
    look = tiny_gallery("any").looks[0, 2:3]
    return Lesson(rgb, rgb, look, one, one, targets, torch.tensor([on_luma]))


@pytest.mark.parametrize(("losses", "size"), [(draft_losses, 16), (revision_losses, 64)])
def test_a_style_that_preserves_colour_is_judged_by_luma_alone(
    vgg_weights: Path, losses: Callable[..., dict[str, torch.Tensor]], size: int
):
    near = {"content_layer": "relu1_2", "detail_layer": "relu1_2", "style_layers": ("relu1_2",)}
    settings = replace(SETTINGS, **near)
    vgg = load_vgg16(vgg_weights, ["relu1_2"])
    net = tiny_gallery("any").net
    lesson = a_lesson(size, True)

    @torch.no_grad()
    def content(on_luma: bool, wanted: torch.Tensor) -> float:
        asked = replace(a_lesson(size, on_luma), wanted=wanted)
        found = losses(net, vgg, asked, settings, np.random.default_rng(1))
        return float(next(loss for name, loss in found.items() if name.endswith("detail")))

    same, other = lesson.rgb, with_other_chroma(lesson.rgb)
    assert content(True, same) == pytest.approx(content(True, other), rel=1e-3)
    assert content(False, same) != pytest.approx(content(False, other), rel=1e-2)


def with_other_chroma(rgb: torch.Tensor) -> torch.Tensor:
    """As bright everywhere, in other colours."""
    return luma_of(rgb).expand_as(rgb)


@pytest.mark.parametrize(("losses", "size"), [(draft_losses, 16), (revision_losses, 64)])
def test_a_lesson_pulls_at_its_own_half_of_the_net(
    vgg_weights: Path, losses: Callable[..., dict[str, torch.Tensor]], size: int
):
    vgg = load_vgg16(vgg_weights, ["relu1_2", "relu3_3", "relu4_1"])
    net = tiny_gallery("any").net.requires_grad_()
    found = losses(net, vgg, a_lesson(size, False), SETTINGS, np.random.default_rng(0))
    torch.stack(list(found.values())).sum().backward()
    pulled = {name.split(".")[0] for name, w in net.named_parameters() if w.grad is not None}
    assert pulled == {"draft" if losses is draft_losses else "revision"}


def test_a_net_of_another_kind_is_not_trained_on(
    tmp_path: Path, painting: StyleSource, learn: Learn
):
    with pytest.raises(CheckpointError, match=r"kind 'stylenet'.*--from"):
        learn([painting], tmp_path / "a.safetensors", start=other_gallery("one"))


def test_what_is_held_out_is_measured_for_the_report(trained: Trained):
    page = report_path(trained.out).read_text()
    assert "On photographs held out" in page
    assert all(f"<th>{name}</th>" in page for name in (*SETTINGS.style_layers, "content"))


def test_strokes_are_asked_for_at_half_and_at_twice_the_paintings_size(
    painting: StyleSource, vgg_weights: Path
):
    vgg = load_vgg16(vgg_weights, SETTINGS.style_layers)
    asked = painted_targets([painting], vgg, SETTINGS, "cpu")
    for length, shown in ((0, 0.5), (2, 2.0)):
        scaled = replace(painting, scale=painting.scale * shown)
        alone = painted_targets([scaled], vgg, SETTINGS, "cpu")
        for name, grams in asked.items():
            far = (grams[0, length] - alone[name][0, 1]).norm() / alone[name][0, 1].norm()
            other = (grams[0, 1] - alone[name][0, 1]).norm() / alone[name][0, 1].norm()
            assert far < other / 2
