"""Levelling the horizon, and keeping that in a copy's metadata."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from viewer.desktop.host import Commands, Host, States
from viewer.desktop.panels import LevelPanel
from viewer.orientation import Pose, save_levelled
from viewer.session import Session


class Levelling:
    """Turns the film as the panel says; begins with the pose that its metadata states."""

    def __init__(self, host: Host, session: Session, panel: LevelPanel) -> None:
        self._host, self._session, self._panel = host, session, panel
        self.commands: Commands = {
            "choose_levelled": self.choose_levelled,
            "turn_level": self.turn_level,
        }
        self.states: States = {}
        panel.show_pose(session.pose.roll, session.pose.pitch)
        host.canvas.orientation = session.pose.orientation  # finer than the sliders
        host.canvas.update()

    def turn_level(self, roll: float, pitch: float) -> None:
        canvas = self._host.canvas
        canvas.orientation = Pose(self._session.pose.yaw, pitch, roll).orientation
        canvas.update()

    def choose_levelled(self) -> None:
        """Ask where to, and write a copy whose metadata carries roll and pitch."""
        source = self._session.film.path
        usual = str(source.with_stem(source.stem + "_level"))
        name, _ = QFileDialog.getSaveFileName(self._host.canvas, "Save a levelled copy", usual)
        if name:
            roll, pitch = self._panel.degrees()
            pose = Pose(self._session.pose.yaw, pitch, roll)
            save_levelled(source, Path(name), self._session.layout, pose)
            self._host.tell(f"saved {name}: roll {roll:.1f}°, pitch {pitch:.1f}° in its metadata")
