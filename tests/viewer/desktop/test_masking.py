"""A mask painted in the window by hand, saved, and taken by a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.film.mask_files import still_mask
from viewer.camera import Camera


@pytest.fixture
def brush(window, person, playing_film):
    """The window with the brush out."""
    person.press("x")
    person.until(lambda: window.canvas.brush is not None, "the brush being out")
    return window


def redness(person) -> np.ndarray:
    """(height, width): by how much red is above the others."""
    rgb = person.seen().astype(int)
    return rgb[..., 0] - rgb[..., 1:].max(axis=2)


def painted(person, window, start=(0.3, 0.5), end=(0.6, 0.5)) -> None:
    person.drag(window.canvas, start, end)
    person.until(lambda: not window.canvas._pending, "the stroke being drawn")


def test_a_stroke_is_seen_where_it_was_painted_and_undone(window, person, brush):
    before = redness(person)
    painted(person, brush)
    person.until(lambda: (redness(person) - before > 60).any(), "red on the film")
    rows, columns = np.nonzero(redness(person) - before > 60)
    height, width = before.shape
    assert 0.2 < columns.min() / width < 0.3
    assert 0.6 < columns.max() / width < 0.7
    assert abs(rows.mean() / height - 0.5) < 0.02
    assert window.canvas.camera == Camera(), "painting does not turn the view"
    person.press("ctrl+z")
    person.until(lambda: not (redness(person) - before > 60).any(), "the stroke being undone")
    person.press("ctrl+z")
    person.until(lambda: "nothing to undo" in window.message.text(), "that there is none left")


def test_the_right_button_looks_around_and_shift_erases(window, person, brush):
    painted(person, brush)
    x, y = person.spot(window.canvas, 0.5, 0.3)
    person.do("mousemove", x, y, "mousedown", 3, "mousemove", x + 90, y, "sleep", 0.2, "mouseup", 3)
    person.until(lambda: window.canvas.camera.yaw < -0.05, "the view turned to the left")
    window.canvas.turn_to(Camera())
    before = (redness(person) > 60).sum()
    person.do("keydown", "shift")
    try:
        painted(person, brush, (0.45, 0.5), (0.75, 0.5))
    finally:
        person.do("keyup", "shift")
    person.until(lambda: (redness(person) > 60).sum() < 0.8 * before, "a part erased")


def test_a_wider_brush_paints_more(window, person, brush):
    painted(person, brush)
    person.until(lambda: (redness(person) > 60).any(), "red on the film")
    narrow = (redness(person) > 60).sum()
    person.press("ctrl+Up", times=4)
    person.until(lambda: "brush 24.4° wide" in window.message.text(), "the size being told")
    painted(person, brush)
    person.until(lambda: (redness(person) > 60).sum() > 1.8 * narrow, "a wider stroke")


def test_what_is_saved_is_a_mask_of_a_film(
    window, person, brush, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from PySide6.QtWidgets import QFileDialog

    path = tmp_path / "mask.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    painted(person, brush, (0.5, 0.5), (0.5, 0.5))
    person.press("ctrl+s")
    person.until(path.exists, "the mask being saved")
    mask = still_mask(path)
    rows, columns = np.nonzero(mask > 0.5)
    assert abs(rows.mean() - len(mask) / 2) < 4  # straight ahead
    assert abs(columns.mean() - mask.shape[1] / 2) < 4
    assert np.ptp(rows) / len(mask) * 180 == pytest.approx(10, abs=0.7)
    assert 'painted = [[0.000, "mask.png"]]' in window.message.text()
    person.press("x")
    person.until(lambda: window.canvas.brush is None, "the brush being put away")
    assert window.canvas.overlay is None
