"""Points of interest across a cut."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.film.film import check
from tests.pipeline.film.conftest import frames_of
from tests.pipeline.film.test_film import made
from vr360.errors import InputError

TWO = """
[[scene]]
source = "a.mkv"
yaw = 30
{first}
[[scene]]
source = "b.mkv"
{second}
"""


@pytest.fixture
def two(clip, script):
    clip("a.mkv", seed=1)
    clip("b.mkv", seed=2)
    return lambda first="", second="": script(TWO.format(first=first, second=second))


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("poi = 60", "poi = 100", 70),  # at 30 and at 100 in the film
        ("poi = 60", "poi = 85", None),
        ("poi = [[0, 0], [2, 200]]", "poi = 0", 162),  # where it lies at the cut
        ("poi = 170", "poi = -170\nyaw = 30", None),  # not around the other side
        ("poi = 60", "", None),
    ],
)
def test_points_of_interest_far_apart_are_told(two, first: str, second: str, apart: int | None):
    notes = check(two(first, second)).notes
    assert len(notes) == (apart is not None)
    assert all("a to b" in note and f"{apart}°" in note for note in notes)


def test_a_match_by_points_of_interest_joins_them(two, tmp_path: Path):
    path = two("poi = 75", 'poi = 135\nmatch = "poi"')
    assert not check(path).notes
    film, _ = made(path)
    b = frames_of(tmp_path / "b.mkv")
    assert np.array_equal(film[24], np.roll(b[0], -32, axis=1))  # 135 lies at 45, as 75 did
    with pytest.raises(InputError, match="scene 'a' has no poi"):
        check(two("", 'poi = 135\nmatch = "poi"'))
