import numpy as np
import pytest

from pipeline.quality.regions import NAMES, Tally, regions

ONE = np.radians(2.0)


def test_regions_have_the_areas_that_geometry_gives_them():
    areas = dict(zip(NAMES, regions(360, 720).sums(np.ones((360, 720), np.float32)), strict=True))
    assert areas["sphere"] == pytest.approx(1)
    assert areas["equator"] == pytest.approx(0.5)
    assert areas["middle"] == pytest.approx(np.sqrt(3) / 2 - 0.5, rel=1e-5)
    assert areas["poles"] == pytest.approx(1 - np.sqrt(3) / 2, rel=1e-5)
    assert areas["seam"] == pytest.approx(4 / 360)


def test_the_edges_of_faces_are_where_two_faces_meet():
    rays = np.random.default_rng(0).normal(size=(200_000, 3))
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    pairs = [(a, b) for a in range(3) for b in range(a + 1, 3)]
    planes = [np.eye(3)[a] + s * np.eye(3)[b] for a, b in pairs for s in (1, -1)]
    near = np.abs(np.arcsin(rays @ np.array(planes).T / np.sqrt(2))) < ONE  # six planes
    order = np.argsort(np.abs(rays), axis=1)
    of_largest = [pairs.index((min(a, b), max(a, b))) for a, b in order[:, 1:]]
    expected = near.reshape(-1, 3, 2).any(2)[np.arange(len(rays)), of_largest].mean()
    found = regions(360, 720).sums(np.ones((360, 720), np.float32))[NAMES.index("faces")]
    assert found == pytest.approx(expected, rel=0.03)


def test_a_tally_weighs_frames_and_places_together():
    tally = Tally()
    values = np.zeros((60, 120), np.float32)
    values[:, :60] = 1
    tally.add(values)
    tally.add(values, values)
    tally.skip()
    assert tally.series == [pytest.approx(0.5), pytest.approx(1), None]
    assert tally.means["sphere"] == pytest.approx(2 / 3)
    assert tally.heat[:, :80].min() == pytest.approx(1)
    assert tally.heat[:, 100:].max() == 0


def test_what_never_counts_has_no_mean():
    tally = Tally()
    tally.add(np.ones((60, 120), np.float32), np.zeros((60, 120), np.float32))
    assert set(tally.means.values()) == {None}
    assert tally.series == [None]
    assert np.isfinite(tally.heat).all()
