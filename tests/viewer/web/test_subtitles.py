"""Captions in an emulated headset (iwer), by their pixels."""

from math import radians

import numpy as np
import pytest

from tests.viewer.web.conftest import player, wait
from tests.viewer.web.test_camera import reckon  # noqa: F401, a fixture
from tests.viewer.web.test_headset import DEVICE, EMULATOR, enter, turn_head, wait_frames
from viewer.web.site import ShareJob, share

WORDS = """WEBVTT

00:00.000 --> 00:10.000
Below

over there yaw=30 pitch=10
00:00.000 --> 00:10.000
There
"""


@pytest.fixture
def with_captions(tmp_path, make_film, serve, visit):
    """`with_captions(words)`: a grey film with two captions, in a headset."""
    if not EMULATOR.is_file():
        pytest.skip("no iwer: npm ci --prefix tests/viewer/web/npm")

    def show(words):
        film = make_film("dark.mp4", np.full((30, 64, 128, 3), 90, np.uint8))
        film.with_suffix(".vtt").write_text(words)
        share(ShareJob((film,), tmp_path / "site"))
        page = visit(serve(tmp_path / "site"), script=EMULATOR.read_text() + DEVICE + HELD)
        page.wait_for_selector("#vr:not([hidden])")
        player(page, "player.begin(0.3)")
        wait(page, "player.captions.length === 2")
        enter(page)
        wait_frames(page)
        return page

    return show


@pytest.fixture
def captioned(with_captions):
    """A caption below and one 30 degrees to the right, 10 up."""
    return with_captions(WORDS)


HELD = """
globalThis.boards = { textures: new Set(), programs: new Set() };
{
    const kind = WebGL2RenderingContext.prototype;
    const { texImage2D, shaderSource, attachShader } = kind, shaders = new Set();
    kind.texImage2D = function (...given) {
        const face = given[given.length - 1] instanceof HTMLCanvasElement;
        if (face) boards.textures.add(this.getParameter(this.TEXTURE_BINDING_2D));
        texImage2D.apply(this, given);
    };
    kind.shaderSource = function (shader, text) {
        if (text.includes("uniform mat4 place")) shaders.add(shader);
        shaderSource.call(this, shader, text);
    };
    kind.attachShader = function (program, shader) {
        if (shaders.has(shader)) boards.programs.add(program);
        attachShader.call(this, program, shader);
    };
}
"""
"""Remembers the faces of boards and the programs that draw them."""


BOXES = """async () => {
    const { sphere } = vr360, { gl } = sphere, found = {};
    const [drawSphere, drawArrays] = [sphere.draw.bind(sphere), gl.drawArrays.bind(gl)];
    let now = null;
    await new Promise((done) => {
        sphere.draw = (...given) => {
            const [, , eye, look, area] = given;
            now = { eye: eye ? "right" : "left", look, area, count: 0, dark: [] };
            drawSphere(...given);
        };
        gl.drawArrays = (...given) => {
            drawArrays(...given);
            if (!now || ++now.count > 1 + vr360.captions.length) return;
            const { look, area: [left, bottom, width, height] } = now;
            const pixels = new Uint8Array(4 * width * height);
            gl.readPixels(left, bottom, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
            now.dark = [];
            for (let n = 0; n < width * height; n++) {
                const at = [(n % width) / width, Math.floor(n / width) / height];
                const { reach, shift } = look;
                const tangents = at.map((share, i) => (2 * share - 1) * reach[i] + shift[i]);
                if (pixels[4 * n] < 40) now.dark.push(tangents);
            }
            found[now.eye] = now.dark;
            if (Object.keys(found).length === 2 && now.count === 1 + vr360.captions.length) done();
        };
    });
    Object.assign(sphere, { draw: drawSphere });
    gl.drawArrays = drawArrays;
    return found;
}"""
"""What is darker than the film once it and the captions are drawn: tangents to the right and up."""


def boxes(page):
    """What captions cover, for the left and the right eye: (n, 2) tangents."""
    found = page.evaluate(BOXES)
    return [np.array(found[eye]).reshape(-1, 2) for eye in ("left", "right")]


def middle(dark):
    return (dark.min(axis=0) + dark.max(axis=0)) / 2


def test_captions_stand_below_and_at_their_direction(captioned):
    left, right = boxes(captioned)
    there = [middle(dark[dark[:, 0] > 0.3]) for dark in (left, right)]
    below = [middle(dark[dark[:, 0] < 0.3]) for dark in (left, right)]
    for seen, wanted in (
        (there, (np.tan(radians(30)), np.tan(radians(10)) / np.cos(radians(30)))),
        (below, (0, np.tan(radians(-9)))),
    ):
        np.testing.assert_allclose(np.mean(seen, axis=0), wanted, atol=0.02)
        assert 0.01 < seen[0][0] - seen[1][0] < 0.06  # two metres away: the eyes are 63 mm apart


