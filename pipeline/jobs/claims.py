"""Claims: which process paints which segment, by lock files with a heartbeat.

A claim is a file that its owner touches every few seconds. One whose owner is dead, or that has
not been touched for a minute, is free again; ages are told by the clock of the disk, so machines
need not agree on the time. Should a sleeping owner wake up after that, both paint the same bits.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.jobs.lock import guarded
from vr360.partial import process_runs

EXPIRES = 60.0  # seconds without a heartbeat
BEAT = 5.0  # seconds between two
STUCK = 900.0  # seconds without a frame: then the heart stops, and another process may try


@dataclass(frozen=True)
class Owner:
    """Who paints a segment.

    Attributes:
        pid, node: the process and its machine.
        frames: that it has finished.
        seconds: since it began.
    """

    pid: int
    node: str
    frames: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"process {self.pid} on {self.node}"


class Claim:
    """A segment that this process paints."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames = 0
        self._done = threading.Event()
        self._began = self._moved = time.monotonic()
        self._heart = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def moved(self) -> None:
        """A frame has been finished: it is not stuck."""
        self._frames += 1
        self._moved = time.monotonic()

    def hold(self) -> None:
        """Let the heart beat."""
        self._heart.start()

    def let_go(self) -> None:
        """The claim is free; safe where the folder is gone, or another process has taken it."""
        self._done.set()
        self._heart.join()
        if self._is_mine():
            self._path.unlink(missing_ok=True)

    @property
    def owner(self) -> Owner:
        seconds = time.monotonic() - self._began
        return Owner(os.getpid(), platform.node(), self._frames, seconds)

    def _live(self) -> None:
        while not self._done.wait(BEAT):
            if time.monotonic() - self._moved < STUCK and self._is_mine():
                with suppress(OSError):  # the folder is gone; the painter will notice
                    _write(self._path, self.owner)

    def _is_mine(self) -> bool:
        owner = _owner(self._path)
        return owner is not None and (owner.pid, owner.node) == (os.getpid(), platform.node())


@contextmanager
def claimed(folder: Path, keys: Iterable[str]) -> Iterator[tuple[str, Claim] | None]:
    """Hold the first of some segments that nobody else holds; None where each is held.

    Raises:
        OutputError: the folder is gone, or has no locks.
    """
    with guarded(folder):
        key = next((key for key in keys if _is_free(folder, key)), None)
        if key is None:
            claim = None
        else:
            claim = Claim(_path(folder, key))
            _write(_path(folder, key), claim.owner)
    if key is None or claim is None:
        yield None
        return
    claim.hold()
    try:
        yield key, claim
    finally:
        claim.let_go()


def owner_of(folder: Path, key: str) -> Owner | None:
    """Who paints a segment; None where nobody does."""
    return None if _is_free(folder, key) else _owner(_path(folder, key)) or Owner(0, "?")


def _path(folder: Path, key: str) -> Path:
    return folder / f"{key}.claim"


def _is_free(folder: Path, key: str) -> bool:
    path = _path(folder, key)
    try:
        touched = path.stat().st_mtime
    except FileNotFoundError:
        return True
    owner = _owner(path)
    if owner and owner.node == platform.node() and not process_runs(owner.pid):
        return True
    return abs(_now(folder) - touched) > EXPIRES


def _owner(path: Path) -> Owner | None:
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, owner: Owner) -> None:
    path.write_text(json.dumps(asdict(owner)), encoding="utf-8")


def _now(folder: Path) -> float:
    """The time by the clock of the disk."""
    clock = folder / f".clock-{os.getpid()}"
    try:
        clock.touch()
        now = clock.stat().st_mtime
        clock.unlink(missing_ok=True)
    except OSError:  # whoever only looks may not write
        return time.time()
    return now
