"""One process at a time works on a job; the system frees the lock of one that died."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vr360.errors import OutputError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a job's folder.

    Raises:
        OutputError: another process holds it, and which one; or this system has no such locks.
    """
    try:
        import fcntl
    except ImportError:
        raise OutputError(f"{folder}: jobs need a POSIX system; give --job never") from None
    with (folder / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise OutputError(f"{folder}: is being worked on by {file.read().strip()}") from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}")
        file.flush()
        yield
