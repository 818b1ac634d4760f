"""Cache blocking: large pictures go through all their steps in bands of rows.

A picture of floats at 2048x1024 is 25 MB: done step by step on the whole of it, memory is what a
core waits for. Bands are independent of each other, so the cores share them; OpenCV and numpy let
go of the interpreter while they work.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import gcd

import cv2
import numpy as np

from pipeline.temporal.planar import Floats
from vr360.padding import sphere_pad_rgb

BAND = 1 << 17  # pixels at least: what a step reads and writes of them stays in the cache


class Enlarged:
    """A smooth field on the sphere, upsampled bilinearly, row by row of a larger picture.

    The field is padded on the sphere by a whole number of the picture's pixels. So OpenCV's resize,
    many times faster than remap, aligns pixel centres exactly.

    Args:
        field: (h, w) or (h, w, C).
        height, width: of the picture.
    """

    def __init__(self, field: Floats, height: int, width: int) -> None:
        rows, columns = field.shape[:2]
        self._unit = gcd(rows, height)
        self._fine, self._coarse = height // self._unit, rows // self._unit
        across = columns // gcd(columns, width)
        self._width, self._left = width, across * width // columns
        pad = max(self._coarse, across)
        padded = sphere_pad_rgb(field.reshape(rows, columns, -1), pad)
        spare = pad - self._coarse, pad - across
        part = padded[spare[0] : len(padded) - spare[0], spare[1] : padded.shape[1] - spare[1]]
        self._field = np.ascontiguousarray(part)

    def __getitem__(self, rows: slice) -> Floats:
        """(rows, W) or (rows, W, C); a view of something larger."""
        first, last = rows.start // self._fine, -(-rows.stop // self._fine)
        part = self._field[first * self._coarse : (last + 2) * self._coarse]
        size = self._width + 2 * self._left, (last - first + 2) * self._fine
        large = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
        top = rows.start - (first - 1) * self._fine
        inside = large[top : top + rows.stop - rows.start, self._left : -self._left]
        return np.asarray(inside, np.float32)


def enlarge(field: Floats, height: int, width: int) -> Floats:
    """All of an `Enlarged` field."""
    return Enlarged(field, height, width)[0:height]


def in_bands(size: tuple[int, int], field: int, step: Callable[[slice], None]) -> None:
    """Call `step` for each band of rows of a picture; in any order.

    Args:
        size: (height, width) of the picture.
        field: rows of the fields that are enlarged meanwhile; bands go well with them.
        step: what is to be done with some rows.
    """
    height, width = size
    unit = height // gcd(height, field)
    band = -(-BAND // (unit * width)) * unit
    bands = [slice(top, min(top + band, height)) for top in range(0, height, band)]
    _all(step, bands)


def _all(step: Callable[[slice], None], bands: Sequence[slice]) -> None:
    for _ in _workers().map(step, bands):
        pass  # what a band raises is raised here


@lru_cache(maxsize=1)
def _workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(usable_cores(), thread_name_prefix="bands")


def usable_cores() -> int:
    """Cores that this process may run on; a container often has fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
