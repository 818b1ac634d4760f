from itertools import pairwise

import torch
from torch import Tensor

from pipeline.backends import TorchBackend
from pipeline.nets.stylenet import NetConfig, StyleNet
from pipeline.nets.surface import SPHERE, Surface
from pipeline.painting.statistics import ShotStatistics, _between


class Watched(TorchBackend):
    """Counts how often statistics are measured."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(StyleNet(NetConfig(channels=8, blocks=1)))
        self.measured = 0

    def measure(
        self, rgb: Tensor, look: Tensor, surface: Surface, first: bool = False
    ) -> tuple[Tensor, Tensor]:
        self.measured += 1
        return super().measure(rgb, look, surface, first)


LOOK = StyleNet(NetConfig(channels=8, blocks=1)).plain_look()


def picture(seed: int, light: float = 1.0) -> Tensor:
    return light * torch.rand(1, 3, 32, 64, generator=torch.Generator().manual_seed(seed))


def test_the_first_frame_of_a_shot_is_painted_by_its_own_statistics():
    backend = Watched()
    shot = ShotStatistics(backend)
    for frame in (picture(0), picture(1, 0.3)):
        shot.begin_shot()
        assert torch.allclose(
            shot.paint(frame, LOOK, SPHERE), backend(frame, LOOK, SPHERE), atol=1e-6
        )


def test_a_still_shot_keeps_its_first_painting():
    shot = ShotStatistics(Watched())
    first, *later = (shot.paint(picture(0), LOOK, SPHERE) for _ in range(30))
    assert max((frame - first).abs().max() for frame in later) < 1e-5


def test_a_change_of_light_is_followed_slowly_and_in_the_end_wholly():
    backend = Watched()
    shot = ShotStatistics(backend)
    for _ in range(40):
        shot.paint(picture(0), LOOK, SPHERE)
    dark = picture(0, 0.4)
    settled = backend(dark, LOOK, SPHERE)
    gaps = [(shot.paint(dark, LOOK, SPHERE) - settled).abs().mean() for _ in range(400)]
    steps = [abs(b - a) for a, b in pairwise(gaps)]
    assert max(steps) < 0.2 * gaps[0]
    assert gaps[-1] < 0.02 * gaps[0]


def test_measuring_is_rare():
    backend = Watched()
    shot = ShotStatistics(backend)
    for _ in range(97):
        shot.paint(picture(0), LOOK, SPHERE)
    assert backend.measured == 7 + 2  # 0, 1, 2, 4, 8, 16, 32; 48, 96


def ramp(frame: int) -> Tensor:
    """The look of a frame: it changes straight on in 48 frames, from the 33rd on."""
    return LOOK + 0.2 * min(1, max(0, frame - 33) / 48) * torch.ones_like(LOOK)


def test_what_lies_on_the_way_to_a_look_to_come_is_interpolated():
    backend = Watched()
    shot, exact = ShotStatistics(backend), ShotStatistics(Watched())
    for n in range(90):
        painted = shot.paint(picture(0), ramp(n), SPHERE, coming=ramp(n + 12))
        expected = exact.paint(picture(0), ramp(n), SPHERE)
        assert (painted - expected).abs().max() < 1e-3
    assert torch.allclose(painted, expected, atol=1e-5)
    # Frames 0, 1, 2, 4, 8, 16, 32 and 48; of 48 changes frame 48's own and every twelfth.
    assert backend.measured == 8 + 1 + 5


def test_a_look_aside_of_the_way_is_measured():
    backend = Watched()
    shot, exact = ShotStatistics(backend), ShotStatistics(Watched())
    aside = 0.01 * torch.linspace(-1, 1, LOOK.shape[1])[None]
    for n in range(40):
        painted = shot.paint(picture(0), ramp(n), SPHERE, coming=ramp(n) + aside)
        expected = exact.paint(picture(0), ramp(n), SPHERE)
        assert torch.allclose(painted, expected, atol=1e-5)
    assert backend.measured == 7 + 6  # six frames of the ramp


def moments(mean: float, deviation: float) -> Tensor:
    return torch.tensor([[[0.5, mean], [1.0, deviation**2]]])


def test_statistics_are_not_interpolated_where_a_channel_varies_less_than_it_moves():
    middle = _between(moments(0.2, 0.1), moments(0.3, 0.4), 0.5)
    assert middle is not None
    assert torch.allclose(middle, moments(0.25, 0.2))
    assert _between(moments(0.2, 0.1), moments(0.4, 0.4), 0.5) is None
    assert _between(moments(0.2, 0.1), moments(0.2, 0.0), 0.5) is not None
    assert _between(moments(0.2, 0.0), moments(0.3, 0.0), 0.5) is None


def test_a_look_that_stands_again_is_held_as_if_it_had_been_there_all_along():
    shot, steady = ShotStatistics(Watched()), ShotStatistics(Watched())
    bend = torch.linspace(0, 1, LOOK.shape[1])[None]
    for n in range(30):
        share = min(1, max(0, n - 5) / 20)
        painted = shot.paint(picture(0), LOOK + share**2 * bend, SPHERE)
        expected = steady.paint(picture(0), LOOK + bend, SPHERE)
    assert torch.allclose(painted, expected, atol=1e-4)


def test_frames_that_are_not_painted_count():
    backend = Watched()
    often, rarely = ShotStatistics(backend), ShotStatistics(backend)
    for _ in range(5):
        often.paint(picture(0), LOOK, SPHERE)
    rarely.paint(picture(0), LOOK, SPHERE)
    before = backend.measured
    rarely.paint(picture(0), LOOK, SPHERE, elapsed=4)
    assert backend.measured == before + 1
    assert rarely.state.frame == often.state.frame == 5
    assert often.state.held is not None
    assert rarely.state.held is not None
    assert torch.allclose(often.state.held, rarely.state.held, atol=1e-5)


def test_a_look_that_never_changes_keeps_no_frame():
    shot = ShotStatistics(Watched(), changing=False)
    shot.paint(picture(0), LOOK, SPHERE)
    assert shot.state.last is None
