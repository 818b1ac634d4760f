"""The window, driven as a person would: real mouse and key events on a real X server."""

from __future__ import annotations

import subprocess
import threading
from itertools import pairwise
from math import degrees, radians

import cv2
import numpy as np
import pytest
from clips import at_frame, number_on_screen
from person import Person
from waiting import LIMIT

from viewer.camera import Camera, view_ray
from viewer.composition import Compare
from viewer.desktop.commands import COMMANDS
from viewer.layout import View
from vr360.frame import Projection, Stereo


def test_opening_shows_the_first_frame_and_what_was_assumed(window, person, films):
    assert person.open(films[0])
    person.settled()
    person.until(lambda: person.number() == 0, "frame 0 on the screen")
    assert "2:1" in window.message.text()
    assert "film.mp4" in window.windowTitle()


def test_steps_on_and_back_show_exact_frames(window, person, playing_film):
    person.press("period", times=5)
    person.until(lambda: playing_film.current.a.index == 5, "frame 5")
    person.press("comma")
    person.until(lambda: playing_film.current.a.index == 4, "frame 4")
    person.settled()
    assert person.number() == 4
    assert "frame 4" in window.controls.time.text()


def test_a_click_on_the_bar_seeks_to_that_frame(window, person, playing_film):
    bar = window.controls.bar
    for share in (0.75, 0.2):
        person.click(bar, share)
        expected = int(bar.time_at(round(bar.width() * share)) * 10)
        person.until(lambda n=expected: playing_film.current.a.index == n, f"frame {expected}")
        person.settled()
        assert person.number() == expected


def test_hovering_over_the_bar_shows_a_thumbnail(window, person, playing_film):
    person.move(window.controls.bar, 0.4, 0.5)
    popup = window.controls.bar.popup
    person.until(lambda: popup.isVisible() and not popup.pixmap().isNull(), "a thumbnail")
    assert popup.pixmap().height() == 72
    person.move(window.canvas, 0.5, 0.3)
    person.until(lambda: not popup.isVisible(), "the thumbnail gone")


def test_space_plays_and_pauses(window, person, playing_film):
    person.press("space")
    person.until(lambda: playing_film.current.a.index >= 5, "half a second of film")
    person.press("space")
    person.until(lambda: not playing_film.playing, "a pause")
    person.settled()
    assert person.number() == playing_film.current.a.index


def test_dragging_keeps_the_grabbed_point_under_the_cursor(window, person, playing_film):
    canvas = window.canvas
    size = (canvas.height(), canvas.width())
    start, end = (0.5, 0.5), (0.7, 0.35)
    pixels = [(round(canvas.width() * x), round(canvas.height() * y)) for x, y in (start, end)]
    grabbed = Camera().matrix() @ view_ray(pixels[0], size, radians(90))
    person.drag(canvas, start, end)
    person.until(lambda: canvas._grip is None and canvas.camera != Camera(), "the drag")
    now = canvas.camera.matrix() @ view_ray(pixels[1], size, canvas.camera.fov)
    assert degrees(np.arccos(min(now @ grabbed, 1.0))) < 0.6
    assert canvas.camera.yaw < 0
    assert canvas.camera.pitch < 0


def test_a_flick_glides_on_and_comes_to_rest(window, person, playing_film):
    canvas = window.canvas
    x, y = person.spot(canvas, 0.3, 0.5)
    moves = [word for i in range(1, 6) for word in ("mousemove", x + 20 * i, y)]
    person.do("mousemove", x, y, "mousedown", 1, *moves, "mouseup", 1)
    person.until(lambda: canvas._grip is None and canvas.camera.yaw < 0, "the flick")
    let_go = Camera().dragged((x, y), (x + 100, y), (canvas.height(), canvas.width())).yaw
    person.until(lambda: canvas.glide.resting, "rest")
    assert canvas.camera.yaw <= let_go + radians(1)


def test_the_wheel_zooms_between_20_and_150_degrees(window, person, playing_film):
    canvas = window.canvas
    person.click(canvas, button=4, times=3)
    person.until(lambda: abs(canvas.camera.fov - Camera().zoomed(3).fov) < 1e-6, "three notches")
    person.click(canvas, button=4, times=30)
    person.until(lambda: canvas.camera.fov == radians(20), "the narrowest view")
    person.click(canvas, button=5, times=60)
    person.until(lambda: canvas.camera.fov == radians(150), "the widest view")


