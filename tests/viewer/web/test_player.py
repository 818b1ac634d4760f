"""Every control of the page, by mouse, touch and keyboard, in a real browser."""

from math import degrees

import pytest

from tests.viewer.clips import write_clip
from tests.viewer.web.conftest import player, wait
from viewer.web.pictures import View
from viewer.web.site import ShareJob, share

FRAMES, RATE = 300, 30


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("player")
    write_clip(folder / "clip.mp4", FRAMES, 160, RATE, sound=True)
    share(ShareJob((folder / "clip.mp4",), folder / "site", title="A <walk> & a swim"))
    return serve(folder / "site")


@pytest.fixture
def page(address, visit):
    return visit(address)


def yaw(page):
    return degrees(player(page, "player.at.yaw"))


def pitch(page):
    return degrees(player(page, "player.at.pitch"))


def fov(page):
    return degrees(player(page, "player.at.fov"))


def state(page):
    return page.locator("#player").get_attribute("data-state")


def test_the_poster_stands_until_somebody_presses_play(page):
    assert state(page) == "poster"
    assert player(page, "[player.begun, player.drawn, player.video.readyState]") == [False, -1, 0]
    page.click("#start")
    wait(page, "player.drawn > 3")
    page.wait_for_selector("#player[data-state='playing']")
    assert page.locator("#start").is_hidden()


def test_a_tap_on_the_poster_plays_too(page):
    page.mouse.click(200, 100)
    wait(page, "player.drawn > 0")


def test_the_title_is_told_as_it_was_given(page):
    assert page.title() == "A <walk> & a swim"
    assert page.locator("h1").inner_text() == "A <walk> & a swim"


def test_space_plays_and_pauses_even_with_the_focus_on_the_seek_bar(page):
    page.focus("#seek")
    page.keyboard.press("Space")
    wait(page, "player.playing")
    page.keyboard.press("Space")
    wait(page, "!player.playing")
    page.wait_for_selector("#player[data-state='paused']")


def test_space_on_a_button_presses_that_button_alone(page):
    page.focus("#loop")
    page.keyboard.press("Space")
    assert player(page, "[player.loop, player.begun]") == [True, False]
    assert page.locator("#loop").get_attribute("aria-pressed") == "true"


def begin_at(page, seconds):
    player(page, f"player.begin({seconds})")
    wait(page, f"Math.abs(player.drawn - {seconds * RATE}) <= 1 && !player.video.seeking")


def test_arrows_go_five_seconds_back_and_on(page):
    begin_at(page, 2)
    page.keyboard.press("ArrowRight")
    wait(page, "Math.abs(player.time - 7) < 0.05")
    page.keyboard.press("ArrowLeft")
    wait(page, "Math.abs(player.time - 2) < 0.05")
    page.keyboard.press("Home")
    wait(page, "player.time === 0")


def test_comma_and_point_step_single_frames(page):
    begin_at(page, 1)
    start = player(page, "player.drawn")
    for number in (start + 1, start + 2):
        page.keyboard.press(".")
        wait(page, f"player.drawn === {number}")
    for number in (start + 1, start, start - 1):
        page.keyboard.press(",")
        wait(page, f"player.drawn === {number}")


def test_the_seek_bar_shows_and_sets_the_time(page):
    begin_at(page, 3)
    assert page.locator("#time").inner_text() == "0:03 / 0:10"
    assert page.locator("#seek").get_attribute("aria-valuetext") == "0:03 of 0:10"
    box = page.locator("#seek").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait(page, "Math.abs(player.time - 5) < 0.2")


def test_speed_volume_sound_and_loop_do_what_they_say(page):
    page.select_option("#speed", "0.5")
    assert player(page, "player.video.playbackRate") == 0.5
    page.locator("#canvas").focus()
    page.keyboard.press("]")
    assert player(page, "player.video.playbackRate") == 1
    page.keyboard.press("m")
    assert player(page, "player.video.muted") is True
    page.wait_for_selector("#mute[aria-label='Sound on']")
    page.click("#mute")
    for _ in range(3):
        page.keyboard.press("9")
    assert player(page, "[player.video.muted, player.video.volume]") == [False, 0.7]
    page.locator("#volume").fill("0")
    assert player(page, "player.video.muted") is True
    page.keyboard.press("l")
    assert player(page, "player.loop") is True


