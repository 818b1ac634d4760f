import pytest
import torch

from pipeline.backends import OpenVinoBackend, TorchBackend
from pipeline.nets import layers, stylenet
from pipeline.nets.moments import Moments, moments_of
from pipeline.nets.stylenet import STRIDE, NetConfig, StyleNet
from pipeline.nets.surface import PLANE, SPHERE, ZEROS, CubeFaces, Sphere
from pipeline.painting.canvas import ExtendedEquirect
from vr360.geometry import row_areas
from vr360.sampling.padding import sphere_pad


@pytest.fixture(scope="module")
def net() -> StyleNet:
    torch.manual_seed(0)
    return StyleNet(NetConfig(channels=16, blocks=2)).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def look(net: StyleNet) -> torch.Tensor:
    plain = net.plain_look()
    return plain + 0.2 * torch.randn(plain.shape, generator=torch.Generator().manual_seed(9))


@pytest.fixture
def rgb() -> torch.Tensor:
    return torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shift", [STRIDE, 5 * STRIDE, 64, 124])
def test_turning_the_sphere_commutes_with_painting_it(
    net: StyleNet, look: torch.Tensor, rgb: torch.Tensor, shift: int
):
    difference = net(rgb.roll(shift, -1), look) - net(rgb, look).roll(shift, -1)
    assert difference.abs().max() < 1e-4


def test_zero_padding_does_not_commute(net: StyleNet, look: torch.Tensor, rgb: torch.Tensor):
    difference = net(rgb.roll(64, -1), look, ZEROS) - net(rgb, look, ZEROS).roll(64, -1)
    assert difference.abs().max() > 1e-2


def test_mirroring_the_sphere_over_a_pole_keeps_the_features_continuous(
    net: StyleNet, look: torch.Tensor
):
    # A picture that only depends on latitude is the same half a turn on; so is its painting.
    rows = torch.rand(1, 3, 64, 1, generator=torch.Generator().manual_seed(2))
    painted = net(rows.expand(-1, -1, -1, 128).contiguous(), look)
    assert (painted - painted.roll(64, -1)).abs().max() < 1e-4


def test_statistics_weigh_rows_by_their_area():
    rgb = torch.rand(2, 3, 32, 64)
    mean = (rgb * SPHERE.weights(rgb)).sum((2, 3))
    expected = torch.einsum("nchw,h->nc", rgb, torch.from_numpy(row_areas(32)).float()) / 64
    assert torch.allclose(mean, expected, atol=1e-6)


@pytest.mark.parametrize("surface", [SPHERE, PLANE, ZEROS, CubeFaces()])
def test_weights_sum_to_one(surface):
    features = torch.zeros(1, 1, 16, 16)
    assert float((features + surface.weights(features)).sum()) == pytest.approx(1)


def test_pictures_that_belong_together_share_the_statistics_of_their_union():
    rgb = torch.rand(4, 3, 32, 64) * torch.tensor([1.0, 5.0, 2.0, 3.0]).view(4, 1, 1, 1)
    shared = moments_of(rgb, Sphere(together=2))
    for first in (0, 2):
        side_by_side = torch.cat([rgb[first : first + 1], rgb[first + 1 : first + 2]], dim=-1)
        expected = moments_of(side_by_side, SPHERE)
        assert torch.allclose(shared[first : first + 2], expected, rtol=1e-4)


def test_painting_with_a_picture_s_own_statistics_held_changes_nothing(
    net: StyleNet, look: torch.Tensor, rgb: torch.Tensor
):
    for backend in (TorchBackend(net), OpenVinoBackend(net)):
        painted, moments = backend.measure(rgb, look, SPHERE)
        assert (backend(rgb, look) - painted).abs().max() < 1e-4
        assert (backend(rgb, look, SPHERE, moments) - painted).abs().max() < 1e-4


def test_statistics_held_keep_a_patch_as_it_is_whatever_happens_elsewhere(
    net: StyleNet, look: torch.Tensor
):
    backend = TorchBackend(net)
    rgb = torch.rand(1, 3, 96, 192, generator=torch.Generator().manual_seed(7))
    held = backend.measure(rgb, look, SPHERE)[1]
    dark = rgb.clone()
    dark[..., :48] *= 0.2
    far = (..., slice(46, 50), slice(118, 122))  # further than the reach, over the poles too
    assert torch.equal(
        backend(dark, look, SPHERE, held)[far], backend(rgb, look, SPHERE, held)[far]
    )
    assert (backend(dark, look)[far] - backend(rgb, look)[far]).abs().max() > 1e-3


