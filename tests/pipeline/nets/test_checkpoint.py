import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from pipeline.nets.cards import load_style_cards
from pipeline.nets.checkpoint import (
    Gallery,
    StyleCard,
    load_card,
    load_gallery,
    same_net,
    save_gallery,
)
from pipeline.nets.looks import STRENGTHS
from pipeline.nets.stylenet import StyleNet
from pipeline.styles import GALLERY, find_card, shipped_styles
from tests.pipeline.conftest import tiny_gallery
from vr360.errors import CheckpointError


@pytest.fixture
def written() -> Gallery:
    gallery = tiny_gallery("first", "second")
    styles = (
        StyleCard("first", {"title": "Nachtcafé"}),
        StyleCard("second", settings={"crop": None}),
    )
    return replace(gallery, card=replace(gallery.card, styles=styles, losses={"style": 1.5}))


@pytest.fixture
def style(tmp_path: Path, written: Gallery) -> Path:
    path = tmp_path / "test.safetensors"
    save_gallery(path, written)
    return path


def rewrite(path: Path, header: dict[str, str], **tensors: torch.Tensor) -> None:
    """The file at `path` with another header, and with these tensors instead of its own."""
    with safe_open(path, "pt") as file:
        kept = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
        header = file.metadata() | header
    save_file(kept | tensors, path, header)


def test_a_gallery_reads_back_as_it_was_written(style: Path, written: Gallery):
    read = load_gallery(style)
    assert same_net(read.net, written.net)
    assert torch.equal(read.looks, written.looks)
    assert read.card == load_card(style) == written.card
    assert read.card.names == ["first", "second"]


def test_what_was_read_paints_what_was_written(style: Path, written: Gallery):
    rgb = torch.rand(1, 3, 16, 32)
    read = load_gallery(style)
    assert torch.equal(read.net(rgb, read.looks[1, 2:3]), written.net(rgb, written.looks[1, 2:3]))


def test_nets_are_the_same_only_if_every_weight_is(written: Gallery):
    assert same_net(written.net, tiny_gallery("other", looks_seed=5).net)
    assert not same_net(written.net, tiny_gallery("other", seed=1).net)
    other = StyleNet(replace(written.net.config, blocks=2))
    assert not same_net(written.net, other)


def test_saving_leaves_no_partial_file(style: Path):
    assert [p.name for p in style.parent.iterdir()] == ["test.safetensors"]


@pytest.mark.parametrize("length", [0, 4, 100, -1])
def test_a_truncated_style_is_refused(style: Path, length: int):
    style.write_bytes(style.read_bytes()[:length])
    with pytest.raises(CheckpointError, match=r"test.safetensors: .*(truncated|card)"):
        load_gallery(style)


@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_checkpoints_are_refused_unopened(tmp_path: Path, zipped: bool):
    path = tmp_path / "evil.pth"
    torch.save({"a": torch.zeros(1)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match="pickled"):
        load_gallery(path)


def test_tensors_of_another_kind_are_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="no kind at all"):
        load_gallery(path)


def card(**fields: object) -> dict[str, str]:
    styles = [{"name": "first"}, {"name": "second"}]
    whole = {"kind": "stylenet", "net": {"channels": 8, "blocks": 1}, "styles": styles}
    return {"card": json.dumps(whole | fields)}


def test_a_gallery_of_an_earlier_version_is_refused_with_what_to_do(style: Path):
    earlier = {"net": {"channels": 8, "blocks": 1}, "styles": [{"name": "first"}]}
    rewrite(style, {"card": json.dumps(earlier)})
    for load in (load_gallery, load_style_cards):
        with pytest.raises(CheckpointError, match=r"an earlier vr360.* `vr360 train`"):
            load(style)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"version": "99"}, "newer"),
        ({"version": "two"}, "card cannot be read"),
        ({"kind": "vr360-training"}, "holds vr360-training"),
        ({"card": "{"}, "card cannot be read"),
        ({"card": "[]"}, "card cannot be read"),
        (card(styles=[{"title": "no name"}]), "card cannot be read"),
        (card(surprise=1), "card cannot be read"),
        (card(net={"channels": 10**9}), "card cannot be read"),
        (card(net={"channels": 16, "blocks": 1}), "do not fit"),
        (card(styles=[{"name": "alone"}]), "do not fit"),
    ],
)
def test_headers_that_cannot_be_are_refused(style: Path, header: dict[str, str], message: str):
    rewrite(style, header)
    with pytest.raises(CheckpointError, match=message):
        load_gallery(style)


@pytest.mark.parametrize("length", [1, len(STRENGTHS) + 1])
def test_looks_of_another_shape_are_refused(style: Path, written: Gallery, length: int):
    rewrite(style, {}, looks=torch.zeros(2, length, written.net.look_size))
    with pytest.raises(CheckpointError, match=r"test.safetensors: .*do not fit"):
        load_gallery(style)


def test_a_full_disk_leaves_the_former_file(
    style: Path, written: Gallery, monkeypatch: pytest.MonkeyPatch
):
    before = style.read_bytes()

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CheckpointError, match=r"cannot be written .* disk full"):
        save_gallery(style, tiny_gallery("other"))
    assert style.read_bytes() == before
    assert [p.name for p in style.parent.iterdir()] == ["test.safetensors"]


def test_a_missing_style_offers_the_nearest_name():
    with pytest.raises(CheckpointError, match="did you mean starry_night"):
        find_card("stary_nigt")


def test_shipped_styles_load_and_carry_their_provenance():
    gallery = load_gallery(GALLERY)
    assert gallery.looks.isfinite().all()
    assert list(shipped_styles()) == gallery.card.names
    assert "starry_night" in gallery.card.names
    for card in gallery.card.styles:
        assert {"title", "artist", "year", "rights", "sha256"} <= set(card.painting)
        assert card.settings
    assert gallery.card.losses
    assert gallery.card.data["rights"]
