"""A film that is open in the window, and the parts that act on it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from viewer.desktop.canvas import MASK
from viewer.desktop.controls import Controls
from viewer.desktop.exporting import Exporting
from viewer.desktop.host import Commands, Follower, Host, Part, States
from viewer.desktop.judging import Judging
from viewer.desktop.levelling import Levelling
from viewer.desktop.masking import Masking
from viewer.desktop.opening import close_aside
from viewer.desktop.overlays import Label, Sides
from viewer.desktop.panels import LevelPanel, StylePanel
from viewer.desktop.playback import Playback
from viewer.desktop.relaying import Relaying
from viewer.desktop.saving import Saving
from viewer.desktop.timing import Timing
from viewer.desktop.travel import Travel
from viewer.film import light_note
from viewer.session import Session


@dataclass(frozen=True)
class Widgets:
    """What lies over and beside the picture; it outlasts the films."""

    controls: Controls
    sides: Sides
    facts: Label
    styles: StylePanel
    level: LevelPanel


class OpenFilm:
    """Made when a film opens, gone with it: here nobody asks whether there is one.

    Attributes:
        commands, states: of all parts; no name stands for two things.
    """

    def __init__(
        self, host: Host, session: Session, widgets: Widgets, exporting: Exporting
    ) -> None:
        self.session, self._host = session, host
        self.travel = Travel(host, session, exporting)
        self.playback = Playback(host, session, widgets.controls, lambda: self.travel.times)
        self.judging = Judging(host, session, widgets.styles, widgets.sides)
        self.levelling = Levelling(host, session, widgets.level)
        self.timing = Timing(host, session, widgets.facts)
        self.masking = Masking(host, session)
        self.parts: tuple[Part, ...] = (
            self.travel,
            self.playback,
            self.judging,
            self.levelling,
            self.timing,
            Relaying(host, session),
            Saving(host, session),
            self.masking,
        )
        self._followers: tuple[Follower, ...] = (
            self.travel,
            self.playback,
            self.judging,
            self.timing,
            self.masking,
        )
        self.commands: Commands = {k: v for part in self.parts for k, v in part.commands.items()}
        self.states: States = {k: v for part in self.parts for k, v in part.states.items()}
        widgets.controls.bar.thumbnail = session.thumbnails.at
        session.refresh(host.canvas)

    def follow(self, now: float) -> None:
        """Bring everything up to date."""
        canvas, sound = self._host.canvas, self.session.player.sound
        if sound is not None and sound.field is not None:
            sound.face(canvas.look.to_picture)
        if not canvas.waiting and self.session.tick(canvas):
            self.timing.shown()
        for part in self._followers:
            part.follow(now)

    def words(self) -> str:
        """What there is to say about a film that has just been opened."""
        film, sound = self.session.film, self.session.player.sound
        silent = sound.silent or str(sound.field or "") if sound else ""
        told = film.reason, *film.notes, light_note(film), self.playback.resume(), silent
        return "\n".join(filter(None, told))

    def close(self) -> threading.Thread:
        """Let go of the film; the thread that closes its files."""
        self.playback.remember()
        for slot in ("film", "original", "painted", "heat", MASK):
            self._host.canvas.forget(slot)
        self._host.canvas.brush = None
        self._host.canvas.slots, self._host.canvas.overlay = [], None
        return close_aside(self.session)
