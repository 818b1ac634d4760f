"""Wait for what must happen, no longer than it needs; what this process holds open."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LIMIT = 300.0  # seconds: never reached unless something hangs


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.002)


def open_files() -> set[Path]:
    """Every file that this process holds open (Linux)."""
    found = set()
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(handle.readlink())
    return found
