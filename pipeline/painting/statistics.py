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
AHEAD = 1.0  # how far a change of the look is expected to go on as it did, in steps measured
MOST = 4  # frames in a row that are painted by what is expected
ASIDE = 0.05  # how far from straight on, in the same


@dataclass(frozen=True)
class Measured:
    """What a look's statistics are on one frame.

    Attributes:
        look: (1, K).
        moments: (N, 2, K') that were found, or expected.
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
        last, earlier: the looks measured last and before, both on that frame.
        now: the look of the last frame, as it was measured there or as it is expected to be.
        expected: frames painted by what is expected since the last measurement of a look.
    """

    frame: int = 0
    recent: list[Tensor] = field(default_factory=list)
    held: Tensor | None = None
    rgb: Tensor | None = None
    last: Measured | None = None
    earlier: Measured | None = None
    now: Measured | None = None
    expected: int = 0


class ShotStatistics:
    """Paints the frames of a shot, in order, with statistics smoothed over time.

    held(t) = held(t-1) + DECAY * (target - held(t-1)); target is the mean of the last measurements.

    Statistics depend on the look. While that changes, the frame measured last is measured again
    with a new look, and the held statistics move by the difference: the look changes, the shot
    does not. As long as the looks go on straight, at most `AHEAD` times as far as from the
    measurement before the last to the last and `MOST` frames long, the difference is expected to go
    on as well; where they stop it is measured. So a ramp ends where measuring all along does.

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

    def paint(self, rgb: Tensor, look: Tensor, surface: PlacesPixels, elapsed: int = 1) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> painted; the first frame of a shot by its own statistics.

        Args:
            elapsed: frames since the one painted before.
        """
        shot, painted = self.state, None
        skipped = 0 if shot.held is None else elapsed - 1
        shot.frame += skipped
        due = any(_is_measured(frame) for frame in range(shot.frame - skipped, shot.frame + 1))
        if shot.now:
            self._follow(shot.now, look, surface, exactly=due)
        if due:
            first = shot.held is None
            painted, moments = self._backend.measure(rgb, look, surface, first)
            shot.recent = [*shot.recent, moments][-RECENT:]
            if self._changing:
                self._remember(rgb, Measured(look, moments))
        shot.frame += 1
        if shot.held is None:
            shot.held = shot.recent[-1]
            assert painted is not None
            return painted
        target = torch.stack(shot.recent).mean(0)
        shot.held = shot.held.lerp(target, 1 - (1 - DECAY) ** elapsed)
        return self._backend(rgb, look, surface, shot.held)

    def _remember(self, rgb: Tensor, found: Measured) -> None:
        """Another frame is measured; what a change of the look did to the former still holds."""
        shot = self.state
        if shot.earlier and shot.now:
            moved = _moved(shot.earlier.moments, shot.now.moments, found.moments)
            shot.earlier = Measured(shot.earlier.look, moved)
        shot.rgb, shot.last, shot.now = rgb, found, found

    def _follow(self, now: Measured, look: Tensor, surface: PlacesPixels, exactly: bool) -> None:
        """Move what is held from the look of the last frame to the next one's."""
        shot = self.state
        assert shot.held is not None
        assert shot.last is not None
        if torch.equal(look, now.look) and torch.equal(look, shot.last.look):
            return
        may = not exactly and not torch.equal(look, now.look) and shot.expected < MOST
        moments = _expected(shot.earlier, shot.last, look) if may else None
        shot.expected += 1
        if moments is None:
            assert shot.rgb is not None
            moments = self._backend.measure(shot.rgb, look, surface)[1]
            shot.earlier, shot.last, shot.expected = shot.last, Measured(look, moments), 0
        shot.held = _moved(shot.held, now.moments, moments)
        shot.recent = [_moved(m, now.moments, moments) for m in shot.recent]
        shot.now = Measured(look, moments)


def _expected(earlier: Measured | None, last: Measured, look: Tensor) -> Tensor | None:
    """The statistics of a look straight ahead: means go on by sums, variances by ratios."""
    if earlier is None:
        return None
    step, further = last.look - earlier.look, look - last.look
    times = float((step * further).sum() / step.square().sum().clamp(min=1e-12))
    aside = (further - times * step).norm() / step.norm().clamp(min=1e-12)
    if not -ASIDE <= times <= AHEAD + ASIDE or aside > ASIDE:
        return None
    mean = last.moments[:, 0] + times * (last.moments[:, 0] - earlier.moments[:, 0])
    ratio = last.moments[:, 1] / earlier.moments[:, 1].clamp(min=1e-12)
    return torch.stack([mean, last.moments[:, 1] * ratio**times], dim=1)


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
