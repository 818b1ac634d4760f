"""Judging a look in the window: A and B in step, live painting, heat maps, level, view path."""

from __future__ import annotations

import os
import subprocess
import sys
from math import degrees, radians
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import at_frame, number_on_screen, write_clip
from waiting import LIMIT

import viewer
from viewer.camera import Camera
from viewer.composition import Compare
from viewer.desktop.app import Options, check_display, start
from viewer.film import Reading
from viewer.journey import load_journey
from viewer.layout import View
from viewer.opengl import GraphicsError
from viewer.orientation import Pose, file_pose
from viewer.renderer import Look
from vr360.errors import DisplayError
from vr360.geometry import equirect_directions, rotation


@pytest.fixture
def compared(window, person, films):
    """The window with film and original, in a wipe."""
    assert person.open(*films)
    person.settled()
    return window.session


def both_numbers(person):
    """The frame numbers that both sides of the wipe show in one drawing of the window."""
    rgb = person.seen()
    return number_on_screen(rgb, 0), number_on_screen(rgb, 1)


def test_dragging_the_line_moves_the_wipe_between_frames_of_one_number(window, person, compared):
    assert both_numbers(person) == (0, 0)
    before = person.seen()
    person.drag(window.canvas, (0.5, 0.3), (0.62, 0.3))
    person.until(lambda: abs(window.canvas.wipe - 0.62) < 0.01, "the line at 62 %")
    assert window.canvas.camera == Camera()
    changed = np.abs(person.seen().astype(int) - before).sum(axis=(0, 2)) > 0
    columns = np.flatnonzero(changed) / before.shape[1]
    assert columns.min() > 0.49
    assert columns.max() < 0.63


def test_a_and_b_show_one_number_while_playing_seeking_and_stepping(window, person, compared):
    player = compared.player
    person.press("space")
    seen = set()
    while len(seen) < 8:
        known = player.current.a.index
        person.until(lambda k=known: player.current.a.index != k, "the next frame")
        person.until(lambda: not window.canvas._pending, "its drawing")
        a, b = both_numbers(person)
        assert a == b
        seen.add(a)
    person.press("space")
    for index in (100, 3, 57):
        player.seek(at_frame(index, 10))
        person.settled()
        assert both_numbers(person) == (index, index)
    person.press("period", times=3)
    person.until(lambda: player.settled and player.current.a.index == 60, "frame 60")
    person.settled()
    assert both_numbers(person) == (60, 60)


def test_a_click_on_a_style_paints_what_is_shown_beside_the_film(window, person, playing_film):
    person.press("t")
    person.until(window.styles.isVisible, "the list of styles")
    styles = window.styles.list
    entry = styles.visualItemRect(styles.item(0)).center()
    view = styles.viewport()
    person.click(view, entry.x() / view.width(), entry.y() / view.height())
    person.until(lambda: window.canvas.slots == ["film", "painted"], "a painted picture")
    person.until(lambda: not window.canvas._pending, "its drawing")
    assert window.canvas.compare is Compare.WIPE
    rgb = person.seen().astype(int)
    edge = rgb.shape[1] // 2
    left, right = rgb[200, edge - 20], rgb[200, edge + 20]
    assert np.abs(left + right - 255).max() < 12  # `negative` on the right of the line
    assert "negative, live" in window.sides.label_b.text()


def test_a_fisheye_is_painted_as_it_lies_and_that_is_said(window, person, films):
    window.open(films[0], reading=Reading(lens_fov=radians(90)))
    person.until(lambda: window.session is not None, "the fisheye open")
    window.styles.choose("negative")
    person.until(lambda: "as it lies" in window.message.text(), "a word about it")
    for by, wide in (("-5", 90), ("5", 95)):  # the window's own limits are 120 and 280
        window.do("widen_lens:" + by)
        assert round(degrees(window.session.layout.lens_fov)) == wide


def test_painting_follows_the_film_and_is_exact_when_it_stands(window, person, playing_film):
    window.styles.choose("negative")
    person.press("space")
    session = window.session
    person.until(lambda: session.painted and session.painted.picture.index > 5, "painting on")
    person.press("space")
    person.until(
        lambda: (
            not playing_film.playing
            and session.painted.picture.index == playing_film.current.a.index
        ),
        "the painted picture catching up",
    )
    assert session.lag == 0
    assert "0 ms behind" in session.names()[1]


def test_a_style_that_fails_leaves_the_film_playing_and_says_why(window, person, playing_film):
    person.press("space")
    window.styles.choose("broken")
    person.until(lambda: "no memory left" in window.message.text(), "the reason")
    assert window.session.wish is None
    known = playing_film.current.a.index
    person.until(lambda: playing_film.current.a.index > known, "the film playing on")


