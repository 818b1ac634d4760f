"""How late pictures come to the screen, how finely to draw for that, and the facts about it."""

from __future__ import annotations

from collections import deque
from statistics import median

from viewer.desktop.host import Commands, Host, States
from viewer.desktop.overlays import Label
from viewer.pace import Pace
from viewer.session import Session


class Timing:
    """Watches the way from the clock to the screen.

    Attributes:
        latencies: seconds from a frame's time to its being on the screen, the newest few hundred.
    """

    def __init__(self, host: Host, session: Session, facts: Label) -> None:
        self._host, self._session, self._facts = host, session, facts
        self.latencies: deque[float] = deque(maxlen=600)
        self._pace, self._dropped_before = Pace(), 0
        self._undrawn: float | None = None
        self.commands: Commands = {"toggle_facts": self.toggle_facts}
        self.states: States = {"toggle_facts": facts.isVisible}
        host.canvas.skipped = 0

    @property
    def dropped(self) -> int:
        """Pictures that never came to the screen."""
        return self._host.canvas.skipped + self._session.player.counters.dropped

    @property
    def latency_ms(self) -> float:
        """Median time from a frame's moment to its being on the screen."""
        return 1000 * median(self.latencies) if self.latencies else 0.0

    def shown(self) -> None:
        """A new picture was handed to the canvas."""
        player = self._session.player
        if player.clock.playing:
            self._undrawn = float(player.current.a.pts)

    def drawn(self, now: float) -> None:
        """What the canvas was handed last is on the screen."""
        if self._undrawn is None:
            return
        clock = self._session.player.clock
        late, self._undrawn = (clock.position(now) - self._undrawn) / clock.speed, None
        if clock.playing:
            self.latencies.append(late)
            dropped = self.dropped
            self._draw_at(self._pace.shown(now, late, dropped - self._dropped_before))
            self._dropped_before = dropped

    def follow(self, now: float) -> None:
        if not self._session.player.clock.playing:
            self._draw_at(self._pace.stand())
        if self._facts.isVisible():
            self._facts.say(self._words())

    def toggle_facts(self) -> None:
        self._facts.say("" if self._facts.isVisible() else self._words())

    def _draw_at(self, scale: float) -> None:
        canvas = self._host.canvas
        if scale != canvas.scale:
            canvas.scale = scale
            if scale == 1.0:
                canvas.update()  # while playing, the next picture is drawn so anyway

    def _words(self) -> str:
        film, counters = self._session.film, self._session.player.counters
        layout, canvas = self._session.layout, self._host.canvas
        rows = [
            film.reason,
            *film.notes,
            f"{film.width} x {film.height}, {float(film.rate):.3f} fps, "
            f"{film.codec} {film.pixel_format} {film.colour.matrix}",
            f"shown as {layout.projection}, {layout.stereo}",
            f"{counters.shown} frames shown, {self.dropped} dropped, "
            f"{counters.waits} waits for the decoder",
            f"clock to frame {self.latency_ms:.0f} ms",
            f"drawn by {canvas.device}, at {canvas.scale:.0%} of the pixels' width",
        ]
        return "\n".join(rows)
