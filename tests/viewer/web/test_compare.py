"""The film and its original: never two frames of different numbers on one screen."""

import pytest

from tests.viewer.clips import BITS, COLUMNS, STEP, TOP, write_clip
from tests.viewer.web.conftest import player, wait, wait_to_grow
from viewer.web.site import ShareJob, share

FRAMES, RATE = 240, 30
SMALL = {"width": 400, "height": 300}


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("compare")
    write_clip(folder / "film.mp4", FRAMES, 160, RATE, sound=True)
    write_clip(folder / "clip.mp4", FRAMES, 160, RATE, (150, 110, 80), gop=12)
    job = ShareJob((folder / "film.mp4",), folder / "site", compare=folder / "clip.mp4")
    share(job)
    return serve(folder / "site")


# Reads both columns of squares after each drawing, as `number_on_screen` does.
READ = (
    """() => {
    const player = vr360, rad = Math.PI / 180, [bits, columns, top, step] = """
    f"[{BITS}, {list(COLUMNS)}, {TOP}, {STEP}];"
    """
    window.seen = [];
    const draw = player.draw.bind(player);
    player.draw = () => {
        draw();
        const gl = player.sphere.gl, width = player.canvas.width, height = player.canvas.height;
        const spot = new Uint8Array(4);
        const numberIn = (lon) => {
            let number = 0;
            for (let bit = 0; bit < bits; bit++) {
                const lat = (top - bit * step) * rad, focal = width / 2;
                const x = width / 2 + focal * Math.tan(lon * rad);
                const y = height / 2 + focal * Math.tan(lat) / Math.cos(lon * rad);
                gl.readPixels(Math.round(x), Math.round(y), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, spot);
                if (spot[0] + spot[1] + spot[2] > 381) number += 2 ** bit;
            }
            return number;
        };
        window.seen.push([...columns.map(numberIn), player.drawn]);
    };
}"""
)


def test_both_show_the_same_frame_over_200_frames(address, visit):
    page = visit(address, viewport=SMALL)
    page.evaluate(READ)
    player(page, "player.set({wipe: 0.5})")
    page.keyboard.press("l")
    page.click("#start")
    wait_to_grow(page, "new Set(seen.filter(([, , n]) => n >= 0).map(([a]) => a)).size", 200)
    seen = [each for each in page.evaluate("seen") if each[2] >= 0]
    assert all(left == right == drawn for left, right, drawn in seen)


def test_both_stay_in_step_over_pauses_seeks_and_steps(address, visit):
    page = visit(address, viewport=SMALL)
    page.evaluate(READ)
    player(page, "player.begin(3)")
    for key, number in ((".", 91), (".", 92), (",", 91)):
        wait(page, "!player.films.some((film) => film.video.seeking)")
        page.keyboard.press(key)
        wait(page, f"player.drawn === {number}")
    page.keyboard.press("Home")
    wait(page, "player.drawn === 0")
    assert all(a == b == n for a, b, n in page.evaluate("seen") if n >= 0)


def shades(page):
    """Mean blue less red, at the left and at the right; the film is blue, the original brown."""
    return page.evaluate("""() => {
        vr360.draw();
        const gl = vr360.sphere.gl, height = vr360.canvas.height, width = vr360.canvas.width;
        return [0.05, 0.95].map((share) => {
            const spot = new Uint8Array(4);
            gl.readPixels(width * share, height / 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, spot);
            return spot[2] - spot[0];
        });
    }""")


def test_the_line_is_dragged_and_moved_by_keys(address, visit):
    page = visit(address, viewport=SMALL)
    assert player(page, "player.wipe") == 0.5
    left, right = shades(page)
    assert left < -15 < 15 < right  # the original at the left
    page.mouse.move(200, 60)
    page.mouse.down()
    page.mouse.move(100, 60, steps=3)
    page.mouse.up()
    assert player(page, "[player.wipe, player.at.yaw]") == [0.25, 0]
    page.focus("#wipe")
    page.keyboard.press("ArrowRight")
    assert player(page, "player.wipe") == pytest.approx(0.27)
    assert page.locator("#wipe").get_attribute("aria-valuenow") == "27"


def test_a_key_shows_film_original_and_both_in_turn(address, visit):
    page = visit(address + "?ab=0", viewport=SMALL)
    assert all(shade > 15 for shade in shades(page))
    page.keyboard.press("c")
    assert all(shade < -15 for shade in shades(page))
    assert page.locator("#compare").get_attribute("aria-label") == "Compare: the original"
    page.keyboard.press("c")
    assert player(page, "player.wipe") == 0.5


def test_the_original_is_silent(address, visit):
    page = visit(address, viewport=SMALL)
    page.keyboard.press("m")
    page.keyboard.press("m")
    assert player(page, "player.films.map((film) => film.video.muted)") == [False, True]
