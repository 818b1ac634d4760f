"""Wait for what must happen, no longer than it needs."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT = 30.0  # seconds: never reached unless something hangs


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.002)
