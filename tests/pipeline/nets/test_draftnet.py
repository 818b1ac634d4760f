import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from pipeline.backends import OpenVinoBackend, TorchBackend
from pipeline.nets import draftnet, layers
from pipeline.nets.draftnet import MULTIPLE, REDUCED, STRIDE, DraftConfig, DraftNet, Reduce
from pipeline.nets.moments import Moments
from pipeline.nets.surface import PLANE, SPHERE, CubeFaces
from pipeline.quality.style import flat_sky, grid_ratio

SMALL = DraftConfig(
    half=4, quarter=6, eighth=8, half_blocks=1, quarter_blocks=1, eighth_blocks=1, detail=4
)
BUDGET = 18e9  # multiplications for a frame of 2048x1024, half of what one took before


@pytest.fixture(scope="module")
def net() -> DraftNet:
    torch.manual_seed(0)
    return DraftNet(SMALL).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def look(net: DraftNet) -> torch.Tensor:
    plain = net.plain_look()
    return plain + 0.2 * torch.randn(plain.shape, generator=torch.Generator().manual_seed(9))


@pytest.fixture
def rgb() -> torch.Tensor:
    return torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shift", [STRIDE, 64, 96])
def test_turning_the_sphere_commutes_with_painting_it(
    net: DraftNet, look: torch.Tensor, rgb: torch.Tensor, shift: int
):
    difference = net(rgb.roll(shift, -1), look) - net(rgb, look).roll(shift, -1)
    assert difference.abs().max() < 1e-4


@pytest.mark.parametrize("size", [(STRIDE, MULTIPLE), (320, 640), (160, 320)])
def test_the_smallest_sphere_and_a_preview_keep_their_size(
    net: DraftNet, look: torch.Tensor, size: tuple[int, int]
):
    assert net(torch.rand(1, 3, *size), look).shape == (1, 3, *size)


def test_cubes_are_painted_as_faces(net: DraftNet, look: torch.Tensor):
    assert net(torch.rand(6, 3, 160, 160), look, CubeFaces()).shape == (6, 3, 160, 160)


def test_a_look_has_a_number_for_every_channel_that_the_net_asks_about(net: DraftNet):
    plain = net.plain_look()
    assert plain.shape == (1, net.look_size)
    asked = []

    class Counting(draftnet.Modulation):
        def __call__(self, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
            asked.append(channels)
            return super().__call__(channels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draftnet, "Modulation", Counting)
        net(torch.rand(1, 3, 32, 64), plain)
    assert asked == SMALL.modulated


def test_painting_with_a_picture_s_own_statistics_held_changes_nothing(
    net: DraftNet, look: torch.Tensor, rgb: torch.Tensor
):
    own = Moments(SPHERE)
    painted = net(rgb, look, SPHERE, own)
    assert (net(rgb, look, SPHERE, Moments(SPHERE, own.used())) - painted).abs().max() < 1e-5


def test_openvino_agrees_with_torch(net: DraftNet, look: torch.Tensor, rgb: torch.Tensor):
    error = OpenVinoBackend(net, "f32")(rgb, look) - TorchBackend(net)(rgb, look)
    assert -10 * torch.log10(error.square().mean()) >= 60


def test_no_pixel_looks_further_than_the_reach(monkeypatch: pytest.MonkeyPatch):
    # Statistics reach everywhere; leave only the convolutions.
    for module in (draftnet, layers):
        monkeypatch.setattr(
            module, "normalise", lambda x, moments, look: x + 0 * look(x.shape[-1])[0].sum()
        )
    torch.manual_seed(0)
    small = DraftNet(SMALL).eval().double()
    rgb = torch.rand(1, 3, 64, 1024, requires_grad=True, dtype=torch.double)
    small(rgb, small.plain_look().double(), PLANE)[..., 512].sum().backward()
    assert rgb.grad is not None
    columns = rgb.grad.abs().sum((0, 1, 2)).nonzero()
    seen = max(512 - columns.min(), columns.max() - 512)
    assert small.geometry.reach - 2 * STRIDE < seen <= small.geometry.reach


def test_the_draft_alone_decides_about_what_is_larger_than_the_revision_sees(
    net: DraftNet, look: torch.Tensor, rgb: torch.Tensor
):
    silent = DraftNet(SMALL).eval().requires_grad_(False)
    silent.load_state_dict(net.state_dict())
    silent.revision.to_rgb.conv.weight.zero_()
    silent.revision.to_rgb.conv.bias.zero_()
    plain = look.clone()
    plain[:, -3:] = 0  # the shift of the residual
    moments = Moments(SPHERE)
    _, shown = silent.draft(F.avg_pool2d(rgb, REDUCED), SPHERE, moments, draftnet.Modulation(plain))
    small = F.avg_pool2d(silent(rgb, plain).logit(), REDUCED)
    # Enlarged by straight lines and reduced by means, a draft comes back a little softer.
    assert (small - shown).abs().mean() < 0.5 * shown.std()


def test_reducing_blurs_first():
    """A pattern of one pixel on, one off would come out as a plane, or not, by where it falls."""
    reduce = Reduce(1, 1)
    torch.nn.init.constant_(reduce.conv.conv.weight, 1 / 9)
    torch.nn.init.zeros_(reduce.conv.conv.bias)
    stripes = torch.zeros(1, 16, 32, 1)
    stripes[..., ::2, :] = 1
    with torch.no_grad():
        assert torch.allclose(reduce(stripes, SPHERE), torch.full((1, 8, 16, 1), 0.5), atol=1e-6)


def test_a_frame_costs_half_of_what_it_cost_before():
    net = DraftNet(DraftConfig()).to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.empty(1, 3, 1024, 2048, device="meta"), net.plain_look().to("meta"), PLANE)
    assert counter.get_total_flops() / 2 < BUDGET


def test_an_untrained_net_leaves_no_grid_in_flat_sky(net: DraftNet, look: torch.Tensor):
    painted = net(flat_sky(256, 512), look)
    assert grid_ratio(painted, REDUCED) < 1.5
    assert grid_ratio(painted, STRIDE) < 1.5
