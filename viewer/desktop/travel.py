"""Commands of the view path: keyframes, following it, exporting it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from viewer.clock import timecode
from viewer.export import SIZE, Flat, export_journey
from viewer.journey import Journey, load_journey, save_journey
from viewer.live import reason_of
from viewer.session import Session
from vr360.errors import Vr360Error

if TYPE_CHECKING:
    from viewer.desktop.window import Window

log = logging.getLogger(__name__)

KIND = "View path (*.json)"


class StoppedError(Vr360Error):
    """The export was stopped by the user."""


class Export:
    """A flat film being written in a thread.

    Attributes:
        done: share written, 0..1.
        result: what to tell when it has ended, or an empty text.
    """

    def __init__(self, session: Session, journey: Journey, out: Path, window: Window) -> None:
        self.done = 0.0
        self.result = ""
        self._stop = threading.Event()
        canvas, span = window.canvas, session.player.span
        flat = Flat(SIZE, canvas.eyes, session.layout, canvas.orientation)

        def write() -> None:
            try:
                count = export_journey(session.film, journey, out, flat, span, True, self._progress)
                self.result = f"exported {count} frames to {out}"
            except Vr360Error as error:
                self.result = str(error)
            except Exception as error:  # graphics drivers and codecs raise what they like
                log.debug("export to %s", out, exc_info=True)
                self.result = f"the export to {out} failed: {reason_of(error)}"

        self._thread = threading.Thread(target=write, name="export", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _progress(self, times: Iterable[Fraction], total: int) -> Iterator[Fraction]:
        for number, time in enumerate(times):
            if self._stop.is_set():
                raise StoppedError("the export was stopped; nothing was written")
            self.done = number / total
            yield time


class Travel:
    """The path, and whether the camera follows it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.journey = Journey()
        self.following = False
        self.export: Export | None = None

    @property
    def times(self) -> list[float]:
        """Of the keyframes, seconds."""
        return [k.time for k in self.journey.keyframes]

    def begin(self) -> None:
        self.journey, self.following = Journey(), False

    def follow(self, session: Session) -> None:
        if self.following and self.journey.keyframes and session.player.playing:
            camera = self.journey.camera_at(session.player.position)
            if camera != self._window.canvas.camera:
                self._window.canvas.turn_to(camera)
        if self.export is not None:
            self._watch_export(self.export)

    def holds(self, name: str) -> bool:
        return name == "toggle_travel" and self.following

    def stop(self) -> None:
        if self.export is not None:
            self.export.stop()

    def add_keyframe(self) -> None:
        session = self._window.session
        if session is not None:
            shown = session.player.current.a.pts
            half = 0.5 / float(session.film.rate) if session.film.rate else 0.0
            self.journey = self.journey.with_keyframe(
                float(shown), self._window.canvas.camera, half
            )
            count = len(self.journey.keyframes)
            self._window.tell(f"keyframe {count} at {timecode(float(shown))}")

    def remove_keyframe(self) -> None:
        if self._window.session is not None and self.journey.keyframes:
            self.journey = self.journey.without(self._window.session.player.position)
            self._window.tell(f"{len(self.journey.keyframes)} keyframes left")

    def toggle_travel(self) -> None:
        if not self.journey.keyframes:
            self._window.tell("the view path has no keyframes; set some with K")
            return
        self.following = not self.following
        self._window.tell("following the view path" if self.following else "looking freely")

    def choose_path(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a view path", filter=KIND)
        if name:
            self.open_path(name)

    def open_path(self, name: str) -> None:
        self.journey = load_journey(Path(name))
        self.following = True
        self._window.tell(f"{len(self.journey.keyframes)} keyframes; J looks freely again")

    def save_path(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save the view path", "path.json", filter=KIND
        )
        if name:
            save_journey(Path(name), self.journey)
            self._window.tell(f"saved {name}")

    def export_path(self) -> None:
        session = self._window.session
        if session is None:
            return
        if self.export is not None:
            self.export.stop()
            return
        if not self.journey.keyframes:
            self._window.tell("the view path has no keyframes; set some with K")
            return
        usual = session.film.path.with_name(session.film.path.stem + "_flat.mp4")
        name, _ = QFileDialog.getSaveFileName(self._window, "Export as a flat film", str(usual))
        if name:
            session.player.pause()
            self.export = Export(session, self.journey, Path(name), self._window)

    def _watch_export(self, export: Export) -> None:
        if export.running:
            words = f"exporting {export.done:.0%}; Ctrl+E stops"
            if words != self._window.message.text():
                self._window.tell(words)
        else:
            self._window.tell(export.result, stays=True)
            self.export = None
