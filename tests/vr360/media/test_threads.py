"""Stages side by side: what comes out, and what is begun before its turn."""

import time
from collections.abc import Iterator

import pytest

from vr360.media.threads import ReadAhead


def counting(begun: list[int], count: int = 5) -> Iterator[int]:
    for n in range(count):
        begun.append(n)
        yield n


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_everything_comes_in_order_and_then_no_more(depth: int):
    ahead = ReadAhead(counting([]), depth)
    assert list(ahead) == [0, 1, 2, 3, 4]
    assert list(ahead) == []


@pytest.mark.parametrize(("depth", "most"), [(0, 1), (1, 2), (3, 4)])
def test_no_more_is_begun_than_the_depth_allows(depth: int, most: int):
    begun = list[int]()
    with ReadAhead(counting(begun), depth) as ahead:
        assert next(ahead) == 0
        end = time.monotonic() + 300
        while len(begun) < most and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05)
        assert len(begun) == most


@pytest.mark.parametrize("depth", [0, 2])
def test_errors_come_in_their_place(depth: int):
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with ReadAhead(broken(), depth) as ahead:
        assert next(ahead) == 1
        with pytest.raises(ValueError, match="broken"):
            next(ahead)
