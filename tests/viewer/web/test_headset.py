"""WebXR, in an emulated headset (iwer) within a real browser."""

from math import pi, radians

import cv2
import numpy as np
import pytest

from tests.viewer.waiting import wait_for
from tests.viewer.web.conftest import NPM, player, wait
from tests.viewer.web.test_camera import reckon  # noqa: F401, a fixture
from viewer.web.site import ShareJob, share
from vr360.choices import Projection, Stereo
from vr360.geometry import rotation
from vr360.spherical import SphericalMetadata, inject

LAYERS = NPM / "webxr-layers-polyfill" / "build" / "webxr-layers-polyfill.min.js"
EMULATOR = NPM / "iwer" / "build" / "iwer.min.js"
DEVICE = """
globalThis.device = new IWER.XRDevice(IWER.metaQuest3);
device.installRuntime({ forceInstall: true });
device.stereoEnabled = true;
"""
COLOURS = {"left": (200, 40, 40), "right": (40, 60, 200)}


def stereo_frames(count=30):
    """Red for the left eye, blue for the right; the front half bright, the back half dark."""
    frames = np.zeros((count, 256, 256, 3), np.uint8)
    frames[:, :128], frames[:, 128:] = COLOURS["left"], COLOURS["right"]
    frames[:, :, :64] //= 3
    frames[:, :, 192:] //= 3
    return frames


def side_by_side(count=30):
    """The same two eyes next to each other, each of them half a sphere; bright in front."""
    frames = np.zeros((count, 128, 256, 3), np.uint8)
    frames[:, :, :128], frames[:, :, 128:] = COLOURS["left"], COLOURS["right"]
    for edge in (slice(0, 24), slice(104, 152), slice(232, 256)):
        frames[:, :, edge] //= 3
    return frames


@pytest.fixture
def page(tmp_path, make_film, serve, visit):
    if not EMULATOR.is_file():
        pytest.skip("no iwer: npm ci --prefix tests/viewer/web/npm")
    film = make_film("pair.mp4", stereo_frames(), "-pix_fmt", "yuv420p", "-crf", "8")
    inject(film, SphericalMetadata(Projection.EQUIRECT, Stereo.TOP_BOTTOM))
    share(ShareJob((film,), tmp_path / "site"))
    page = visit(serve(tmp_path / "site"), script=EMULATOR.read_text() + DEVICE)
    page.wait_for_selector("#vr:not([hidden])")
    return page


def enter(page):
    page.click("#vr")
    wait(page, "player.away")


# Reads the middle of each eye's half of the headset's picture, right after it was drawn.
EYES = """async () => {
    const player = vr360, gl = player.sphere.gl;
    const middle = { left: null, right: null };
    const draw = player.sphere.draw.bind(player.sphere);
    await new Promise((done) => {
        player.sphere.draw = (picture, layout, eye, look, viewport, cut) => {
            draw(picture, layout, eye, look, viewport, cut);
            const spot = new Uint8Array(4);
            const [x, y] = [viewport[0] + viewport[2] / 2, viewport[1] + viewport[3] / 2];
            gl.readPixels(x, y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, spot);
            middle[eye ? "right" : "left"] = [...spot.slice(0, 3)];
            if (middle.left && middle.right) done();
        };
    });
    player.sphere.draw = draw;
    return middle;
}"""


def close(found, wanted, slack=14):
    return np.abs(np.array(found) - np.array(wanted)).max() <= slack


