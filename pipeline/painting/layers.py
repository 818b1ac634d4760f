"""Several looks on one frame: each painted on the whole sphere, mixed by masks in float."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.backends import Backend
from pipeline.looks.keyframes import Time
from pipeline.looks.memory import Remembers
from pipeline.painting.look_state import LayeredState, LookState, ShownLast
from pipeline.painting.stylizer import PaintsEyes
from pipeline.source.preprocess import median_blur
from vr360.frame import Rgb, bit_depth, peak_at, peak_of

Floats = NDArray[np.float32]
Masks = Callable[[Sequence[Rgb], Time], Sequence[Floats]]
"""The eyes of a frame and its time -> (H, W) in 0..1 for each eye."""

_FINE = 10  # bits that looks are painted with before they are mixed


@dataclass(frozen=True)
class Layer:
    """A look, and where it holds.

    Attributes:
        look: None is the picture as it is.
        masks: where it holds.
        remembering: those of which the masks are made that remember.
        median: kernel of its own blur before the net, pixels; None takes the base's.
    """

    look: PaintsEyes | None
    masks: Masks
    remembering: Sequence[Remembers] = ()
    median: int | None = None

    def soft(self, eyes: Sequence[Rgb], sharp: Sequence[Rgb]) -> Sequence[Rgb]:
        """What its look paints: the eyes as they are for the base, or blurred its own way."""
        return eyes if self.median is None else [median_blur(eye, self.median) for eye in sharp]


class Layered:
    """A look with layers upon it; to painting it is one look, so one flow holds it still.

    Args:
        base: holds where no layer does.
        layers: each covers, by its mask, what lies below it.

    Attributes:
        kept: of the eyes painted last, (H, W) in 0..1 each: how much the picture itself shows;
            empty where it does not.
        changes: of the eyes painted last, (H, W) in 0..1 each: how much the look differs there from
            that of the frame before; empty with the first one of a shot.
    """

    def __init__(self, base: PaintsEyes, layers: Sequence[Layer]) -> None:
        self._base = base
        self._layers = layers
        self.kept: Sequence[Floats] = ()
        self.changes: Sequence[Floats] = ()
        self._last: tuple[Time, Shown] | None = None
        self._looks = [base, *(layer.look for layer in layers if layer.look)]

    @property
    def state(self) -> LookState | None:
        """What looks and masks remember of the shot."""
        looks = [look.state for look in self._looks]
        masks = [[mask.memory for mask in layer.remembering] for layer in self._layers]
        last = self._last and ShownLast(self._last[0], list(self._last[1].items()))
        return LayeredState(looks, masks, last)

    @state.setter
    def state(self, state: LookState | None) -> None:
        if not isinstance(state, LayeredState):
            raise ValueError("the state of a look without layers")
        for look, own in zip(self._looks, state.looks, strict=True):
            look.state = own
        for layer, memories in zip(self._layers, state.masks, strict=True):
            for mask, memory in zip(layer.remembering, memories, strict=True):
                mask.memory = memory
        last = state.shown
        self._last = (last.time, dict(last.shares)) if last else None

    @property
    def backend(self) -> Backend:
        return self._base.backend

    def begin_shot(self) -> None:
        self._last = None
        for look in self._looks:
            look.begin_shot()
        for mask in (mask for layer in self._layers for mask in layer.remembering):
            mask.begin_shot()

    def explain(self, width: int) -> str:
        return self._base.explain(width)

    def is_nothing(self, seconds: Time | None = None) -> bool:
        return all(look.is_nothing(seconds) for look in self._looks)

    def changed(self, before: Time, now: Time) -> float:
        return max(look.changed(before, now) for look in self._looks)

    def __call__(
        self,
        eyes: Sequence[Rgb],
        depth: int | None = None,
        seconds: Time = 0,
        sharp: Sequence[Rgb] | None = None,
        elapsed: int = 1,
    ) -> list[Rgb]:
        """As `Stylizer`, without the layers that show the picture itself: these, in `kept`, are
        laid on once the painting is held still. A look that masks hide is not painted.
        """
        depth = depth or bit_depth(eyes[0])
        sharp = eyes if sharp is None else sharp
        masks = [layer.masks(sharp, seconds) for layer in self._layers]
        below = covered(masks)
        mixed = None if below else _painted(self._base, eyes, seconds, sharp, elapsed)
        shown: Shown = {} if below else {0: [np.ones(eye.shape[:2], np.float32) for eye in eyes]}
        kept = [np.full(eye.shape[:2], float(below > 0), np.float32) for eye in eyes]
        for number, (layer, shares) in enumerate(zip(self._layers, masks, strict=True), 1):
            if number < below or all(not share.any() for share in shares):
                continue
            if layer.look is None:
                kept = [old + share * (1 - old) for old, share in zip(kept, shares, strict=True)]
                continue
            above = _painted(layer.look, layer.soft(eyes, sharp), seconds, sharp, elapsed)
            weights = _weights(shares, kept) if shown else [np.ones_like(s) for s in shares]
            mixed = above if mixed is None else _over(mixed, above, weights)
            shown = _shown_below(shown, weights) | {number: weights}
            kept = [old * (1 - share) for old, share in zip(kept, shares, strict=True)]
        self._remember(seconds, shown)
        self.kept = kept if any(share.any() for share in kept) else []
        mixed = _painted(None, eyes, seconds, sharp) if mixed is None else mixed
        peak = peak_at(depth)
        kind = np.uint8 if depth == 8 else np.uint16
        return [np.asarray((eye * np.float32(peak)).round().clip(0, peak), kind) for eye in mixed]

    def _remember(self, seconds: Time, shown: Shown) -> None:
        """Find `changes` since the frame before."""
        self.changes = ()
        if self._last is not None:
            before, last = self._last
            looks = [self._base, *(layer.look or self._base for layer in self._layers)]
            own = {n: looks[n].changed(before, seconds) for n in shown}
            self.changes = _changes(last, shown, own)
        self._last = seconds, shown


Shown = dict[int, list[Floats]]
"""By the number of a look, 0 for the base: its share (H, W) of the painting of each eye."""


def _shown_below(shown: Shown, weights: Sequence[Floats]) -> Shown:
    """What is left of the shares of the looks below another."""
    return {
        number: [old * (1 - weight) for old, weight in zip(shares, weights, strict=True)]
        for number, shares in shown.items()
    }


def _changes(last: Shown, shown: Shown, own: Mapping[int, float]) -> list[Floats]:
    """(H, W) for each eye: looks that change, and looks that take the place of others."""
    found = []
    for eye in range(len(next(iter(shown.values()), []))):
        shares = {n: maps[eye] for n, maps in shown.items()}
        before = {n: maps[eye] for n, maps in last.items()}
        nothing = np.zeros_like(next(iter(shares.values())))
        moved = [abs(shares.get(n, nothing) - before.get(n, nothing)) for n in shares | before]
        inside = [share * np.float32(own[n]) for n, share in shares.items()]
        found.append(np.minimum(sum(inside, nothing) + sum(moved, nothing) / 2, 1))
    return found


def covered(masks: Sequence[Sequence[Floats]]) -> int:
    """How many looks, from the base up, are hidden everywhere by a layer above them."""
    whole = [n for n, shares in enumerate(masks, 1) if all(share.min() >= 1 for share in shares)]
    return max(whole, default=0)


def _painted(
    look: PaintsEyes | None,
    eyes: Sequence[Rgb],
    seconds: Time,
    sharp: Sequence[Rgb],
    elapsed: int = 1,
) -> list[Floats]:
    """What a look makes of the eyes, in 0..1."""
    plain = look is None or look.is_nothing(seconds)
    shown = sharp if plain or look is None else look(eyes, _FINE, seconds, sharp, elapsed)
    return [np.asarray(eye, np.float32) / np.float32(peak_of(eye)) for eye in shown]


def _weights(shares: Sequence[Floats], kept: Sequence[Floats]) -> list[Floats]:
    """How much of the painting a look over it takes; `kept` is the part that is not painted.

    Of the whole, share s is the look, (1 - s) (1 - k) the painting and (1 - s) k the picture.
    """
    found = []
    for share, bare in zip(shares, kept, strict=True):
        painted = share + (1 - share) * (1 - bare)
        found.append(np.divide(share, painted, out=np.zeros_like(share), where=painted > 0))
    return found


def _over(
    below: Sequence[Floats], above: Sequence[Floats], weights: Sequence[Floats]
) -> list[Floats]:
    """A look over the painted part of what lies below it."""
    parts = zip(below, above, weights, strict=True)
    return [low + weight[..., None] * (high - low) for low, high, weight in parts]


def laid_on(painted: Rgb, sharp: Rgb, kept: Floats) -> Rgb:
    """The picture itself over its painting, where it is kept."""
    scale = np.float32(peak_of(painted) / peak_of(sharp))
    mixed = painted + kept[..., None] * (sharp * scale - painted)
    return np.asarray(mixed.round().clip(0, peak_of(painted)), painted.dtype)
