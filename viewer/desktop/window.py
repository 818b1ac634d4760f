"""The main window: what is open, and the widgets around it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow

from viewer.clock import timecode
from viewer.desktop.canvas import Canvas
from viewer.desktop.controls import Controls
from viewer.desktop.judging import Judging
from viewer.desktop.looking import Looking
from viewer.desktop.memory import Memory
from viewer.desktop.menus import Menus
from viewer.desktop.opening import Opening, close_aside
from viewer.desktop.overlays import Help, Label, Message, WipeHandle
from viewer.desktop.playback import Playback
from viewer.desktop.travel import Travel
from viewer.film import Reading
from viewer.live import Catalogue
from viewer.pace import Pace
from viewer.picture import picture_to_rgb
from viewer.screenshot import save_still
from viewer.session import Session
from vr360.errors import Vr360Error
from vr360.frame import Rgb

TICK_MS = 4
WARM_UP_MS = 100  # after opening: when the first picture is on the screen
CLOSING = 2.0  # seconds that leaving may take; a disk that hangs is left to itself
HIDE_AFTER = 2.5  # seconds without mouse while playing
FILTER = "Films and stills (*.mp4 *.mov *.mkv *.webm *.m4v *.ts *.avi *.jpg *.jpeg *.png);;All (*)"


class Window(QMainWindow):
    """One film and what is done with it.

    Attributes:
        session: what is open, or None.
        opening: what is being opened, or None.
        latencies: seconds from a frame's time to its being on the screen, the newest few hundred.
    """

    def __init__(self, catalogue: Catalogue | None = None, memory: Memory | None = None) -> None:
        super().__init__()
        self.session: Session | None = None
        self.opening: Opening | None = None
        self._closing: threading.Thread | None = None
        self.catalogue = catalogue
        self.memory = memory or Memory()
        self.latencies: deque[float] = deque(maxlen=600)
        self._undrawn: float | None = None
        self._pace, self._dropped_before = Pace(), 0
        self._last_tick = self._last_move = time.monotonic()
        self.setWindowTitle("vr360")
        self.resize(1280, 760)
        self.canvas = Canvas(self)
        self.setCentralWidget(self.canvas)
        self._lay_over()
        self.playback, self.looking = Playback(self), Looking(self)
        self.judging, self.travel = Judging(self), Travel(self)
        self.menus = Menus(self, self.do)
        self.show_recent()
        self._connect()
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self.show_state()

    def _lay_over(self) -> None:
        self.wipe = WipeHandle(self.canvas)
        self.label_a, self.label_b = Label(self.canvas), Label(self.canvas)
        self.facts = Label(self.canvas)
        self.help = Help(self.canvas)
        self.controls = Controls(self.canvas)
        self.message = Message(self.canvas)
        self.hint = Label(self.canvas)
        self.hint.say("Drop a 360° film here, or press Ctrl+O")

    def _connect(self) -> None:
        self.canvas.dropped.connect(self.open)
        self.canvas.failed.connect(lambda reason: self.tell(reason, stays=True))
        self.canvas.double_clicked.connect(self.toggle_full_screen)
        self.canvas.moved.connect(self.wake_controls)
        self.canvas.frameSwapped.connect(self._note_latency)
        self.canvas.installEventFilter(self)
        self.wipe.dragged.connect(self.judging.set_wipe)
        self.controls.toggled.connect(self.playback.toggle_play)
        self.controls.stepped.connect(self.playback.step)
        self.controls.bar.sought.connect(self.playback.seek)
        self.controls.volume.setValue(round(self.memory.volume * 100))
        self.controls.volume_changed.connect(self.playback.set_volume)

    def do(self, name: str) -> None:
        """Carry out a command of the table, and show what it changed."""
        method, _, value = name.partition(":")
        owners = (self, self.playback, self.looking, self.judging, self.travel)
        owner = next(o for o in owners if hasattr(type(o), method))
        action = getattr(owner, method)
        try:
            action(value) if value else action()
        except Vr360Error as error:
            self.tell(str(error), stays=True)
        self.show_state()

    def tell(self, text: str, stays: bool = False) -> None:
        """Say what happened; that nothing can be drawn outranks all else."""
        failure = self.canvas.failure
        self.message.tell(failure or text, stays or bool(failure))

    def open(
        self,
        path: Path,
        compare: Path | None = None,
        reading: Reading | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Begin to open a film; what is open stays until it is there, and if it does not open."""
        if self.opening is not None:
            self.opening.cancel()
        make = partial(Session, path, compare, reading, self.catalogue)
        self.opening = Opening(path, make, then)
        self.tell(f"opening {path.name} …", stays=True)

    def _watch_opening(self, opening: Opening) -> None:
        if not opening.done:
            return
        self.opening = None
        session = opening.take()
        if session is None:
            self.tell(opening.failure, stays=True)
            return
        self.close_film()
        self.session = session
        self.hint.say("")
        self.setWindowTitle(f"{opening.path.name} - vr360")
        self.canvas.skipped, self._dropped_before, self._pace = 0, 0, Pace()
        self.latencies.clear()
        self._begin(session)
        if opening.then is not None:
            opening.then()

    def _begin(self, session: Session) -> None:
        self.memory.opened(session.film.path)
        self.show_recent()
        self.controls.bar.thumbnail = session.thumbnails.at
        self.playback.begin(session)
        self.looking.begin(session)
        self.judging.begin(session)
        self.travel.begin()
        session.refresh(self.canvas)
        notes = "\n".join((session.film.reason, *session.notes))
        silent = session.player.sound.silent if session.player.sound else ""
        self.tell("\n".join(filter(None, (notes, self.playback.resume(session), silent))))
        self.wake_controls()
        self.show_state()
        QTimer.singleShot(WARM_UP_MS, self.canvas.warm_up)

    def close_film(self) -> None:
        if self.session is not None:
            self.playback.remember(self.session)
            self._closing = close_aside(self.session)
            self.session = None
        for slot in ("film", "original", "painted", "heat"):
            self.canvas.forget(slot)
        self.canvas.slots = []

    def tick(self) -> None:
        """Bring the window up to date; called a few hundred times a second."""
        now = time.monotonic()
        self.canvas.glide_on(now - self._last_tick)
        self._last_tick = now
        if self.opening is not None:
            self._watch_opening(self.opening)
        if self.session is None:
            return
        due = not self.canvas.waiting and self.session.tick(self.canvas)
        if due and self.session.player.clock.playing:
            self._undrawn = float(self.session.player.current.a.pts)
        self.playback.follow(self.session)
        self.judging.follow(self.session)
        self.travel.follow(self.session)
        self._hide_controls(now)
        if not self.session.player.clock.playing:
            self._draw_at(self._pace.stand())
        if self.facts.isVisible():
            self.facts.say(self._facts(self.session))

    def _draw_at(self, scale: float) -> None:
        if scale != self.canvas.scale:
            self.canvas.scale = scale
            if scale == 1.0:
                self.canvas.update()  # while playing, the next picture is drawn so anyway

    def show_state(self) -> None:
        """Menus, labels and places as they now are."""
        self.menus.show_state(self._holds)
        self.judging.show_state()
        self.place()

    def place(self) -> None:
        area = self.canvas.size()
        self.controls.place(area)
        self.message.place(area)
        self.help.place(area)
        self.judging.place(area)
        self.facts.move(12, 52)
        self.hint.move((area.width() - self.hint.width()) // 2, area.height() // 2)

    def _holds(self, name: str) -> bool:
        shown = {
            "toggle_full_screen": self.isFullScreen(),
            "toggle_help": self.help.isVisible(),
            "toggle_facts": self.facts.isVisible(),
        }
        if name in shown:
            return shown[name]
        parts = (self.playback, self.looking, self.judging, self.travel)
        return any(part.holds(name) for part in parts)

    def show_recent(self) -> None:
        self.menus.show_recent(self.memory.recent, self.open_recent)

    def open_recent(self, path: Path) -> None:
        self.open(path)

    # Commands

    def choose_film(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open", filter=FILTER)
        if name:
            self.open(Path(name))

    def choose_original(self) -> None:
        if self.session is None:
            return
        name, _ = QFileDialog.getOpenFileName(self, "Compare with", filter=FILTER)
        if name:
            film, position = self.session.film, self.session.player.position
            reading = Reading(film.projection, film.stereo, self.session.layout.cube)
            self.open(film.path, Path(name), reading, lambda: self.playback.seek(position))

    def save_view(self) -> None:
        """The view, without what lies over it."""
        if self.session is not None:
            self._save(self.canvas.render_image(), "view")

    def save_frame(self) -> None:
        """The whole picture as it is in the file, in R'G'B'."""
        if self.session is not None:
            self._save(picture_to_rgb(self.session.player.current.a), "frame")

    def _save(self, rgb: Rgb, kind: str) -> None:
        assert self.session is not None
        moment = timecode(float(self.session.player.current.a.pts)).replace(":", "-")
        folder = self.memory.screenshots
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.session.film.path.stem}_{kind}_{moment}.png"
        save_still(path, rgb)
        self.tell(f"saved {path}")

    def toggle_full_screen(self) -> None:
        full = not self.isFullScreen()
        self.menuBar().setVisible(not full)
        self.showFullScreen() if full else self.showNormal()
        self.show_state()

    def leave(self) -> None:
        if self.help.isVisible():
            self.help.hide()
        elif self.isFullScreen():
            self.toggle_full_screen()
        elif self.opening is not None:
            self.opening.cancel()
            self.opening = None
        self.message.hide()

    def toggle_help(self) -> None:
        self.help.setVisible(not self.help.isVisible())
        self.help.raise_()

    def toggle_facts(self) -> None:
        if self.session is not None:
            self.facts.say("" if self.facts.isVisible() else self._facts(self.session))

    def _facts(self, session: Session) -> str:
        film, counters = session.film, session.player.counters
        rows = [
            film.reason,
            *session.notes,
            f"{film.width} x {film.height}, {float(film.rate):.3f} fps, "
            f"{film.codec} {film.pixel_format} {film.colour.matrix}",
            f"shown as {session.layout.projection}, {session.layout.stereo}",
            f"{counters.shown} frames shown, {self._dropped} dropped, "
            f"{counters.waits} waits for the decoder",
            f"clock to frame {self.latency_ms:.0f} ms",
            f"drawn by {self.canvas.device}, at {self.canvas.scale:.0%} of the pixels' width",
        ]
        return "\n".join(rows)

    @property
    def _dropped(self) -> int:
        session = self.session
        return self.canvas.skipped + (session.player.counters.dropped if session else 0)

    @property
    def latency_ms(self) -> float:
        """Median time from a frame's moment to its being on the screen."""
        return 1000 * median(self.latencies) if self.latencies else 0.0

    def _note_latency(self) -> None:
        if self._undrawn is not None and self.session is not None:
            clock, now = self.session.player.clock, time.monotonic()
            late = (clock.position(now) - self._undrawn) / clock.speed
            self._undrawn = None
            if clock.playing:
                self.latencies.append(late)
                dropped = self._dropped
                self._draw_at(self._pace.shown(now, late, dropped - self._dropped_before))
                self._dropped_before = dropped

    def wake_controls(self) -> None:
        self._last_move = time.monotonic()
        self.controls.show()
        self.canvas.unsetCursor()

    def _hide_controls(self, now: float) -> None:
        over = self.controls.underMouse() and self.controls.isVisible()
        playing = self.session is not None and self.session.player.playing
        if playing and not over and now - self._last_move > HIDE_AFTER:
            self.controls.hide()
            self.canvas.setCursor(Qt.CursorShape.BlankCursor)
        elif not playing and not self.controls.isVisible():
            self.wake_controls()

    # Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.place()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._timer.stop()
        self.travel.stop()
        if self.opening is not None:
            self.opening.cancel()
        self.close_film()
        if self._closing is not None:
            self._closing.join(timeout=CLOSING)
        self.canvas.release()
        super().closeEvent(event)
