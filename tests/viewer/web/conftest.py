"""A real Chromium, and shared folders served to it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Error, Page, sync_playwright

from viewer.web.server import Served, application

NPM = Path(__file__).parent / "npm" / "node_modules"
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--mute-audio"]
SIZE = {"width": 800, "height": 450}
LIMIT = 600_000  # milliseconds: only a hang takes so long; a busy machine has taken 60 s


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What opens a browser is behind `make web`."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.web)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window; WebGL on the processor."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: sudo apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(served: Served) -> Iterator[str]:
    """The address of a folder that a thread serves meanwhile."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(served), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """`serve(folder)`: its address; served until the tests end."""
    open_now = []

    def start(folder: Path) -> str:
        service = serving(Served(folder))
        open_now.append(service)
        return service.__enter__()

    yield start
    for service in open_now:
        service.__exit__(None, None, None)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`visit(address, **options of the browser's context)`: the page, once its poster is there.

    In the end nothing may have been fetched from elsewhere, and the console may hold no error.
    """
    pages: list[Page] = []
    asked: list[str] = []
    said: list[str] = []

    def start(address: str, *, script: str | None = None, ready: bool = True, **options) -> Page:
        page = browser.new_context(**{"viewport": SIZE, **options}).new_page()
        page.set_default_timeout(LIMIT)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda line: said.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        if script:
            page.add_init_script(script)
        page.goto(address)
        if ready:
            page.wait_for_selector("#player[data-ready]")
        pages.append(page)
        return page

    start.said = said  # type: ignore[attr-defined]
    yield start
    for page in pages:
        page.context.close()
    here = ("http://127.0.0.1", "http://localhost", "https://127.0.0.1", "data:", "blob:", "file:")
    assert [url for url in asked if not url.startswith(here)] == []
    assert [line for line in said if line.startswith(("error", "warning"))] == []


def player(page: Page, expression: str) -> object:
    """Evaluate with `player` at hand."""
    return page.evaluate(f"async () => {{ const player = vr360; return {expression}; }}")


def wait_to_grow(page: Page, count: str, enough: int) -> None:
    """Until a count of the page is enough, however long that takes while it grows."""
    seen = 0
    while seen < enough:
        page.wait_for_function(f"(known) => {count} > known", arg=seen)
        seen = page.evaluate(count)


def wait(page: Page, expression: str) -> None:
    """Until it is true of `player`."""
    try:
        page.wait_for_function(f"() => {{ const player = vr360; return {expression}; }}")
    except Error as error:
        raise AssertionError(f"never true: {expression}") from error
