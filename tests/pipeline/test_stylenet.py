import pytest
import torch

from pipeline.backends import OpenVinoBackend, TorchBackend
from pipeline.nets.stylenet import STRIDE, NetConfig, StyleNet
from pipeline.nets.surface import PLANE, SPHERE, ZEROS
from pipeline.stylizer import paint_extended
from vr360.geometry import row_areas
from vr360.padding import sphere_pad


@pytest.fixture(scope="module")
def net() -> StyleNet:
    torch.manual_seed(0)
    return StyleNet(NetConfig(channels=16, blocks=2)).eval().requires_grad_(False)


@pytest.fixture
def rgb() -> torch.Tensor:
    return torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shift", [STRIDE, 5 * STRIDE, 64, 124])
def test_turning_the_sphere_commutes_with_painting_it(net: StyleNet, rgb: torch.Tensor, shift: int):
    difference = net(rgb.roll(shift, -1)) - net(rgb).roll(shift, -1)
    assert difference.abs().max() < 1e-4


def test_zero_padding_does_not_commute(net: StyleNet, rgb: torch.Tensor):
    difference = net(rgb.roll(64, -1), ZEROS) - net(rgb, ZEROS).roll(64, -1)
    assert difference.abs().max() > 1e-2


def test_mirroring_the_sphere_over_a_pole_keeps_the_features_continuous(net: StyleNet):
    # A picture that only depends on latitude is the same half a turn on; so is its painting.
    rows = torch.rand(1, 3, 64, 1, generator=torch.Generator().manual_seed(2))
    painted = net(rows.expand(-1, -1, -1, 128).contiguous())
    assert (painted - painted.roll(64, -1)).abs().max() < 1e-4


def test_statistics_weigh_rows_by_their_area():
    rgb = torch.rand(2, 3, 32, 64)
    mean = (rgb * SPHERE.weights(rgb)).sum((2, 3))
    expected = torch.einsum("nchw,h->nc", rgb, torch.from_numpy(row_areas(32)).float()) / 64
    assert torch.allclose(mean, expected, atol=1e-6)


@pytest.mark.parametrize("surface", [SPHERE, PLANE, ZEROS])
def test_weights_sum_to_one(surface):
    features = torch.zeros(1, 1, 16, 32)
    assert float((features + surface.weights(features)).sum()) == pytest.approx(1)


def test_no_pixel_looks_further_than_the_reach(net: StyleNet):
    config = NetConfig(channels=4, blocks=2)
    torch.manual_seed(0)
    small = StyleNet(config).eval()
    for module in small.modules():  # statistics reach everywhere; leave only the convolutions
        if hasattr(module, "gamma"):
            module.forward = lambda x, surface: x  # type: ignore[method-assign]
    rgb = torch.rand(1, 3, 160, 160, requires_grad=True)
    small(rgb, PLANE)[..., 80, 80].sum().backward()
    assert rgb.grad is not None
    rows = rgb.grad.abs().sum((0, 1, 3)).nonzero()
    assert 80 - rows.min() <= config.reach
    assert rows.max() - 80 <= config.reach
    assert max(80 - rows.min(), rows.max() - 80) > config.reach - 2 * STRIDE


def test_extending_and_cropping_agrees_with_padding_every_convolution(net: StyleNet):
    rgb = torch.rand(1, 3, 256, 512, generator=torch.Generator().manual_seed(3))
    error = net(rgb) - paint_extended(TorchBackend(net), rgb, net.config.reach)
    # Beyond a pole one continues the picture and the other the features: alike, not the same.
    assert error[..., 64:192, :].abs().max() < 0.01
    assert error[..., 64:192, :].square().mean() < 1e-6


@pytest.mark.parametrize("size", [(322, 640), (128, 258), (65, 132), (101, 202)])
def test_sizes_the_stride_does_not_divide_keep_their_size_and_show_no_seam(
    net: StyleNet, size: tuple[int, int]
):
    noise = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(4))
    rgb = sphere_pad(noise, 16).unfold(2, 33, 1).unfold(3, 33, 1).mean((-1, -2))  # soft
    painted = paint_extended(TorchBackend(net), (rgb - 0.5) * 10 + 0.5, net.config.reach)
    assert painted.shape == rgb.shape
    steps = (painted - painted.roll(1, -1)).abs().mean((0, 1, 2))
    assert steps[0] < 1.2 * steps.mean()


@pytest.mark.parametrize(("precision", "psnr"), [("f32", 60), ("bf16", 40)])
def test_openvino_agrees_with_torch(net: StyleNet, precision: str, psnr: float):
    rgb = torch.rand(1, 3, 128, 256, generator=torch.Generator().manual_seed(5))
    error = OpenVinoBackend(net, precision)(rgb) - TorchBackend(net)(rgb)
    assert -10 * torch.log10(error.square().mean()) >= psnr


def test_openvino_results_stay_when_the_next_picture_is_painted(net: StyleNet, rgb: torch.Tensor):
    backend = OpenVinoBackend(net)
    first = backend(rgb)
    kept = first.clone()
    backend(1 - rgb)
    assert torch.equal(first, kept)
