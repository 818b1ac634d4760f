"""What happens to memory that is freed.

The command line asks for it at its start; from Python `pipeline.backends.open_backend` does.
"""

from __future__ import annotations

import ctypes
import platform

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # names and values of <malloc.h>


def keep_freed_memory() -> None:
    """Have glibc keep what is freed for the blocks to come.

    Left alone it hands every block beyond 32 MiB back to the system, and a picture's features at
    full resolution are such blocks: the next ones come page by page, each cleared and faulted in.
    Another malloc than glibc's is left as it is.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
