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


@pytest.mark.parametrize(
    "commands",
    [["compare:side-by-side"], ["compare:b", "stereo:lr", "eyes:side-by-side"]],
    ids=["two pictures", "two eyes"],
)
def test_a_split_window_is_painted_under_the_pointer(window, person, films, commands):
    person.open(*films)
    person.settled()
    for command in commands:
        window.do(command)
    person.settled()
    person.press("x")
    person.until(lambda: window.canvas.brush is not None, "the brush being out")
    before = redness(person)
    painted(person, window, (0.7, 0.5), (0.8, 0.5))
    person.until(lambda: (redness(person) - before > 60).any(), "red on the film")
    there = (redness(person) - before > 60).any(axis=0)
    width = len(there)
    for start, end in ((0.2, 0.3), (0.7, 0.8)):  # both views look the same way
        assert there[round(start * width) : round(end * width)].all()
    assert not there[round(0.4 * width) : round(0.6 * width)].any()


def test_what_is_put_away_while_it_paints_begins_anew(window, person, brush):
    x, y = person.spot(window.canvas, 0.2, 0.5)
    person.do("mousemove", x, y, "mousedown", 1, "mousemove", x + 30, y)
    person.until(lambda: (redness(person) > 60).any(), "red on the film")
    for out in (False, True):
        person.press("x")
        person.until(lambda o=out: (window.canvas.brush is not None) == o, "the brush")
        person.do("mouseup", 1)
    painted(person, brush, (0.8, 0.5), (0.85, 0.5))
    person.until(lambda: (redness(person)[:, -window.width() // 4 :] > 60).any(), "a stroke")
    middle = slice(round(0.4 * window.width()), round(0.6 * window.width()))
    assert not (redness(person)[:, middle] > 60).any()
    person.press("ctrl+z", times=2)
    person.until(lambda: not (redness(person) > 60).any(), "two strokes undone")


def test_the_view_is_let_go_with_the_button_that_took_it(window, person, playing_film):
    x, y = person.spot(window.canvas, 0.5, 0.5)
    person.do("mousemove", x, y, "mousedown", 1, "mousemove", x + 30, y)
    person.until(lambda: window.canvas.camera != Camera(), "the view turned")
    person.press("x")
    person.until(lambda: window.canvas.brush is not None, "the brush being out")
    person.do("mousemove", x + 60, y, "sleep", 0.2, "mouseup", 1)
    person.until(lambda: window.canvas._grip is None, "the view being let go")
    assert not (redness(person) > 60).any()


def test_the_mask_is_shown_while_the_brush_is_out_and_a_heat_map_else(window, person, films):
    person.open(*films)
    person.settled()
    window.do("heat:difference")
    person.settled()
    heated = person.seen()
    person.press("x")
    person.until(lambda: (person.seen() != heated).any(), "the mask instead")
    painted(person, window)
    window.do("heat:difference")
    assert "when the brush is put away" in window.message.text()
    person.until(lambda: (redness(person) > 60).any(), "the mask staying")
    person.press("x")
    person.until(lambda: (person.seen() == heated).all(), "the heat map being back")
    person.press("ctrl+z")
    person.until(lambda: "brush out first" in window.message.text(), "why nothing is undone")
    assert (person.seen() == heated).all()
