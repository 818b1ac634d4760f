"""Captions, pictures on the seek bar, the director's view, the sensor of a phone; accessibility."""

import json
from math import radians

import cv2
import numpy as np
import pytest

from tests.viewer.clips import write_clip
from tests.viewer.web.conftest import NPM, player, wait
from tests.viewer.web.test_camera import reckon  # noqa: F401, a fixture
from viewer.camera import Camera
from viewer.journey import Journey, Keyframe, save_journey
from viewer.web.site import ShareJob, share
from vr360.errors import InputError
from vr360.geometry import rotation

RULES = NPM / "axe-core" / "axe.min.js"
PATH = Journey(
    (
        Keyframe(0.0, Camera(radians(170), 0.0, 0.0, radians(90))),
        Keyframe(2.0, Camera(radians(-170), radians(20), 0.0, radians(60))),
        Keyframe(5.0, Camera(radians(-90), radians(-30), 0.0, radians(100))),
    )
)
WORDS = """WEBVTT

00:00.500 --> 00:02.000
First <i>words</i>

00:03.000 --> 00:04.000
Last words

guide yaw=40 pitch=-10.5
00:04.500 --> 00:06.000
There!
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("extras")
    write_clip(folder / "clip.mp4", 180, 96, 30, gop=15)
    (folder / "clip.vtt").write_text(WORDS)
    save_journey(folder / "path.json", PATH)
    job = ShareJob((folder / "clip.mp4",), folder / "site", path=folder / "path.json")
    share(job)
    return serve(folder / "site")


def test_the_directors_view_is_the_desktops(reckon):  # noqa: F811
    frames = [
        {"time": k.time, "yaw": k.camera.yaw, "pitch": k.camera.pitch, "fov": k.camera.fov}
        for k in PATH.keyframes
    ]
    for time in (-1, 0, 0.7, 2, 3.3, 4.99, 5, 9):
        found = reckon("journey.js", "m.cameraAt(given[0], given[1])", [frames, time])
        wanted = PATH.camera_at(time)
        got = [found["yaw"], found["pitch"], found["fov"]]
        np.testing.assert_allclose(got, [wanted.yaw, wanted.pitch, wanted.fov], atol=1e-9)


def test_the_camera_follows_the_director_until_somebody_drags(address, visit):
    page = visit(address)
    player(page, "player.begin(3)")
    wait(page, "player.drawn === 90")
    assert player(page, "player.at.yaw") == pytest.approx(PATH.camera_at(3).yaw, abs=0.02)
    assert page.locator("#director").get_attribute("aria-pressed") == "true"
    page.keyboard.press("d")
    assert page.locator("#director").get_attribute("aria-pressed") == "false"
    mine = player(page, "player.at.yaw")
    page.keyboard.press(".")
    wait(page, "player.drawn === 91")
    assert player(page, "player.at.yaw") == mine
    page.click("#director")
    assert player(page, "player.at.yaw") == pytest.approx(PATH.camera_at(91 / 30).yaw, abs=0.02)


def test_captions_come_and_go(address, visit):
    page = visit(address + "?t=1&yaw=0")
    page.wait_for_function("() => document.getElementById('caption').textContent === 'First words'")
    player(page, "player.seek(2.5)")
    page.wait_for_function("() => document.getElementById('caption').textContent === ''")
    page.keyboard.press("t")
    assert page.locator("#captions").get_attribute("aria-pressed") == "false"
    assert page.locator("#caption").is_hidden()


def test_a_caption_stands_at_its_direction(address, visit):
    page = visit(address + "?t=5&yaw=20")
    page.wait_for_selector("#placed p")
    line = page.locator("#placed p")
    assert line.inner_text() == "There!"
    assert middle_of(line) == pytest.approx(seen_from(page, 40, -10.5), abs=1)
    page.set_viewport_size({"width": 600, "height": 450})
    x, y = seen_from(page, 40, -10.5)
    page.wait_for_function(
        "([x, y]) => { const { style } = document.querySelector('#placed p');"
        " return Math.hypot(parseFloat(style.left) - x, parseFloat(style.top) - y) < 1; }",
        arg=[x, y],
    )
    edge = radians(40) - 0.74  # the caption's middle is at the right rim
    player(page, f"player.look({{yaw: {edge}, pitch: 0, fov: 1.5}})")
    box = line.bounding_box()
    assert 600 - 9 <= box["x"] + box["width"] <= 600 - 7
    player(page, f"player.look({{yaw: {radians(150)}, pitch: 0, fov: 1.5}})")
    assert line.count() == 0
    assert page.locator("#caption").inner_text() == "← There!"
    player(page, f"player.look({{yaw: {radians(-60)}, pitch: 0, fov: 1.5}})")
    assert page.locator("#caption").inner_text() == "There! →"
    page.keyboard.press("t")
    assert page.locator("#placed").is_hidden()


def middle_of(line):
    box = line.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def seen_from(page, yaw, pitch):
    """Pixels of a direction in the view, by the conventions themselves."""
    yaw_now, pitch_now, fov = (
        player(page, f"player.at.{name}") for name in ("yaw", "pitch", "fov")
    )
    world = rotation(radians(yaw), radians(pitch)) @ [0, 0, -1]
    x, y, z = rotation(yaw_now, pitch_now).T @ world
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    focal = width / 2 / np.tan(fov / 2)
    return width / 2 + focal * x / -z, height / 2 - focal * y / -z


def test_the_seek_bar_shows_where_it_leads(address, visit, tmp_path):
    page = visit(address)
    box = page.locator("#seek").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.76, box["y"] + 5)
    assert page.locator("#thumb span").inner_text() == "0:04"
    place = page.evaluate("() => document.querySelector('#thumb div').style.backgroundPosition")
    assert place == "-576px 0px"  # the fifth of six pictures, 144 pixels wide each
    page.mouse.move(300, 100)
    assert page.locator("#thumb").is_hidden()


def test_the_pictures_of_the_seek_bar_show_their_times(tmp_path):
    frames = 120
    write_clip(tmp_path / "clip.mp4", frames, 180, 30, gop=5)
    share(ShareJob((tmp_path / "clip.mp4",), tmp_path / "site"))
    sheet = cv2.imread(str(tmp_path / "site" / "media" / "clip.thumbs.jpg"), 0)
    assert sheet.shape == (72, 4 * 144)
    for n in range(4):
        middle = sheet[:, n * 144 : (n + 1) * 144]
        assert abs(number_in(middle) - (n + 0.5) * 30) <= 5


def number_in(small):
    """The clip's number in an equirect picture 72 pixels high."""
    number = 0
    for bit in range(12):
        y, x = (90 - 27.5 + 5 * bit) * 0.4, (180 + 20) * 0.4
        number |= int(small[round(y - 0.5), round(x - 0.5)] > 127) << bit
    return number


