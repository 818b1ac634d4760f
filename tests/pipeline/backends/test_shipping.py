"""The shipped graphs: of these sources, and what torch makes of any surface, size and weights."""

from pathlib import Path

import pytest
import torch

from pipeline.backends import OpenVinoBackend, TiledBackend, TorchBackend, graphs, tiled, tracing
from pipeline.backends.openvino_backend import OpenVinoRevision
from pipeline.backends.shipping import shipped
from pipeline.backends.torch_backend import TorchRevision
from pipeline.nets.draftnet import DraftConfig, DraftNet
from pipeline.nets.surface import PLANE, SPHERE, CubeFaces, ExtendedSphere, Sphere, Surface
from pipeline.styles import load_look

CASES: list[tuple[Surface, tuple[int, ...]]] = [
    (CubeFaces(), (6, 3, 64, 64)),
    (CubeFaces(together=12), (12, 3, 96, 96)),
    (CubeFaces(), (12, 3, 64, 64)),  # two spheres, each with statistics of its own
    (SPHERE, (1, 3, 64, 128)),
    (SPHERE, (2, 3, 96, 192)),  # apart
    (Sphere(together=2), (2, 3, 64, 128)),
    (PLANE, (1, 3, 128, 64)),
    (PLANE, (1, 3, 96, 160)),
    (ExtendedSphere(52, 104, 32, 128, 192), (1, 3, 128, 192)),
]


@pytest.fixture(scope="module")
def net() -> DraftNet:
    torch.manual_seed(5)
    return DraftNet(DraftConfig()).eval().requires_grad_(False)


@pytest.fixture(autouse=True)
def nothing_is_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tracing, "trace", lambda *_: pytest.fail("`make graph` is wanted"))


def test_what_is_shipped_is_made_of_these_sources():
    made = {f"{graphs.architecture(module)}.zip" for module in shipped()}
    assert {path.name for path in graphs.SHIPPED.iterdir()} == made


def test_the_shipped_styles_need_no_tracing():
    net, look = load_look("starry_night")
    rgb = torch.rand(1, 3, 64, 128)
    assert (OpenVinoBackend(net)(rgb, look) - TorchBackend(net)(rgb, look)).abs().max() < 1e-3


@pytest.mark.parametrize(("surface", "shape"), CASES, ids=lambda value: str(value)[:24])
def test_the_shipped_graph_measures_and_holds_as_torch_does(
    net: DraftNet, surface: Surface, shape: tuple[int, ...]
):
    ours, plain = OpenVinoBackend(net), TorchBackend(net)
    generator = torch.Generator().manual_seed(1)
    rgb, look = torch.rand(shape, generator=generator), torch.rand_like(net.plain_look()) + 0.5
    painted, found = ours.measure(rgb, look, surface)
    expected, moments = plain.measure(rgb, look, surface)
    assert torch.allclose(painted, expected, atol=1e-4)
    assert torch.allclose(found, moments, rtol=1e-3, atol=1e-4)
    held = moments * torch.tensor([1.1, 0.9])[:, None]
    holding = plain(rgb, look, surface, held)
    assert torch.allclose(ours(rgb, look, surface, held), holding, atol=1e-4)
    assert (holding - expected).abs().max() > 1e-2


def test_large_spheres_are_painted_by_shipped_parts(net: DraftNet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tiled, "LARGEST", 0)
    monkeypatch.setattr(tiled, "WIDEST", 2 * tiled.SIDES[0])
    tiled._tiles_of.cache_clear()
    rgb, look = torch.rand(6, 3, 192, 192), net.plain_look()
    ours = TiledBackend(net, OpenVinoBackend, OpenVinoRevision(net), TorchRevision(net))
    moments = TorchBackend(net).measure(rgb, look, CubeFaces())[1]
    expected = TorchBackend(net)(rgb, look, CubeFaces(), moments)
    assert torch.allclose(ours(rgb, look, CubeFaces(), moments), expected, atol=1e-4)
    tiled._tiles_of.cache_clear()