def test_captions_follow_the_film_and_the_viewer(captioned):
    page = captioned
    turn_head(page, radians(30))
    wait_frames(page)
    left, right = boxes(page)
    up = [middle(dark[dark[:, 1] > 0]) for dark in (left, right)]
    np.testing.assert_allclose(np.mean(up, axis=0), (0, np.tan(radians(10))), atol=0.02)
    down = [middle(dark[dark[:, 1] < 0]) for dark in (left, right)]
    np.testing.assert_allclose(np.mean(down, axis=0), (0, np.tan(radians(-9))), atol=0.02)


def test_a_caption_behind_the_viewer_stands_below_with_the_others(captioned):
    page = captioned
    turn_head(page, radians(150))
    wait_frames(page)
    for dark in boxes(page):
        assert dark[:, 1].max() < 0
        assert abs(middle(dark)[0]) < 0.05
        assert np.ptp(dark[:, 1]) > 0.055  # two of them, one above the other


def test_lower_captions_stand_on_each_other(with_captions):
    page = with_captions(WORDS.replace("There", "There\nand over\nthere"))
    turn_head(page, radians(150))
    wait_frames(page)
    bottom, top = -10, -10 + np.degrees((80 + 3 * 64 + 16) * 0.0008 / 2)
    for dark in boxes(page):
        rim = dark[:, 1].min(), dark[:, 1].max()
        np.testing.assert_allclose(rim, np.tan(np.radians([bottom, top])), atol=0.008)


def test_who_looks_up_takes_the_lower_captions_along(captioned):
    page, half = captioned, radians(60) / 2
    page.evaluate(f"device.quaternion.set({np.sin(half)}, 0, 0, {np.cos(half)})")
    wait_frames(page)
    for dark in boxes(page):  # the other caption lies 55 degrees off, though but 30 aside
        assert dark[:, 1].min() == pytest.approx(np.tan(radians(-10 - 25)), abs=0.02)
        assert np.ptp(dark[:, 1]) > 0.055
        assert abs(middle(dark)[0]) < 0.05


def test_all_boards_share_a_program_and_nothing_stays_after_the_headset(captioned):
    page = captioned
    turn_head(page, radians(150))  # other words: with an arrow
    wait_frames(page)
    held = "[[...boards.textures].filter((each) => vr360.sphere.gl.isTexture(each)).length,"
    held += "[...boards.programs].filter((each) => vr360.sphere.gl.isProgram(each)).length]"
    assert page.evaluate(held) == [3, 1]  # two captions and the panel
    assert page.evaluate("boards.programs.size") == 1
    page.evaluate("document.getElementById('vr').click()")
    wait(page, "!player.away")
    assert page.evaluate(held) == [0, 0]


@pytest.mark.parametrize(
    ("there", "gaze", "before", "aside"),
    [
        ((38, 0), (0, 0), None, 0),
        ((42, 0), (0, 0), None, 1),
        ((42, 0), (0, 0), 0, 0),
        ((46, 0), (0, 0), 0, 1),
        ((42, 0), (0, 0), 1, 1),
        ((38, 0), (0, 0), 1, 0),
        ((0, 42), (0, 0), None, 1),
        ((60, 70), (0, 70), None, 0),  # near a pole yaws differ more than directions
        ((-170, 0), (0, 0), 1, 1),
        ((-150, 0), (0, 0), 1, -1),
        ((170, 0), (0, 0), -1, -1),
        ((350, 0), (-60, 0), None, 1),
    ],
)
def test_where_a_caption_is_changes_past_a_limit(reckon, there, gaze, before, aside):  # noqa: F811
    given = [dict(zip(("yaw", "pitch"), map(radians, each), strict=True)) for each in (there, gaze)]
    found = reckon("subtitles.js", "m.asideOf(...given.slice(0, 2), given[2])", [*given, before])
    assert found == aside


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("one", ["one"]),
        ("unbreakable two", ["unbreaka", "ble two"]),
        ("", [""]),
        ("一二三四五六七八，九十", ["一二三四五六七", "八，九十"]),
        ("一二三四五六七「八」九", ["一二三四五六七", "「八」九"]),
        ("Go 一二三四五六七八九", ["Go 一二三四五", "六七八九"]),
    ],
)
def test_long_lines_are_broken_between_words_or_else_characters(reckon, line, lines):  # noqa: F811
    wrapped = "m.wrapped(given, (each) => each.length <= 8)"
    assert reckon("subtitles.js", wrapped, line) == lines
