"""How a job in the making is asked to stop: between two frames, so that it can be gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vr360.errors import Vr360Error

PAUSE = "pause"
"""A file of this name in a job's folder asks all who work on it to stop."""


class PausedError(Vr360Error):
    """A job stopped where it can be gone on with; says why, and what is kept."""


class Stop:
    """Why a job should stop after the frame in hand; empty while it should not.

    Args:
        reason: one word or a few, for the message.

    Attributes:
        idle: no frame is in hand yet that could be finished: what ends the work ends it at once.
    """

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        self.idle = False

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """While nothing is at hand that could be finished and kept."""
        self.idle = True
        try:
            yield
        finally:
            self.idle = False

    def ask(self, reason: str) -> None:
        """Ask for it; the first reason counts."""
        self.reason = self.reason or reason

    def look(self, folder: Path, reserve: int) -> str:
        """The reason to stop, after a look at the job's folder.

        Args:
            folder: of the job.
            reserve: bytes that must be left on its disk, for what stopping itself writes.
        """
        if not self.reason and (folder / PAUSE).exists():
            self.ask("vr360 jobs pause")
        if not self.reason and free(folder) < reserve:
            self.ask(f"the disk is nearly full, {megabytes(free(folder))} are left")
        return self.reason


def free(folder: Path) -> int:
    """Bytes that may still be written beside a job."""
    try:
        return shutil.disk_usage(folder).free
    except FileNotFoundError:  # the job was removed; whoever writes to it will say so
        return 0


def megabytes(size: float) -> str:
    """1,234 MB, for a person."""
    return f"{size / 1e6:,.0f} MB"