@pytest.fixture
def layered(tmp_path, make_film, serve, visit):
    """`layered(frames, projection, stereo)`: such a film plays in a headset that has layers."""
    if not LAYERS.is_file():
        pytest.skip("no webxr-layers-polyfill: npm ci --prefix tests/viewer/web/npm")

    def start(frames, projection, stereo):
        film = make_film("pair.mp4", frames, "-pix_fmt", "yuv420p", "-crf", "8")
        inject(film, SphericalMetadata(projection, stereo))
        share(ShareJob((film,), tmp_path / "site"))
        script = f"{EMULATOR.read_text()}{DEVICE}{LAYERS.read_text()}\nnew WebXRLayersPolyfill();"
        page = visit(
            serve(tmp_path / "site"), script=script, viewport={"width": 400, "height": 240}
        )
        page.wait_for_selector("#vr:not([hidden])")
        page.keyboard.press("l")
        player(page, "player.play()")
        enter(page)
        wait(page, "player.films[0].drawing === false")
        return page

    return start


def on_screen(page):
    """What each eye sees in the middle, off a picture of the page."""
    data = np.frombuffer(page.screenshot(), np.uint8)
    shot = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return {eye: shot[100, x] for eye, x in (("left", 100), ("right", 300))}


def wait_to_see(page, wanted):
    """Until both eyes see their colour of `wanted`."""
    wait_for(
        lambda: all(close(seen, wanted[eye]) for eye, seen in on_screen(page).items()),
        f"seeing {wanted}",
    )


