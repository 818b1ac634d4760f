import pytest

from viewer.camera import Camera
from viewer.composition import Compare, compose, eyes_that_exist, reach, view_matrix
from viewer.layout import Eyes, View
from vr360.frame import Stereo

SIZE = (100, 200)


def areas(passes):
    return [(p.slot, p.eye, p.viewport, p.cut) for p in passes]


def test_a_wipe_draws_both_pictures_over_the_whole_window_and_cuts_them():
    whole = (0, 0, 200, 100)
    assert areas(compose(SIZE, ["a", "b"], Compare.WIPE, 0.3)) == [
        ("a", 0, whole, (0, 0, 60, 100)),
        ("b", 0, whole, (60, 0, 140, 100)),
    ]


def test_side_by_side_gives_each_picture_a_view_of_its_own():
    assert [p.viewport for p in compose(SIZE, ["a", "b"], Compare.SIDE_BY_SIDE)] == [
        (0, 0, 100, 100),
        (100, 0, 100, 100),
    ]


def test_both_eyes_in_a_wipe_are_cut_at_the_same_place_of_the_window():
    passes = compose(SIZE, ["a", "b"], Compare.WIPE, 0.25, Eyes.BOTH)
    assert [p.cut for p in passes] == [
        (0, 0, 50, 100),
        (100, 0, 0, 100),
        (50, 0, 50, 100),
        (100, 0, 100, 100),
    ]


def test_one_picture_alone_ignores_how_two_would_be_compared():
    for compare in Compare:
        assert [p.slot for p in compose(SIZE, ["a"], compare)] == ["a"]


@pytest.mark.parametrize("eyes", list(Eyes))
def test_a_mono_film_has_one_eye(eyes):
    assert eyes_that_exist(Stereo.MONO, eyes) is Eyes.LEFT
    assert eyes_that_exist(Stereo.TOP_BOTTOM, eyes) is eyes


def test_convention_the_planet_has_the_ground_in_its_middle():
    assert (view_matrix(Camera(yaw=1.0), View.PLANET) @ [0, 0, -1]).round(6).tolist() == [0, -1, 0]


def test_convention_the_flat_view_has_the_seam_in_its_middle():
    assert (view_matrix(Camera(pitch=0.4), View.FLAT) @ [0, 0, -1]).round(6).tolist() == [0, 0, 1]
    half, quarter = reach(Camera(), View.FLAT, (100, 200))
    assert (half, quarter) == pytest.approx((3.14159265, 1.57079633))
