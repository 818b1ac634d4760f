import platform
import subprocess
import sys

import pytest

FAULTS_OF_A_BLOCK = """
import resource
import numpy as np
ASKED_FROM

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def block():
    before = faults()
    np.ones(64 << 20, np.uint8)
    return faults() - before

block()
given_back = block()
ASKED
block()
print(given_back, block())
"""

ASKING = {
    "keep_freed_memory()": "from vr360.memory import keep_freed_memory",
    "open_backend(StyleNet(NetConfig(channels=8, blocks=1)).eval(), 'cpu')": (
        "from pipeline.backends import open_backend\n"
        "from pipeline.nets.stylenet import NetConfig, StyleNet"
    ),
}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc of glibc alone is told")
@pytest.mark.parametrize(("asked", "where"), list(ASKING.items()))
def test_a_large_block_is_used_again_without_a_page_fault(asked: str, where: str):
    code = FAULTS_OF_A_BLOCK.replace("ASKED_FROM", where).replace("ASKED", asked)
    run = [sys.executable, "-c", code]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    given_back, kept = map(int, told.split())
    assert given_back > 30
    assert kept < 10


HANDED_BACK = FAULTS_OF_A_BLOCK.replace(
    "ASKED_FROM", "from vr360.memory import keep_freed_memory, release_freed_memory"
).replace("ASKED", "keep_freed_memory()\nblock()\nrelease_freed_memory()")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc of glibc alone is told")
def test_a_large_block_is_handed_back_at_once_when_that_was_asked_for():
    run = [sys.executable, "-c", HANDED_BACK]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    before, after = map(int, told.split())
    assert min(before, after) > 30


ARENAS_OF_THREADS = """
import ctypes
import threading
from vr360.memory import keep_freed_memory

ASKED
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
all_there = threading.Barrier(8)

def allocate():
    all_there.wait()
    libc.malloc(4096)
    all_there.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fflush(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc of glibc alone is told")
def test_threads_share_two_arenas_so_what_one_frees_another_takes():
    def arenas(asked: str) -> int:
        run = [sys.executable, "-c", ARENAS_OF_THREADS.replace("ASKED", asked)]
        told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
        return told.count("<heap nr=")

    assert arenas("pass") > 2
    assert arenas("keep_freed_memory()") == 2