@pytest.mark.parametrize(
    ("frames", "projection", "stereo"),
    [
        (stereo_frames, Projection.EQUIRECT, Stereo.TOP_BOTTOM),
        (side_by_side, Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT),
    ],
)
def test_on_a_layer_each_eye_sees_its_own_half(layered, frames, projection, stereo):
    page = layered(frames(), projection, stereo)
    wait_to_see(page, COLOURS)
    turn_head(page, radians(80 if projection is Projection.HALF_EQUIRECT else 150))
    wait_to_see(page, {eye: np.array(colour) // 3 for eye, colour in COLOURS.items()})
    page.evaluate("device.controllers.right.updateButtonValue('thumbstick', 1)")
    wait_to_see(page, COLOURS)
    page.evaluate("document.getElementById('vr').click()")
    wait(page, "!player.away && player.films[0].drawing")


WHOLE = {"projection": "equirect", "window": [0, 0, 1, 1], "eyes": [[0, 0, 1, 1]]}


@pytest.mark.parametrize(
    ("changes", "layout", "inverted", "angles"),
    [
        ({}, "mono", False, (2 * pi, pi / 2, -pi / 2)),
        (
            {"eyes": [[0, 0, 1, 0.5], [0, 0.5, 1, 0.5]]},
            "stereo-top-bottom",
            False,
            (2 * pi, pi / 2, -pi / 2),
        ),
        (
            {"eyes": [[0.5, 0, 0.5, 1], [0, 0, 0.5, 1]]},
            "stereo-left-right",
            True,
            (2 * pi, pi / 2, -pi / 2),
        ),
        (
            {
                "eyes": [[0, 0, 0.5, 1], [0.5, 0, 0.5, 1]],
                "projection": "half-equirect",
                "window": [0.25, 0, 0.5, 1],
            },
            "stereo-left-right",
            False,
            (pi, pi / 2, -pi / 2),
        ),
        ({"window": [0.25, 0.25, 0.5, 0.5]}, "mono", False, (pi, pi / 4, -pi / 4)),
    ],
)
def test_a_layer_is_told_how_a_film_lies(reckon, changes, layout, inverted, angles):  # noqa: F811
    found = reckon("layers.js", "m.equirectOf(given)", WHOLE | changes)
    assert (found["layout"], found["invertStereo"]) == (layout, inverted)
    names = ("centralHorizontalAngle", "upperVerticalAngle", "lowerVerticalAngle")
    assert [found[name] for name in names] == pytest.approx(list(angles))


@pytest.mark.parametrize("changes", [{"projection": "dual-fisheye"}, {"window": [0.1, 0, 0.5, 1]}])
def test_what_no_layer_shows_is_left_to_the_page(reckon, changes):  # noqa: F811
    assert reckon("layers.js", "m.equirectOf(given)", WHOLE | changes) is None


@pytest.mark.parametrize(("turn", "pose"), [(0, None), (2.1, None), (-0.4, (0.9, 0.3)), (pi, None)])
def test_a_layer_is_turned_as_the_sphere_is(reckon, turn, pose):  # noqa: F811
    to_picture = np.eye(3) if pose is None else rotation(*pose)
    given = [turn, None if pose is None else to_picture.T.ravel().tolist()]
    x, y, z, w = (reckon("layers.js", "m.turnOf(...given)", given)[name] for name in "xyzw")
    made = np.array(  # of a unit quaternion
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    np.testing.assert_allclose(made, rotation(turn) @ to_picture.T, atol=1e-6)


def wait_frames(page):
    """Until the headset has seen what its device was told, and drawn it."""
    page.evaluate("""() => new Promise((done) => {
        let left = 4;
        const tick = () => (left-- ? requestAnimationFrame(tick) : done());
        tick();
    })""")


def aim(page, x, y):
    """Point the right controller at a place on the panel, which stands before the headset."""
    page.evaluate(
        """([x, y]) => {
        const head = device.position, hand = [head.x + 0.25, head.y - 0.3, head.z - 0.2];
        const at = [head.x + (x - 0.5) * 0.9, head.y - 0.42 + (0.5 - y) * 0.24, head.z - 1.3];
        const way = at.map((each, i) => each - hand[i]), size = Math.hypot(...way);
        const [dx, dy, dz] = way.map((each) => each / size);
        const yaw = Math.atan2(-dx, -dz) / 2, pitch = Math.asin(dy) / 2;
        const [sy, cy, sp, cp] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
        const { right } = device.controllers;
        right.position.set(...hand);
        right.quaternion.set(cy * sp, sy * cp, -sy * sp, cy * cp);
    }""",
        [x, y],
    )
    wait_frames(page)


def test_the_panel_plays_seeks_and_recentres_where_it_is_pointed_at(page):
    enter(page)
    wait_frames(page)
    aim(page, 0.1, 0.3)
    press(page, "trigger")
    wait(page, "player.playing || player.video.ended")
    player(page, "player.pause()")
    aim(page, 0.03 + 0.94 * 0.2, 0.78)
    press(page, "trigger")
    wait(page, "Math.abs(player.time - 0.2 * player.duration) < 0.05")
    assert not player(page, "player.playing")
    turn_head(page, radians(150))
    aim(page, 0.86, 0.3)
    press(page, "trigger")
    assert close(page.evaluate(EYES)["left"], COLOURS["left"])
    assert not player(page, "player.playing")


@pytest.fixture
def compared(tmp_path, make_film, serve, visit):
    """The pair of colours, and an original that is green for both eyes; both at rest."""
    if not EMULATOR.is_file():
        pytest.skip("no iwer: npm ci --prefix tests/viewer/web/npm")
    options = ("-pix_fmt", "yuv420p", "-crf", "8")
    film = make_film("pair.mp4", stereo_frames(), *options)
    original = make_film("original.mp4", np.full((30, 256, 256, 3), GREEN, np.uint8), *options)
    for each in (film, original):
        inject(each, SphericalMetadata(Projection.EQUIRECT, Stereo.TOP_BOTTOM))
    share(ShareJob((film,), tmp_path / "site", compare=original))
    page = visit(serve(tmp_path / "site"), script=EMULATOR.read_text() + DEVICE)
    page.wait_for_selector("#vr:not([hidden])")
    page.keyboard.press("c")  # half and half on the page; in the headset one or the other
    enter(page)
    wait_frames(page)
    return page


GREEN = (40, 160, 60)


@pytest.mark.parametrize("way", ["panel", "squeeze"])
def test_film_and_original_are_seen_in_turn(compared, way):
    page = compared
    player(page, "player.set({ wipe: 0 })")
    for wanted in (GREEN, COLOURS["left"], GREEN):
        if way == "panel":
            aim(page, 0.61, 0.3)
        press(page, "trigger" if way == "panel" else "squeeze")
        wait_frames(page)
        assert close(page.evaluate(EYES)["left"], wanted)
    assert not player(page, "player.playing")


def test_on_the_panel_film_and_original_stay_in_step(compared):
    page = compared
    aim(page, 0.1, 0.3)
    press(page, "trigger")
    wait(page, "player.playing || player.video.ended")
    aim(page, 0.1, 0.3)
    press(page, "trigger")
    wait(page, "player.video.paused")
    aim(page, 0.03 + 0.94 * 0.5, 0.78)
    press(page, "trigger")
    half = "Math.abs(each.video.currentTime - 0.5 * player.duration) < 0.05"
    wait(page, f"player.films.every((each) => !each.video.seeking && {half})")
    wait(page, "new Set(player.sides().map(({ shot }) => shot.number)).size === 1")
    assert player(page, "player.sides().length") == 2


def test_each_eye_sees_its_own_half(page):
    enter(page)
    eyes = page.evaluate(EYES)
    assert close(eyes["left"], COLOURS["left"])
    assert close(eyes["right"], COLOURS["right"])


def test_both_eyes_lie_side_by_side_in_the_headsets_picture(page):
    enter(page)
    areas = page.evaluate("""() => new Promise((done) => {
        const areas = [], draw = vr360.sphere.draw.bind(vr360.sphere);
        vr360.sphere.draw = (...given) => {
            draw(...given);
            areas.push(given[4]);
            if (areas.length === 2) done(areas);
        };
    })""")
    (left, _, width, _), (right, *_) = areas
    assert (left, right) == (0, width)


def turn_head(page, yaw):
    """Radians to the right; the emulator's quaternion turns the other way."""
    half = -yaw / 2
    page.evaluate(
        f"device.quaternion.set(0, {np.sin(half)}, 0, {np.cos(half)})",
    )


def test_turning_the_head_and_recentring(page):
    enter(page)
    turn_head(page, radians(150))
    dark = page.evaluate(EYES)
    assert close(dark["left"], np.array(COLOURS["left"]) // 3)
    page.evaluate("device.controllers.right.updateButtonValue('thumbstick', 1)")
    wait_frames(page)
    bright = page.evaluate(EYES)
    assert close(bright["left"], COLOURS["left"])


def test_a_turned_page_is_taken_into_the_headset(page):
    player(page, f"player.look({{yaw: {radians(150)}, pitch: 0, fov: 1.5}})")
    enter(page)
    assert close(page.evaluate(EYES)["right"], np.array(COLOURS["right"]) // 3)


def press(page, button):
    page.evaluate(f"device.controllers.right.updateButtonValue('{button}', 1)")
    wait_frames(page)
    page.evaluate(f"device.controllers.right.updateButtonValue('{button}', 0)")


def test_the_trigger_plays_and_pauses(page):
    enter(page)
    press(page, "trigger")
    wait(page, "player.playing || player.video.ended")
    assert not page.evaluate("vr360.video.muted")


def test_leaving_brings_the_page_back(page):
    enter(page)

    page.evaluate("document.getElementById('vr').click()")
    wait(page, "!player.away")
    before = player(page, "player.snapshot().length")
    assert before > 1000


def test_a_headset_that_refuses_is_told_of(page):
    page.evaluate(
        "() => { navigator.xr.requestSession = async () => "
        "{ throw new DOMException('', 'NotAllowedError') } }"
    )
    page.click("#vr")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "headset did not start" in page.locator("#trouble").inner_text()
    assert not player(page, "player.away")


def test_without_a_headset_there_is_no_button(tmp_path, serve, visit):
    cv2.imwrite(str(tmp_path / "still.png"), np.full((64, 128, 3), 90, np.uint8))
    share(ShareJob((tmp_path / "still.png",), tmp_path / "site"))
    page = visit(serve(tmp_path / "site"))
    assert page.locator("#vr").is_hidden()
