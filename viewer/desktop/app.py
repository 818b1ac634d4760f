"""Start the window."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2
from pathlib import Path

from viewer.film import Reading
from viewer.layout import Eyes
from viewer.live import Catalogue
from viewer.painted_mask import Carry
from viewer.renderer import Look
from viewer.session import Session
from vr360.errors import DisplayError

try:
    from PySide6.QtCore import QTimer, QtMsgType, qInstallMessageHandler
    from PySide6.QtGui import QOpenGLContext, QSurfaceFormat
    from PySide6.QtWidgets import QApplication

    from viewer.desktop.canvas import surface_format
    from viewer.desktop.window import Window
except ImportError as missing:
    raise DisplayError(
        f"the window needs PySide6 and its libraries: {missing}; pip install pyside6-essentials, "
        "and on Debian: apt-get install libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1"
    ) from missing

log = logging.getLogger(__name__)

XCB_LIBRARIES = ("libxcb-cursor.so.0", "libxkbcommon-x11.so.0", "libxcb-icccm.so.4")


@dataclass(frozen=True)
class Options:
    """What the command line asks for; angles in the look are radians."""

    file: Path | None = None
    compare: Path | None = None
    style: str | None = None
    strength: float = 1.0
    stroke: float = 1.0
    reading: Reading = field(default_factory=Reading)
    look: Look = field(default_factory=Look)
    eyes: Eyes = Eyes.LEFT
    at: float = 0.0
    wipe: float | None = None
    path: Path | None = None


def run(options: Options, catalogue: Catalogue, carry: Carry | None = None) -> int:
    """Show the window until it is closed; returns the exit code.

    Args:
        carry: what follows a mask through the film.

    Raises:
        DisplayError: there is no display, or no OpenGL 3.3 on it.
    """
    check_display()
    QSurfaceFormat.setDefaultFormat(surface_format())
    qInstallMessageHandler(_note)
    application = QApplication.instance() or QApplication(["vr360"])
    check_opengl()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Qt's loop lets no exception end it
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    window = Window(catalogue, carry=carry)
    window.show()
    QTimer.singleShot(0, lambda: start(window, options))
    return int(application.exec())


def start(window: Window, options: Options) -> None:
    """Open what the command line asks for, in a window that is on the screen."""
    canvas = window.canvas
    canvas.camera, canvas.view, canvas.eyes = options.look.camera, options.look.view, options.eyes
    window.styles.strength.setValue(round(options.strength * 100))
    window.styles.stroke.setValue(round(log2(options.stroke) * 100))
    if options.file is not None:
        window.open(
            options.file,
            options.compare,
            options.reading,
            lambda session: _arrange(window, session, options),
        )


def _arrange(window: Window, session: Session, options: Options) -> None:
    """What can be done once the film is there."""
    if options.at:
        session.player.seek(options.at)
    if options.wipe is not None:
        window.act("set_wipe", options.wipe)
    if options.style is not None:
        window.styles.choose(options.style)
        window.styles.show()
    if options.path is not None:
        window.act("open_path", options.path)
    window.show_state()


def check_opengl() -> None:
    """Say that nothing can be drawn before there is a window that would stay black.

    Raises:
        DisplayError: the display has no OpenGL, or one older than 3.3.
    """
    context = QOpenGLContext()
    context.setFormat(surface_format())
    made = context.create()
    version = context.format().version() if made else (0, 0)
    if version < (3, 3):
        offer = "no OpenGL" if not made else f"OpenGL {version[0]}.{version[1]}"
        raise DisplayError(
            f"this display offers {offer}; the viewer needs 3.3: update the graphics driver, or "
            "set LIBGL_ALWAYS_SOFTWARE=1 to draw on the CPU"
        )


def _note(kind: QtMsgType, _: object, text: str) -> None:
    """Qt's own words are for those who search a fault; ours say what to do."""
    level = logging.ERROR if kind == QtMsgType.QtFatalMsg else logging.DEBUG
    log.log(level, "Qt: %s", text)


def check_display(environment: dict[str, str] | None = None) -> None:
    """Say what is missing before Qt ends the process over it.

    Raises:
        DisplayError: no display is named or reachable, or a library of the platform is missing.
    """
    found = dict(os.environ) if environment is None else environment
    if not sys.platform.startswith("linux") or found.get("QT_QPA_PLATFORM"):
        return
    if found.get("WAYLAND_DISPLAY"):
        return
    if not found.get("DISPLAY"):
        raise DisplayError(
            "there is no display: start it in a desktop session or over `ssh -X`, or save a view "
            "without a window with --screenshot"
        )
    _check_x11(found["DISPLAY"], XCB_LIBRARIES)


def _check_x11(display: str, libraries: Sequence[str]) -> None:
    for library in libraries:
        try:
            ctypes.CDLL(library)
        except OSError:
            raise DisplayError(
                f"Qt needs {library} to open a window (on Debian: apt-get install "
                "libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4)"
            ) from None
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return  # Qt brings its own way to the display
    x11.XOpenDisplay.restype = ctypes.c_void_p
    handle = x11.XOpenDisplay(display.encode())
    if not handle:
        raise DisplayError(f"the display {display} cannot be reached; is it yours, and running?")
    x11.XCloseDisplay(ctypes.c_void_p(handle))
