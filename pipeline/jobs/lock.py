"""Locks of a job's folder, which the system frees when their process dies."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from vr360.errors import OutputError


def me() -> str:
    """This process, for others to read."""
    return f"process {os.getpid()} on {platform.node()}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a job's folder: one process at a time plans, assembles and removes it.

    Raises:
        OutputError: another process holds it, and which one; the folder is gone; or this system
            has no such locks.
    """
    with _opened(folder, "lock") as file:
        if not _lock(folder, file, wait=False):
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise OutputError(f"{folder}: is being worked on by {holder}")
        file.truncate(0)
        file.write(me())
        file.flush()
        yield


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Wait for one's turn at the claims of a job, which are read and changed in a moment.

    Raises:
        OutputError: as `locked`.
    """
    with _opened(folder, "guard") as file:
        _lock(folder, file, wait=True)
        yield


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[IO[str]]:
    try:
        file = (folder / name).open("a+", encoding="utf-8")
    except FileNotFoundError:
        raise gone(folder) from None
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror}") from None
    with file:
        yield file


def _lock(folder: Path, file: IO[str], wait: bool) -> bool:
    """Take a lock; whether it was free."""
    try:
        import fcntl
    except ImportError:
        raise OutputError(f"{folder}: jobs need a POSIX system; give --job never") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        raise OutputError(f"{folder}: cannot be locked: {error.strerror}") from None
    if os.fstat(file.fileno()).st_nlink == 0:  # removed while we waited
        raise gone(folder)
    return True


def gone(folder: Path) -> OutputError:
    """What to say of a folder that another process has done with."""
    return OutputError(f"{folder}: is gone; its film is finished, or the job was removed")