def test_a_film_that_loops_begins_anew_by_itself(page):
    page.keyboard.press("l")
    begin_at(page, 9.8)
    page.click("#play")
    wait(page, "player.playing && player.time < 5 && 0 <= player.drawn && player.drawn < 100")


def test_at_the_end_play_begins_anew(page):
    begin_at(page, 9.8)
    page.click("#play")
    wait(page, "player.video.ended")
    page.wait_for_selector("#player[data-state='paused']")
    page.click("#play")
    wait(page, "player.video.played.start(0) < 5")  # which stays true, wherever it plays by now


def test_the_content_follows_the_mouse(page):
    page.mouse.move(200, 120)
    page.mouse.down()
    page.mouse.move(300, 70, steps=4)
    assert yaw(page) < -10
    assert pitch(page) < -5
    page.wait_for_timeout(100)  # the hand rests: no flick
    page.mouse.up()
    before = yaw(page)
    page.wait_for_timeout(200)
    assert yaw(page) == before
    assert player(page, "player.begun") is False  # a drag is no tap


def flick(page):
    """80 pixels to the right within a moment, however slow the machine."""
    page.mouse.move(200, 120)
    page.mouse.down()
    page.evaluate("""() => {
        const canvas = document.getElementById("canvas");
        const [pointerId] = [1];
        const send = (kind, x) => canvas.dispatchEvent(
            new PointerEvent(kind, { pointerId, clientX: x, clientY: 120, bubbles: true }));
        for (const x of [240, 280]) send("pointermove", x);
        send("pointerup", 280);
    }""")


def test_a_flick_glides_on_and_comes_to_rest(page):
    flick(page)
    let_go = yaw(page)
    wait(page, "player.glide === null")
    assert yaw(page) < let_go - 1


def test_who_wants_less_motion_gets_no_gliding(address, visit):
    page = visit(address, reduced_motion="reduce")
    flick(page)
    assert player(page, "player.glide") is None


def test_wheel_and_keys_zoom(page):
    page.mouse.move(200, 120)
    page.mouse.wheel(0, -300)
    wait(page, "player.at.fov < 1.4")
    page.locator("#canvas").focus()
    closer = fov(page)
    page.keyboard.press("-")
    assert fov(page) > closer
    page.keyboard.press("+")
    assert fov(page) == pytest.approx(closer)
    page.mouse.wheel(0, 30000)
    wait(page, "player.at.fov > 2.6")
    assert fov(page) == pytest.approx(150)


def test_letters_and_shifted_arrows_look_around(page):
    for key in ("d", "Shift+ArrowRight", "w", "Shift+ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert (yaw(page), pitch(page)) == (pytest.approx(10), pytest.approx(15))
    for key in ("a", "s", "s"):
        page.keyboard.press(key)
    assert (yaw(page), pitch(page)) == (pytest.approx(5), pytest.approx(5))
    page.keyboard.press("r")
    assert (yaw(page), pitch(page), fov(page)) == (0, 0, pytest.approx(90))


def test_fingers_turn_and_pinch(address, visit):
    page = visit(address, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700})
    touch = page.context.new_cdp_session(page)

    def fingers(kind, *points):
        given = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    fingers("touchStart", (200, 130))
    fingers("touchMove", (120, 130))
    fingers("touchEnd")
    assert yaw(page) > 5
    wide = fov(page)
    fingers("touchStart", (150, 130), (250, 130))
    fingers("touchMove", (100, 130), (300, 130))
    fingers("touchEnd")
    assert fov(page) < wide - 20
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.touchscreen.tap(195, 130)
    wait(page, "player.begun")


