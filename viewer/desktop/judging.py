"""Commands of judging a look: A and B, painting live, heat maps."""

from __future__ import annotations

from viewer.composition import Compare
from viewer.desktop.host import Commands, Host, States
from viewer.desktop.overlays import Sides
from viewer.desktop.panels import StylePanel
from viewer.heat import HeatMap
from viewer.live import Wish
from viewer.session import HEAT, Session
from vr360.frame import Projection

_SPHERES = (Projection.EQUIRECT, Projection.HALF_EQUIRECT)  # that are painted as what they are


class Judging:
    """What is compared with what."""

    def __init__(self, host: Host, session: Session, panel: StylePanel, sides: Sides) -> None:
        self._host, self._session, self._canvas = host, session, host.canvas
        self._panel, self._sides = panel, sides
        self.commands: Commands = {
            "compare": self.compare,
            "toggle_ab": lambda: self.compare("a" if self._canvas.compare is Compare.B else "b"),
            "set_wipe": self.set_wipe,
            "heat": self.heat,
            "paint": self.paint,
            "stop_painting": self.stop_painting,
        }
        self.states: States = {
            "compare": lambda name: self._canvas.compare == name,
            "heat": lambda name: session.heat == name,
        }
        self._canvas.slots = session.slots
        self._canvas.compare = Compare.WIPE if session.original is not None else Compare.A
        if panel.wish is not None:
            self.paint(panel.wish)

    def follow(self, now: float) -> None:
        """Take up what the session shows by now."""
        session = self._session
        if session.slots != self._canvas.slots:
            self._canvas.slots = session.slots
            if len(session.slots) == 2 and self._canvas.compare is Compare.A:
                self._canvas.compare = Compare.WIPE
            self._canvas.update()
            self._host.show_state()
        if session.failure and session.wish is not None:
            self._host.tell(session.failure, stays=True)
            self.stop_painting()
        self._show_lag()

    def show_state(self) -> None:
        """Labels and the line between A and B."""
        two = len(self._canvas.slots) == 2
        compare = self._canvas.compare if two else Compare.A
        a, b = self._session.names()
        self._sides.show_names(
            a if two and compare is not Compare.B else "",
            b if two and compare is not Compare.A else "",
        )
        self._sides.wipe.setVisible(two and compare is Compare.WIPE)

    def compare(self, name: str) -> None:
        if len(self._canvas.slots) < 2:
            self._host.tell("nothing to compare: open an original, or paint live")
            return
        self._canvas.compare = Compare(name)
        self._canvas.update()

    def set_wipe(self, share: float) -> None:
        self._canvas.wipe = share
        self._canvas.update()
        self._sides.place(self._canvas.size(), share)

    def heat(self, name: str) -> None:
        session = self._session
        if name == HeatMap.DIFFERENCE and len(session.slots) < 2:
            self._host.tell("a difference needs two pictures: open an original, or paint live")
            return
        session.set_heat(HeatMap(name), self._canvas)
        self._canvas.overlay = None if session.heat is HeatMap.NONE else HEAT
        if session.heat is not HeatMap.NONE and self._canvas.brush is not None:
            self._host.tell("the heat map shows when the brush is put away")
        elif session.heat is HeatMap.FLICKER and not session.heat_shown:
            self._host.tell("flicker shows in three pictures in a row: play, or step on")

    def paint(self, wish: Wish) -> None:
        self._session.paint(wish, self._canvas)
        self._panel.lag.setText(f"{wish.style}: getting ready")
        if self._session.layout.projection not in _SPHERES:
            self._host.tell("painted as it lies in the file; vr360 stylize paints the sphere")

    def stop_painting(self) -> None:
        self._session.paint(None, self._canvas)
        self._panel.list.setCurrentRow(-1)
        self._panel.lag.setText("not painting")

    def _show_lag(self) -> None:
        painted = self._session.painted
        if painted is None:
            return
        self._sides.rename_b(self._session.names()[1])
        height, width = painted.picture.height, painted.picture.width
        words = f"{width} x {height}, {painted.seconds * 1000:.0f} ms a picture"
        self._panel.lag.setText(words)
