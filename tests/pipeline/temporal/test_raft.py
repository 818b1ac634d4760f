from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.optical_flow import raft_small

from pipeline.temporal.flow import FAST, FINE, Quality, grey_flow
from pipeline.temporal.raft import RaftFlow, flow_quality
from vr360.errors import InputError
from vr360.geometry import equirect_directions

from .conftest import Place


class Alike(nn.Module):
    """RAFT's interface: the shift of whole pixels by which two pictures are most alike."""

    def forward(self, current: Tensor, previous: Tensor) -> list[Tensor]:
        assert current.shape[-1] % 8 == current.shape[-2] % 8 == 0
        assert min(current.shape[-2:]) >= 128
        assert current.abs().max() <= 1
        best = min(
            ((x, y) for x in range(-4, 5) for y in range(-4, 5)),
            key=lambda at: (current - previous.roll((-at[1], -at[0]), (2, 3))).abs().mean(),
        )
        flow = torch.tensor(best, dtype=torch.float32).view(1, 2, 1, 1)
        return [torch.zeros(1), flow.expand(1, 2, *current.shape[-2:])]


def test_the_net_of_torchvision_fits():
    torch.manual_seed(0)
    pictures = np.random.default_rng(0).integers(0, 255, (2, 39, 150), np.uint8)
    flow = RaftFlow(raft_small())(*pictures)
    assert flow.shape == (39, 150, 2)
    assert flow.dtype == np.float32
    assert np.isfinite(flow).all()


def test_convention_flow_leads_from_the_present_to_where_it_was():
    before = np.random.default_rng(0).integers(0, 255, (130, 140), np.uint8)
    now = np.roll(before, (2, -3), (0, 1))  # it has moved down and to the left
    flow = RaftFlow(Alike())(now, before)
    assert flow.shape == (130, 140, 2)
    assert (flow == [3, -2]).all()


def test_it_takes_the_place_of_dis_on_the_views(places: list[Place]):
    now, before = (places[0].see(yaw)[..., 0] for yaw in (0.0, 0.0))
    asked = []

    def flow(current: np.ndarray, previous: np.ndarray) -> np.ndarray:
        asked.append(current.shape)
        return np.zeros((*current.shape, 2), np.float32)

    found = grey_flow(now, before, Quality(64, FAST.preset, 1, planar=flow))
    assert len(asked) == 6  # a band and two caps, there and back
    assert np.allclose(found.direction, equirect_directions(32, 64), atol=1e-3)


def test_small_films_are_looked_at_more_carefully_unless_told_otherwise():
    assert flow_quality("dis", 100, "cpu") is flow_quality("auto", 1024, "cpu") is FAST
    assert flow_quality("fine", 1024, "cpu") is flow_quality("auto", 320, "cpu") is FINE


def test_an_unknown_flow_is_refused():
    with pytest.raises(InputError, match="--flow fast: one of auto, dis, fine, raft"):
        flow_quality("fast", 1024, "cpu")


def test_weights_that_cannot_be_had_are_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
):
    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.urlopen", offline)
    with pytest.raises(
        InputError, match=r"--flow raft: .*no network.*raft_small.*--flow dis"
    ) as error:
        flow_quality("raft", 1024, "cpu")
    assert "\n" not in str(error.value)
