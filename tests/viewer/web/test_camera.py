"""The camera in the browser is the desktop's: the same numbers, reckoned by both."""

from math import radians

import numpy as np
import pytest

from viewer.camera import Camera, Glide
from viewer.composition import compose, reach, view_matrix
from viewer.layout import Eyes, View
from viewer.web.script import modules

CAMERAS = [Camera(), Camera(2.5, -0.7, 0, 1.1), Camera(-3.0, 1.4, 0, 2.6), Camera(9.0, 3.0, 0, 9.0)]
SIZE = (360, 640)  # height, width


@pytest.fixture(scope="module")
def reckon(browser, serve, tmp_path_factory):
    """`reckon(module, expression, argument)`: an expression over the names of a module."""
    folder = tmp_path_factory.mktemp("modules")
    for name, text in modules().items():
        (folder / name).write_text(text)
    (folder / "index.html").write_text("<!doctype html>")
    page = browser.new_context().new_page()
    page.goto(serve(folder))

    def run(module, expression, argument=None):
        code = f"async (given) => {{ const m = await import('./{module}'); return {expression}; }}"
        return page.evaluate(code, argument)

    yield run
    page.context.close()


def as_given(camera):
    return {"yaw": camera.yaw, "pitch": camera.pitch, "fov": camera.fov}


def close(found, wanted):
    got = [found[name] for name in ("yaw", "pitch", "fov")]
    np.testing.assert_allclose(got, [wanted.yaw, wanted.pitch, wanted.fov], atol=1e-9)


def test_wrapping_and_limits_are_the_same(reckon):
    given = {"yaw": 9.0, "pitch": 3.0, "fov": 9.0}
    close(reckon("camera.js", "m.camera(given)", given), Camera(9.0, 3.0, 0.0, 9.0))


@pytest.mark.parametrize("view", View)
def test_views_look_where_the_desktops_do(reckon, view):
    for camera in CAMERAS:
        given = [as_given(camera), str(view), SIZE[::-1]]
        turn = reckon("camera.js", "m.viewMatrix(given[0], given[1])", given)
        np.testing.assert_allclose(np.reshape(turn, (3, 3)).T, view_matrix(camera, view), atol=1e-9)
        found = reckon("camera.js", "m.reach(...given)", given)
        np.testing.assert_allclose(found, reach(camera, view, SIZE), rtol=1e-9)


def test_what_was_grabbed_stays_under_the_pointer(reckon):
    drags = [((100, 100), (220, 180)), ((320, 10), (320, 350)), ((600, 300), (20, 40))]
    for camera in CAMERAS[:3]:
        for start, end in drags:
            given = [as_given(camera), start, end, SIZE[::-1]]
            close(
                reckon("camera.js", "m.dragged(...given)", given), camera.dragged(*drag_of(given))
            )


def test_upright_pages_span_the_angle_from_top_to_bottom(reckon):
    camera = CAMERAS[1]
    given = [as_given(camera), "rectilinear", [360, 640]]
    found = reckon("camera.js", "m.reach(...given)", given)
    half = reach(camera, View.RECTILINEAR, (360, 640))[0]
    np.testing.assert_allclose(found, [half * 360 / 640, half], rtol=1e-9)
    start, end, size = (100, 500), (250, 300), [360, 640]
    after = reckon("camera.js", "m.dragged(...given)", [as_given(camera), start, end, size])
    for at, point in ((as_given(camera), start), (after, end)):
        seen = reckon("camera.js", DIRECTION, [at, point, size])
        np.testing.assert_allclose(
            seen, reckon("camera.js", DIRECTION, [as_given(camera), start, size]), atol=1e-9
        )


DIRECTION = """(([at, [x, y], size]) => {
    const [across, up] = m.reach(at, "rectilinear", size);
    const ray = [(2 * x / size[0] - 1) * across, (1 - 2 * y / size[1]) * up, -1];
    const turn = m.viewMatrix(at, "rectilinear"), length = Math.hypot(...ray);
    return [0, 1, 2].map((row) =>
        (turn[row] * ray[0] + turn[row + 3] * ray[1] + turn[row + 6] * ray[2]) / length);
})(given)"""


def drag_of(given):
    return given[1], given[2], SIZE


def test_zoom_and_glide_are_the_same(reckon):
    camera = CAMERAS[1]
    close(reckon("camera.js", "m.zoomed(given, 2.5)", as_given(camera)), camera.zoomed(2.5))
    at, speed = reckon("camera.js", "m.glided(given, [0.9, -0.4], 0.13)", as_given(camera))
    wanted, left = Glide(0.9, -0.4).step(camera, 0.13)
    close(at, wanted)
    np.testing.assert_allclose(speed, [left.yaw_speed, left.pitch_speed], atol=1e-9)
    slow = "m.glided(given, [0.01, 0], 0.2)[1]"
    assert reckon("camera.js", slow, as_given(camera)) is None


@pytest.mark.parametrize(("eyes", "word"), [(Eyes.LEFT, "left"), (Eyes.RIGHT, "right")])
def test_the_wipe_cuts_where_the_desktops_does(reckon, eyes, word):
    from viewer.composition import Compare

    found = reckon("composition.js", "m.compose([641, 360], given, 0.3)", word)
    wanted = compose((360, 641), ["original", "film"], Compare.WIPE, 0.3, eyes)
    assert [each["cut"] for each in found] == [list(each.cut) for each in wanted]
    assert [each["film"] for each in found] == [1, 0]


def test_both_eyes_lie_side_by_side(reckon):
    found = reckon("composition.js", "m.compose([641, 360], 'both', 0)")
    wanted = compose((360, 641), ["film"], eyes=Eyes.BOTH)
    assert [each["viewport"] for each in found] == [list(each.viewport) for each in wanted]
    assert [each["eye"] for each in found] == [0, 1]


@pytest.mark.parametrize(
    ("said", "time", "yaw", "fov"),
    [
        ("?t=12.5&yaw=30&pitch=-5&fov=60", 12.5, 30, 60),
        ("", None, 10, 90),
        ("?t=-3&yaw=none&fov=", 0, 10, 90),
        ("?t=1e999&yaw=370&fov=9000", None, 10, 150),
    ],
)
def test_links_say_moment_and_view(reckon, said, time, yaw, fov):
    start = {"yaw": 10, "pitch": 0, "fov": 90}
    place = reckon("links.js", "m.placeOf(given[0], given[1])", [said, start])
    assert place["time"] == time
    expected = Camera(radians(370 if "370" in said else yaw), 0, 0, radians(fov))
    assert place["camera"]["yaw"] == pytest.approx(expected.yaw)
    assert place["camera"]["fov"] == pytest.approx(expected.fov)


def test_a_link_leads_back_to_what_it_was_made_of(reckon):
    place = {"time": 83.25, "camera": {"yaw": 0.5, "pitch": -0.25, "fov": 1.5}, "wipe": 0.4}
    link = reckon("links.js", "m.linkTo('http://a/b?t=1&x=2', given)", place)
    assert link.startswith("http://a/b?")
    assert "x=2" in link
    found = reckon("links.js", "m.placeOf(new URL(given).search, {yaw: 0})", link)
    assert (found["time"], found["wipe"]) == (83.25, 0.4)
    assert found["camera"]["pitch"] == pytest.approx(-0.25, abs=1e-3)


def test_times_are_told_as_clocks_do(reckon):
    given = [0, 9.99, 61, 3599, 3600, 7325.5]
    told = reckon("links.js", "given.map(m.clockTime)", given)
    assert told == ["0:00", "0:09", "1:01", "59:59", "1:00:00", "2:02:05"]
