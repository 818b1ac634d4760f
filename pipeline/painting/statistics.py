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
from pipeline.nets.surface import Surface

INTERVAL = 48  # frames between two measurements, after as many frames of the shot
RECENT = 4  # measurements whose mean is the target of the EMA
DECAY = 1 / 8  # weight of the target in the EMA, a frame


@dataclass(frozen=True)
class Measured:
    """A frame that was measured.

    Attributes:
        rgb: (N, 3, H, W).
        look: (1, K) that it was painted with.
        moments: (N, 2, K') that were found.
    """

    rgb: Tensor
    look: Tensor
    moments: Tensor


@dataclass
class ShotState:
    """The state of the statistics of a shot.

    Attributes:
        frame: frames so far.
        recent: (N, 2, K) each, the last measurements.
        held: (N, 2, K), the EMA: means and variances that the next frame is painted with.
        last: the frame measured last, where the look may change; see `ShotStatistics`.
    """

    frame: int = 0
    recent: list[Tensor] = field(default_factory=list)
    held: Tensor | None = None
    last: Measured | None = None


class ShotStatistics:
    """Paints the frames of a shot, in order, with statistics smoothed over time.

    held(t) = held(t-1) + DECAY * (target - held(t-1)); target is the mean of the last measurements.

    Statistics depend on the look. While that changes, the frame measured last is measured again
    with each new look, and the held statistics move by the difference: the look changes, the shot
    does not.

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

    def paint(self, rgb: Tensor, look: Tensor, surface: Surface, elapsed: int = 1) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> painted; the first frame of a shot by its own statistics.

        Args:
            elapsed: frames since the one painted before.
        """
        shot, painted = self.state, None
        if shot.last and not torch.equal(look, shot.last.look):
            self._change_look(shot.last, look, surface)
        skipped = 0 if shot.held is None else elapsed - 1
        shot.frame += skipped
        if any(_is_measured(frame) for frame in range(shot.frame - skipped, shot.frame + 1)):
            painted, moments = self._backend.measure(rgb, look, surface)
            shot.recent = [*shot.recent, moments][-RECENT:]
            shot.last = Measured(rgb, look, moments) if self._changing else None
        shot.frame += 1
        if shot.held is None:
            shot.held = shot.recent[-1]
            assert painted is not None
            return painted
        target = torch.stack(shot.recent).mean(0)
        shot.held = shot.held.lerp(target, 1 - (1 - DECAY) ** elapsed)
        return self._backend(rgb, look, surface, shot.held)

    def _change_look(self, last: Measured, look: Tensor, surface: Surface) -> None:
        before = last.moments
        _, after = self._backend.measure(last.rgb, look, surface)
        shot = self.state
        assert shot.held is not None
        shot.held = _moved(shot.held, before, after)
        shot.recent = [_moved(m, before, after) for m in shot.recent]
        shot.last = Measured(last.rgb, look, after)


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
