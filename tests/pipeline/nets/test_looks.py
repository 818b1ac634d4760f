import pytest
import torch

from pipeline.nets import looks as module
from pipeline.nets.looks import (
    STRENGTHS,
    Modulation,
    at_strength,
    kept,
    of_stroke,
    plain_look,
    ratio,
)
from pipeline.nets.stylenet import NetConfig, StyleNet


def test_learned_strengths_are_hit_and_those_between_lie_on_the_line():
    looks = torch.rand(2, len(STRENGTHS), 5, generator=torch.Generator().manual_seed(0))
    for n, strength in enumerate(STRENGTHS):
        assert torch.equal(at_strength(looks, torch.full((2,), strength)), looks[:, n])
    between = at_strength(looks, torch.tensor([0.25, 1.4]))
    assert torch.allclose(between[0], (looks[0, 0] + looks[0, 1]) / 2)
    assert torch.allclose(between[1], 0.2 * looks[1, 2] + 0.8 * looks[1, 3])


def test_strengths_beyond_what_was_learned_are_the_nearest_learned():
    looks = torch.rand(2, len(STRENGTHS), 5)
    ends = at_strength(looks, torch.tensor([-1.0, 9.0]))
    assert torch.equal(ends, torch.stack([looks[0, 0], looks[1, -1]]))


def test_learned_strengths_need_not_be_even(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "STRENGTHS", (0.25, 0.5, 2.0))
    looks = torch.rand(3, 3, 5)
    seen = at_strength(looks, torch.tensor([0.5, 1.25, 0.1]))
    assert torch.equal(seen[0], looks[0, 1])
    assert torch.allclose(seen[1], (looks[1, 1] + looks[1, 2]) / 2)
    assert torch.equal(seen[2], looks[2, 0])


def test_strengths_are_half_a_unit_apart_from_nothing_on():
    assert STRENGTHS == (0.0, 0.5, 1.0, 1.5)


def test_half_a_unit_of_strength_quadruples_the_share_of_style_and_beyond_1_it_grows_faster():
    ratios = ratio(torch.tensor([0.0, 0.5, 1.0, 1.5]))
    assert ratios.tolist() == pytest.approx([10**-1.2, 10**-0.6, 1.0, 10**1.45])


def test_the_picture_is_kept_whole_at_0_half_at_half_and_not_at_all_from_1_on():
    shares = kept(torch.tensor([0.0, 0.5, 1.0, 1.5]))
    assert shares.tolist() == [1.0, 0.5, 0.0, 0.0]


def test_a_look_is_handed_out_in_order_scale_before_shift():
    take = Modulation(torch.arange(10.0)[None])
    assert [part.tolist() for part in take(2)] == [[[0, 1]], [[2, 3]]]
    assert [part.tolist() for part in take(3)] == [[[4, 5, 6]], [[7, 8, 9]]]


def test_the_plain_look_scales_by_one_and_shifts_by_nothing():
    take = Modulation(plain_look([2, 1]))
    assert [part.tolist() for part in take(2)] == [[[1, 1]], [[0, 0]]]
    assert [part.tolist() for part in take(1)] == [[[1]], [[0]]]


def test_a_net_takes_up_its_whole_look():
    net = StyleNet(NetConfig(channels=4, blocks=2))
    look = net.plain_look().requires_grad_()
    assert look.shape == (1, net.look_size)
    net(torch.rand(1, 3, 16, 32), look).sum().backward()
    assert look.grad is not None
    assert look.grad.abs().min() > 0
    with pytest.raises(RuntimeError):
        net(torch.rand(1, 3, 16, 32), look[:, :-1])


def test_strokes_of_the_learned_lengths_take_what_was_learned_and_those_between_their_share():
    strokes = torch.rand(1, 2, 5, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([0.25, 0.5, 0.5**0.5, 1, 2**0.5, 2, 4])
    short, long = strokes[0]
    added = of_stroke(strokes.expand(len(lengths), -1, -1), lengths)
    wanted = torch.stack([short, short, short / 2, 0 * short, long / 2, long, long])
    assert torch.allclose(added, wanted, atol=1e-6)
