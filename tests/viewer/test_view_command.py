"""The styles of the pipeline as the viewer gets them: in a process of their own."""

import numpy as np
import pytest

from pipeline.cli.view import Styles
from pipeline.styles import shipped_styles
from vr360.errors import Vr360Error


@pytest.fixture
def styles():
    styles = Styles(device="cpu")
    yield styles
    if styles._worker is not None:
        styles._worker.kill()
        styles._worker.join(timeout=20)


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
