import numpy as np
import pytest
import torch

from pipeline.choices import StyleTerm
from pipeline.nets.losses import gram
from pipeline.nets.tensors import to_tensor
from pipeline.optimize.faces import STRIDE, Tile, face_size, parts_of, reach
from pipeline.optimize.objective import Objective, Weights
from pipeline.optimize.textures import texture_of
from vr360.cubemap import FACES

ENOUGH = 1 << 21
WEIGHTS = Weights({"conv3_1": 1.0}, {"conv1_1": 1.0, "conv2_1": 2.0}, 0.5)


def test_a_texture_looks_alike_at_a_pole_and_at_the_equator(vgg, even_noise):
    """The equirect itself shows it stretched there: its Gram matrices lie far apart."""
    (part,) = parts_of(256, 512, 16, ENOUGH)
    faces = vgg(part.cut(even_noise), part.surface)["conv3_1"]
    rows = vgg(even_noise)["conv3_1"]
    seen = {
        "faces": gram(faces)[[FACES.index("F"), FACES.index("U")]],
        "equirect": torch.cat([gram(rows[..., 24:40, :]), gram(rows[..., :8, :])]),
    }
    apart = {k: float((g[0] - g[1]).norm() / g[0].norm()) for k, g in seen.items()}
    assert apart["faces"] < 0.25 * apart["equirect"]


def test_tiles_give_the_terms_and_about_the_gradient_of_the_whole(vgg, painting, even_noise):
    grams = texture_of(StyleTerm.GRAM, vgg, to_tensor([painting]), list(WEIGHTS.style))
    halo = reach("vgg16", ["conv3_1"])
    source = even_noise.roll(40, -1)
    found = []
    for most in (ENOUGH, (64 + 2 * halo) ** 2):
        parts = parts_of(256, 512, halo, most)
        found.append((len(parts), *Objective(vgg, WEIGHTS, grams, source, parts)(even_noise)))
    (one, terms, slope), (many, terms_of_tiles, slope_of_tiles) = found
    assert (one, many) == (1, 24)
    assert terms_of_tiles == pytest.approx(terms, rel=0.02)
    both = slope.flatten(), slope_of_tiles.flatten()
    assert float(torch.nn.functional.cosine_similarity(*both, dim=0)) > 0.9


def test_tiles_cover_the_sphere_once_and_their_halo_has_no_weight():
    parts = parts_of(256, 512, 32, 128**2)
    features = torch.zeros(1, 1, 64, 64)
    weights = [part.surface.weights(features) for part in parts]
    assert float(sum(w.sum() for w in weights)) == pytest.approx(1, rel=1e-5)
    assert all(float(w[..., :16, :].sum() + w[..., :, -16:].sum()) == 0 for w in weights)


def test_a_tile_shows_what_lies_beyond_the_face():
    tile = Tile(64, FACES.index("U"), 0, 0, 64, 16)
    xyz, seen = tile.directions(np.arange(96)[None], np.arange(96)[:, None])
    assert seen.all()
    x, y, _ = tile.pixels(xyz)
    np.testing.assert_allclose(x, np.broadcast_to(np.arange(96)[None], x.shape), atol=1e-6)
    np.testing.assert_allclose(y, np.broadcast_to(np.arange(96)[:, None], y.shape), atol=1e-6)
    assert xyz[48, 48, 1] > 0.99
    assert xyz[95, 48, 1] < np.sin(np.radians(45)) - 0.3


def test_parts_are_never_larger_than_asked_for_where_that_can_be():
    halo = reach("vgg16", ["conv4_2"])
    parts = parts_of(1024, 2048, halo, 1 << 20)
    assert {p.surface.height**2 <= 1 << 20 for p in parts} == {True}
    assert len(parts) == len(FACES)
    assert len(parts_of(512, 1024, halo, ENOUGH)) == 1
    assert len(parts_of(64, 128, halo, 1)) == 1  # too small to be divided
    assert [face_size(w) for w in (64, 512, 1000)] == [16, 128, 256]


def test_nothing_beyond_the_reach_is_seen(vgg):
    rgb = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    vgg(rgb)["conv3_1"][0, :, 8, 8].sum().backward()
    seen = rgb.grad.abs().sum((0, 1)).nonzero()
    assert int((seen - 32).abs().max()) <= reach("vgg16", ["conv3_1"]) == STRIDE


def test_deeper_layers_and_deeper_networks_look_further():
    assert [reach("vgg16", [n]) for n in ("conv1_1", "conv4_2", "conv5_1")] == [16, 48, 80]
    assert reach("vgg19", ["conv5_1"]) == 96
