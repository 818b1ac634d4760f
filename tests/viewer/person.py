"""Somebody in front of the window."""

from __future__ import annotations

import subprocess
import time

import numpy as np
from waiting import LIMIT


class Person:
    """Looks at a window, moves the mouse, and presses keys, through the X server."""

    def __init__(self, window):
        self.window = window

    def until(self, condition, what):
        """Wait for what must happen."""
        from PySide6.QtTest import QTest

        deadline = time.monotonic() + LIMIT
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}"
            QTest.qWait(5)

    def do(self, *words):
        subprocess.run(["xdotool", *map(str, words)], check=True, timeout=LIMIT)

    def spot(self, widget, x, y):
        """Screen coordinates of a point of a widget; shares of its size below 1.0001."""
        from PySide6.QtCore import QPoint

        point = QPoint(round(widget.width() * x), round(widget.height() * y))
        place = widget.mapToGlobal(point)
        return place.x(), place.y()

    def move(self, widget, x, y):
        self.do("mousemove", *self.spot(widget, x, y))

    def click(self, widget, x=0.5, y=0.5, button=1, times=1):
        self.move(widget, x, y)
        self.do("click", "--repeat", times, "--delay", 30, button)

    def drag(self, widget, start, end, steps=4):
        """Press, move and let go; the mouse rests before letting go unless flicked."""
        (x0, y0), (x1, y1) = self.spot(widget, *start), self.spot(widget, *end)
        moves = []
        for i in range(1, steps + 1):
            moves += ["mousemove", x0 + (x1 - x0) * i // steps, y0 + (y1 - y0) * i // steps]
        self.do("mousemove", x0, y0, "mousedown", 1, *moves, "sleep", 0.15, "mouseup", 1)

    def press(self, key, times=1):
        for _ in range(times):
            self.do("key", key)

    def seen(self):
        """What the framebuffer shows now: (height, width, 3) uint8."""
        from PySide6.QtGui import QImage

        grabbed = self.window.canvas.grabFramebuffer()
        image = grabbed.convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()

    def open(self, *files):
        """Open a film, maybe with its original, and wait; whether it is open then."""
        self.window.open(*files)
        self.until(lambda: self.window.opening is None, f"{files[0]} being opened")
        session = self.window.session
        return session is not None and session.film.path == files[0]

    def settled(self):
        """Wait until the film shows what was asked for."""
        canvas, session = self.window.canvas, self.window.session
        self.until(lambda: session.player.settled and not canvas._pending, "the picture asked for")

    def number(self, column=0):
        from clips import number_on_screen

        return number_on_screen(self.seen(), column)
