"""Commands of playing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from viewer.clock import next_speed, timecode
from viewer.session import Session

if TYPE_CHECKING:
    from viewer.desktop.window import Window

VOLUME_STEP = 5  # of 100
REFRESH = 0.1  # seconds between two timecodes while playing; each costs a redrawing of the bar


class Playback:
    """Play, seek, step, speed, loop, sound."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._muted = False
        self._told = ""
        self._shown_at = 0.0

    def begin(self, session: Session) -> None:
        self._told = ""
        self._apply_sound(session)

    def resume(self, session: Session) -> str:
        """Go where the film was left; a word about it, if so."""
        position = self._window.memory.position(session.film.path)
        if not position:
            return ""
        session.player.seek(position)
        return f"resumed at {timecode(position)}; Home for the start"

    def remember(self, session: Session) -> None:
        player = session.player
        self._window.memory.left(session.film.path, player.position, player.clock.duration)

    def follow(self, session: Session) -> None:
        """Show where the film is; say once what went wrong with it."""
        player, shown = session.player, session.player.current.a
        now = time.monotonic()
        if player.playing and now - self._shown_at < REFRESH:
            return
        self._shown_at = now
        self._window.controls.tell(
            float(shown.pts) if not player.playing else player.position,
            player.clock.duration,
            shown.index,
            player.span,
            self._window.travel.times,
            player.clock.speed,
            player.playing,
        )
        if player.message and player.message != self._told:
            self._told = player.message
            self._window.tell(player.message, stays=True)

    def holds(self, name: str) -> bool:
        session = self._window.session
        if name == "toggle_mute":
            return self._muted
        return name == "toggle_loop" and session is not None and session.player.loop

    def toggle_play(self) -> None:
        if self._window.session is not None:
            self._window.session.player.toggle()
            self._window.wake_controls()

    def seek(self, position: float) -> None:
        if self._window.session is not None:
            self._window.session.player.seek(position)
            self._window.wake_controls()

    def seek_by(self, seconds: str) -> None:
        if self._window.session is not None:
            self.seek(self._window.session.player.position + float(seconds))

    def seek_to_start(self) -> None:
        self.seek(0.0)

    def seek_to_end(self) -> None:
        self.seek(float("inf"))

    def step(self, frames: str | int) -> None:
        if self._window.session is not None:
            self._window.session.player.step(int(frames))

    def change_speed(self, way: str) -> None:
        if self._window.session is not None:
            player = self._window.session.player
            player.set_speed(next_speed(player.clock.speed, int(way)))
            self._window.tell(f"speed ×{player.clock.speed:g}")

    def toggle_loop(self) -> None:
        if self._window.session is not None:
            player = self._window.session.player
            player.loop = not player.loop
            self._window.tell("loop on" if player.loop else "loop off")

    def set_in(self) -> None:
        if self._window.session is not None:
            player = self._window.session.player
            player.span = player.span.with_start(float(player.current.a.pts))
            self._window.tell(f"in point {timecode(player.span.start)}")

    def set_out(self) -> None:
        if self._window.session is not None:
            player = self._window.session.player
            frame = 1 / float(player.film.rate) if player.film.rate else 0.0
            player.span = player.span.with_end(float(player.current.a.pts) + frame)
            self._window.tell(f"out point {timecode(player.span.end or 0.0)}")

    def clear_span(self) -> None:
        if self._window.session is not None:
            self._window.session.player.span = type(self._window.session.player.span)()
            self._window.tell("the whole film")

    def toggle_mute(self) -> None:
        self._muted = not self._muted
        self._window.tell("muted" if self._muted else "sound on")
        self.set_volume(self._window.memory.volume)

    def change_volume(self, way: str) -> None:
        slider = self._window.controls.volume
        slider.setValue(slider.value() + int(way) * VOLUME_STEP)
        self._window.tell(f"volume {slider.value()} %")

    def set_volume(self, volume: float) -> None:
        self._window.memory.volume = volume
        if self._window.session is not None:
            self._apply_sound(self._window.session)

    def _apply_sound(self, session: Session) -> None:
        sound = session.player.sound
        if sound is not None:
            sound.volume, sound.muted = self._window.memory.volume, self._muted
