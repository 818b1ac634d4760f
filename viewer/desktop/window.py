"""The main window: what is open, and the widgets around it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow

from viewer.desktop.canvas import Canvas
from viewer.desktop.commands import NAMES
from viewer.desktop.controls import Controls
from viewer.desktop.exporting import Exporting
from viewer.desktop.host import Commands, States
from viewer.desktop.looking import Looking
from viewer.desktop.memory import Memory
from viewer.desktop.menus import Menus
from viewer.desktop.open_film import OpenFilm, Widgets
from viewer.desktop.opening import Opening, close_aside
from viewer.desktop.overlays import Help, Label, Message, Sides
from viewer.desktop.panels import LevelPanel, StylePanel
from viewer.desktop.saving import FILTER
from viewer.film import Reading
from viewer.live import Catalogue
from viewer.painted_mask import Carry
from viewer.session import Session
from vr360.errors import Vr360Error

TICK_MS = 4
WARM_UP_MS = 100  # after opening: when the first picture is on the screen
CLOSING = 2.0  # seconds that leaving may take; a disk that hangs is left to itself
HIDE_AFTER = 2.5  # seconds without mouse while playing
VOLUME_STEP = 5  # of 100


class Window(QMainWindow):
    """One film and what is done with it. To its parts it is a `Host`.

    Attributes:
        film: what is open, or None.
        opening: what is being opened, or None.
        carry: what follows a mask, or None.
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        memory: Memory | None = None,
        carry: Carry | None = None,
    ) -> None:
        super().__init__()
        self.film: OpenFilm | None = None
        self.opening: Opening | None = None
        self._closing: threading.Thread | None = None
        self.catalogue = catalogue
        self.memory = memory or Memory()
        self.carry = carry
        self._last_tick = self._last_move = time.monotonic()
        self.setWindowTitle("vr360")
        self.resize(1280, 760)
        self.canvas = Canvas(self)
        self.setCentralWidget(self.canvas)
        self._lay_over()
        self._dock()
        self.looking, self.exporting = Looking(self), Exporting(self)
        self._commands = self._own_commands() | dict(self.looking.commands)
        self._states = self._own_states() | dict(self.looking.states)
        self.menus = Menus(self, self.do)
        self.show_recent()
        self._connect()
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self.show_state()

    def _lay_over(self) -> None:
        self.sides = Sides(self.canvas)
        self.facts = Label(self.canvas)
        self.help = Help(self.canvas)
        self.controls = Controls(self.canvas)
        self.controls.volume.setValue(round(self.memory.volume * 100))
        self.message = Message(self.canvas)
        self.hint = Label(self.canvas)
        self.hint.say("Drop a 360° film here, or press Ctrl+O")

    def _dock(self) -> None:
        entries = self.catalogue.entries() if self.catalogue is not None else []
        self.styles, self.level = StylePanel(entries, 1.0, self), LevelPanel(self)
        for panel in (self.styles, self.level):
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, panel)
            panel.hide()

    def _connect(self) -> None:
        self.canvas.dropped.connect(self.open)
        self.canvas.failed.connect(lambda reason: self.tell(reason, stays=True))
        self.canvas.double_clicked.connect(self.toggle_full_screen)
        self.canvas.moved.connect(self.wake_controls)
        self.canvas.frameSwapped.connect(self._note_drawn)
        self.canvas.installEventFilter(self)
        self.controls.volume_changed.connect(self._keep_volume)
        for signal, name in (
            (self.sides.wipe.dragged, "set_wipe"),
            (self.controls.toggled, "toggle_play"),
            (self.controls.stepped, "step"),
            (self.controls.bar.sought, "seek"),
            (self.styles.wished, "paint"),
            (self.level.levelled, "turn_level"),
        ):
            signal.connect(partial(self._act_if_open, name))
        self.level.saved.connect(lambda: self.do("choose_levelled"))
        for panel in (self.styles, self.level):
            panel.visibilityChanged.connect(lambda _: self.show_state())

    def _own_commands(self) -> dict[str, Callable[..., object]]:
        return {
            "choose_film": self.choose_film,
            "close": self.close,
            "toggle_mute": self.toggle_mute,
            "change_volume": self.change_volume,
            "toggle_full_screen": self.toggle_full_screen,
            "leave": self.leave,
            "toggle_styles": self.toggle_styles,
            "toggle_level": lambda: self.level.setVisible(not self.level.isVisible()),
            "toggle_help": self.toggle_help,
        }

    def _own_states(self) -> dict[str, Callable[..., bool]]:
        return {
            "toggle_mute": lambda: self.controls.muted,
            "toggle_styles": self.styles.isVisible,
            "toggle_level": self.level.isVisible,
            "toggle_help": self.help.isVisible,
        }

    @property
    def commands(self) -> Commands:
        """What can be done now."""
        return {**self._commands, **self.film.commands} if self.film else self._commands

    @property
    def states(self) -> States:
        """What can be asked now."""
        return {**self._states, **self.film.states} if self.film else self._states

    @property
    def session(self) -> Session | None:
        """Of the film that is open."""
        return self.film.session if self.film is not None else None

    def do(self, name: str) -> None:
        """Carry out a command of the table, and show what it changed.

        Raises:
            ValueError: the table has no such command.
        """
        command, _, value = name.partition(":")
        if command not in NAMES:
            raise ValueError(f"no command is called {command!r}")
        self.act(command, *([value] if value else []))

    def act(self, name: str, *values: object) -> None:
        """Carry out what a part offers; say what went wrong, or that it needs a film."""
        action = self.commands.get(name)
        try:
            action(*values) if action is not None else self.tell("open a film first")
        except Vr360Error as error:
            self.tell(str(error), stays=True)
        self.show_state()

    def _act_if_open(self, name: str, *values: object) -> None:
        """Pass on what a widget says, many times a second while the mouse is dragged."""
        if self.film is not None:
            self.film.commands[name](*values)

    def tell(self, text: str, stays: bool = False) -> None:
        """Say what happened; that nothing can be drawn outranks all else."""
        failure = self.canvas.failure
        self.message.tell(failure or text, stays or bool(failure))

    def open(
        self,
        path: Path,
        compare: Path | None = None,
        reading: Reading | None = None,
        then: Callable[[Session], None] | None = None,
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
        if not self._may_close_film():
            close_aside(session)
            return
        self.close_film()
        self._begin(session)
        if opening.then is not None:
            opening.then(session)

    def _begin(self, session: Session) -> None:
        self.hint.say("")
        self.setWindowTitle(f"{session.film.path.name} - vr360")
        self.memory.opened(session.film.path)
        self.show_recent()
        widgets = Widgets(self.controls, self.sides, self.facts, self.styles, self.level)
        self.film = OpenFilm(self, session, widgets, self.exporting)
        self.tell(self.film.words())
        self.wake_controls()
        self.show_state()
        QTimer.singleShot(WARM_UP_MS, self.canvas.warm_up)

    def _may_close_film(self) -> bool:
        """Whether nothing that was painted is lost; asks."""
        self.message.hide()
        try:
            return self.film is None or self.film.masking.may_close()
        except Vr360Error as error:
            self.tell(str(error), stays=True)
            return False

    def close_film(self) -> None:
        if self.film is not None:
            self._closing = self.film.close()
            self.film = None

    def tick(self) -> None:
        """Bring the window up to date; called a few hundred times a second."""
        now = time.monotonic()
        self.canvas.glide_on(now - self._last_tick)
        self._last_tick = now
        self.exporting.follow()
        if self.opening is not None:
            self._watch_opening(self.opening)
        if self.film is not None:
            self.film.follow(now)
            self._hide_controls(self.film.session, now)

    def show_state(self) -> None:
        """Menus, labels and places as they now are."""
        self.menus.show_state(self._holds)
        if self.film is not None:
            self.film.judging.show_state()
        else:
            self.sides.hide()
        self.place()

    def place(self) -> None:
        area = self.canvas.size()
        self.controls.place(area)
        self.message.place(area)
        self.help.place(area)
        self.sides.place(area, self.canvas.wipe)
        self.facts.move(12, 52)
        self.hint.move((area.width() - self.hint.width()) // 2, area.height() // 2)

    def _holds(self, name: str) -> bool:
        command, _, value = name.partition(":")
        state = self.states.get(command)
        return state is not None and state(*([value] if value else []))

    def show_recent(self) -> None:
        self.menus.show_recent(self.memory.recent, self.open)

    # Commands

    def choose_film(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open", filter=FILTER)
        if name:
            self.open(Path(name))

    def toggle_mute(self) -> None:
        self.controls.muted = not self.controls.muted
        self.tell("muted" if self.controls.muted else "sound on")

    def change_volume(self, way: str) -> None:
        slider = self.controls.volume
        slider.setValue(slider.value() + int(way) * VOLUME_STEP)
        self.tell(f"volume {slider.value()} %")

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

    def toggle_styles(self) -> None:
        if self.styles.list.count() == 0:
            self.tell("there are no styles here; give one with --style")
            return
        self.styles.setVisible(not self.styles.isVisible())

    def toggle_help(self) -> None:
        self.help.setVisible(not self.help.isVisible())
        self.help.raise_()

    def _keep_volume(self, volume: float) -> None:
        self.memory.volume = volume

    def _note_drawn(self) -> None:
        if self.film is not None:
            self.film.timing.drawn(time.monotonic())

    def wake_controls(self) -> None:
        self._last_move = time.monotonic()
        self.controls.show()
        self.canvas.unsetCursor()

    def _hide_controls(self, session: Session, now: float) -> None:
        over = self.controls.underMouse() and self.controls.isVisible()
        if session.player.playing and not over and now - self._last_move > HIDE_AFTER:
            self.controls.hide()
            self.canvas.setCursor(Qt.CursorShape.BlankCursor)
        elif not session.player.playing and not self.controls.isVisible():
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
        if not self._may_close_film():
            event.ignore()
            return
        self._timer.stop()
        self.exporting.stop()
        if self.opening is not None:
            self.opening.cancel()
        self.close_film()
        if self._closing is not None:
            self._closing.join(timeout=CLOSING)
        self.canvas.release()
        super().closeEvent(event)