def test_a_double_click_fills_the_screen_and_escape_leaves_it(window, person, playing_film):
    person.click(window.canvas, 0.5, 0.4, times=2)
    person.until(lambda: window.isFullScreen() and window.width() == 1400, "full screen")
    assert not window.menuBar().isVisible()
    person.press("period")
    person.until(lambda: playing_film.current.a.index == 1, "a key while the menus are hidden")
    person.press("Escape")
    person.until(lambda: not window.isFullScreen() and window.menuBar().isVisible(), "a window")


KEYS = {
    "Right": lambda w: w.session.player.current.a.index == 50,
    "End": lambda w: w.session.player.current.a.index == 119,
    "bracketleft": lambda w: w.session.player.clock.speed == 0.75,
    "bracketright": lambda w: w.session.player.clock.speed == 1.25,
    "l": lambda w: w.session.player.loop,
    "m": lambda w: w.session.player.sound.muted,
    "9": lambda w: w.session.player.sound.volume == 0.95,
    "f": lambda w: w.isFullScreen(),
    "F11": lambda w: w.isFullScreen(),
    "2": lambda w: w.canvas.view is View.PLANET,
    "3": lambda w: w.canvas.view is View.FLAT,
    "shift+Right": lambda w: w.canvas.camera.yaw > 0,
    "shift+Left": lambda w: w.canvas.camera.yaw < 0,
    "shift+Up": lambda w: w.canvas.camera.pitch > 0,
    "shift+Down": lambda w: w.canvas.camera.pitch < 0,
    "plus": lambda w: w.canvas.camera.fov < radians(90),
    "minus": lambda w: w.canvas.camera.fov > radians(90),
    "p": lambda w: w.session.layout.projection is Projection.CUBEMAP,
    "shift+p": lambda w: w.session.layout.stereo is Stereo.TOP_BOTTOM,
    "e": lambda w: w.canvas.eyes == "right",
    "g": lambda w: w.canvas.lines == 4,
    "h": lambda w: w.canvas.lines == 8,
    "ctrl+1": lambda w: w.canvas.lines == 1,
    "ctrl+2": lambda w: w.canvas.lines == 2,
    "ctrl+5": lambda w: w.session.heat == "flicker",
    "Tab": lambda w: w.facts.isVisible() and "llvmpipe" in w.facts.text(),
    "F1": lambda w: w.help.isVisible(),
    "question": lambda w: w.help.isVisible(),
    "t": lambda w: w.styles.isVisible(),
    "shift+h": lambda w: w.level.isVisible(),
    "k": lambda w: len(w.film.travel.journey.keyframes) == 1,
}


def test_each_key_does_what_the_table_says(window, person, playing_film):
    for key, done in KEYS.items():
        person.press(key)
        person.until(lambda done=done: done(window), f"what {key} does")
        _undo(window, person)


def _undo(window, person):
    """Back to the beginning, without keys."""
    player = window.session.player
    if window.isFullScreen():
        window.do("toggle_full_screen")
        person.until(lambda: not window.isFullScreen() and window.isActiveWindow(), "a window")
    player.seek(0.0)
    player.set_speed(1.0)
    player.loop = False
    if player.sound.muted:
        window.do("toggle_mute")
    window.controls.volume.setValue(100)
    for name in ("view:rectilinear", "eyes:left", "projection:equirect", "stereo:mono"):
        window.do(name)
    window.canvas.turn_to(Camera())
    window.canvas.lines = 0
    window.do("heat:none")
    for widget in (window.help, window.facts, window.styles, window.level):
        widget.hide()
    person.settled()


def test_left_goes_back_and_home_to_the_start(window, person, playing_film):
    playing_film.seek(7.0)
    person.settled()
    person.press("Left")
    person.until(lambda: playing_film.current.a.index == 20, "5 seconds back")
    person.press("Home")
    person.until(lambda: playing_film.current.a.index == 0, "the start")


def test_in_and_out_points_bound_the_loop(window, person, playing_film):
    playing_film.seek(2.0)
    person.settled()
    person.press("i")  # takes the picture that is on show when the key arrives
    person.until(lambda: playing_film.span.start == 2.0, "the in point set")
    playing_film.seek(2.2)
    person.settled()
    person.press("o")
    person.press("l")
    person.until(lambda: playing_film.loop and playing_film.span.end is not None, "the loop set")
    person.press("space")
    seen = []
    playing = playing_film
    person.until(
        lambda: seen.append(playing.current.a.index) or _wraps(seen), "the loop beginning again"
    )
    assert set(seen) <= {20, 21, 22}
    person.press("BackSpace")
    person.until(lambda: playing.span.end is None, "the points forgotten")


