from math import radians, tan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.camera import FOV_MAX, FOV_MIN, Camera, Glide, view_ray, wrap_angle

SIZE = (600, 1000)
inside = st.tuples(st.floats(0, 1000), st.floats(0, 600))


def test_convention_yaw_turns_right_and_pitch_turns_up():
    forward = np.array([0, 0, -1])
    assert np.allclose(Camera(yaw=radians(90)).matrix() @ forward, [1, 0, 0])
    assert np.allclose(Camera(pitch=radians(90)).matrix() @ forward, [0, 1, 0])


def test_convention_fov_is_horizontal():
    right_edge = view_ray((1000, 300), SIZE, radians(90))
    assert np.allclose(right_edge, np.array([1, 0, -1]) / np.sqrt(2))


@given(start=inside, end=inside, yaw=st.floats(-3, 3), pitch=st.floats(-0.5, 0.5))
def test_the_grabbed_point_stays_under_the_cursor(start, end, yaw, pitch):
    before = Camera(yaw, pitch, fov=radians(60))
    after = before.dragged(start, end, SIZE)
    grabbed = before.matrix() @ view_ray(start, SIZE, before.fov)
    now = after.matrix() @ view_ray(end, SIZE, after.fov)
    if abs(after.pitch) < radians(89):
        assert np.allclose(grabbed, now, atol=1e-6)


def test_dragging_to_the_right_looks_to_the_left():
    assert Camera().dragged((500, 300), (600, 300), SIZE).yaw < 0
    assert Camera().dragged((500, 300), (500, 400), SIZE).pitch > 0


@given(start=inside, end=inside, pitch=st.floats(-1.57, 1.57), fov=st.floats(FOV_MIN, FOV_MAX))
def test_a_drag_never_turns_the_picture_upside_down(start, end, pitch, fov):
    after = Camera(pitch=pitch, fov=fov).dragged(start, end, SIZE)
    assert abs(after.pitch) <= radians(90)
    assert (after.matrix() @ [0, 1, 0])[1] >= -1e-9


def test_zoom_is_clamped_and_reverses():
    assert Camera().zoomed(100).fov == pytest.approx(radians(20))
    assert Camera().zoomed(-100).fov == pytest.approx(radians(150))
    assert Camera().zoomed(3).zoomed(-3).fov == pytest.approx(Camera().fov)


def test_a_notch_scales_the_picture_by_a_tenth():
    zoomed = Camera().zoomed(1)
    assert tan(Camera().fov / 2) / tan(zoomed.fov / 2) == pytest.approx(1.1)


def test_yaw_wraps_at_half_a_turn():
    assert Camera(yaw=radians(190)).yaw == pytest.approx(radians(-170))
    assert wrap_angle(radians(-540)) == pytest.approx(radians(-180))


def test_a_glide_ends_at_the_same_place_at_any_frame_rate():
    coarse, _ = Glide(1.0, 0.2).step(Camera(), 1.0)
    fine, glide = Camera(), Glide(1.0, 0.2)
    for _ in range(120):
        fine, glide = glide.step(fine, 1 / 120)
    assert fine.yaw == pytest.approx(coarse.yaw)
    assert fine.pitch == pytest.approx(coarse.pitch)
    assert 0 < coarse.yaw < 1.0 / 4
    assert not glide.resting
    assert glide.step(fine, 2.0)[1].resting
