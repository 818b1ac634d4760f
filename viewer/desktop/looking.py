"""Commands of looking: view, eyes, layout of the picture, lines, level."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, radians
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from viewer.camera import Camera
from viewer.desktop.panels import LevelPanel
from viewer.layout import Eyes, Layout, View
from viewer.orientation import Pose, save_levelled
from viewer.renderer import GRID, HORIZON, POLES, SEAM
from viewer.session import Session
from vr360.cubelayout import CubeLayout
from vr360.frame import Projection, Stereo

if TYPE_CHECKING:
    from enum import StrEnum

    from viewer.desktop.window import Window

    E = TypeVar("E", bound=StrEnum)

LOOK_STEP = radians(5.0)
LINES = {"seam": SEAM, "poles": POLES, "grid": GRID, "horizon": HORIZON}


class Looking:
    """Where one looks, and how the picture is read."""

    def __init__(self, window: Window) -> None:
        self._window, self._canvas = window, window.canvas
        self._yaw = 0.0
        self.level = LevelPanel(window)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.level)
        self.level.hide()
        self.level.levelled.connect(self._turn_level)
        self.level.saved.connect(lambda: window.do("choose_levelled"))
        self.level.visibilityChanged.connect(lambda _: window.show_state())

    def begin(self, session: Session) -> None:
        """A film was opened: take over the pose that its metadata states."""
        self._yaw = session.pose.yaw
        self.level.roll.setValue(round(session.pose.roll * self.level.TENTHS))
        self.level.pitch.setValue(round(session.pose.pitch * self.level.TENTHS))
        self._canvas.orientation = session.pose.orientation  # finer than the sliders
        self._canvas.update()

    def holds(self, name: str) -> bool:
        method, _, value = name.partition(":")
        layout = self._window.session.layout if self._window.session else Layout()
        chosen: dict[str, str] = {
            "view": self._canvas.view,
            "eyes": self._canvas.eyes,
            "projection": layout.projection,
            "stereo": layout.stereo,
            "faces": layout.cube or "auto",
        }
        if method in chosen:
            return chosen[method] == value
        if method == "line":
            return bool(self._canvas.lines & LINES[value])
        shown = {"swap_lenses": layout.swap_lenses, "toggle_level": self.level.isVisible()}
        return shown.get(name, False)

    def view(self, name: str) -> None:
        self._canvas.view = View(name)
        self._canvas.update()

    def eyes(self, name: str) -> None:
        self._canvas.eyes = Eyes(name)
        self._canvas.update()
        session = self._window.session
        if session is not None and session.layout.stereo is Stereo.MONO:
            self._window.tell("a mono film has one eye; set Stereo if it has two")

    def next_eyes(self) -> None:
        self.eyes(_after(self._canvas.eyes))

    def projection(self, name: str) -> None:
        self._relay(projection=Projection(name))

    def stereo(self, name: str) -> None:
        self._relay(stereo=Stereo(name))

    def faces(self, name: str) -> None:
        self._relay(cube=None if name == "auto" else CubeLayout(name))

    def next_projection(self) -> None:
        if self._window.session is not None:
            self.projection(_after(self._window.session.layout.projection))

    def next_stereo(self) -> None:
        if self._window.session is not None:
            self.stereo(_after(self._window.session.layout.stereo))

    def swap_lenses(self) -> None:
        if self._window.session is not None:
            self._relay(swap_lenses=not self._window.session.layout.swap_lenses)

    def widen_lens(self, by: str) -> None:
        if self._window.session is not None:
            fov = self._window.session.layout.lens_fov + radians(float(by))
            self._relay(lens_fov=min(max(fov, radians(120)), radians(280)))

    def roll_lens(self, by: str) -> None:
        if self._window.session is not None:
            roll = self._window.session.layout.lens_roll + radians(float(by))
            self._relay(lens_roll=roll)

    def recentre(self) -> None:
        self._canvas.turn_to(Camera())

    def look_left(self) -> None:
        self._canvas.turn_to(self._canvas.camera.turned(yaw=-LOOK_STEP))

    def look_right(self) -> None:
        self._canvas.turn_to(self._canvas.camera.turned(yaw=LOOK_STEP))

    def look_up(self) -> None:
        self._canvas.turn_to(self._canvas.camera.turned(pitch=LOOK_STEP))

    def look_down(self) -> None:
        self._canvas.turn_to(self._canvas.camera.turned(pitch=-LOOK_STEP))

    def zoom(self, notches: str) -> None:
        self._canvas.turn_to(self._canvas.camera.zoomed(float(notches)))

    def line(self, name: str) -> None:
        self._canvas.lines ^= LINES[name]
        self._canvas.update()

    def toggle_level(self) -> None:
        self.level.setVisible(not self.level.isVisible())

    def choose_levelled(self) -> None:
        """Ask where to, and write a copy whose metadata carries roll and pitch."""
        session = self._window.session
        if session is None:
            return
        source = session.film.path
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save a levelled copy", str(source.with_stem(source.stem + "_level"))
        )
        if name:
            roll, pitch = self.level.degrees()
            save_levelled(source, Path(name), session.layout, Pose(self._yaw, pitch, roll))
            self._window.tell(f"saved {name}: roll {roll:.1f}°, pitch {pitch:.1f}° in its metadata")

    def _turn_level(self, roll: float, pitch: float) -> None:
        self._canvas.orientation = Pose(self._yaw, pitch, roll).orientation
        self._canvas.update()

    def _relay(self, **changes: object) -> None:
        session = self._window.session
        if session is None:
            return
        layout = replace(session.layout, **changes)  # type: ignore[arg-type]
        session.set_layout(layout, self._canvas)
        words = f"{layout.projection}, {layout.stereo}, set by hand"
        if layout.projection is Projection.DUAL_FISHEYE:
            words += f"; lenses {degrees(layout.lens_fov):.0f}° wide"
            words += f", rolled {degrees(layout.lens_roll):.0f}°"
        if layout.is_cube:
            words += f"; faces as {layout.cube or 'the file says'}"
        self._window.tell(words)


def _after(value: E) -> E:
    """The next member of an enumeration, round and round."""
    members = list(type(value))
    return members[(members.index(value) + 1) % len(members)]
