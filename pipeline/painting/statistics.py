"""The statistics of a shot: measured over its first frames, held, and followed slowly.

Instance normalisation that is measured anew on every frame makes the tone of the whole picture
jump with whatever enters it. Held, a place keeps its colours while things elsewhere come and go,
and the net is plain convolutions.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.backends import Backend
from pipeline.nets.surface import Surface

PACE = 48  # frames between two measurements, once the shot has been seen for as long
RECENT = 4  # measurements whose mean is what the shot looks like now
APPROACH = 1 / 8  # share of the way towards it that the statistics go with each frame


@dataclass(frozen=True)
class Measured:
    """A frame that was measured, the look it was painted with, and what was found."""

    rgb: Tensor
    look: Tensor
    moments: Tensor


class ShotStatistics:
    """Paints the frames of a shot, in order, with statistics that only ever change slowly.

    They belong to a look. While that changes, the frame measured last is measured again with each
    new one, and all that is held moves by what that shows: the look changes, the shot does not.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.begin_shot()

    def begin_shot(self) -> None:
        """Forget what was measured: the next frame belongs to another shot."""
        self._frame = 0
        self._recent: deque[Tensor] = deque(maxlen=RECENT)
        self._held: Tensor | None = None
        self._last: Measured | None = None

    def paint(self, rgb: Tensor, look: Tensor, surface: Surface) -> Tensor:
        """(N, 3, H, W) in [0, 1] -> painted; the first frame of a shot by its own statistics."""
        if self._last and not torch.equal(look, self._last.look):
            self._change_look(self._last, look, surface)
        painted = None
        if _is_measured(self._frame):
            painted, moments = self._backend.measure(rgb, look, surface)
            self._recent.append(moments)
            self._last = Measured(rgb, look, moments)
        self._frame += 1
        if self._held is None:
            self._held = self._recent[-1]
            assert painted is not None
            return painted
        target = torch.stack(list(self._recent)).mean(0)
        self._held = self._held.lerp(target, APPROACH)
        return self._backend(rgb, look, surface, self._held)

    def _change_look(self, last: Measured, look: Tensor, surface: Surface) -> None:
        _, moments = self._backend.measure(last.rgb, look, surface)
        assert self._held is not None
        self._held = _moved(self._held, last.moments, moments)
        self._recent = deque([_moved(m, last.moments, moments) for m in self._recent], RECENT)
        self._last = Measured(last.rgb, look, moments)


def _moved(held: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """(N, 2, K), moved as one measurement did: means by sums, variances by ratios."""
    mean = held[:, 0] + after[:, 0] - before[:, 0]
    variance = held[:, 1] * after[:, 1] / before[:, 1].clamp(min=1e-12)
    return torch.stack([mean, variance], dim=1)


def _is_measured(frame: int) -> bool:
    """Frames 0, 1, 2, 4, 8, 16, 32, then every `PACE`th: measuring costs a second pass."""
    if frame < PACE:
        return frame & (frame - 1) == 0
    return frame % PACE == 0
