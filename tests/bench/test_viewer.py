"""What the viewer costs here: drawing, starting, seeking, playing. Prints; behind `make bench`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "viewer")]

from clips import write_clip  # noqa: E402

from viewer.composition import Compare, compose  # noqa: E402
from viewer.decoder import Decoder  # noqa: E402
from viewer.layout import Layout, View  # noqa: E402
from viewer.opengl import GL, headless_context  # noqa: E402
from viewer.renderer import GRID, HORIZON, POLES, SEAM, Look, Renderer  # noqa: E402
from vr360.frame import Projection  # noqa: E402

pytestmark = pytest.mark.bench
SIZE = (720, 1280)
ROUNDS = 15
ALL_LINES = SEAM | POLES | GRID | HORIZON

WINDOW = """
import sys, time
begin = float(sys.argv[3])
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication
from viewer.desktop.app import Options, check_display, start, surface_format  # noqa: E402
from viewer.desktop.memory import Memory  # noqa: E402
from viewer.desktop.window import Window  # noqa: E402
check_display()
QSurfaceFormat.setDefaultFormat(surface_format())
app = QApplication(["vr360"])
window = Window(None, Memory(Path(sys.argv[2])))
window.show()
first = []
def drawn():
    if not first and window.session and not window.canvas._pending:
        first.append(time.time() - begin)
        QTimer.singleShot(500, window.session.player.play)  # nobody is quicker
        QTimer.singleShot(9000, done)
def done():
    counters = window.session.player.counters
    print(f"first picture {first[0]:.2f} s; {counters.shown} shown, "
          f"{counters.dropped + window.canvas.skipped} dropped, {counters.waits} waits; "
          f"clock to frame {window.film.timing.latency_ms:.0f} ms", flush=True)
    window.close()
    app.quit()
window.canvas.frameSwapped.connect(drawn)
QTimer.singleShot(0, lambda: start(window, Options(Path(sys.argv[1]))))
app.exec()
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("bench") / "clip.mp4", 300, 640, sound=True, gop=60)


def timed(action):
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def test_cost_of_a_painted_frame(clip):
    """Median of each specialised shader, with a finish for every frame."""
    with Decoder(clip) as decoder, headless_context() as device:
        renderer, picture = Renderer(), decoder.seek(Fraction(1))
        print(f"\n{device}, {SIZE[1]} x {SIZE[0]}, load {os.getloadavg()[0]:.1f}")
        frame, store = GL.glGenFramebuffers(1), GL.glGenRenderbuffers(1)
        GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, store)
        GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, GL.GL_RGBA8, SIZE[1], SIZE[0])
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, frame)
        GL.glFramebufferRenderbuffer(
            GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_RENDERBUFFER, store
        )
        for projection in Projection:
            for view in View:
                costs = _costs(renderer, picture, Layout(projection), view)
                (wall, busy), (wall_lines, busy_lines) = costs
                print(
                    f"{f'{projection}, {view}':28} "
                    f"{wall:5.1f} ms, with lines {wall_lines:5.1f} ms; "
                    f"processors {busy:5.1f} and {busy_lines:5.1f} ms, x {busy_lines / busy:.2f}"
                )


def _costs(renderer, picture, layout, view):
    """Medians of (wall, processor time of all threads) in ms, without lines and with all.

    In turns, so that who else is at work slows both; processor time hardly feels that.
    """
    seen = {0: [], ALL_LINES: []}
    for _ in range(ROUNDS):
        for lines, costs in seen.items():
            wall, busy = time.perf_counter(), time.process_time()
            renderer.upload("a", picture, layout)
            renderer.draw(compose(SIZE, ["a"], Compare.A), Look(view=view, lines=lines))
            GL.glFinish()
            costs.append((time.perf_counter() - wall, time.process_time() - busy))
    return [
        [statistics.median(column) * 1000 for column in zip(*costs[3:], strict=True)]
        for costs in seen.values()
    ]


def test_cost_of_an_exact_seek(clip):
    with Decoder(clip) as decoder:
        places = [Fraction(n * 37 % 300, 30) for n in range(20)]
        costs = [timed(lambda p=place: decoder.seek(p)) for place in places]
    print(f"\nexact seek, 60 frames a group: median {statistics.median(costs):.0f} ms, "
          f"worst {max(costs):.0f} ms")  # fmt: skip


def test_start_playing_and_drops_of_1280_x_640(clip, tmp_path):
    """In a process of its own, under Xvfb with a window manager."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-noreset"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as pipe:
        environment = os.environ | {"DISPLAY": f":{pipe.readline().strip()}"}
    print(f"\nload {os.getloadavg()[0]:.1f}")
    for _ in range(3):
        arguments = [str(clip.path), str(tmp_path / "memory.ini"), str(time.time())]
        done = subprocess.run(
            [sys.executable, "-c", WINDOW, *arguments],
            env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        print(done.stdout.strip(), done.stderr.strip())
    server.terminate()
    server.wait(timeout=20)