def test_a_path_without_keyframes_is_refused(tmp_path):
    write_clip(tmp_path / "clip.mp4", 6, 64)
    (tmp_path / "path.json").write_text(json.dumps({"view_path": []}))
    with pytest.raises(InputError, match="no keyframes"):
        share(ShareJob((tmp_path / "clip.mp4",), tmp_path / "out", path=tmp_path / "path.json"))


@pytest.mark.parametrize("said", [(0, 90, 0), (30, 90, 0), (250, 60, 20), (100, 120, -40)])
def test_the_sensor_tells_where_the_back_of_the_phone_points(reckon, said):  # noqa: F811
    given = dict(zip(("alpha", "beta", "gamma"), said, strict=True))
    yaw, pitch = reckon("extras.js", "m.directionOf(given)", given)
    alpha, beta, gamma = map(radians, said)
    about = {
        "z": np.array(
            [[np.cos(alpha), -np.sin(alpha), 0], [np.sin(alpha), np.cos(alpha), 0], [0, 0, 1]]
        ),
        "x": rotation(0, beta),
        "y": np.array(
            [[np.cos(gamma), 0, np.sin(gamma)], [0, 1, 0], [-np.sin(gamma), 0, np.cos(gamma)]]
        ),
    }
    east, north, up = about["z"] @ about["x"] @ about["y"] @ [0, 0, -1]
    assert (yaw, pitch) == (pytest.approx(np.arctan2(east, north)), pytest.approx(np.arcsin(up)))


def test_turning_a_phone_turns_the_view(address, visit):
    page = visit(address + "?yaw=0", has_touch=True, is_mobile=True)
    page.click("#sensor")

    def turned(alpha: int) -> str:
        said = f"{{alpha: {alpha}, beta: 95, gamma: 0}}"
        return f"dispatchEvent(new DeviceOrientationEvent('deviceorientation', {said}))"

    wait(page, f"{turned(10)} && player.at.pitch > 0.01")  # once the page has asked whether it may
    page.evaluate(turned(350))
    assert player(page, "player.at.yaw") == pytest.approx(radians(20))
    assert player(page, "player.at.pitch") == pytest.approx(radians(5))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(address, visit, scheme):
    if not RULES.is_file():
        pytest.skip("no axe-core: npm ci --prefix tests/viewer/web/npm")
    page = visit(address, script=RULES.read_text(), color_scheme=scheme)
    for prepare in ("", "?"):
        if prepare:
            page.keyboard.press(prepare)
        broken = page.evaluate("async () => (await axe.run()).violations")
        assert [(each["id"], [n["html"] for n in each["nodes"]]) for each in broken] == []


def test_every_control_can_be_reached_by_tab(address, visit):
    page = visit(address)
    wanted = page.evaluate("""() =>
        [...document.querySelectorAll("button, input, select, #canvas")]
            .filter((each) => each.checkVisibility() && each.getClientRects().length)
            .map((each) => each.id)
    """)
    page.evaluate("() => document.body.focus()")
    reached = set()
    for _ in range(len(wanted) + 3):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id"))
    assert {each for each in wanted if each} <= reached
