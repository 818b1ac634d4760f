"""Commands of playing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from viewer.clock import Span, next_speed, timecode
from viewer.desktop.controls import Controls
from viewer.desktop.host import Commands, Host, States
from viewer.session import Session

REFRESH = 0.1  # seconds between two timecodes while playing; each costs a redrawing of the bar


class Playback:
    """Play, seek, step, speed, loop.

    `marks` gives the times of the keyframes, which stand on the seek bar.
    """

    def __init__(
        self, host: Host, session: Session, controls: Controls, marks: Callable[[], Sequence[float]]
    ) -> None:
        self._host, self._session, self._player = host, session, session.player
        self._controls, self._marks = controls, marks
        self._told = ""
        self._shown_at = -inf
        self.commands: Commands = {
            "toggle_play": self.toggle_play,
            "seek": self.seek,
            "seek_by": lambda seconds: self.seek(self._player.position + float(seconds)),
            "seek_to_start": lambda: self.seek(0.0),
            "seek_to_end": lambda: self.seek(inf),
            "step": lambda frames: self._player.step(int(frames)),
            "change_speed": self.change_speed,
            "toggle_loop": self.toggle_loop,
            "set_in": self.set_in,
            "set_out": self.set_out,
            "clear_span": self.clear_span,
        }
        self.states: States = {"toggle_loop": lambda: self._player.loop}

    def resume(self) -> str:
        """Go where the film was left; a word about it, if so."""
        position = self._host.memory.position(self._session.film.path)
        if not position:
            return ""
        self._player.seek(position)
        return f"resumed at {timecode(position)}; Home for the start"

    def remember(self) -> None:
        """Keep where the film is left."""
        player = self._player
        self._host.memory.left(self._session.film.path, player.position, player.clock.duration)

    def follow(self, now: float) -> None:
        """Show where the film is; say once what went wrong with it."""
        player, shown = self._player, self._player.current.a
        if player.sound is not None:
            player.sound.volume, player.sound.muted = self._controls.loudness, self._controls.muted
        if player.playing and now - self._shown_at < REFRESH:
            return
        self._shown_at = now
        self._controls.tell(
            float(shown.pts) if not player.playing else player.position,
            player.clock.duration,
            shown.index,
            player.span,
            self._marks(),
            player.clock.speed,
            player.playing,
        )
        if player.message and player.message != self._told:
            self._told = player.message
            self._host.tell(player.message, stays=True)

    def toggle_play(self) -> None:
        self._player.toggle()
        self._host.wake_controls()

    def seek(self, position: float) -> None:
        self._player.seek(position)
        self._host.wake_controls()

    def change_speed(self, way: str) -> None:
        self._player.set_speed(next_speed(self._player.clock.speed, int(way)))
        self._host.tell(f"speed ×{self._player.clock.speed:g}")

    def toggle_loop(self) -> None:
        self._player.loop = not self._player.loop
        self._host.tell("loop on" if self._player.loop else "loop off")

    def set_in(self) -> None:
        span = self._player.span.with_start(float(self._player.current.a.pts))
        self._player.span = span
        self._host.tell(f"in point {timecode(span.start)}")

    def set_out(self) -> None:
        rate = self._player.film.rate
        frame = 1 / float(rate) if rate else 0.0
        span = self._player.span.with_end(float(self._player.current.a.pts) + frame)
        self._player.span = span
        self._host.tell(f"out point {timecode(span.end or 0.0)}")

    def clear_span(self) -> None:
        self._player.span = Span()
        self._host.tell("the whole film")
