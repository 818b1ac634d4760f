"""WebXR, in an emulated headset (iwer) within a real browser."""

from math import radians

import cv2
import numpy as np
import pytest

from tests.viewer.web.conftest import NPM, player, wait
from viewer.web.site import ShareJob, share
from vr360.choices import Projection, Stereo
from vr360.spherical import SphericalMetadata, inject

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
    page.wait_for_timeout(300)
    bright = page.evaluate(EYES)
    assert close(bright["left"], COLOURS["left"])


def test_a_turned_page_is_taken_into_the_headset(page):
    player(page, f"player.look({{yaw: {radians(150)}, pitch: 0, fov: 1.5}})")
    enter(page)
    assert close(page.evaluate(EYES)["right"], np.array(COLOURS["right"]) // 3)


def press(page, button):
    page.evaluate(f"device.controllers.right.updateButtonValue('{button}', 1)")
    page.wait_for_timeout(200)
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
