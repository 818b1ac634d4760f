import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.nets.checkpoint import StyleCard, load_card, load_style, save_style
from pipeline.nets.stylenet import NetConfig, StyleNet
from pipeline.styles import find_style, shipped_styles
from vr360.errors import CheckpointError


@pytest.fixture
def style(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    config = NetConfig(channels=8, blocks=1)
    card = StyleCard("test", config, painting={"title": "Nachtcafé"}, losses={"style": 1.5})
    path = tmp_path / "test.safetensors"
    save_style(path, StyleNet(config), card)
    return path


def test_a_style_reads_back_as_it_was_written(style: Path):
    net, card = load_style(style)
    torch.manual_seed(0)
    for name, tensor in StyleNet(NetConfig(channels=8, blocks=1)).state_dict().items():
        assert torch.equal(net.state_dict()[name], tensor)
    assert card == load_card(style)
    assert card.painting == {"title": "Nachtcafé"}
    assert card.losses == {"style": 1.5}


def test_saving_leaves_no_partial_file(style: Path):
    assert [p.name for p in style.parent.iterdir()] == ["test.safetensors"]


@pytest.mark.parametrize("length", [0, 4, 100, -1])
def test_a_truncated_style_is_refused(style: Path, length: int):
    style.write_bytes(style.read_bytes()[:length])
    with pytest.raises(CheckpointError, match=r"test.safetensors: .*(truncated|card)"):
        load_style(style)


@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_checkpoints_are_refused_unopened(tmp_path: Path, zipped: bool):
    path = tmp_path / "evil.pth"
    torch.save({"a": torch.zeros(1)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match="pickled"):
        load_style(path)


def test_tensors_of_another_kind_are_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="no kind at all"):
        load_style(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"version": "99"}, "newer"),
        ({"card": "{"}, "card"),
        ({"card": json.dumps({"name": "x", "net": {"channels": 10**9}})}, "card"),
        ({"card": json.dumps({"name": "x", "net": {"channels": 16, "blocks": 1}})}, "do not fit"),
    ],
)
def test_headers_that_cannot_be_are_refused(style: Path, header: dict[str, str], message: str):
    from safetensors import safe_open

    with safe_open(style, "pt") as file:
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
        metadata = file.metadata() | header
    save_file(tensors, style, metadata)
    with pytest.raises(CheckpointError, match=message):
        load_style(style)


def test_a_missing_style_offers_the_nearest_name():
    with pytest.raises(CheckpointError, match="did you mean starry_night"):
        find_style("stary_nigt")


def test_shipped_styles_load_and_carry_their_provenance():
    assert "starry_night" in shipped_styles()
    for name, path in shipped_styles().items():
        _, card = load_style(path)
        assert card.name == name
        assert {"title", "artist", "year", "rights", "sha256"} <= set(card.painting)
        assert card.settings
        assert card.losses
        assert card.data["rights"]