def _wraps(indices):
    return any(after < before for before, after in pairwise(indices[5:]))


def test_every_command_of_the_menus_can_be_triggered(window, person, playing_film, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    asked = []
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *a, **k: (asked.append(1), ("", ""))[1])
    for command in COMMANDS:
        if command.name not in ("close", "toggle_full_screen"):
            window.menus.actions[command.name].trigger()
            person.settled()
    assert len(asked) == 5  # an export asks for keyframes first, a mask for strokes
    assert {c.menu for c in COMMANDS} == {m.title() for m in window.menus._menus.values()}


def test_a_menu_opens_and_its_entry_works_with_the_mouse(window, person, playing_film):
    bar = window.menuBar()
    view = bar.actions()[2]
    place = bar.actionGeometry(view).center()
    person.click(bar, place.x() / bar.width(), place.y() / bar.height())
    menu = window.menus._menus["View"]
    person.until(menu.isVisible, "the menu")
    entry = menu.actionGeometry(window.menus.actions["view:planet"]).center()
    person.click(menu, entry.x() / menu.width(), entry.y() / menu.height())
    person.until(lambda: window.canvas.view is View.PLANET, "the little planet")
    assert window.menus.actions["view:planet"].isChecked()


def test_ctrl_o_opens_the_file_chosen(window, person, films, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(films[0]), ""))
    person.press("ctrl+o")
    person.until(lambda: window.session is not None, "the film open")
    assert [a.text() for a in window.menus.recent.actions()] == [str(films[0])]
    window.close_film()
    window.menus.recent.actions()[0].trigger()
    person.until(lambda: window.session is not None, "the film open again")


def test_a_file_dropped_on_the_picture_is_opened(window, person, films, application):
    from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
    from PySide6.QtGui import QDragEnterEvent, QDropEvent

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(films[0]))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.NoModifier
    enter = QDragEnterEvent(QPoint(99, 99), copy, data, left, none)
    application.sendEvent(window.canvas, enter)
    assert enter.isAccepted()
    application.sendEvent(window.canvas, QDropEvent(QPointF(99, 99), copy, data, left, none))
    person.until(lambda: window.session is not None, "the film open")


def test_s_saves_the_view_and_shift_s_the_whole_frame(window, person, playing_film, tmp_path):
    playing_film.seek(at_frame(37, 10))
    person.settled()
    person.press("s")
    person.until(lambda: list(tmp_path.glob("shots/*view*.png")), "the view saved")
    saved = cv2.imread(str(next(tmp_path.glob("shots/*view*.png"))))[..., ::-1]
    assert saved.shape[:2] == window.canvas.pixels
    assert number_on_screen(saved, 0) == 37
    person.press("shift+s")
    person.until(lambda: list(tmp_path.glob("shots/*frame*.png")), "the frame saved")
    assert cv2.imread(str(next(tmp_path.glob("shots/*frame*.png")))).shape == (320, 640, 3)


def test_controls_hide_while_playing_and_come_back_with_the_mouse(
    window, person, playing_film, monkeypatch
):
    monkeypatch.setattr("viewer.desktop.window.HIDE_AFTER", 0.1)
    person.move(window.canvas, 0.5, 0.3)
    person.press("space")
    person.until(lambda: not window.controls.isVisible(), "the controls hidden")
    monkeypatch.setattr("viewer.desktop.window.HIDE_AFTER", 60.0)
    person.move(window.canvas, 0.6, 0.4)
    person.until(window.controls.isVisible, "the controls back")
    person.press("space")


def test_where_a_film_was_left_is_remembered(make_window, films):

    first = make_window()
    Person(first).open(films[0])
    first.session.player.seek(6.0)
    Person(first).settled()
    first.close()
    second = make_window()
    Person(second).open(films[0])
    Person(second).settled()
    assert second.session.player.current.a.index == 60
    assert "resumed" in second.message.text()


def test_help_names_every_key(window, person):
    person.press("F1")
    person.until(window.help.isVisible, "help")
    for command in COMMANDS:
        for key in command.keys:
            assert key.replace("<", "&lt;") in window.help.text()
    person.press("Escape")
    person.until(lambda: not window.help.isVisible(), "help gone")


