"""Commands of judging a look: A and B, painting live, heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt

from viewer.composition import Compare
from viewer.desktop.panels import StylePanel
from viewer.heat import HeatMap
from viewer.live import Wish
from viewer.session import HEAT, Session

if TYPE_CHECKING:
    from viewer.desktop.window import Window


class Judging:
    """What is compared with what."""

    def __init__(self, window: Window, strength: float = 1.0) -> None:
        self._window, self._canvas = window, window.canvas
        entries = window.catalogue.entries() if window.catalogue is not None else []
        self.panel = StylePanel(entries, strength, window)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.panel)
        self.panel.hide()
        self.panel.wished.connect(self.paint)
        self.panel.visibilityChanged.connect(lambda _: window.show_state())

    def begin(self, session: Session) -> None:
        self._canvas.slots = session.slots
        self._canvas.compare = Compare.WIPE if session.original is not None else Compare.A
        if self.panel.wish is not None:
            self.paint(self.panel.wish)

    def follow(self, session: Session) -> None:
        """Take up what the session shows by now."""
        if session.slots != self._canvas.slots:
            self._canvas.slots = session.slots
            if len(session.slots) == 2 and self._canvas.compare is Compare.A:
                self._canvas.compare = Compare.WIPE
            self._canvas.update()
            self._window.show_state()
        if session.failure and session.wish is not None:
            self._window.tell(session.failure, stays=True)
            self.stop_painting()
        self._show_lag(session)

    def holds(self, name: str) -> bool:
        method, _, value = name.partition(":")
        session = self._window.session
        if method == "compare":
            return self._canvas.compare == value
        if method == "heat":
            return (session.heat if session is not None else HeatMap.NONE) == value
        return name == "toggle_styles" and self.panel.isVisible()

    def show_state(self) -> None:
        two = len(self._canvas.slots) == 2
        compare = self._canvas.compare if two else Compare.A
        self._window.wipe.setVisible(two and compare is Compare.WIPE)
        names = self._window.session.names() if self._window.session is not None else ("", "")
        self._window.label_a.say(names[0] if two and compare is not Compare.B else "")
        self._window.label_b.say(names[1] if two and compare is not Compare.A else "")

    def place(self, area: QSize) -> None:
        self._window.wipe.place(area, self._canvas.wipe)
        self._window.label_a.move(12, 12)
        self._window.label_b.move(area.width() - self._window.label_b.width() - 12, 12)

    def compare(self, name: str) -> None:
        if len(self._canvas.slots) < 2:
            self._window.tell("nothing to compare: open an original, or paint live")
            return
        self._canvas.compare = Compare(name)
        self._canvas.update()

    def toggle_ab(self) -> None:
        self.compare("a" if self._canvas.compare is Compare.B else "b")

    def set_wipe(self, share: float) -> None:
        self._canvas.wipe = share
        self._canvas.update()
        self.place(self._canvas.size())

    def heat(self, name: str) -> None:
        session = self._window.session
        if session is None:
            return
        if name == HeatMap.DIFFERENCE and len(session.slots) < 2:
            self._window.tell("a difference needs two pictures: open an original, or paint live")
            return
        session.set_heat(HeatMap(name), self._canvas)
        self._canvas.overlay = None if session.heat is HeatMap.NONE else HEAT
        if session.heat is HeatMap.FLICKER and not session.heat_shown:
            self._window.tell("flicker shows in three pictures in a row: play, or step on")

    def toggle_styles(self) -> None:
        if self.panel.list.count() == 0:
            self._window.tell("there are no styles here; give one with --style")
            return
        self.panel.setVisible(not self.panel.isVisible())

    def paint(self, wish: Wish) -> None:
        if self._window.session is not None:
            self._window.session.paint(wish, self._canvas)
            self.panel.lag.setText(f"{wish.style}: getting ready")

    def stop_painting(self) -> None:
        if self._window.session is not None:
            self._window.session.paint(None, self._canvas)
        self.panel.list.setCurrentRow(-1)
        self.panel.lag.setText("not painting")

    def _show_lag(self, session: Session) -> None:
        if session.painted is None:
            return
        name = session.names()[1]
        if self._window.label_b.isVisible() and name != self._window.label_b.text():
            self._window.label_b.say(name)
            self.place(self._canvas.size())
        height, width = session.painted.picture.height, session.painted.picture.width
        seconds = session.painted.seconds
        self.panel.lag.setText(f"{width} x {height}, {seconds * 1000:.0f} ms a picture")
