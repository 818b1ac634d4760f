"""Temporally smoothed statistics of the normalisation layers (means and variances) of a shot.

Instance normalisation computed on every frame makes the tone of the whole picture flicker with
whatever enters it. Here the statistics are measured on few frames and change as an exponential
moving average. With fixed statistics a normalisation is an affine map, so the net is plain
convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from pipeline.backends import Backend
from pipeline.nets.surface import PlacesPixels

INTERVAL = 48  # frames between two measurements, after as many frames of the shot
RECENT = 4  # measurements whose mean is the target of the EMA
DECAY = 1 / 8  # weight of the target in the EMA, a frame
ASIDE = 0.05  # how far a look may lie from the line between two measured ones, over its length
SOON = 0.5  # share of that line up to the first look on it: one further on is measured itself
# Layers behind amplify what is a small error of a mean, but not of a channel that hardly varies.
FAR = 1.5  # standard deviations by which the means at the two may differ


@dataclass(frozen=True)
class Measured:
    """What a look's statistics are on one frame.

    Attributes:
        look: (1, K).
        moments: (N, 2, K') that were found, or interpolated.
    """

    look: Tensor
    moments: Tensor


@dataclass
class ShotState:
    """The state of the statistics of a shot.

    Attributes:
        frame: frames so far.
        recent: (N, 2, K) each, the last measurements.
        held: (N, 2, K), the EMA: means and variances that the next frame is painted with.
        rgb: (N, 3, H, W), the frame measured last, where the look may change; see `ShotStatistics`.
        last: a look measured on that frame.
        coming: one that was measured there before it was painted with.
        now: the look of the last frame, as it was measured there or interpolated.
    """

    frame: int = 0
    recent: list[Tensor] = field(default_factory=list)
    held: Tensor | None = None
    rgb: Tensor | None = None
    last: Measured | None = None
    coming: Measured | None = None
    now: Measured | None = None


class ShotStatistics:
    """Paints the frames of a shot, in order, with statistics smoothed over time.

    held(t) = held(t-1) + DECAY * (target - held(t-1)); target is the mean of the last measurements.

    Statistics depend on the look. While that changes, the frame measured last is measured again
    with a new look, and the held statistics move by the difference: the look changes, the shot
    does not. Where it is known what the look will be, that is measured, and what lies on the way
    there is interpolated. So a ramp ends where measuring all along does.

    Args:
        backend: runs the net.
        changing: whether the look may change; if not, no frame is kept for it.
    """

    def __init__(self, backend: Backend, changing: bool = True) -> None:
        self._backend = backend
        self._changing = changing
        self.state = ShotState()

    def begin_shot(self) -> None:
        """Forget what was measured: the next frame belongs to another shot."""
        self.state = ShotState()

    def paint(
        self,
        rgb: Tensor,
        look: Tensor,
        surface: PlacesPixels,
        elapsed: int = 1,
        coming: Tensor | None = None,
    ) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> painted; the first frame of a shot by its own statistics.

        Args:
            elapsed: frames since the one painted before.
            coming: the look of some frame later, if it is known.
        """
        shot, painted = self.state, None
        skipped = 0 if shot.held is None else elapsed - 1
        shot.frame += skipped
        due = any(_is_measured(frame) for frame in range(shot.frame - skipped, shot.frame + 1))
        if shot.now:
            self._follow(shot.now, look, surface, coming, exactly=due)
        if due:
            first = shot.held is None
            painted, moments = self._backend.measure(rgb, look, surface, first)
            shot.recent = [*shot.recent, moments][-RECENT:]
            if self._changing:
                found = Measured(look, moments)
                shot.rgb, shot.last, shot.coming, shot.now = rgb, found, None, found
        shot.frame += 1
        if shot.held is None:
            shot.held = shot.recent[-1]
            assert painted is not None
            return painted
        target = torch.stack(shot.recent).mean(0)
        shot.held = shot.held.lerp(target, 1 - (1 - DECAY) ** elapsed)
        return self._backend(rgb, look, surface, shot.held)

    def _follow(
        self,
        now: Measured,
        look: Tensor,
        surface: PlacesPixels,
        coming: Tensor | None,
        exactly: bool,
    ) -> None:
        """Move what is held from the look of the last frame to the next one's."""
        shot = self.state
        assert shot.held is not None
        if torch.equal(look, now.look):
            return
        found = None if exactly else self._interpolated(look, surface, coming)
        moments = self._measure(look, surface) if found is None else found
        if found is None:
            shot.last = Measured(look, moments)
        shot.held = _moved(shot.held, now.moments, moments)
        shot.recent = [_moved(m, now.moments, moments) for m in shot.recent]
        shot.now = Measured(look, moments)

    def _interpolated(
        self, look: Tensor, surface: PlacesPixels, coming: Tensor | None
    ) -> Tensor | None:
        """What a look's are on the frame measured last; None where it is on no straight way."""
        shot = self.state
        assert shot.last is not None
        share = _share(look, shot.last.look, shot.coming.look) if shot.coming else None
        if share is None:
            start, shot.coming = shot.coming or shot.last, None
            share = None if coming is None else _share(look, start.look, coming)
            if coming is None or share is None or share > SOON:
                return None
            shot.last, shot.coming = start, Measured(coming, self._measure(coming, surface))
        assert shot.coming is not None
        return _between(shot.last.moments, shot.coming.moments, share)

    def _measure(self, look: Tensor, surface: PlacesPixels) -> Tensor:
        assert self.state.rgb is not None
        return self._backend.measure(self.state.rgb, look, surface)[1]


def _share(look: Tensor, start: Tensor, end: Tensor) -> float | None:
    """How far a look lies on the way from one to another, 0 to 1; None where it lies aside."""
    way, gone = end - start, look - start
    length = way.norm().clamp(min=1e-12)
    share = float((gone * way).sum() / length.square())
    aside = float((gone - share * way).norm() / length)
    return share if -1e-6 <= share <= 1 + 1e-6 and aside <= ASIDE else None


def _between(start: Tensor, end: Tensor, share: float) -> Tensor | None:
    """(N, 2, K) interpolated: means by sums, variances by ratios; None where they are far apart."""
    least = torch.minimum(start[:, 1], end[:, 1]).clamp(min=1e-12)
    if ((end[:, 0] - start[:, 0]).abs() > FAR * least.sqrt()).any():
        return None
    ratio = end[:, 1] / start[:, 1].clamp(min=1e-12)
    return torch.stack([start[:, 0].lerp(end[:, 0], share), start[:, 1] * ratio**share], dim=1)


def _moved(held: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """(N, 2, K), moved as one measurement did: means by sums, variances by ratios."""
    mean = held[:, 0] + after[:, 0] - before[:, 0]
    variance = held[:, 1] * after[:, 1] / before[:, 1].clamp(min=1e-12)
    return torch.stack([mean, variance], dim=1)


def _is_measured(frame: int) -> bool:
    """Frames 0, 1, 2, 4, 8, 16, 32, then every `INTERVAL`th: measuring costs a second pass."""
    if frame < INTERVAL:
        return frame & (frame - 1) == 0
    return frame % INTERVAL == 0