def test_views_are_chosen_by_menu_and_key(page):
    page.select_option("#view", "planet")
    assert player(page, "player.view") == "planet"
    page.locator("#canvas").focus()
    page.keyboard.press("v")
    assert page.locator("#view").input_value() == "flat"
    assert page.locator("#eyes").is_hidden()  # a mono film has one


def test_a_link_opens_the_moment_and_the_view_that_it_was_made_at(address, visit):
    page = visit(address + "?t=4&yaw=30&pitch=-20&fov=70")
    wait(page, "player.drawn === 120")
    assert not player(page, "player.playing")
    assert (yaw(page), pitch(page), fov(page)) == (
        pytest.approx(30),
        pytest.approx(-20),
        pytest.approx(70),
    )
    page.keyboard.press("d")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#link")
    page.wait_for_function("() => document.getElementById('told').textContent !== ''")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    assert "yaw=35" in link
    assert "t=4" in link


def test_a_film_that_was_left_is_gone_on_with(address, visit):
    page = visit(address)
    begin_at(page, 6)
    page.wait_for_function("() => localStorage.getItem('/') !== null")
    page.reload()
    page.wait_for_selector("#player[data-ready]")
    page.click("#play")
    wait(page, "player.drawn >= 170")


def test_the_first_view_is_the_one_that_was_asked_for(tmp_path, serve, visit):
    write_clip(tmp_path / "clip.mp4", 6, 64)
    share(ShareJob((tmp_path / "clip.mp4",), tmp_path / "site", view=View(100, 20, 60)))
    page = visit(serve(tmp_path / "site"))
    assert (yaw(page), pitch(page), fov(page)) == (
        pytest.approx(100),
        pytest.approx(20),
        pytest.approx(60),
    )


def test_the_help_lists_every_key_and_escape_closes_it(page):
    page.keyboard.press("?")
    help_ = page.locator("#help")
    assert help_.is_visible()
    assert help_.locator("dt").count() == help_.locator("dd").count() > 18
    assert "Space" in help_.inner_text()
    page.keyboard.press("Space")  # closes by its own button, or does nothing; the film rests
    page.keyboard.press("Escape")
    assert help_.is_hidden()
    assert player(page, "player.begun") is False


def test_full_screen_by_key_and_back(page):
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement?.id === 'player'")
    page.keyboard.press("f")
    page.wait_for_function("() => !document.fullscreenElement")


def test_the_controls_leave_while_a_film_plays_untouched(page):
    page.click("#start")
    page.wait_for_selector("#player[data-idle]")
    page.mouse.move(100, 100)
    page.wait_for_selector("#player:not([data-idle])")


def test_a_lost_graphics_card_comes_back(page):
    begin_at(page, 2)
    page.evaluate(
        "globalThis.gone = vr360.sphere.gl.getExtension('WEBGL_lose_context'); gone.loseContext()"
    )
    page.wait_for_function(
        "() => document.getElementById('trouble').textContent.includes('graphics')"
    )
    page.evaluate("vr360.drawn = -5; gone.restoreContext()")
    wait(page, "player.drawn === 60")
    assert page.locator("#trouble").is_hidden()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("HTMLCanvasElement.prototype.getContext = () => null", "WebGL 2 is missing"),
        ("HTMLMediaElement.prototype.canPlayType = () => ''", "cannot play H.264"),
        (
            "HTMLMediaElement.prototype.play = async () => "
            "{ throw new DOMException('', 'NotAllowedError') }",
            "Press play",
        ),
    ],
)
def test_what_fails_is_told_in_words(address, visit, script, words):
    page = visit(address, script=script, ready="WebGL" not in words)
    if "WebGL" not in words:
        page.click("#start")
    page.wait_for_selector("#trouble:not([hidden])")
    assert words in page.locator("#trouble").inner_text()


def test_a_file_that_is_gone_is_named(tmp_path, serve, visit):
    write_clip(tmp_path / "clip.mp4", 6, 64)
    share(ShareJob((tmp_path / "clip.mp4",), tmp_path / "site"))
    (tmp_path / "site" / "media" / "clip.mp4").unlink()
    page = visit(serve(tmp_path / "site"))
    page.click("#start")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "clip.mp4 is not there" in page.locator("#trouble").inner_text()
    visit.said.clear()  # the browser itself tells of the 404


