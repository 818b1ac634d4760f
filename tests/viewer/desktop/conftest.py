"""A screen with a window manager, a person in front of it, and a window on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from person import Person
from waiting import LIMIT

TOOLS = ("Xvfb", "openbox", "xdotool")


def _start(command: list[str], **options) -> subprocess.Popen:
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )


@pytest.fixture(scope="session")
def screen():
    """A virtual display of its own, whatever display there is."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or not sys.platform.startswith("linux"):
        pytest.skip(f"driving the window needs {', '.join(missing)}")
    read, write = os.pipe()
    server = _start(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        display = f":{pipe.readline().strip()}"
    before = os.environ.get("DISPLAY")
    os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    manager = _start(["openbox"])
    yield display
    for process in (manager, server):
        process.terminate()
        process.wait(timeout=LIMIT)
    os.environ["DISPLAY"] = before or ""


@pytest.fixture(scope="session")
def application(screen):
    from PySide6.QtGui import QSurfaceFormat
    from PySide6.QtWidgets import QApplication

    from viewer.desktop.canvas import surface_format

    QSurfaceFormat.setDefaultFormat(surface_format())
    application = QApplication(["vr360"])
    yield application
    application.shutdown()


@pytest.fixture
def errors(monkeypatch):
    """What went wrong in slots, which Qt would only print."""
    found = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: found.append(error))
    yield found
    assert not found


class Catalogue:
    """Stand-in styles."""

    def entries(self):
        from viewer.live import StyleEntry

        return [StyleEntry("negative"), StyleEntry("broken")]

    def load(self, name, strength, stroke):
        def paint(rgb):
            if name == "broken":
                raise RuntimeError("no memory left for painting")
            return 255 - rgb

        return paint


@pytest.fixture
def make_window(application, errors, tmp_path):
    """Windows that remember in one place; closed at the end."""
    from pipeline.film.carrying import Carrying
    from viewer.desktop.memory import Memory
    from viewer.desktop.window import Window

    made = []

    def make():
        memory = Memory(tmp_path / "memory.ini")
        memory.screenshots = tmp_path / "shots"
        window = Window(Catalogue(), memory, Carrying)
        made.append(window)
        window.resize(1000, 640)
        window.show()
        window.activateWindow()
        person = Person(window)
        person.until(window.isActiveWindow, "the window being active")
        person.until(lambda: window.canvas.device, "the first drawing")
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    application.processEvents()


@pytest.fixture
def window(make_window):
    return make_window()


@pytest.fixture
def person(window):
    return Person(window)


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    """(film, original), numbered, 12 seconds at 10 frames a second, with sound."""
    from clips import write_clip

    folder = tmp_path_factory.mktemp("films")
    film = write_clip(folder / "film.mp4", 120, rate=10, sound=True)
    original = write_clip(folder / "original.mp4", 120, rate=10, tint=(30, 60, 30))
    return film.path, original.path


@pytest.fixture
def playing_film(window, person, films):
    """The player of a window with the film open, standing at its first frame."""
    assert person.open(films[0])
    person.settled()
    return window.session.player
