"""Writing a flat film in a thread, which outlasts the film that is open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from viewer.clock import Span
from viewer.desktop.host import Host
from viewer.export import SIZE, Flat, export_journey
from viewer.journey import Journey
from viewer.live import reason_of
from viewer.session import Session
from vr360.errors import Vr360Error

log = logging.getLogger(__name__)


class StoppedError(Vr360Error):
    """The export was stopped by the user."""


class Export:
    """A flat film being written.

    Attributes:
        done: share written, 0..1.
        result: what to tell when it has ended, or an empty text.
    """

    def __init__(self, session: Session, journey: Journey, out: Path, flat: Flat) -> None:
        self.done = 0.0
        self.result = ""
        self._stop = threading.Event()
        work = session, journey, out, flat, session.player.span
        self._thread = threading.Thread(target=self._write, args=work, name="export", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _write(self, session: Session, journey: Journey, out: Path, flat: Flat, span: Span) -> None:
        try:
            count = export_journey(session.film, journey, out, flat, span, True, self._progress)
            self.result = f"exported {count} frames to {out}"
        except Vr360Error as error:
            self.result = str(error)
        except Exception as error:  # graphics drivers and codecs raise what they like
            log.debug("export to %s", out, exc_info=True)
            self.result = f"the export to {out} failed: {reason_of(error)}"

    def _progress(self, times: Iterable[Fraction], total: int) -> Iterator[Fraction]:
        for number, time in enumerate(times):
            if self._stop.is_set():
                raise StoppedError("the export was stopped; nothing was written")
            self.done = number / total
            yield time


class Exporting:
    """The export of this window: one at a time.

    Attributes:
        export: what is being written, or None.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.export: Export | None = None
        self._told = ""

    def begin(self, session: Session, journey: Journey, out: Path) -> None:
        canvas = self._host.canvas
        flat = Flat(SIZE, canvas.eyes, session.layout, canvas.orientation)
        self.export = Export(session, journey, out, flat)

    def stop(self) -> None:
        if self.export is not None:
            self.export.stop()

    def follow(self) -> None:
        """Say how far it is, and what came of it."""
        if self.export is None:
            return
        if not self.export.running:
            self._host.tell(self.export.result, stays=True)
            self.export = None
            return
        words = f"exporting {self.export.done:.0%}; Ctrl+E stops"
        if words != self._told:
            self._told = words
            self._host.tell(words)
