"""The styles of the pipeline as the viewer gets them: in a process of their own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe

import numpy as np
import pytest
from waiting import LIMIT

from pipeline.cli.view import Styles, answer
from pipeline.styles import shipped_styles
from vr360.errors import Vr360Error


@pytest.fixture
def styles():
    styles = Styles(device="cpu")
    yield styles
    if styles._worker is not None:
        styles._worker.kill()
        styles._worker.join(timeout=LIMIT)


def test_a_style_that_does_not_exist_is_refused_across_the_process_border(styles):
    with pytest.raises(Vr360Error, match="no_such_style"):
        styles.load("no_such_style", 1.0)
    assert styles._worker.is_alive()


def test_a_painting_process_that_dies_is_reported_and_replaced(styles):
    with pytest.raises(Vr360Error):
        styles.load("no_such_style", 1.0)
    styles._worker.kill()
    with pytest.raises((RuntimeError, Vr360Error)):
        styles.load("no_such_style", 1.0)
    with pytest.raises(Vr360Error):
        styles.load("no_such_style", 1.0)


@pytest.mark.skipif(not shipped_styles(), reason="no style is shipped")
def test_a_shipped_style_paints_at_preview_size(styles):
    name = next(iter(shipped_styles()))
    rgb = np.random.default_rng(0).integers(0, 255, (64, 128, 3)).astype(np.uint8)
    painted = styles.load(name, 1.0)(rgb)
    assert (painted.shape, painted.dtype) == (rgb.shape, np.uint8)
    assert np.abs(painted.astype(int) - rgb).mean() > 5
    assert np.array_equal(styles.load(name, 0.0)(rgb), rgb)
    assert [entry.name for entry in styles.entries()] == list(shipped_styles())


class Tinted(Styles):
    """The same talk over the same pipe; what paints is a thread, and each style adds its number."""

    def _start(self):
        self._pipe, other = Pipe()
        self._worker = threading.Thread(target=answer, args=(other, self._paints), daemon=True)
        self._worker.start()

    def _paints(self, name, strength, stroke):
        time.sleep(0.002)  # so that whoever does not wait for his turn takes another's answer
        return lambda rgb: (time.sleep(0.001), rgb + np.uint8(name))[1]


def test_two_painters_at_once_each_get_their_own_pictures_in_their_own_style():
    styles = Tinted()

    def paint(name):
        made = styles.load(name, 1.0)
        pictures = [np.full((8, 16, 3), n, np.uint8) for n in range(30)]
        return [int(made(rgb)[0, 0, 0]) for rgb in pictures]

    with ThreadPoolExecutor(3) as painters:
        painted = list(painters.map(paint, ["50", "100", "150"]))
    assert painted == [list(range(first, first + 30)) for first in (50, 100, 150)]
    styles._pipe.close()
