import numpy as np
import pytest

from pipeline.temporal.views import directions_of_rows, sphere_directions


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (17, 64), (63, 64)])
def test_directions_of_some_rows_are_those_of_the_whole_to_the_bit(start: int, stop: int):
    found = directions_of_rows(slice(start, stop), 64, 130)
    assert np.array_equal(found, sphere_directions(64, 130)[start:stop])
