"""Looks: what a style at a strength asks of the net, as one row of numbers.

A look holds a scale and a shift for every channel that the net lets a style decide. The looks of a
style at the strengths of `STRENGTHS` are learned; those between are interpolated, and so are blends
of styles: the net paints what lies between two looks as well as the two. What strokes of half and
of twice the length add to a look is learned too, and taken in part for lengths between (Jing et al.
2018, "Stroke Controllable Fast Style Transfer", blend learned sizes in the net's features).
"""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.nets.strengths import STRENGTHS as STRENGTHS
from pipeline.nets.strengths import STROKES as STROKES

DECADES = 1.2  # powers of ten by which a unit of strength changes the ratio of style to content
DECADES_BEYOND = 2.9  # the same past 1, where the net needs more to go further


class Modulation:
    """Hands each convolution of a net, in turn, its scale and its shift.

    Args:
        values: (N or 1, K), in the order in which the net asks for them.
    """

    def __init__(self, values: Tensor) -> None:
        self._values = values
        self._taken = 0

    def __call__(self, channels: int) -> tuple[Tensor, Tensor]:
        """Scale and shift for so many channels, (N or 1, C) each."""
        taken = self._values[:, self._taken : self._taken + 2 * channels]
        self._taken += 2 * channels
        return taken[:, :channels], taken[:, channels:]


def plain_look(channels: list[int]) -> Tensor:
    """The look (1, K) that changes nothing, for convolutions of so many channels."""
    pairs = [part for n in channels for part in (torch.ones(n), torch.zeros(n))]
    return torch.cat(pairs)[None]


def ratio(strength: Tensor) -> Tensor:
    """Style over content at a strength, relative to that at 1: 10^u, Come Swim's unrealness."""
    above = strength - 1
    return 10 ** torch.where(above > 0, DECADES_BEYOND * above, DECADES * above)


def kept(strength: Tensor) -> Tensor:
    """Share of the picture itself in what comes out: all of it at 0, none from 1 on.

    A net with a bottleneck cannot return its input; below 1 it paints what is added to it. In equal
    steps, so that equal steps of strength change the picture about as much.
    """
    return (1 - strength).clamp(0, 1)


def at_strength(looks: Tensor, strength: Tensor) -> Tensor:
    """Looks (N, len(STRENGTHS), K) at strengths (N,), interpolated: (N, K)."""
    knots = torch.tensor(STRENGTHS, device=looks.device)
    strength = strength.clamp(STRENGTHS[0], STRENGTHS[-1])
    below = (torch.bucketize(strength, knots, right=True) - 1).clamp(0, len(STRENGTHS) - 2)
    share = (strength - knots[below]) / (knots[below + 1] - knots[below])
    rows = torch.arange(len(looks), device=looks.device)
    return torch.lerp(looks[rows, below], looks[rows, below + 1], share[:, None])


def of_stroke(strokes: Tensor, length: Tensor) -> Tensor:
    """What strokes of some length add to a look: (N, len(STROKES), K), lengths (N,) -> (N, K).

    Octaves are even steps: a length of 2 ** 0.5 takes half of what twice the length takes.
    """
    octaves = torch.log2(length.clamp(STROKES[0], STROKES[-1]))
    shares = torch.stack([(-octaves).clamp(min=0), octaves.clamp(min=0)], 1)
    return (strokes * shares[..., None]).sum(1)
