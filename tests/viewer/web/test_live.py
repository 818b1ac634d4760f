"""Live painting: the server with a real worker, and the page in a real browser."""

import os
import signal
import threading
from urllib.parse import urlencode

import cv2
import numpy as np
import pytest

import viewer.live
from pipeline.cli.view import Styles
from pipeline.nets import strengths
from tests.viewer.clips import write_clip
from tests.viewer.waiting import wait_for
from tests.viewer.web.conftest import NPM, player, serving, wait
from tests.viewer.web.test_server import ask
from tests.viewer.web.test_site import told
from viewer.live import StyleEntry
from viewer.web.live import MOST_WAITING
from viewer.web.server import Served
from viewer.web.serving import ServeJob, _what, easel_for
from vr360.errors import InputError
from vr360.frame import Stereo
from vr360.spherical import SphericalMetadata, inject

FRAMES, RATE, HEIGHT = 60, 30, 96
LIMIT = 600  # seconds: only a hang takes so long


@pytest.fixture(scope="module")
def styles():
    styles = Styles(device="cpu")
    yield styles
    styles.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "clip.mp4"
    write_clip(path, FRAMES, HEIGHT, RATE, sound=True, gop=12)
    return path


def served(clip, catalogue, spare, token=""):
    job = ServeJob((clip,), catalogue=catalogue)
    folder, films = _what(job, spare, lambda n, _: n)
    return Served(folder, films, token, easel=easel_for(catalogue, job.paths))


@pytest.fixture(scope="module")
def address(clip, styles, tmp_path_factory):
    with serving(served(clip, styles, tmp_path_factory.mktemp("spare") / "site")) as url:
        yield url


def paint(url, *lines, place="/live/clip", **wish):
    words = {"style": "harvest", "height": 160, **wish}
    return ask(url, f"{place}?{urlencode(words)}", *lines)


def picture(answer):
    status, headers, body = answer
    assert (status, headers["content-type"]) == (200, "image/jpeg"), body
    return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR).astype(int)


def number_of(rgb):
    """The clip's number, off the left column of its squares."""
    per_degree = HEIGHT / 180
    spots = [(90 - 27.5 + 5 * bit) * per_degree for bit in range(12)]
    return sum(
        int(rgb[round(y), round(160 * per_degree)].mean() > 127) << b for b, y in enumerate(spots)
    )


@pytest.mark.parametrize("number", [0, 41, 7])
def test_the_frame_that_is_asked_for_is_painted(address, number):
    answer = paint(
        address, strength=0, time=(number + 0.25) / RATE
    )  # no strength: the film as it is
    assert answer[1]["vr360-frame"] == str(number)
    assert number_of(picture(answer)) == number


