from pathlib import Path

import pytest
import torch

from pipeline.backends import OpenVinoBackend, TorchBackend, graphs, tracing
from pipeline.nets.stylenet import NetConfig, StyleNet
from pipeline.nets.surface import PLANE, SPHERE


@pytest.fixture
def net() -> StyleNet:
    torch.manual_seed(3)
    return StyleNet(NetConfig(channels=4, blocks=1)).eval().requires_grad_(False)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "vr360"


RGB = torch.rand(1, 3, 32, 64)
LOOK = StyleNet(NetConfig(channels=4, blocks=1)).plain_look()


def test_a_graph_is_traced_once_and_paints_the_same_ever_after(
    net: StyleNet, kept: Path, monkeypatch: pytest.MonkeyPatch
):
    first = OpenVinoBackend(net)(RGB, LOOK)
    assert len(list(kept.glob("*.zip"))) == 1
    monkeypatch.setattr(tracing, "trace", lambda *_: pytest.fail("traced again"))
    assert torch.equal(OpenVinoBackend(net)(RGB, LOOK), first)


def test_one_graph_serves_other_weights_and_surfaces(net: StyleNet, kept: Path):
    OpenVinoBackend(net)(RGB, LOOK)
    assert torch.allclose(OpenVinoBackend(net)(RGB, LOOK, PLANE), net(RGB, LOOK, PLANE), atol=1e-4)
    net.to_rgb.conv.bias += 0.5
    brighter = OpenVinoBackend(net)(RGB, LOOK)
    assert torch.allclose(brighter, net(RGB, LOOK, SPHERE), atol=1e-4)
    assert len(list(kept.glob("*.zip"))) == 1


def test_another_size_and_another_architecture_are_other_graphs(net: StyleNet, kept: Path):
    OpenVinoBackend(net)(RGB, LOOK)
    OpenVinoBackend(net)(RGB[..., :32], LOOK)
    wider = StyleNet(NetConfig(channels=5, blocks=1)).eval().requires_grad_(False)
    OpenVinoBackend(wider)(RGB, wider.plain_look())
    assert len(list(kept.glob("*.zip"))) == 3


def test_a_damaged_file_is_traced_anew(net: StyleNet, kept: Path):
    first = OpenVinoBackend(net)(RGB, LOOK)
    (path,) = kept.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[200:260] = bytes(60)  # within the deflated graph
    for damaged in (whole[:50], bytes(flipped), b""):
        path.write_bytes(damaged)
        assert torch.equal(OpenVinoBackend(net)(RGB, LOOK), first)
        assert path.stat().st_size > 260


def test_where_nothing_can_be_kept_painting_goes_on(net: StyleNet, kept: Path):
    kept.write_text("a file where the folder should be")
    assert OpenVinoBackend(net)(RGB, LOOK).shape == RGB.shape


def test_only_the_graphs_used_last_are_kept(
    net: StyleNet, kept: Path, monkeypatch: pytest.MonkeyPatch
):
    OpenVinoBackend(net)(RGB, LOOK)
    (first,) = kept.glob("*.zip")
    (kept / "of an earlier version.xml").touch()
    monkeypatch.setattr(graphs, "ROOM", int(2.5 * first.stat().st_size))
    for width in (32, 48):
        OpenVinoBackend(net)(RGB[..., :width], LOOK)
    assert not first.exists()
    assert len(list(kept.iterdir())) == 2


def test_one_graph_measures_and_holds_as_torch_does(net: StyleNet, kept: Path):
    ours, plain = OpenVinoBackend(net), TorchBackend(net)
    painted, moments = ours.measure(RGB, LOOK, SPHERE)
    expected, measured = plain.measure(RGB, LOOK, SPHERE)
    assert torch.allclose(painted, expected, atol=1e-4)
    assert torch.allclose(moments, measured, rtol=1e-3, atol=1e-4)
    held = measured * 1.3
    other = torch.rand(RGB.shape, generator=torch.Generator().manual_seed(1))
    holding = plain(other, LOOK, SPHERE, held)
    assert torch.allclose(ours(other, LOOK, SPHERE, held), holding, atol=1e-4)
    assert not torch.allclose(ours(other, LOOK), holding, atol=1e-2)
    assert len(list(kept.glob("*.zip"))) == 1


def test_the_first_frame_of_a_shot_needs_no_graph(net: StyleNet, kept: Path):
    painted, _ = OpenVinoBackend(net).measure(RGB, LOOK, SPHERE, first=True)
    assert not list(kept.glob("*.zip"))
    assert torch.equal(painted, TorchBackend(net)(RGB, LOOK, SPHERE))


def test_what_a_file_says_does_not_change_what_it_does(tmp_path: Path):
    file = tmp_path / "net.py"

    def code(text: str) -> str:
        file.write_text(text)
        return graphs._code(file)

    head, body = "def pad(x):", '    return f"{x!r} {1}"\n'
    plain = code(f'{head}\n    """Pad."""\n{body}')
    assert code(f'{head}  # why\n    """Something\n    else."""\n\n{body}') == plain
    assert code(f'{head}\n    """Pad."""\n{body.replace("1", "2")}') != plain
    assert code(f"{head}\n    pass\n{body.strip()}\n") != code(f"{head}\n    pass\n{body}")
