"""Painting a mask over the film with a brush or in polygons, for `vr360 film`."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from math import degrees, radians
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QMessageBox

from viewer.desktop.canvas import MASK, Brush
from viewer.desktop.host import Commands, Host, States
from viewer.layout import Layout
from viewer.painted_mask import Carries, PaintedMask, moment
from viewer.picture import picture_to_rgb
from viewer.session import Session
from vr360.errors import OutputError
from vr360.frame import Projection, Rgb
from vr360.geometry import Array
from vr360.polygons import angle_between
from vr360.stereo import split_eyes

STEP = 1.25  # by which a brush grows
SMALLEST, LARGEST = radians(0.5), radians(60)
FARTHEST = Fraction(1, 2)  # seconds between two frames through which a mask is followed
NEAR = 0.02  # of the field of view: a click so near a corner is one on it


class Masking:
    """While the brush is out, the left button paints, with Shift it erases; the right one turns.

    Instead of the brush, it sets the corners of a polygon, one with each click.
    """

    def __init__(self, host: Host, session: Session) -> None:
        self._host, self._session, self._canvas = host, session, host.canvas
        self._mask = PaintedMask()
        self._radius = radians(5)
        self._last: Array | None = None
        self._corners: list[Array] = []
        self._erases = False
        self._carrying: Carries | None = None
        self._over: Fraction | None = None  # the frame that the mask lies over, while it is carried
        self.commands: Commands = {
            "toggle_brush": self.toggle_brush,
            "toggle_polygon": self.toggle_polygon,
            "close_polygon": self.close_polygon,
            "size_brush": self.size_brush,
            "undo_stroke": self.undo_stroke,
            "clear_mask": self.clear_mask,
            "toggle_follow": self.toggle_follow,
            "save_mask": self.choose_mask,
        }
        self.states: States = {
            "toggle_brush": lambda: self._canvas.brush == self.stroke,
            "toggle_polygon": lambda: self._canvas.brush == self.corner,
            "toggle_follow": lambda: self._carrying is not None,
        }

    def toggle_brush(self) -> None:
        words = "drag to paint, with Shift to erase; the right button turns"
        self._toggle(self.stroke, f"{self._size()}: {words}")

    def toggle_polygon(self) -> None:
        words = "with Shift to erase; Enter or a double click closes it; the right button turns"
        self._toggle(self.corner, f"polygon: click its corners, {words}")

    def _toggle(self, tool: Brush, words: str) -> None:
        """Take it out, or put it away; a polygon that is not closed is gone."""
        self._last, self._corners = None, []
        if self._canvas.brush == tool:
            self._canvas.brush = None
            self._canvas.update()
            return
        self._canvas.brush = tool
        self._show()
        self._host.tell(words)

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

    def corner(self, direction: Array | None, erases: bool = False) -> None:
        """Set a corner where the button goes down; on a corner that is there, close the polygon."""
        clicked, self._last = self._last is None, direction
        if direction is None or not clicked:
            return
        near = NEAR * self._canvas.camera.fov
        if self._corners and angle_between(np.stack(self._corners), direction).min() < near:
            self.close_polygon()
            return
        self._corners.append(direction)
        self._erases = erases
        self._show()

    def close_polygon(self) -> None:
        if len(self._corners) < 3:
            self._host.tell("a polygon (Shift+X) needs three corners")
            return
        self._mask.begin_stroke()
        self._mask.fill(self._corners, self._erases)
        self._corners = []
        self._show()

    def undo_stroke(self) -> None:
        if self._corners:
            self._corners.pop()
            self._show()
            return
        self._change(self._mask.undo, "nothing to undo")

    def clear_mask(self) -> None:
        self._change(self._mask.clear, "nothing is painted")

    def toggle_follow(self) -> None:
        """Let the mask go along with what it covers, or stay where it is."""
        if self._carrying is not None:
            self._carrying = None
            self._host.tell("the mask stays where it is")
        elif self._host.carry is None:
            self._host.tell("nothing here can follow a mask; vr360 view can")
        elif self._mask.empty or self._canvas.brush is None:
            self._host.tell("take the brush out and paint what is to be followed")
        elif self._session.layout.projection is not Projection.EQUIRECT:
            self._host.tell("masks are followed in equirect films only; vr360 convert makes one")
        else:
            self._mask.begin_stroke()
            self._carrying = self._host.carry(self._mask.shares, self._eye())
            self._over = self._session.player.current.a.pts
            self._host.tell("the mask goes along: step with . and , or play; paint to mend it")

    def follow(self, now: float) -> None:
        """Carry the mask to the frame on show."""
        pts = self._session.player.current.a.pts
        if self._carrying is None or self._over is None or pts == self._over:
            return
        if abs(pts - self._over) > FARTHEST:
            self._carrying = None
            self._host.tell("too far to follow: the mask stays where it was")
            return
        self._over = pts
        self._mask.become(self._carrying(self._eye()))
        self._draw()

    def _eye(self) -> Rgb:
        """The frame on show, of both eyes the left one."""
        rgb = picture_to_rgb(self._session.player.current.a)
        return split_eyes(rgb, self._session.layout.stereo)[0]

    def choose_mask(self) -> None:
        """Ask where to, and write the mask; say how a film takes it."""
        self._last = None  # nobody hears the button being let go over a dialog
        if self._corners:
            self._host.tell("close the polygon first: press Enter")
            return
        if self._mask.empty:
            self._host.tell("nothing is painted that could be saved")
            return
        film, pts = self._session.film, self._session.player.current.a.pts
        usual = str(film.path.with_name(f"{film.path.stem}_mask_{float(pts):.3f}.png"))
        name, _ = QFileDialog.getSaveFileName(self._canvas, "Save the mask", usual, "PNG (*.png)")
        if name:
            self._save(_as_png(Path(name)), float(moment(pts, film.rate)))

    def _save(self, path: Path, seconds: float) -> None:
        self._mask.save(path)
        name = json.dumps(path.name, ensure_ascii=False)  # TOML quotes alike
        self._host.tell(f"saved {path}; in a .toml beside it: painted = [[{seconds:.3f}, {name}]]")

    def may_close(self) -> bool:
        """Ask what is to become of a mask that is not saved; False to stay."""
        if self._mask.saved or self._mask.empty:
            return True
        self._last = None
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._canvas,
            "The mask is not saved",
            f"Save the mask painted over {self._session.film.path.name}?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            self.choose_mask()
        return answer == buttons.Discard or self._mask.saved

    def _change(self, change: Callable[[], bool], nothing: str) -> None:
        """What changes strokes that are there, where one sees it."""
        if self._canvas.brush is None:
            self._host.tell("take the brush out first, to see what changes")
        elif change():
            self._last = None  # what is still being painted is a stroke of its own
            self._show()
        else:
            self._host.tell(nothing)

    def _show(self) -> None:
        """What has just been painted; it is what goes along from here on."""
        if self._carrying is not None:
            self._carrying.begin(self._mask.shares)
        self._draw()

    def _draw(self) -> None:
        self._canvas.show_picture(MASK, self._mask.picture(self._corners), Layout())

    def _size(self) -> str:
        return f"brush {2 * degrees(self._radius):.1f}° wide"


def _as_png(path: Path) -> Path:
    """It with .png at its end.

    Raises:
        OutputError: the dialog, which knew another name, did not ask whether to replace that.
    """
    if path.suffix.lower() == ".png":
        return path
    whole = path.with_name(f"{path.name}.png")
    if whole.exists():
        raise OutputError(f"{whole}: is there already; to replace it, choose that name")
    return whole
