import os
import subprocess
import sys

import numpy as np
import pytest

from pipeline.temporal.bands import Enlarged, enlarge, in_bands
from vr360.geometry import equirect_directions, pixel_to_lonlat

SIZES = [(128, 256), (161, 322), (135, 512), (37, 74)]


@pytest.mark.parametrize("size", SIZES)
def test_bands_cover_every_row_once(size: tuple[int, int]):
    seen = np.zeros(size[0], int)

    def count(rows: slice) -> None:
        seen[rows] += 1

    in_bands(size, 32, count)
    np.testing.assert_array_equal(seen, 1)


def test_what_fails_in_a_band_is_not_lost():
    def fail(rows: slice) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_bands((64, 128), 32, fail)


@pytest.mark.parametrize("size", SIZES)
def test_convention_enlarging_keeps_places(size: tuple[int, int]):
    height, width = size
    _, lat = pixel_to_lonlat(0, np.arange(32)[:, None], 32, 64)
    large = enlarge(np.repeat(lat, 64, axis=1).astype(np.float32), height, width)
    edge = -(-height // 64)  # half a pixel of the field: beyond it latitudes turn back
    _, expected = pixel_to_lonlat(0, np.arange(height)[:, None], height, width)
    np.testing.assert_allclose(
        large[edge:-edge], np.repeat(expected, width, 1)[edge:-edge], atol=1e-5
    )


@pytest.mark.parametrize("size", SIZES)
def test_a_function_of_direction_has_no_seam_and_no_edge_at_the_poles(size: tuple[int, int]):
    small = equirect_directions(64, 128).astype(np.float32)
    large = enlarge(small, *size)
    assert np.abs(large - equirect_directions(*size)).max() < 0.002


@pytest.mark.parametrize("rows", [slice(0, 7), slice(40, 96), slice(100, 161)])
def test_some_rows_are_those_of_the_whole(rows: slice):
    field = np.random.default_rng(0).normal(size=(32, 64, 2)).astype(np.float32)
    field = Enlarged(field, 161, 322)
    np.testing.assert_allclose(field[rows], field[0:161][rows], atol=1e-5)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="asks Linux")
def test_as_many_threads_as_cores_that_may_be_used():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from pipeline.temporal.bands import _workers; assert _workers()._max_workers == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
