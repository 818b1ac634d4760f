"""Commands of looking: view, eyes, direction, lines. They need no film."""

from __future__ import annotations

from enum import StrEnum
from math import radians
from typing import TypeVar

from viewer.camera import Camera
from viewer.desktop.host import Commands, Host, States
from viewer.layout import Eyes, View
from viewer.renderer import GRID, HORIZON, POLES, SEAM
from vr360.frame import Stereo

E = TypeVar("E", bound=StrEnum)

LOOK_STEP = radians(5.0)
LINES = {"seam": SEAM, "poles": POLES, "grid": GRID, "horizon": HORIZON}


class Looking:
    """Where one looks, and with which eye."""

    def __init__(self, host: Host) -> None:
        self._host, self._canvas = host, host.canvas
        self.commands: Commands = {
            "view": self.view,
            "eyes": self.eyes,
            "next_eyes": self.next_eyes,
            "recentre": lambda: self._canvas.turn_to(Camera()),
            "look_left": lambda: self.turn(yaw=-LOOK_STEP),
            "look_right": lambda: self.turn(yaw=LOOK_STEP),
            "look_up": lambda: self.turn(pitch=LOOK_STEP),
            "look_down": lambda: self.turn(pitch=-LOOK_STEP),
            "zoom": self.zoom,
            "line": self.line,
        }
        self.states: States = {
            "view": lambda name: self._canvas.view == name,
            "eyes": lambda name: self._canvas.eyes == name,
            "line": lambda name: bool(self._canvas.lines & LINES[name]),
        }

    def view(self, name: str) -> None:
        self._canvas.view = View(name)
        self._canvas.update()

    def eyes(self, name: str) -> None:
        self._canvas.eyes = Eyes(name)
        self._canvas.update()
        if self._canvas.slots and self._canvas.layout_on_show.stereo is Stereo.MONO:
            self._host.tell("a mono film has one eye; set Stereo if it has two")

    def next_eyes(self) -> None:
        self.eyes(after(self._canvas.eyes))

    def turn(self, yaw: float = 0.0, pitch: float = 0.0) -> None:
        self._canvas.turn_to(self._canvas.camera.turned(yaw, pitch))

    def zoom(self, notches: str) -> None:
        self._canvas.turn_to(self._canvas.camera.zoomed(float(notches)))

    def line(self, name: str) -> None:
        self._canvas.lines ^= LINES[name]
        self._canvas.update()


def after(value: E) -> E:
    """The next member of an enumeration, round and round."""
    members = list(type(value))
    return members[(members.index(value) + 1) % len(members)]
