"""How finely to draw while playing, on machines that cannot keep up. Pure: time is handed in."""

from __future__ import annotations

from dataclasses import dataclass

EVERY = 0.7  # seconds of playing between two decisions
BEARABLE = 0.03  # share of pictures dropped
COARSER = 0.7
COARSEST = 0.35


@dataclass
class Pace:
    """Share of the window's width that is drawn, then enlarged to fit.

    Starts at 1. It goes down while pictures are dropped, stays while playing, so that the picture
    does not pump, and is 1 again when the film stands: what is looked at is always sharp.
    """

    scale: float = 1.0
    _since: float | None = None
    _shown: int = 0
    _dropped: int = 0

    def decide(self, now: float, playing: bool, shown: int, dropped: int) -> float:
        """The scale from now on, given what was shown and dropped since the film was opened."""
        if not playing:
            self.scale, self._since = 1.0, None
        elif self._since is None:
            self._mark(now, shown, dropped)
        elif now - self._since >= EVERY:
            lost, seen = dropped - self._dropped, shown - self._shown
            if lost > BEARABLE * (seen + lost):
                self.scale = max(self.scale * COARSER, COARSEST)
            self._mark(now, shown, dropped)
        return self.scale

    def _mark(self, now: float, shown: int, dropped: int) -> None:
        self._since, self._shown, self._dropped = now, shown, dropped
