"""A mask painted in the window by hand, saved, and taken by a film."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film.mask_files import still_mask
from viewer.camera import Camera


def answer(monkeypatch, button: str) -> list[str]:
    """What will be asked, and answered with that button."""
    from PySide6.QtWidgets import QMessageBox

    asked: list[str] = []

    def question(parent, title, text, *buttons):
        asked.append(text)
        return QMessageBox.StandardButton[button]

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked


def name_file(monkeypatch, path: Path | str) -> list[str]:
    """The names proposed in dialogs that will be answered with that path."""
    from PySide6.QtWidgets import QFileDialog

    proposed: list[str] = []

    def named(parent, title, usual, *filters):
        proposed.append(usual)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", named)
    return proposed


@pytest.fixture
def brush(window, person, playing_film, monkeypatch):
    """The window with the brush out; what is painted may go when it closes."""
    answer(monkeypatch, "Discard")
    person.press("x")
    person.until(lambda: window.canvas.brush is not None, "the brush being out")
    return window


def redness(person) -> np.ndarray:
    """(height, width): by how much red is above the others."""
    rgb = person.seen().astype(int)
    return rgb[..., 0] - rgb[..., 1:].max(axis=2)


def painted(person, window, start=(0.3, 0.5), end=(0.6, 0.5)) -> None:
    masking = window.film.masking
    known = len(masking._mask._before)
    person.drag(window.canvas, start, end)
    person.until(lambda: len(masking._mask._before) > known, "the stroke being begun")
    person.until(lambda: masking._last is None, "the stroke being ended")
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


@pytest.fixture
def polygon(window, person, playing_film, monkeypatch):
    """The window, ready for the corners of a polygon."""
    answer(monkeypatch, "Discard")
    person.press("shift+x")
    person.until(lambda: window.canvas.brush is not None, "corners being taken")
    return window


def corners(person, window, *places) -> None:
    """Click at places one by one."""
    masking = window.film.masking
    for count, place in enumerate(places, len(masking._corners) + 1):
        person.click(window.canvas, *place)
        person.until(lambda n=count: len(masking._corners) == n, "the corner being set")
        person.until(lambda: masking._last is None, "the button being let go")


def reds(person) -> int:
    return int((redness(person) > 60).sum())


@pytest.mark.parametrize("close", ["Return", "double click"])
def test_clicks_set_the_corners_of_a_polygon(window, person, polygon, close):
    masking = window.film.masking
    corners(person, window, (0.3, 0.3), (0.7, 0.3))
    if close == "Return":
        corners(person, window, (0.5, 0.8))
        person.press("Return")
    else:
        person.click(window.canvas, 0.5, 0.8, times=2)
    person.until(lambda: not masking._corners and masking._mask._before, "the polygon being closed")
    person.until(lambda: not window.canvas._pending, "it being drawn")
    red = redness(person) > 60
    height, width = red.shape
    assert red[round(0.5 * height), round(0.5 * width)]
    assert not red[round(0.7 * height), [round(0.35 * width), round(0.65 * width)]].any()
    flat = red.size * 0.4 * 0.5 / 2  # great circles are straight in this view
    assert red.sum() == pytest.approx(flat, rel=0.05)
    person.press("ctrl+z")
    person.until(lambda: masking._mask.empty, "the whole polygon being undone")


def test_corners_are_taken_back_and_too_few_make_no_polygon(
    window, person, polygon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "mask.png"
    name_file(monkeypatch, path)
    masking = window.film.masking
    corners(person, window, (0.3, 0.3), (0.7, 0.3), (0.9, 0.9))
    person.press("ctrl+z")
    person.until(lambda: len(masking._corners) == 2, "the last corner being taken back")
    person.press("Return")
    person.until(lambda: "three corners" in window.message.text(), "why it is not closed")
    corners(person, window, (0.5, 0.8))
    person.press("ctrl+s")
    person.until(lambda: "press Enter" in window.message.text(), "why it is not saved")
    person.click(window.canvas, 0.3, 0.3)
    person.until(lambda: not masking._corners, "closed by a click on its first corner")
    person.press("ctrl+s")
    person.until(path.exists, "the mask being saved")
    mask = still_mask(path)
    assert mask[len(mask) // 2, mask.shape[1] // 2] > 0.99
    assert 0.005 < (mask > 0.5).mean() < 0.05


def test_putting_a_polygon_away_drops_its_corners(window, person, polygon):
    before = reds(person)
    corners(person, window, (0.3, 0.5), (0.7, 0.5))
    person.until(lambda: reds(person) > before, "its side being shown")
    person.press("x")
    person.until(lambda: not window.film.masking._corners, "the brush instead")
    person.until(lambda: reds(person) == before, "nothing being painted")
    assert window.film.masking._mask.empty


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
    path = tmp_path / "mask.png"
    name_file(monkeypatch, path)
    painted(person, brush, (0.5, 0.5), (0.5, 0.5))
    person.press("ctrl+s")
    person.until(path.exists, "the mask being saved")
    mask = still_mask(path)
    rows, columns = np.nonzero(mask > 0.5)
    assert abs(rows.mean() - len(mask) / 2) < 4  # straight ahead
    assert abs(columns.mean() - mask.shape[1] / 2) < 4
    assert np.ptp(rows) / len(mask) * 180 == pytest.approx(10, abs=0.7)
    assert 'in a .toml beside it: painted = [[0.025, "mask.png"]]' in window.message.text()
    person.press("x")
    person.until(lambda: window.canvas.brush is None, "the brush being put away")
    assert window.canvas.overlay is None


@pytest.mark.parametrize(
    "commands",
    [["compare:side-by-side"], ["compare:b", "stereo:lr", "eyes:side-by-side"]],
    ids=["two pictures", "two eyes"],
)
def test_a_split_window_is_painted_under_the_pointer(window, person, films, commands, monkeypatch):
    answer(monkeypatch, "Discard")
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


def test_the_mask_is_shown_while_the_brush_is_out_and_a_heat_map_else(
    window, person, films, monkeypatch
):
    answer(monkeypatch, "Discard")
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


def test_a_mask_that_is_not_saved_is_asked_about(
    window, person, brush, films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = answer(monkeypatch, "Cancel")
    session = window.session
    painted(person, brush)
    assert not window.close()
    assert window.isVisible()
    assert not person.open(films[1])
    assert asked == ["Save the mask painted over film.mp4?"] * 2
    assert window.session is session

    asked = answer(monkeypatch, "Save")
    proposed = name_file(monkeypatch, "")
    assert not window.close(), "nor when no file is chosen"
    assert proposed == [str(films[0].with_name("film_mask_0.000.png"))]
    name_file(monkeypatch, tmp_path / "nowhere" / "mask.png")
    assert not window.close(), "nor when it cannot be written"
    assert "cannot be written" in window.message.text()
    name_file(monkeypatch, tmp_path / "mask.png")
    assert person.open(films[1])
    assert (still_mask(tmp_path / "mask.png") > 0.5).any()

    person.press("x")
    person.until(lambda: window.canvas.brush is not None, "the brush being out")
    painted(person, window)
    asked = answer(monkeypatch, "Discard")
    assert person.open(films[0])
    assert len(asked) == 1
    assert window.canvas.brush is None
    person.settled()
    assert window.close()
    assert len(asked) == 1, "nothing was painted any more"


def test_a_name_keeps_its_dots_and_replaces_nothing_unasked(
    window, person, brush, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    typed, other = tmp_path / "clip_mask_1.500", tmp_path / "clip_mask_1.png"
    other.write_text("another")
    name_file(monkeypatch, typed)
    painted(person, brush)
    window.do("save_mask")
    assert other.read_text() == "another"
    saved = tmp_path / "clip_mask_1.500.png"
    assert (still_mask(saved) > 0.5).any()
    before = saved.read_bytes()
    window.do("save_mask")
    assert "is there already" in window.message.text()
    assert saved.read_bytes() == before


def test_an_empty_mask_is_not_saved(window, person, brush, monkeypatch: pytest.MonkeyPatch):
    proposed = name_file(monkeypatch, "")
    painted(person, brush)
    window.do("clear_mask")
    assert not (redness(person) > 60).any()
    person.press("ctrl+s")
    person.until(lambda: "nothing is painted" in window.message.text(), "why it is not saved")
    assert proposed == []
    asked = answer(monkeypatch, "Cancel")
    assert window.close()
    assert asked == []


SHIFT = 3  # pixels a frame, of 512 around


def texture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (64, 128, 3), np.uint8)
    return cv2.resize(coarse, (512, 256), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def moving_thing(window, person, make_film, monkeypatch):
    """The window over a film with a textured disc before the middle that goes to the right."""
    answer(monkeypatch, "Discard")
    ground, thing = texture(1) // 2, 255 - texture(2) // 2
    y, x = np.mgrid[:256, :512]
    frames = []
    for n in range(9):
        inside = np.hypot(x - 256 - SHIFT * n, y - 128) < 30
        frames.append(np.where(inside[..., None], np.roll(thing, SHIFT * n, axis=1), ground))
    assert person.open(make_film("moving.mp4", np.stack(frames).astype(np.uint8)))
    person.settled()
    return window


@pytest.mark.parametrize("tool", ["x", "shift+x"])
def test_a_mask_goes_along_with_what_it_covers(window, person, moving_thing, tool):
    masking = window.film.masking
    person.press("ctrl+f")
    person.until(lambda: "what is to be followed" in window.message.text(), "nothing to follow")
    person.press(tool)
    person.until(lambda: window.canvas.brush is not None, "the tool being out")
    if tool == "x":
        painted(person, window, (0.48, 0.5), (0.52, 0.5))
    else:
        corners(person, window, (0.45, 0.45), (0.55, 0.45), (0.55, 0.55), (0.45, 0.55))
        person.press("Return")
        person.until(lambda: not masking._corners, "the polygon being closed")
    before = middle(masking._mask.codes)
    person.press("ctrl+f")
    person.until(lambda: masking._carrying is not None, "the mask being followed")
    for n in range(1, 7):
        person.press("period")
        person.until(lambda n=n: masking._over == Fraction(n, 24), f"frame {n}")
    moved = middle(masking._mask.codes) - before
    assert moved == pytest.approx([2 * SHIFT * 6, 0], abs=5)  # the mask is 1024 around
    person.press("ctrl+z")
    person.until(lambda: abs(middle(masking._mask.codes) - before).max() < 1, "it being put back")


def middle(codes: np.ndarray) -> np.ndarray:
    """Of what a mask covers: x and y."""
    y, x = np.nonzero(codes > 127)
    return np.array([x.mean(), y.mean()])
