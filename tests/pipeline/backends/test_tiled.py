"""Tiles against the whole."""

import pytest
import torch

from pipeline.backends import OpenVinoBackend, TiledBackend, TorchBackend, tiled
from pipeline.backends.openvino_backend import OpenVinoRevision
from pipeline.backends.torch_backend import TorchRevision
from pipeline.nets.draftnet import DraftConfig, DraftNet
from pipeline.nets.surface import PLANE, SPHERE, CubeFaces, Sphere

SMALL = DraftConfig(8, 8, 8, 1, 1, 1, 8, 1)
SHAPES = {
    CubeFaces(): (6, 3, 128, 128),
    CubeFaces(together=12): (12, 3, 96, 96),
    SPHERE: (1, 3, 128, 256),
    Sphere(together=2): (2, 3, 64, 192),
}


@pytest.fixture
def net() -> DraftNet:
    torch.manual_seed(5)
    return DraftNet(SMALL).eval().requires_grad_(False)


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch: pytest.MonkeyPatch):
    tiled._tiles_of.cache_clear()
    monkeypatch.setattr(tiled, "LARGEST", 0)
    monkeypatch.setattr(tiled, "SIDES", (32,))
    monkeypatch.setattr(tiled, "WIDEST", 64)
    yield
    tiled._tiles_of.cache_clear()


@pytest.mark.parametrize("surface", SHAPES, ids=str)
@pytest.mark.parametrize("at_once", [0, 10**9], ids=["in passes", "at once"])
def test_tiles_are_the_whole_to_rounding(
    net: DraftNet, surface, at_once: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tiled, "LARGEST_AT_ONCE", at_once)
    _compare(net, TiledBackend(net, TorchBackend, TorchRevision(net)), surface)


def test_tiles_are_the_whole_on_the_cpu_too(net: DraftNet):
    backend = TiledBackend(net, OpenVinoBackend, OpenVinoRevision(net), TorchRevision(net))
    _compare(net, backend, CubeFaces())


def _compare(net: DraftNet, backend: TiledBackend, surface):
    rgb, look = torch.rand(SHAPES[surface]), torch.rand_like(net.plain_look()) + 0.5
    whole = TorchBackend(net)
    expected, moments = whole.measure(rgb, look, surface)
    painted, found = backend.measure(rgb, look, surface, first=True)
    assert len(tiled._tiles(net, rgb, surface)) > len(rgb)
    assert torch.allclose(found, moments, rtol=1e-4, atol=1e-5)
    assert painted is not None
    assert torch.allclose(painted, expected, atol=2e-5)
    held = moments * torch.tensor([1.1, 0.9])[:, None]
    exact = whole(rgb, look, surface, held)
    assert torch.allclose(backend(rgb, look, surface, held), exact, atol=2e-5)
    assert (exact - whole(rgb, look, surface, moments)).abs().max() > 1e-3


def test_statistics_that_few_frames_need_paint_nothing(net: DraftNet):
    backend = TiledBackend(net, TorchBackend, TorchRevision(net))
    painted, found = backend.measure(torch.rand(6, 3, 128, 128), net.plain_look(), CubeFaces())
    assert painted is None
    assert found.shape == (1, 2, 14 * 8)


@pytest.mark.parametrize(
    ("shape", "surface"),
    [((1, 3, 64, 64), PLANE), ((2, 3, 64, 128), SPHERE), ((6, 3, 48, 48), CubeFaces())],
    ids=["a plane", "statistics apart", "no whole blocks"],
)
def test_what_no_tiles_fit_is_painted_whole(net: DraftNet, shape: tuple[int, ...], surface):
    assert tiled._tiles(net, torch.zeros(shape), surface) == []
