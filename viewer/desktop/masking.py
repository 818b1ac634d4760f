"""Painting a mask over the film with a brush, for `vr360 film`."""

from __future__ import annotations

from math import degrees, radians
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from viewer.desktop.canvas import MASK
from viewer.desktop.host import Commands, Host, States
from viewer.layout import Layout
from viewer.painted_mask import PaintedMask
from viewer.session import Session
from vr360.geometry import Array

STEP = 1.25  # by which a brush grows
SMALLEST, LARGEST = radians(0.5), radians(60)


class Masking:
    """While the brush is out, the left button paints, with Shift it erases; the right one turns."""

    def __init__(self, host: Host, session: Session) -> None:
        self._host, self._session, self._canvas = host, session, host.canvas
        self._mask = PaintedMask()
        self._radius = radians(5)
        self._last: Array | None = None
        self.commands: Commands = {
            "toggle_brush": self.toggle_brush,
            "size_brush": self.size_brush,
            "undo_stroke": self.undo_stroke,
            "save_mask": self.choose_mask,
        }
        self.states: States = {"toggle_brush": lambda: self._canvas.brush is not None}

    def toggle_brush(self) -> None:
        if self._canvas.brush is not None:
            self._canvas.brush = self._last = None
            self._canvas.update()
            return
        self._canvas.brush = self.stroke
        self._show()
        self._host.tell(
            f"{self._size()}: drag to paint, with Shift to erase; the right button turns"
        )

    def size_brush(self, steps: str) -> None:
        self._radius = min(max(self._radius * STEP ** int(steps), SMALLEST), LARGEST)
        self._host.tell(self._size())

    def stroke(self, direction: Array | None, erases: bool = False) -> None:
        """Paint up to a direction of the picture; None lifts the brush."""
        if direction is not None:
            if self._last is None:
                self._mask.begin_stroke()
            start = direction if self._last is None else self._last
            self._mask.paint(start, direction, self._radius, erases)
            self._show()
        self._last = direction

    def undo_stroke(self) -> None:
        if self._canvas.brush is None:
            self._host.tell("take the brush out first, to see what is undone")
        elif self._mask.undo():
            self._last = None  # what is still being painted is a stroke of its own
            self._show()
        else:
            self._host.tell("nothing to undo")

    def choose_mask(self) -> None:
        """Ask where to, and write the mask; say how a film takes it."""
        source, seconds = self._session.film.path, float(self._session.player.current.a.pts)
        usual = str(source.with_name(f"{source.stem}_mask_{seconds:.3f}.png"))
        name, _ = QFileDialog.getSaveFileName(self._canvas, "Save the mask", usual, "PNG (*.png)")
        if name:
            path = Path(name).with_suffix(".png")
            self._mask.save(path)
            self._host.tell(f'saved {path}; in a film: painted = [[{seconds:.3f}, "{path.name}"]]')

    def _show(self) -> None:
        self._canvas.show_picture(MASK, self._mask.picture(), Layout())

    def _size(self) -> str:
        return f"brush {2 * degrees(self._radius):.1f}° wide"
