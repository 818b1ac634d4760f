"""How much memory is left, and what happens to that which is freed."""

from __future__ import annotations

import ctypes
import platform
import re
from pathlib import Path

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -3, -4, -8  # of <malloc.h>
LARGE = 4 << 20  # bytes, from which on numpy asks for huge pages: these fill gaps between blocks
ARENAS = 2  # each keeps what was freed in it: one for every thread keeps the same pictures often


_MEASURES = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that a program may still take here; None where the system does not say (not Linux).

    Of a container it is what its limit leaves, where that is one of cgroup v2.
    """
    left = [size for size in (_of_machine(), _of_group()) if size is not None]
    return min(left, default=None)


def _of_machine() -> int | None:
    try:
        text = _MEASURES.read_text()
    except OSError:
        return None
    found = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else None


def _of_group() -> int | None:
    try:
        most = (_GROUP / "memory.max").read_text().strip()
        used = int((_GROUP / "memory.current").read_text())
        told = (_GROUP / "memory.stat").read_text()
    except (OSError, ValueError):
        return None
    if most == "max":
        return None
    # pages of files are dropped where memory runs short, but not those of tmpfs among them
    return max(0, int(most) - used + _counted(told, "file") - _counted(told, "shmem"))


def _counted(told: str, name: str) -> int:
    found = re.search(rf"^{name} (\d+)$", told, re.MULTILINE)
    return int(found[1]) if found else 0


def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the blocks to come.

    The command line asks for it at its start; from Python `pipeline.backends.open_backend` does.

    Left alone it hands every block beyond 32 MiB back to the system, and a picture's features at
    full resolution are such blocks: the next ones come page by page, each cleared and faulted in.
    Threads share two arenas, for what one keeps another cannot take. Another malloc than glibc's is
    left as it is.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, ARENAS)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def release_freed_memory() -> None:
    """Hand back what is freed, where `keep_freed_memory` has kept it; its pages come anew.

    Blocks of `LARGE` bytes and more are handed back at once from now on: of pictures that are that
    large, what is kept between two of them is much, and a page fault little beside the painting.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, LARGE)
        libc.mallopt(M_MMAP_MAX, 65536)  # glibc's own choice
        libc.malloc_trim(0)
