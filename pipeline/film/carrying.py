"""Masks carried from frame to frame by the flow of the film, as small as flow is estimated.

The flow is composed to where each direction lay when the mask was painted, and the mask is looked
up there once, so that it does not soften on its way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.looks.masks import Floats
from pipeline.looks.memory import Carriage
from pipeline.temporal.flow import FAST, Quality, grey, grey_flow
from pipeline.temporal.occlusion import confidence
from pipeline.temporal.planar import Grey
from pipeline.temporal.views import sample, sphere_directions, unit, upsample
from vr360.frame import Rgb

QUALITY = FAST
_TRUST = 0.02  # of a way that something came in between, so that two such ways still have a mean


@dataclass(frozen=True)
class Carried:
    """A painted mask in another frame, (H, W) in 0..1, and how sure its least sure step there was.

    What comes out from behind a thing that moves is not sure: it is nowhere in the frames before.
    """

    mask: Floats
    trust: Floats


class Carrying:
    """A mask that goes along with frames that are handed in one after the other, in either sense.

    Args:
        mask: (H, W) in 0..1, as it was painted.
        eye: (H, W, 3) equirect, over which it was.
    """

    def __init__(self, mask: Floats, eye: Rgb) -> None:
        self._mask, self._way = mask, put_down(small(eye), QUALITY)

    def begin(self, mask: Floats) -> None:
        """Go on from here with another mask."""
        self._mask, self._way = mask, put_down(self._way.frame, QUALITY)

    def __call__(self, eye: Rgb) -> Floats:
        """The mask (H, W) over the next frame."""
        self._way = carried(self._way, small(eye), QUALITY)
        return moved(self._mask, self._way)


def small(eye: Rgb) -> Grey:
    """An eye as its motion is estimated."""
    return grey(eye, min(QUALITY.height, len(eye)))


def put_down(frame: Grey, quality: Quality) -> Carriage:
    """Where a mask begins its way: in the frame that it was painted for."""
    rows = max(len(frame) >> quality.finest, 2)
    rays, trust = sphere_directions(rows, 2 * rows), np.ones((rows, 2 * rows), np.float32)
    return Carriage(frame, rays.copy(), trust)


def carried(last: Carriage, now: Grey, quality: Quality) -> Carriage:
    """The same in the next frame; frames as `pipeline.temporal.flow.grey` makes them."""
    flow = grey_flow(now, last.frame, quality)
    places = unit(sample(last.places, flow.direction))
    kept = sample(last.trust, flow.direction).reshape(last.trust.shape)
    return Carriage(now, places, np.minimum(kept, confidence(flow, now, last.frame)))


def carry(mask: Floats, frames: Sequence[Grey], quality: Quality) -> Iterator[Carried]:
    """A mask (H, W) in every frame, from the first, for which it was painted."""
    yield Carried(mask, np.ones_like(mask))
    way = put_down(frames[0], quality)
    for now in frames[1:]:
        way = carried(way, now, quality)
        yield Carried(moved(mask, way), _enlarged(way.trust, mask))


def moved(mask: Floats, way: Carriage) -> Floats:
    """The mask (H, W), W = 2 H, where its way takes it from."""
    height, width = mask.shape
    motion = way.places - sphere_directions(*way.trust.shape)
    places = unit(sphere_directions(height, width) + upsample(motion, height, width))
    return np.asarray(sample(mask, places).reshape(height, width), np.float32)


def _enlarged(trust: Floats, like: Floats) -> Floats:
    return upsample(trust[..., None], *like.shape)[..., 0]


def between(mask: Floats, other: Floats, frames: Sequence[Grey], quality: Quality) -> list[Floats]:
    """Masks for every frame between two painted ones, of the first and of the last."""
    forth = list(carry(mask, frames, quality))
    back = list(carry(other, frames[::-1], quality))[::-1]
    last = max(1, len(frames) - 1)
    inner = zip(range(1, last), forth[1:-1], back[1:-1], strict=True)
    return [mask, *(_mixed(one, two, n / last) for n, one, two in inner), other]


def _mixed(one: Carried, two: Carried, share: float) -> Floats:
    ours, theirs = (1 - share) * (one.trust + _TRUST), share * (two.trust + _TRUST)
    mixed = (ours * one.mask + theirs * two.mask) / (ours + theirs)
    return np.asarray(mixed, np.float32)