def test_strength_and_blend_are_passed_on(window, person, playing_film):
    panel = window.styles
    panel.choose("negative")
    person.until(lambda: window.session.painted, "a painted picture")
    panel.blend.setValue(0)
    person.until(lambda: window.session.painted.wish.blend == 0.0, "the new blend")
    painted = window.session.painted.picture.planes[0]
    assert np.abs(painted[5, 5].astype(int) - (36, 48, 60)).max() < 25
    window.do("stop_painting")
    person.until(lambda: window.canvas.slots == ["film"], "painting stopped")


def test_the_difference_is_hot_where_the_pictures_differ_and_gone_on_demand(
    window, person, compared
):
    plain = person.seen()
    person.press("ctrl+4")
    person.until(lambda: window.canvas.overlay == "heat", "the heat map")
    person.until(lambda: not window.canvas._pending, "its drawing")
    hot = person.seen()
    assert np.abs(hot.astype(int) - plain).mean() > 15
    person.press("ctrl+3")
    person.until(lambda: window.canvas.overlay is None, "no heat map")
    person.until(lambda: np.array_equal(person.seen(), plain), "the plain picture")


def test_flicker_shows_once_three_pictures_have_been_seen(window, person, tmp_path):
    blinking = np.full((6, 64, 128, 3), 90, np.uint8)
    blinking[1::2, 20:44, 54:74] = 200
    with av.open(str(tmp_path / "blinking.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p"
        for rgb in blinking:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))
    person.open(tmp_path / "blinking.mp4")
    person.settled()
    person.press("ctrl+5")
    person.until(lambda: "three pictures" in window.message.text(), "what is missing")
    for number in (1, 2):
        person.press("period")
        person.until(lambda n=number: window.session.player.current.a.index == n, "a step")
    assert window.session.heat_shown
    person.settled()
    red = person.seen()[..., 0].astype(int) - person.seen()[..., 2]
    assert red[red.shape[0] // 2, red.shape[1] // 2] > 60
    assert abs(red[red.shape[0] // 2, 20]) < 20


def test_a_difference_of_one_picture_is_refused_in_words(window, person, playing_film):
    person.press("ctrl+4")
    person.until(lambda: "two pictures" in window.message.text(), "a word about it")


def tilted_film(path, roll, pitch):
    """A film of a sphere, sky above ground, as a camera records it that a pose must level."""
    d = equirect_directions(160, 320) @ rotation(0.0, radians(pitch), radians(roll)).T
    rgb = np.where(d[..., 1:2] > 0, (90, 140, 220), (60, 110, 40)).astype(np.uint8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 160, "yuv420p"
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))


def sky_edges(person):
    """Height of the horizon at the left, in the middle and at the right, shares of the window."""
    blue = person.seen()[..., 2] > 128
    width = blue.shape[1]
    return [blue[:, x].mean() for x in (20, width // 2, width - 20)]


def test_a_tilted_film_is_levelled_and_stays_so_in_a_saved_copy(
    window, person, tmp_path, monkeypatch
):
    from PySide6.QtWidgets import QFileDialog

    tilted_film(tmp_path / "tilted.mp4", roll=12.0, pitch=-5.0)
    assert person.open(tmp_path / "tilted.mp4")
    person.settled()
    assert np.ptp(sky_edges(person)) > 0.2
    level = window.level
    level.roll.setValue(120)
    level.pitch.setValue(-50)
    person.until(lambda: np.ptp(sky_edges(person)) < 0.03, "a level horizon")
    assert sky_edges(person)[1] == pytest.approx(0.5, abs=0.03)
    copy = tmp_path / "level.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(copy), ""))
    window.do("choose_levelled")
    assert file_pose(copy) == Pose(0.0, -5.0, 12.0)
    assert person.open(copy)
    person.settled()
    assert np.ptp(sky_edges(person)) < 0.03


def test_keyframes_are_followed_saved_and_exported(
    window, person, playing_film, tmp_path, monkeypatch
):
    from PySide6.QtWidgets import QFileDialog

    person.press("k")
    playing_film.seek(1.0)
    person.settled()
    window.canvas.turn_to(Camera(yaw=radians(40)))
    person.press("k")
    person.until(lambda: len(window.film.travel.times) == 2, "two keyframes")
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "path.json"), "")
    )
    window.do("save_path")
    assert load_journey(tmp_path / "path.json").camera_at(1.0).yaw == pytest.approx(radians(40))
    person.press("Home")
    person.press("j")
    person.press("space")
    yaws = []
    window.canvas.looked.connect(lambda: yaws.append(window.canvas.camera.yaw))
    person.until(lambda: yaws and yaws[-1] == pytest.approx(radians(40)), "the camera's arrival")
    # It began there: only a camera that has left is turned there again.
    person.press("space")
    flat = tmp_path / "flat.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(flat), ""))
    monkeypatch.setattr("viewer.desktop.exporting.SIZE", (90, 160))
    playing_film.span = playing_film.span.with_end(0.5)
    person.press("ctrl+e")
    person.until(lambda: "exported 5 frames" in window.message.text(), "the export")
    with av.open(str(flat)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5


@pytest.mark.parametrize("error", [GraphicsError("out of memory"), AttributeError(), OSError()])
def test_an_export_that_fails_in_any_way_says_so(
    window, person, playing_film, tmp_path, monkeypatch, error
):
    from PySide6.QtWidgets import QFileDialog

    def fail(*_):
        raise error

    flat = tmp_path / "flat.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(flat), ""))
    monkeypatch.setattr("viewer.desktop.exporting.export_journey", fail)
    window.do("add_keyframe")
    window.do("export_path")
    person.until(lambda: "flat.mp4 failed" in window.message.text(), "the reason")
    assert str(error) in window.message.text()
    assert not window.message.text().endswith(": ")
    person.until(lambda: window.exporting.export is None, "the export forgotten")


def test_the_eyes_on_show_are_those_exported(window, person, tmp_path, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    rgb = np.zeros((256, 256, 3), np.uint8)
    rgb[128:] = 255
    film = tmp_path / "pair_TB.mp4"
    with av.open(str(film), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        out.mux(stream.encode(None))
    assert person.open(film)
    person.settled()
    person.press("e", times=2)
    person.press("k")
    person.until(
        lambda: window.canvas.eyes == "side-by-side" and window.film.travel.times, "a path"
    )
    flat = tmp_path / "flat.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(flat), ""))
    monkeypatch.setattr("viewer.desktop.exporting.SIZE", (90, 160))
    person.press("ctrl+e")
    person.until(lambda: "exported 3 frames" in window.message.text(), "the export")
    with av.open(str(flat)) as container:
        shown = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert shown[:, :78].max() < 20
    assert shown[:, 82:].min() > 235


def test_the_command_lines_wishes_are_met(window, person, films, tmp_path):
    look = Look(Camera(radians(10), radians(5), 0.0, radians(70)), View.PLANET)
    start(window, Options(films[0], films[1], look=look, at=3.0, wipe=0.3))
    person.until(lambda: window.session is not None, "the film open")
    person.settled()
    assert window.canvas.camera == look.camera
    assert window.canvas.view is View.PLANET
    assert window.canvas.wipe == 0.3
    assert window.session.player.current.a.index == 30


def test_a_style_of_the_command_line_is_painted_at_once(window, person, films):
    start(window, Options(films[0], style="negative", strength=0.5))
    person.until(lambda: window.session and window.session.painted, "a painted picture")
    assert window.session.painted.wish.strength == 0.5


def test_a_stereo_film_shows_each_eye(window, person, tmp_path):
    rgb = np.zeros((256, 256, 3), np.uint8)
    rgb[128:] = 255
    cv2.imwrite(str(tmp_path / "pair_TB.png"), rgb)
    assert person.open(tmp_path / "pair_TB.png")
    thumbnails = window.session.thumbnails
    person.until(lambda: thumbnails.at(0.0) is not None, "a thumbnail")
    assert thumbnails.at(0.0).shape == (72, 144, 3)
    assert not thumbnails.at(0.0).any()
    person.settled()
    assert person.seen().max() == 0
    person.press("e")
    person.until(lambda: person.seen().min() == 255, "the right eye")


def test_facts_count_frames_shown_and_dropped(window, person, tmp_path):
    write_clip(tmp_path / "short.mp4", 20, height=64, rate=10)
    person.open(tmp_path / "short.mp4")
    person.settled()
    person.press("space")
    person.until(lambda: window.session.player.current.a.index == 19, "the last frame")
    person.press("Tab")
    person.until(lambda: "dropped" in window.facts.text(), "the facts")
    counters = window.session.player.counters
    assert counters.shown + counters.dropped == 19


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":4711"}])
def test_without_a_display_there_is_one_clear_line(environment):
    with pytest.raises(DisplayError) as caught:
        check_display(environment)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "trouble", [{"QT_XCB_GL_INTEGRATION": "none"}, {"MESA_GL_VERSION_OVERRIDE": "2.1"}]
)
def test_without_opengl_there_is_one_clear_line_and_no_window(screen, trouble):
    code = (
        "from viewer.desktop.app import Options, run\n"
        "from vr360.errors import DisplayError\n"
        "try: run(Options(), None)\n"
        "except DisplayError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | trouble, cwd=Path(viewer.__file__).parents[1],
        capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert "the viewer needs 3.3" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")
