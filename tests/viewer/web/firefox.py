"""Debian's Firefox on a display of its own, driven by its own remote protocol (Marionette).

Playwright drives a Firefox of its own build alone; Marionette needs no geckodriver.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PREFERENCES = {
    "marionette.port": 0,  # a free one; it is written into the profile
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "webgl.force-enabled": True,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
PATIENCE = 300  # seconds: only a hang takes so long


class Firefox:
    """One window.

    Args:
        binary: of Firefox.
        profile: an empty folder.
    """

    def __init__(self, binary: str, profile: Path) -> None:
        lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items())
        (profile / "user.js").write_text("\n".join(lines))
        command = ["xvfb-run", "--auto-servernum", binary, "--marionette", "--no-remote"]
        command += ["--profile", str(profile)]  # headless, it has no WebGL
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, stdout=quiet, stderr=quiet, start_new_session=True
        )
        self._line = socket.socket()
        self._rest = b""
        self._count = 0
        try:
            self._begin(profile / "MarionetteActivePort")
        except BaseException:
            self.close()
            raise

    def visit(self, address: str) -> None:
        self._ask("WebDriver:Navigate", {"url": address})

    def run(self, expression: str) -> Any:
        """What an expression of the page comes to; promises are waited for."""
        script = (
            f"const done = arguments[0]; (async () => {expression})()"
            ".then((value) => done([value]), (error) => done([null, String(error)]));"
        )
        found = self._ask("WebDriver:ExecuteAsyncScript", {"script": script, "args": []})["value"]
        assert len(found) == 1, found[1]
        return found[0]

    def wait(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.run(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.1)

    def press(self, key: str) -> None:
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": strokes}]
        self._ask("WebDriver:PerformActions", {"actions": actions})

    def click(self, selector: str) -> None:
        found = self._ask("WebDriver:FindElement", {"using": "css selector", "value": selector})
        self._ask("WebDriver:ElementClick", {"id": next(iter(found["value"].values()))})

    def screenshot(self) -> bytes:
        """PNG."""
        found = self._ask("WebDriver:TakeScreenshot", {"full": False})
        return base64.b64decode(found["value"])

    def close(self) -> None:
        with suppress(AssertionError, OSError):
            self._ask("Marionette:Quit", {"flags": ["eForceQuit"]})
        self._line.close()
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _begin(self, told: Path) -> None:
        end = time.monotonic() + PATIENCE
        while not (told.exists() and told.read_text().strip()):
            assert self._process.poll() is None, "Firefox has ended"
            assert time.monotonic() < end, "Firefox did not start"
            time.sleep(0.1)
        self._line.settimeout(PATIENCE)
        self._line.connect(("127.0.0.1", int(told.read_text())))
        self._receive()  # its greeting
        self._ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        self._ask("WebDriver:SetTimeouts", {"script": PATIENCE * 1000})

    def _ask(self, command: str, words: dict[str, Any]) -> Any:
        self._count += 1
        data = json.dumps([0, self._count, command, words]).encode()
        self._line.sendall(b"%d:%s" % (len(data), data))
        _, _, error, result = self._receive()
        assert error is None, error
        return result

    def _receive(self) -> Any:
        while b":" not in self._rest:
            self._rest += self._read()
        size, _, self._rest = self._rest.partition(b":")
        while len(self._rest) < int(size):
            self._rest += self._read()
        found, self._rest = self._rest[: int(size)], self._rest[int(size) :]
        return json.loads(found)

    def _read(self) -> bytes:
        data = self._line.recv(65536)
        assert data, "Firefox has ended"
        return data
