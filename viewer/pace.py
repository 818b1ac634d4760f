"""How finely to draw while playing, on machines that cannot keep up. Pure: time is handed in."""

from __future__ import annotations

from dataclasses import dataclass

LATE = 0.045  # seconds after its moment: a picture this late is on the way to being dropped
COARSER = 0.7
COARSEST = 0.35
CALM = 10.0  # seconds without late pictures before drawing finer is tried again


@dataclass
class Pace:
    """Share of the window's width that is drawn, then enlarged to fit.

    Starts at 1. It goes down when pictures come later and later, best before any is dropped, or
    are dropped again and again; one hold-up, after which lateness shrinks again, does not count.
    After a calm while it is raised by a step, and each time that proves wrong the next while is
    twice as long, so that the picture does not pump. It is 1 when the film stands: what is looked
    at is always sharp.
    """

    scale: float = 1.0
    _before: float = 0.0
    _worse: int = 0
    _calm: float = CALM
    _troubled: float | None = None
    _raised: bool = False

    def stand(self) -> float:
        """The film stands."""
        self.scale, self._before, self._worse = 1.0, 0.0, 0
        self._calm, self._troubled, self._raised = CALM, None, False
        return self.scale

    def shown(self, now: float, late: float, dropped: int = 0) -> float:
        """The scale from now on.

        A picture came to the screen `late` seconds after its moment, and `dropped` before it never.
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