def test_strength_strokes_and_blends_are_all_seen(address):
    def far(one, other):
        return np.abs(one - other).mean()

    plain = picture(paint(address, strength=0))
    look = picture(paint(address))
    other = picture(paint(address, style="the_scream"))
    half = picture(paint(address, **{"with": "the_scream", "share": 0.5}))
    assert far(plain, look) > 5
    assert 0.5 < far(plain, picture(paint(address, strength=0.3))) < far(plain, look)
    assert far(picture(paint(address, stroke=2)), look) > 1
    assert min(far(half, look), far(half, other)) > 1
    assert far(picture(paint(address, **{"with": "the_scream", "share": 0})), look) < 0.01
    assert far(picture(paint(address, **{"with": "the_scream", "share": 1})), other) < 0.01


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"style": ""}, "no look of the gallery"),
        ({"style": "../../etc/passwd"}, "no look of the gallery"),
        ({"with": "harvest:9"}, "no look of the gallery"),
        ({"strength": "9"}, "strength"),
        ({"stroke": "nan"}, "stroke"),
        ({"stroke": "4.1"}, "stroke"),
        ({"time": "-1"}, "time"),
        ({"height": "4096"}, "height"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_in_words(address, wish, words):
    status, headers, body = paint(address, **wish)
    assert status == 422
    assert headers["content-type"].startswith("text/plain")
    assert words in body.decode()


def test_strokes_are_as_long_as_the_painter_takes(clip, styles, tmp_path):
    assert viewer.live.STROKE_RANGE == strengths.STROKE_RANGE
    _what(ServeJob((clip,), catalogue=styles), tmp_path / "site", lambda n, _: n)
    live = told(tmp_path / "site" / "index.html")["live"]
    assert tuple(live["strokes"]) == strengths.STROKE_RANGE


def test_a_name_that_is_a_file_is_not_read(address, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"not for you")
    assert paint(address, style=str(tmp_path / "secret.jpg"))[0] == 422


def test_a_page_from_elsewhere_may_not_paint(address):
    assert paint(address, "Sec-Fetch-Site: cross-site")[0] == 403
    assert paint(address, "Sec-Fetch-Site: same-origin", strength=0)[0] == 200


def test_painting_wants_the_token_too(clip, styles, tmp_path):
    with serving(served(clip, styles, tmp_path / "site", token="s3cret")) as url:
        assert paint(url)[0] == 404
        assert paint(url, place="/s3cret/live/clip", strength=0)[0] == 200
        assert paint(url, place="/s3cret/live/other")[0] == 404


def test_a_worker_that_dies_is_told_of_and_replaced(address, styles):
    assert paint(address)[0] == 200
    os.kill(styles._worker.pid, signal.SIGSTOP)  # so that it dies in the middle of its work
    found = []
    asking = threading.Thread(target=lambda: found.append(paint(address, style="the_scream")))
    asking.start()
    wait_for(lambda: styles._loaded is None, "the worker is asked for another look")
    styles._worker.kill()
    asking.join(timeout=LIMIT)
    ((status, _, body),) = found
    assert status == 503
    assert "process ended" in body.decode()
    assert paint(address)[0] == 200


def test_each_eye_is_painted(tmp_path, make_film, moving, styles):
    film = make_film("pair.mp4", moving(4, 128, 128), "-pix_fmt", "yuv420p")
    inject(film, SphericalMetadata(stereo=Stereo.TOP_BOTTOM))
    with serving(served(film, styles, tmp_path / "site")) as url:
        painted = picture(paint(url, place="/live/pair"))
        plain = picture(paint(url, place="/live/pair", strength=0))
    assert painted.shape == (128, 128, 3)
    for eye in (slice(0, 64), slice(64, 128)):
        assert np.abs(painted[eye] - plain[eye]).mean() > 5


class Slow:
    """A catalogue whose one look waits for a signal."""

    def __init__(self):
        self.go = threading.Event()

    def entries(self):
        return [StyleEntry("harvest")]

    def load(self, name, strength, stroke):
        return lambda rgb: (self.go.wait(LIMIT), 255 - rgb)[1]


def test_a_crowd_is_asked_to_come_back_and_films_go_on_coming(clip, tmp_path):
    slow = Slow()
    with serving(served(clip, slow, tmp_path / "site")) as url:
        found = []
        crowd = [
            threading.Thread(target=lambda: found.append(paint(url)[0]))
            for _ in range(MOST_WAITING + 3)
        ]
        for each in crowd:
            each.start()
        assert ask(url, "/media/clip.mp4")[2] == clip.read_bytes()
        wait_for(lambda: found.count(503) == 3, "those too many are sent away")
        slow.go.set()
        for each in crowd:
            each.join(LIMIT)
    assert sorted(found) == [200] * MOST_WAITING + [503] * 3


def test_a_folder_is_not_painted(tmp_path, styles):
    with pytest.raises(InputError, match="name them instead of a folder"):
        ServeJob((tmp_path,), catalogue=styles)


@pytest.fixture
def page(browser, address, visit):
    return visit(address)


def choose(page, look):
    if page.locator("#lab").is_hidden():
        page.click("#brush")
    page.locator(f"#looks input[value='{look}']").check(force=True)


def hear(page):
    """From now on the page keeps in `said` what it told of trouble, however short it stood."""
    page.evaluate("""() => {
        const box = document.getElementById("trouble");
        window.said = [];
        new MutationObserver(() => said.push(box.textContent)).observe(box, { childList: true });
    }""")


def heard(page, word):
    page.wait_for_function("(word) => said.some((each) => each.includes(word))", arg=word)


def shade(page):
    """Mean of what is on the screen, per colour."""
    return page.evaluate("""() => {
        vr360.draw();
        const gl = vr360.sphere.gl, { width, height } = vr360.canvas;
        const all = new Uint8Array(4 * width * height), sum = [0, 0, 0];
        gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, all);
        for (let i = 0; i < all.length; i += 4) for (const c of [0, 1, 2]) sum[c] += all[i + c];
        return sum.map((each) => each / (width * height));
    }""")


def test_a_look_is_chosen_and_the_poster_is_painted(page):
    before = np.array(shade(page))
    choose(page, "harvest")
    wait(page, "player.painted !== null")
    assert np.abs(np.array(shade(page)) - before).max() > 5
    assert "s a picture" in page.locator("#painting").inner_text()
    choose(page, "")
    wait(page, "player.painted === null")
    assert np.abs(np.array(shade(page)) - before).max() < 1


def test_the_newest_frame_is_painted_while_the_film_plays_and_where_it_rests(page):
    choose(page, "harvest")
    wait(page, "player.painted !== null")
    page.keyboard.press("l")
    page.click("#start")
    wait(page, "player.painted.number > 20")
    page.click("#play")
    wait(page, "!player.playing && player.painted.number === player.drawn")


def test_strokes_are_chosen_up_to_the_longest(page):
    choose(page, "harvest")
    page.focus("#stroke")
    for key, length in (("End", "4.0"), ("Home", "0.5")):
        with page.expect_response(
            lambda answer, wish=f"stroke={length}": wish in answer.url
        ) as painted:
            page.keyboard.press(key)
        assert painted.value.ok
        said = page.locator("#stroke").get_attribute("aria-valuetext")
        assert said == f"{length} times as long"


def test_a_line_divides_the_painting_from_the_film(page):
    assert page.locator("#compare").is_hidden()
    choose(page, "harvest")
    wait(page, "player.painted !== null")
    whole = np.array(shade(page))
    page.click("#compare")
    assert player(page, "player.wipe") == 1
    assert page.locator("#compare").get_attribute("aria-label") == "Compare: the film"
    assert np.abs(np.array(shade(page)) - whole).max() > 5


def test_everything_is_chosen_by_keys_alone(page):
    page.keyboard.press("b")
    assert page.evaluate("document.activeElement.value") == ""
    page.keyboard.press("ArrowRight")
    wait(page, "player.painted !== null")
    first = page.locator("#looks input:checked").input_value()
    assert first
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "second"
    page.select_option("#second", "the_scream")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "share"
    page.keyboard.press("ArrowRight")
    assert page.locator("#share").get_attribute("aria-valuetext") == "55 %"
    assert not player(page, "player.begun")
    page.keyboard.press("Escape")
    assert page.locator("#lab").is_hidden()
    assert page.evaluate("document.activeElement.id") == "brush"


def test_a_painter_that_ends_is_told_of_and_begins_anew(page, styles, visit):
    choose(page, "harvest")
    wait(page, "player.painted !== null")
    hear(page)
    os.kill(styles._worker.pid, signal.SIGSTOP)
    choose(page, "the_scream")
    wait_for(lambda: styles._loaded is None, "the worker is asked for another look")
    styles._worker.kill()
    heard(page, "ended")
    page.wait_for_selector("#trouble", state="hidden")
    assert "s a picture" in page.locator("#painting").inner_text()
    visit.said.clear()  # the browser itself tells of the 503


def test_a_painting_that_is_no_picture_is_told_of_and_asked_for_again(page):
    page.route("**/live/**", lambda route: route.fulfill(body="torn"), times=1)
    hear(page)
    choose(page, "harvest")
    heard(page, "anew")
    wait(page, "player.painted !== null")
    page.wait_for_selector("#trouble", state="hidden")


def test_painting_leaves_what_others_said(page):
    page.evaluate("vr360.dispatchEvent(new CustomEvent('trouble', { detail: 'No sound.' }))")
    choose(page, "harvest")
    wait(page, "player.painted !== null")
    assert "s a picture" in page.locator("#painting").inner_text()
    assert page.locator("#trouble").inner_text() == "No sound."


def test_the_panel_fits_a_phone_and_breaks_no_rule_of_accessibility(browser, address, visit):
    rules = NPM / "axe-core" / "axe.min.js"
    if not rules.is_file():
        pytest.skip("no axe-core: npm ci --prefix tests/viewer/web/npm")
    options = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 700}}
    for how in ({}, options):
        page = visit(address, script=rules.read_text(), **how)
        choose(page, "harvest")
        wait(page, "player.painted !== null")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        broken = page.evaluate("async () => (await axe.run()).violations")
        assert [(each["id"], [n["html"] for n in each["nodes"]]) for each in broken] == []
    lab, row = (page.locator(each).bounding_box() for each in ("#lab", ".controls"))
    assert lab["y"] + lab["height"] <= row["y"]
    assert lab["y"] > 200  # the picture stays in sight
