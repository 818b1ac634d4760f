"""Masks painted on some frames, carried to the others by the flow of the clip.

From frame to frame the flow is composed to where each direction lay when the mask was painted, and
the mask is looked up there once, so that it does not soften on its way. Between two painted masks
both are carried, the one forth, the other back, and mixed: the nearer weighs more, and so does that
whose way nothing came in between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np

from pipeline.film.watching import Watched
from pipeline.looks.masks import Floats, Seen
from pipeline.temporal.flow import FAST, Quality, grey, grey_flow
from pipeline.temporal.occlusion import confidence
from pipeline.temporal.planar import Grey
from pipeline.temporal.views import sample, sphere_directions, unit, upsample

QUALITY = FAST
_TRUST = 0.02  # of a way that something came in between, so that two such ways still have a mean


@dataclass(frozen=True)
class Carried:
    """A painted mask in another frame, (H, W) in 0..1, and how sure its least sure step there was.

    What comes out from behind a thing that moves is not sure: it is nowhere in the frames before.
    """

    mask: Floats
    trust: Floats


class Followed:
    """A mask that was painted on some frames of a clip; both eyes have the same.

    Args:
        painted: seconds of the clip, rising, and the mask (H, W) in 0..1 there.
        clip: what it is carried through.
    """

    def __init__(self, painted: Sequence[tuple[Fraction, Floats]], clip: Watched) -> None:
        height = QUALITY.height
        self._clip = clip
        self._times = [clip.tick(seconds) for seconds, _ in painted]
        self._painted = [_reduced(mask, height) for _, mask in painted]
        self._way: tuple[int, int, list[Floats]] | None = None  # its number, first tick, masks

    def __call__(self, seen: Seen) -> Floats:
        tick = self._clip.tick(Fraction(seen.clip_seconds))
        number = bisect_right(self._times, tick)
        if self._way is None or self._way[0] != number:
            self._way = number, *self._masks(number, tick)
        _, first, masks = self._way
        mask = masks[min(max(0, tick - first), len(masks) - 1)]
        height, width = seen.size
        return np.asarray(cv2.resize(mask, (width, height)), np.float32)

    def _masks(self, number: int, tick: int) -> tuple[int, list[Floats]]:
        """All between two painted ones, or beyond the first or the last, and the first's tick."""
        first = self._times[number - 1] if number else min(tick, self._clip.first)
        last = self._times[number] if number < len(self._times) else max(tick, self._clip.last)
        frames = [grey(eye, min(QUALITY.height, len(eye))) for eye in self._clip.eyes(first, last)]
        if number == 0:
            return first, [c.mask for c in carry(self._painted[0], frames[::-1], QUALITY)][::-1]
        if number == len(self._times):
            return first, [c.mask for c in carry(self._painted[-1], frames, QUALITY)]
        before, after = self._painted[number - 1 : number + 1]
        return first, between(before, after, frames, QUALITY)


def _reduced(mask: Floats, height: int) -> Floats:
    """No higher than that, and twice as wide as high."""
    rows = min(height, len(mask))
    small = cv2.resize(mask, (2 * rows, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def carry(mask: Floats, frames: Sequence[Grey], quality: Quality) -> Iterator[Carried]:
    """A mask in every frame, from the first, for which it was painted.

    Args:
        mask: (H, W) in 0..1, W = 2 H.
        frames: whole spheres, see `pipeline.temporal.flow.grey`; in the order of the way.
        quality: of the flow.
    """
    rows = max(len(frames[0]) >> quality.finest, 2)
    rays, trust = sphere_directions(rows, 2 * rows), np.ones((rows, 2 * rows), np.float32)
    places = rays  # where each direction lay when the mask was painted
    yield Carried(mask, np.ones_like(mask))
    for before, now in pairwise(frames):
        flow = grey_flow(now, before, quality)
        places = unit(sample(places, flow.direction))
        kept = sample(trust, flow.direction).reshape(trust.shape)
        trust = np.minimum(kept, confidence(flow, now, before))
        yield Carried(_moved(mask, places - rays), _enlarged(trust, mask))


def _moved(mask: Floats, motion: Floats) -> Floats:
    """The mask (H, W) where a motion of fewer pixels (h, w, 3) takes it from."""
    height, width = mask.shape
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
