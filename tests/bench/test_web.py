"""A shared film on loopback: many clients, the first picture, five minutes of loop. Prints figures.

`pytest -m bench -s tests/bench/test_web.py`; VR360_WEB_SECONDS shortens the loop.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sample_clips.clip import COMMITTED
from tests.viewer.web.conftest import browser as browser  # a fixture
from viewer.web.site import ShareJob, share

pytestmark = pytest.mark.bench
CLIENTS, SECONDS, PART = 50, 60, 256 * 1024
LOOP = int(os.environ.get("VR360_WEB_SECONDS", "300"))
WATCH = """
globalThis.first = null;
const drawArrays = WebGL2RenderingContext.prototype.drawArrays;
WebGL2RenderingContext.prototype.drawArrays = function (...given) {
    drawArrays.apply(this, given);
    if (first !== null) return;
    this.readPixels(0, 0, 1, 1, this.RGBA, this.UNSIGNED_BYTE, new Uint8Array(4)); // it is drawn
    first = performance.now();
};
"""
"""Notes when the first picture is on the sphere: nothing else is drawn before it."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What `vr360 serve` prints, in a process of its own."""
    folder = tmp_path_factory.mktemp("web") / "site"
    share(ShareJob((COMMITTED,), folder))
    command = [sys.executable, "-m", "pipeline.cli", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        lines = iter(server.stderr.readline, "")
        yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        server.terminate()


async def watch(port: int, film: bytes, end: float, seed: int) -> list[float]:
    """Ask for parts of a film, one after the other; the seconds that each took."""
    rng, took = random.Random(seed), []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < end:
        first = rng.randrange(len(film) - PART)
        begin = time.monotonic()
        wanted = f"Range: bytes={first}-{first + PART - 1}"
        head = f"GET /media/{COMMITTED.name} HTTP/1.1\r\nHost: 127.0.0.1\r\n{wanted}\r\n\r\n"
        writer.write(head.encode())
        status = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(PART)
        assert status.startswith(b"HTTP/1.1 206")
        assert body == film[first : first + PART]
        took.append(time.monotonic() - begin)
    writer.close()
    return took


def test_fifty_clients_read_parts_for_a_minute(address: str) -> None:
    port, film = int(address.rsplit(":", 1)[1].strip("/")), COMMITTED.read_bytes()

    async def crowd() -> list[list[float]]:
        end = time.monotonic() + SECONDS
        return await asyncio.gather(*(watch(port, film, end, seed) for seed in range(CLIENTS)))

    took = [seconds for each in asyncio.run(crowd()) for seconds in each]
    p50, p95 = (statistics.quantiles(took, n=100)[place - 1] * 1000 for place in (50, 95))
    rate = len(took) * PART / SECONDS / 2**20
    print(f"\n{CLIENTS} clients, {SECONDS} s: {len(took)} parts of {PART // 1024} KiB, no error;")
    print(
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, slowest {max(took) * 1000:.0f} ms, {rate:.0f} MiB/s"
    )


def visited(browser: Browser, address: str) -> tuple[Page, list[str]]:
    said: list[str] = []
    page = browser.new_context(viewport={"width": 800, "height": 450}).new_page()
    page.set_default_timeout(120_000)
    page.on("console", lambda line: said.append(f"{line.type}: {line.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector("#player[data-ready]")
    return page, said


def test_the_first_picture_on_loopback(browser: Browser, address: str) -> None:
    names = ("paint of the page", "picture on the sphere", "frame after play")
    found: list[list[float]] = []
    for _ in range(7):
        page, _ = visited(browser, address)
        page.wait_for_function("() => first !== null")
        found.append(
            [page.evaluate(FIRST_PAINT), page.evaluate("first"), page.evaluate(FIRST_FRAME)]
        )
        page.context.close()
    for name, times in zip(names, zip(*found, strict=True), strict=True):
        low, middle, high = min(times), statistics.median(times), max(times)
        print(f"\nfirst {name}: median {middle:.0f} ms, {low:.0f} to {high:.0f}", end="")


FIRST_PAINT = """async () => {
    const named = () => performance.getEntriesByName('first-contentful-paint')[0];
    while (!named()) await new Promise((done) => requestAnimationFrame(done));
    return named().startTime;
}"""
FIRST_FRAME = """async () => {
    const begin = performance.now();
    await vr360.play();
    while (vr360.drawn < 0) await new Promise((done) => requestAnimationFrame(done));
    return performance.now() - begin;
}"""


def resident(browser: Browser) -> dict[str, float]:
    """MiB of the browser's processes by their kind."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    sizes: dict[str, float] = {}
    for each in found:
        pages = int(Path(f"/proc/{each['id']}/statm").read_text().split()[1])
        sizes[each["type"]] = sizes.get(each["type"], 0) + pages * 4096 / 2**20
    return sizes


def test_memory_over_a_long_loop(browser: Browser, address: str) -> None:
    page, said = visited(browser, address)
    page.evaluate("vr360.video.loop = true; vr360.play()")
    print(f"\n{LOOP} s of loop; seconds: MiB of renderer, of GPU process, of the script's heap")
    for n in range(11):
        page.wait_for_timeout(LOOP * 100 if n else 5000)
        sizes = resident(browser)
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
        at = 5 + n * LOOP / 10
        print(f"{at:.0f}: {sizes['renderer']:.0f}, {sizes['GPU']:.0f}, {heap:.1f}")
    dropped = page.evaluate("vr360.films[0].dropped")
    print(f"frames dropped {dropped}; lines on the console: {len(said)}")
    assert said == []
    page.context.close()