def test_turning_a_cube_by_quarter_turns_commutes_with_painting_its_equator(
    net: StyleNet, look: torch.Tensor
):
    # Strokes know up from down, so only what lies further from U and D than the reach can agree.
    faces = torch.rand(6, 3, 96, 96, generator=torch.Generator().manual_seed(6))
    held = TorchBackend(net).measure(faces, look, CubeFaces())[1][:1]
    turned = faces[[3, 0, 1, 2, 4, 5]]  # every face beside takes the picture of the one on its left
    turned[4] = torch.rot90(faces[4], -1, (-2, -1))
    turned[5] = torch.rot90(faces[5], 1, (-2, -1))
    painted, of_turned = (
        net(cube, look, CubeFaces(), Moments(CubeFaces(), held)) for cube in (faces, turned)
    )
    equator = slice(40, 56)
    error = of_turned[:4, :, equator] - painted[[3, 0, 1, 2]][:, :, equator]
    assert error.abs().max() < 1e-4


def test_no_pixel_looks_further_than_the_reach(monkeypatch: pytest.MonkeyPatch):
    # Statistics reach everywhere; leave only the convolutions.
    monkeypatch.setattr(
        layers, "normalise", lambda x, moments, look: x + 0 * look(x.shape[-1])[0].sum()
    )
    monkeypatch.setattr(stylenet, "normalise", layers.normalise)
    config = NetConfig(channels=4, blocks=2)
    torch.manual_seed(0)
    small = StyleNet(config).eval()
    rgb = torch.rand(1, 3, 160, 160, requires_grad=True)
    small(rgb, small.plain_look(), PLANE)[..., 80, 80].sum().backward()
    assert rgb.grad is not None
    rows = rgb.grad.abs().sum((0, 1, 3)).nonzero()
    assert 80 - rows.min() <= small.geometry.reach
    assert rows.max() - 80 <= small.geometry.reach
    assert max(80 - rows.min(), rows.max() - 80) > small.geometry.reach - 2 * STRIDE


def paint_extended(net: StyleNet, look: torch.Tensor, rgb: torch.Tensor) -> torch.Tensor:
    canvas = ExtendedEquirect(*rgb.shape[-2:], eyes=1, net=net.geometry)
    (extended,) = canvas.spread(rgb[0].permute(1, 2, 0).numpy())
    painted = net(torch.from_numpy(extended).permute(2, 0, 1)[None], look, canvas.surface)
    gathered = canvas.gather([painted[0].permute(1, 2, 0).numpy()])
    return torch.from_numpy(gathered).permute(2, 0, 1)[None]


def test_extending_and_cropping_agrees_with_padding_every_convolution(
    net: StyleNet, look: torch.Tensor
):
    rgb = torch.rand(1, 3, 256, 512, generator=torch.Generator().manual_seed(3))
    error = net(rgb, look) - paint_extended(net, look, rgb)
    # Beyond a pole one continues the picture and the other the features: alike, not the same.
    assert error[..., 64:192, :].abs().max() < 0.01
    assert error[..., 64:192, :].square().mean() < 1e-6


@pytest.mark.parametrize("size", [(322, 640), (128, 258), (65, 132), (101, 202)])
def test_sizes_the_stride_does_not_divide_keep_their_size_and_show_no_seam(
    net: StyleNet, look: torch.Tensor, size: tuple[int, int]
):
    noise = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(4))
    rgb = sphere_pad(noise, 16).unfold(2, 33, 1).unfold(3, 33, 1).mean((-1, -2))  # soft
    painted = paint_extended(net, look, (rgb - 0.5) * 10 + 0.5)
    assert painted.shape == rgb.shape
    steps = (painted - painted.roll(1, -1)).abs().mean((0, 1, 2))
    assert steps[0] < 1.2 * steps.mean()


@pytest.mark.parametrize(("precision", "psnr"), [("f32", 60), ("bf16", 40)])
def test_openvino_agrees_with_torch(net: StyleNet, look: torch.Tensor, precision: str, psnr: float):
    rgb = torch.rand(1, 3, 128, 256, generator=torch.Generator().manual_seed(5))
    error = OpenVinoBackend(net, precision)(rgb, look) - TorchBackend(net)(rgb, look)
    assert -10 * torch.log10(error.square().mean()) >= psnr


def test_openvino_results_stay_when_the_next_picture_is_painted(
    net: StyleNet, look: torch.Tensor, rgb: torch.Tensor
):
    backend = OpenVinoBackend(net)
    first = backend(rgb, look)
    kept = first.clone()
    backend(1 - rgb, look)
    assert torch.equal(first, kept)
