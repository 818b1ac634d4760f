import threading
from fractions import Fraction

import numpy as np
import pytest
from waiting import LIMIT, wait_for

from viewer.live import LivePainter, StyleEntry, Wish, lag, painted_eyes
from viewer.picture import picture_from_rgb
from vr360.errors import CheckpointError
from vr360.frame import Stereo

FAULTS = {
    "broken": RuntimeError("broken: out of memory"),
    "misspelt": AttributeError("misspelt has no such name"),
    "unfounded": AssertionError(),
    "incomplete": ImportError("incomplete: no such module"),
}


class Catalogue:
    """Stand-in styles: `invert`, `slow` (waits for a signal), `absent`, and those of `FAULTS`."""

    def __init__(self):
        self.go = threading.Event()
        self.begun = threading.Event()
        self.painted = []

    def entries(self):
        return [StyleEntry("invert"), StyleEntry("slow")]

    def load(self, name, strength, stroke):
        if name == "absent":
            raise CheckpointError("absent: no such style")

        def paint(rgb):
            self.begun.set()
            if name == "slow":
                assert self.go.wait(LIMIT)
            if name in FAULTS:
                raise FAULTS[name]
            if name == "shapeless":
                return None
            self.painted.append(int(rgb[0, 0, 0]))
            return (255 - rgb * strength).astype(np.uint8)

        return paint


@pytest.fixture
def catalogue():
    return Catalogue()


@pytest.fixture
def painter(catalogue):
    painter = LivePainter(catalogue)
    yield painter
    catalogue.go.set()
    painter.close()


def grey(value, pts=0, height=64):
    rgb = np.full((height, 2 * height, 3), value, np.uint8)
    return picture_from_rgb(rgb, Fraction(pts), int(pts))


def taken(painter):
    found = []
    wait_for(lambda: found.append(painter.take()) or found[-1] is not None, "a painted picture")
    return found[-1]


def test_the_picture_on_show_is_painted(painter):
    painter.wish(Wish("invert"))
    painter.offer(grey(55, pts=3), Stereo.MONO)
    painted = taken(painter)
    assert (painted.picture.planes[0] == 200).all()
    assert painted.picture.pts == 3


def test_only_the_newest_picture_is_painted(painter, catalogue):
    painter.wish(Wish("slow"))
    painter.offer(grey(1), Stereo.MONO)
    assert catalogue.begun.wait(LIMIT)
    for value in range(2, 20):
        painter.offer(grey(value), Stereo.MONO)
    catalogue.go.set()
    wait_for(lambda: catalogue.painted == [1, 19], "the first and the newest picture painted")


def test_blend_mixes_with_the_picture_that_was_painted(painter):
    painter.wish(Wish("invert", blend=0.5))
    painter.offer(grey(100), Stereo.MONO)
    assert abs(int(taken(painter).picture.planes[0][0, 0, 0]) - 128) <= 1


def test_a_new_wish_paints_the_same_picture_again(painter):
    painter.wish(Wish("invert"))
    painter.offer(grey(55), Stereo.MONO)
    taken(painter)
    painter.wish(Wish("invert", strength=0.0))
    assert (taken(painter).picture.planes[0] == 255).all()


@pytest.mark.parametrize("name", [*FAULTS, "absent", "shapeless"])
def test_a_style_that_fails_in_any_way_is_reported_and_another_one_works(painter, name):
    painter.wish(Wish(name))
    painter.offer(grey(55), Stereo.MONO)
    wait_for(lambda: painter.failure != "", "the failure reported")
    assert name in painter.failure
    assert not painter.failure.endswith(": ")
    painter.wish(Wish("invert"))
    assert (taken(painter).picture.planes[0] == 200).all()
    assert not painter.failure


def test_each_eye_is_painted_by_itself():
    shapes = []

    def paint(rgb):
        shapes.append(rgb.shape)
        return rgb

    painted_eyes(grey(3, height=512), Stereo.TOP_BOTTOM, paint, Wish("", height=160))
    assert shapes == [(160, 640, 3), (160, 640, 3)]
    shapes.clear()
    out = painted_eyes(grey(3, height=512), Stereo.MONO, paint, Wish("", height=256))
    assert shapes == [out.shape] == [(256, 512, 3)]


def test_the_lag_is_in_seconds_of_film():
    assert lag(grey(0, pts=5), grey(0, pts=3)) == 2
