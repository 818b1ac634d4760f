"""Adaptive resolution while a film plays on a slow machine. Pure: callers give the time."""

from __future__ import annotations

from dataclasses import dataclass

LATE = 0.045  # seconds after its time; later pictures are about to be dropped
COARSER = 0.7
COARSEST = 0.35
CALM = 10.0  # seconds without late pictures before the scale rises by a step


@dataclass
class Pace:
    """Share of the window's width that is drawn, then enlarged to fit.

    It starts at 1. It falls when pictures come later each time, or when some are dropped. One
    stall does not count: lateness shrinks again after it. After `CALM` seconds without late
    pictures the scale rises by a step. If it has to fall again, the next wait is twice as long, so
    the picture does not pump. While the film is paused the scale is 1, so a still is always sharp.
    """

    scale: float = 1.0
    _before: float = 0.0
    _worse: int = 0
    _calm: float = CALM
    _troubled: float | None = None
    _raised: bool = False

    def stand(self) -> float:
        """The film is paused."""
        self.scale, self._before, self._worse = 1.0, 0.0, 0
        self._calm, self._troubled, self._raised = CALM, None, False
        return self.scale

    def shown(self, now: float, late: float, dropped: int = 0) -> float:
        """The scale from now on.

        A picture came to the screen `late` seconds after its time; `dropped` before it never did.
        """
        worse = late > max(LATE, self._before) or dropped > 0
        self._worse, self._before = self._worse + 1 if worse else 0, late
        if self._troubled is None or late > LATE or dropped:
            self._troubled = now
        if self._worse >= 2 and self.scale > COARSEST:
            self.scale, self._worse = max(self.scale * COARSER, COARSEST), 0
            self._calm *= 2 if self._raised else 1
            self._raised = False
        elif self.scale < 1.0 and now - self._troubled > self._calm:
            self.scale, self._troubled = min(self.scale / COARSER, 1.0), now
            self._raised = True
        return self.scale