@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 1000])
def test_a_file_that_does_not_open_leaves_one_message_and_the_film(
    window, person, playing_film, tmp_path, content
):
    path = tmp_path / "bad.mp4"
    if content is not None:
        path.write_bytes(content)
    assert not person.open(path)
    assert "bad.mp4" in window.message.text()
    assert "\n" not in window.message.text()
    person.press("period")
    person.until(lambda: playing_film.current.a.index == 1, "the film still there")


@pytest.fixture
def stuck(tmp_path, monkeypatch):
    """A file that keeps its reader waiting, as a network disk that does not answer.

    Nothing real keeps one waiting at will: a pipe is refused at once.
    """
    from viewer.session import Session

    path, answers = tmp_path / "stuck.mp4", threading.Event()

    def waiting(asked, *rest):
        if asked == path:
            answers.wait(LIMIT)
        return Session(asked, *rest)

    monkeypatch.setattr("viewer.desktop.window.Session", waiting)
    yield path
    answers.set()


def test_a_disk_that_does_not_answer_holds_up_neither_film_nor_window(
    window, person, playing_film, films, stuck
):
    person.press("space")
    window.open(stuck)
    known = playing_film.current.a.index
    person.until(lambda: playing_film.current.a.index > known + 2, "the film playing on")
    assert "opening stuck.mp4" in window.message.text()
    assert window.opening is not None
    assert person.open(films[1])
    assert window.session.film.path == films[1]


def test_escape_gives_up_opening(window, person, stuck):
    window.open(stuck)
    person.press("Escape")
    person.until(lambda: window.opening is None, "giving up")
    assert not window.message.isVisible()


def test_a_film_that_nobody_waits_for_any_more_is_closed_again(window, person, films, monkeypatch):
    from viewer.session import Session

    answered, made = threading.Event(), []

    def slow(path, *rest):
        if path == films[1]:
            answered.wait(LIMIT)
        made.append(Session(path, *rest))
        return made[-1]

    monkeypatch.setattr("viewer.desktop.window.Session", slow)
    window.open(films[1])
    assert person.open(films[0])
    answered.set()
    person.until(lambda: len(made) == 2, "the slow film open")
    person.until(lambda: not made[1].player._thread.is_alive(), "its end")
    assert window.session.film.path == films[0]


def test_a_film_cut_short_says_so_and_the_window_goes_on(window, person, tmp_path):
    from clips import write_clip

    write_clip(tmp_path / "film.mp4", 60, rate=10, gop=6)
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    front = ["-c", "copy", "-movflags", "+faststart"]  # an index of all that should be there
    source = str(tmp_path / "film.mp4")
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, *front, str(whole)], check=True)
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * 0.6)])
    assert person.open(cut)
    person.press("space")
    person.until(lambda: "incomplete" in window.message.text(), "a word about it")
    assert not window.session.player.playing
    person.press("Home")
    person.until(lambda: window.session.player.current.a.index == 0, "the start")


def test_an_old_graphics_driver_leaves_a_message_in_the_window(make_window, monkeypatch):
    from vr360.errors import DisplayError

    def refuse():
        raise DisplayError("the display offers OpenGL 2.1; the viewer needs 3.3")

    from viewer.desktop.memory import Memory
    from viewer.desktop.window import Window

    monkeypatch.setattr("viewer.desktop.canvas.Renderer", refuse)
    window = Window(None, Memory())
    window.show()
    Person(window).until(lambda: "OpenGL 2.1" in window.message.text(), "the message")
    window.close()


def test_comparing_modes_show_what_they_say(window, person, films):
    person.open(*films)
    person.settled()
    assert window.canvas.compare is Compare.WIPE
    assert window.sides.wipe.isVisible()
    assert (window.sides.label_a.text(), window.sides.label_b.text()) == ("original", "film.mp4")
    person.press("b")
    person.until(lambda: window.canvas.compare is Compare.B, "only the film")
    assert not window.sides.wipe.isVisible()
    person.press("b")
    person.until(lambda: window.canvas.compare is Compare.A, "only the original")
    person.press("d")
    person.until(lambda: window.canvas.compare is Compare.SIDE_BY_SIDE, "side by side")


def test_a_damaged_settings_file_does_not_keep_the_window_from_opening(application, tmp_path):
    from viewer.desktop.memory import Memory
    from viewer.desktop.window import Window

    settings = tmp_path / "memory.ini"
    settings.write_text("[General]\nrecent=[\nvolume=loud\npositions={\n")
    window = Window(None, Memory(settings))
    assert window.controls.volume.value() == 100
    window.close()