def test_from_the_disk_stills_are_shown_and_films_say_what_to_do(tmp_path, visit, make_still):
    share(ShareJob((make_still,), tmp_path / "still"))
    page = visit((tmp_path / "still" / "index.html").as_uri())
    assert player(page, "player.drawn") == -1
    assert player(page, "player.snapshot().length") > 3000
    write_clip(tmp_path / "clip.mp4", 6, 64)
    share(ShareJob((tmp_path / "clip.mp4",), tmp_path / "site"))
    page = visit((tmp_path / "site" / "index.html").as_uri(), ready=False)
    page.wait_for_selector("#trouble:not([hidden])")
    assert "vr360 serve" in page.locator("#trouble").inner_text()


@pytest.fixture
def make_still(tmp_path):
    import cv2

    from tests.viewer.scenes import sphere_scene

    cv2.imwrite(str(tmp_path / "still.png"), sphere_scene(128)[..., ::-1])
    return tmp_path / "still.png"


NO_POSTER = "HTMLImageElement.prototype.decode = () => new Promise(() => {});"
NO_FILM = "Object.defineProperty(HTMLMediaElement.prototype, 'src', { set() {} });"


def shot(page):
    import cv2
    import numpy as np

    return cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)


def test_the_plain_first_picture_is_what_the_sphere_shows_then(make_still, tmp_path, serve, visit):
    import cv2

    share(ShareJob((make_still,), tmp_path / "site", view=View(40, 10, 80)))
    address, size = serve(tmp_path / "site"), {"width": 600, "height": 450}
    waiting = visit(address, script=NO_POSTER, ready=False, viewport=size)
    waiting.wait_for_function("() => globalThis.vr360")
    ready = visit(address, viewport=size)
    middle = slice(80, 300), slice(0, 600)  # neither the title nor the controls
    plain, drawn = shot(waiting)[middle], shot(ready)[middle]
    assert drawn.std() > 20
    assert cv2.absdiff(plain, drawn).mean() < 4


def test_a_film_that_comes_late_hides_nothing(address, visit):
    page = visit(address + "?t=4", script=NO_FILM)
    assert player(page, "[player.begun, player.drawn]") == [True, -1]
    assert page.locator(".first").is_hidden()


@pytest.mark.parametrize(
    ("query", "size", "shown"),
    [
        ("", (800, 450), True),
        ("?t=1", (800, 450), True),
        ("?yaw=30", (800, 450), False),
        ("?fov=60", (800, 450), False),
        ("", (390, 700), False),
    ],
)
def test_the_plain_first_picture_stands_for_no_other_view(address, visit, query, size, shown):
    viewport = dict(zip(("width", "height"), size, strict=True))
    page = visit(address + query, script=NO_POSTER, ready=False, viewport=viewport)
    page.wait_for_function("() => globalThis.vr360")
    assert page.locator(".first").is_visible() == shown


def test_a_gallery_leads_to_each_film(make_still, tmp_path, serve, visit):
    write_clip(tmp_path / "clip.mp4", 6, 64)
    share(ShareJob((tmp_path / "clip.mp4", make_still), tmp_path / "site", title="Both"))
    page = visit(serve(tmp_path / "site"), ready=False)
    assert page.locator("h1").inner_text() == "Both"
    picture = page.locator(".card img").first.bounding_box()
    assert picture["width"] / picture["height"] == pytest.approx(1200 / 630, rel=0.02)
    page.click("text=still")
    page.wait_for_selector("#player[data-ready]")
    assert page.url.endswith("still.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_ground(address, visit, scheme):
    page = visit(address, color_scheme=scheme)
    ground, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert contrast(ground, ink) > 7


def contrast(*colours):
    """WCAG 2.2: relative luminances."""
    lights = []
    for colour in colours:
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(lights) + 0.05) / (min(lights) + 0.05)
