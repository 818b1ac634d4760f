"""The pictures of the shared page in the docs, drawn anew.

`python -m tests.bench.share_pictures docs/pictures [--painted FILM]`; without a FILM, two seconds
of the sample clip are painted first.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.cli.view import Styles
from pipeline.source.delivery import Span
from pipeline.stylize import StylizeJob, stylize
from sample_clips.clip import COMMITTED as CLIP
from tests.bench.pictures import STYLE
from tests.viewer.web.conftest import CHROMIUM, FLAGS, LIMIT, serving
from tests.viewer.web.test_headset import DEVICE, EMULATOR, enter
from tests.viewer.web.test_live import choose, served
from viewer.web.server import Served
from viewer.web.site import ShareJob, share

PHONE = {
    "viewport": {"width": 390, "height": 760},
    "has_touch": True,
    "is_mobile": True,
    "color_scheme": "light",
}
SPAN = Span(Fraction(0), Fraction(2))
CAPTIONS = """WEBVTT

00:00.000 --> 00:04.000
Morning in the valley, before the wind came up

yaw=28 pitch=8
00:00.000 --> 00:04.000
A balloon
"""
QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 86]


@contextmanager
def page_of(browser: Browser, address: str, script: str = "", **options: object) -> Iterator[Page]:
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(LIMIT)
    if script:
        page.add_init_script(script)
    page.goto(address)
    if page.locator("#player").count():
        page.wait_for_selector("#player[data-ready]")
    yield page
    page.context.close()


def save(page: Page, path: Path, width: int = 0) -> None:
    seen = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    if width:
        scale = width / seen.shape[1]
        seen = cv2.resize(seen, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), seen, QUALITY)


def shared(browser: Browser, painted: Path, folder: Path, out: Path) -> None:
    """The page beside the original, on a phone, and a gallery of both."""
    share(ShareJob((painted,), folder / "one", compare=CLIP, title="The valley, painted"))
    share(ShareJob((painted, CLIP), folder / "two", title="The valley"))
    with serving(Served(folder / "one")) as url:
        wide = {"width": 1000, "height": 562}
        with page_of(browser, url + "?t=1", viewport=wide, color_scheme="dark") as page:
            page.wait_for_function("() => vr360.drawn >= 0 && !vr360.video.seeking")
            save(page, out / "share_page.jpg")
        with page_of(browser, url + "?ab=0", **PHONE) as page:
            save(page, out / "share_phone.jpg")
    with serving(Served(folder / "two")) as url:
        small = {"width": 1000, "height": 480}
        with page_of(browser, url, viewport=small, color_scheme="light") as page:
            page.wait_for_function("() => [...document.images].every((each) => each.complete)")
            save(page, out / "share_gallery.jpg", 800)


def live(browser: Browser, folder: Path, out: Path) -> None:
    """The panel that chooses a look, on a screen and on a phone."""
    styles = Styles()
    with serving(served(CLIP, styles, folder / "live")) as url:
        wide = {"width": 1280, "height": 720}
        for name, options in (
            ("share_live", {"viewport": wide, "color_scheme": "light"}),
            ("share_live_phone", {**PHONE, "viewport": {"width": 390, "height": 844}}),
        ):
            with page_of(browser, f"{url}?yaw=-20", **options) as page:
                choose(page, STYLE)
                page.wait_for_function("() => vr360.painted !== null")
                page.evaluate("vr360.begin(1)")  # the first picture took as long as its net loads
                page.wait_for_function(
                    "() => vr360.painted.number === vr360.drawn && vr360.drawn > 9"
                )
                if name == "share_live":
                    page.evaluate("vr360.set({ wipe: 0.35 })")
                save(page, out / f"{name}.jpg", 960 if name == "share_live" else 0)
    styles.close()


def headset(browser: Browser, painted: Path, folder: Path, out: Path) -> None:
    """Both eyes, as an emulated headset shows them."""
    film = folder / "valley.mp4"
    film.symlink_to(painted.absolute())
    film.with_suffix(".vtt").write_text(CAPTIONS)
    share(ShareJob((film,), folder / "vr", compare=CLIP))
    size = {"width": 1200, "height": 600}
    with (
        serving(Served(folder / "vr")) as url,
        page_of(browser, f"{url}?t=1&ab=0", EMULATOR.read_text() + DEVICE, viewport=size) as page,
    ):
        page.wait_for_selector("#vr:not([hidden])")
        enter(page)
        page.wait_for_timeout(1000)
        save(page, out / "share_headset.jpg")


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--painted", type=Path)
    given = parser.parse_args()
    with TemporaryDirectory() as spare, sync_playwright() as playwright:
        place = Path(spare)
        film = given.painted or place / "painted.mp4"
        if given.painted is None:
            stylize(StylizeJob(CLIP, film, STYLE, span=SPAN))
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        shared(chromium, film, place, given.out)
        headset(chromium, film, place, given.out)
        live(chromium, place, given.out)
