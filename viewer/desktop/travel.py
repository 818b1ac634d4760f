"""Commands of the view path: keyframes, following it, exporting it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from viewer.clock import timecode
from viewer.desktop.exporting import Exporting
from viewer.desktop.host import Commands, Host, States
from viewer.journey import Journey, load_journey, save_journey
from viewer.session import Session

KIND = "View path (*.json)"
NO_PATH = "the view path has no keyframes; set some with K"


class Travel:
    """The path, and whether the camera follows it."""

    def __init__(self, host: Host, session: Session, exporting: Exporting) -> None:
        self._host, self._session, self._exporting = host, session, exporting
        self.journey = Journey()
        self.following = False
        self.commands: Commands = {
            "add_keyframe": self.add_keyframe,
            "remove_keyframe": self.remove_keyframe,
            "toggle_travel": self.toggle_travel,
            "choose_path": self.choose_path,
            "open_path": self.open_path,
            "save_path": self.save_path,
            "export_path": self.export_path,
        }
        self.states: States = {"toggle_travel": lambda: self.following}

    @property
    def times(self) -> list[float]:
        """Of the keyframes, seconds."""
        return [k.time for k in self.journey.keyframes]

    def follow(self, now: float) -> None:
        player, canvas = self._session.player, self._host.canvas
        if self.following and self.journey.keyframes and player.playing:
            camera = self.journey.camera_at(player.position)
            if camera != canvas.camera:
                canvas.turn_to(camera)

    def add_keyframe(self) -> None:
        rate, shown = self._session.film.rate, float(self._session.player.current.a.pts)
        half = 0.5 / float(rate) if rate else 0.0
        self.journey = self.journey.with_keyframe(shown, self._host.canvas.camera, half)
        self._host.tell(f"keyframe {len(self.journey.keyframes)} at {timecode(shown)}")

    def remove_keyframe(self) -> None:
        if self.journey.keyframes:
            self.journey = self.journey.without(self._session.player.position)
            self._host.tell(f"{len(self.journey.keyframes)} keyframes left")

    def toggle_travel(self) -> None:
        if not self.journey.keyframes:
            self._host.tell(NO_PATH)
            return
        self.following = not self.following
        self._host.tell("following the view path" if self.following else "looking freely")

    def choose_path(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self._host.canvas, "Open a view path", filter=KIND)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        self.journey = load_journey(path)
        self.following = True
        self._host.tell(f"{len(self.journey.keyframes)} keyframes; J looks freely again")

    def save_path(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._host.canvas, "Save the view path", "path.json", filter=KIND
        )
        if name:
            save_journey(Path(name), self.journey)
            self._host.tell(f"saved {name}")

    def export_path(self) -> None:
        """Ask where to, and begin; stop, where one is being written."""
        if self._exporting.export is not None:
            self._exporting.stop()
        elif not self.journey.keyframes:
            self._host.tell(NO_PATH)
        else:
            self._ask_and_export()

    def _ask_and_export(self) -> None:
        source = self._session.film.path
        usual = str(source.with_name(source.stem + "_flat.mp4"))
        name, _ = QFileDialog.getSaveFileName(self._host.canvas, "Export as a flat film", usual)
        if name:
            self._session.player.pause()
            self._exporting.begin(self._session, self.journey, Path(name))
