import platform
import subprocess
import sys

import pytest

FAULTS_OF_A_BLOCK = """
import resource
import numpy as np
from pipeline.cli.memory import keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def block():
    before = faults()
    np.ones(64 << 20, np.uint8)
    return faults() - before

block()
given_back = block()
keep_freed_memory()
block()
print(given_back, block())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc of glibc alone is told")
def test_a_large_block_is_used_again_without_a_page_fault():
    run = [sys.executable, "-c", FAULTS_OF_A_BLOCK]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    given_back, kept = map(int, told.split())
    assert given_back > 30
    assert kept < 10
