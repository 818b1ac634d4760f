from __future__ import annotations

import cv2
import numpy as np
import pytest

from sample_clips import Scene
from sample_clips.camera import seen_from
from sample_clips.movers import boat_place, movers
from sample_clips.scene import PIECE, SKY, WATER
from vr360.geometry import equirect_directions

from .conftest import FRAME, HEIGHT, WIDTH, Pair, sample


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(float) - b).mean(-1)


@pytest.fixture(scope="module")
def errors(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Mean difference (H, W) from the frame before, with the flow and without it."""
    warped = sample(pair.before.rgb, pair.flow.direction)
    return difference(warped, pair.now.rgb), difference(pair.before.rgb, pair.now.rgb)


@pytest.fixture(scope="module")
def smooth(pair: Pair) -> np.ndarray:
    """Pixels (H, W) whose surroundings are one continuous surface: all that pixels can prove."""
    near = np.log(np.minimum(pair.now.depth, 1e5))
    ring = np.ones((5, 5))
    gap = cv2.dilate(near, ring) - cv2.erode(near, ring)
    piece = cv2.dilate((pair.now.kind == PIECE).astype(np.uint8), ring) > 0
    return (gap < 0.5) & ~piece & ~pair.flow.occluded & ~pair.flow.water


def test_frame_before_warped_by_the_flow_is_this_frame(errors, smooth) -> None:
    warped, still = (e[smooth].mean() for e in errors)
    assert smooth.mean() > 0.7
    assert warped < 1.5
    assert warped < 0.35 * still


@pytest.mark.parametrize(
    "place",
    [np.s_[:, :12], np.s_[:, -12:], np.s_[-12:], np.s_[-40:-12]],
    ids=["west of the seam", "east of the seam", "nadir", "feet"],
)
def test_flow_holds_at_the_seam_and_the_poles(errors, smooth, place) -> None:
    warped, still = (e[place][smooth[place]].mean() for e in errors)
    assert warped < 0.5 * still


def test_flow_at_the_zenith_is_the_cameras_rotation(scene: Scene, pair: Pair) -> None:
    now, before = scene.pose(FRAME), scene.pose(FRAME - 1)
    turned = equirect_directions(HEIGHT, WIDTH)[0] @ (before.rotation.T @ now.rotation).T
    np.testing.assert_allclose(pair.flow.direction[0], turned, atol=1e-12)


def test_occlusions_hold_what_the_warp_cannot_explain(pair: Pair, errors, smooth) -> None:
    warped = errors[0]
    hidden = pair.flow.occluded & ~pair.flow.water
    assert 0.0005 < hidden.mean() < 0.05
    assert warped[hidden].mean() > 3 * warped[~hidden & ~pair.flow.water].mean()
    assert (warped[smooth] > 30).mean() < 0.001


def test_points_lay_as_far_in_the_frame_before_as_its_depth_says(scene: Scene, pair: Pair) -> None:
    now, before = scene.pose(FRAME), scene.pose(FRAME - 1)
    still = (pair.now.kind != SKY) & ~pair.flow.occluded & (pair.now.depth < 400)
    rays = equirect_directions(HEIGHT, WIDTH)[still]
    point = now.origin + pair.now.depth[still][:, None] * (rays @ now.rotation.T) - before.origin
    seen = sample(pair.before.depth, pair.flow.direction, cv2.INTER_NEAREST)[still]
    ratio = seen / np.linalg.norm(point, axis=1)
    assert np.mean(np.abs(ratio - 1) < 0.05) > 0.93
    assert np.mean(ratio < 0.8) < 0.02  # nothing nearer: that would be an occlusion


def test_hidden_points_had_something_nearer_before_them(scene: Scene, pair: Pair) -> None:
    now, before = scene.pose(FRAME), scene.pose(FRAME - 1)
    hidden = pair.flow.occluded & (pair.now.kind != SKY) & (pair.now.depth > 3)
    rays = equirect_directions(HEIGHT, WIDTH)[hidden]
    point = now.origin + pair.now.depth[hidden][:, None] * (rays @ now.rotation.T) - before.origin
    ring = cv2.erode(pair.before.depth, np.ones((3, 3)))  # the nearest in 3 x 3 pixels
    seen = sample(ring, pair.flow.direction, cv2.INTER_NEAREST)[hidden]
    assert np.mean(seen < np.linalg.norm(point, axis=1)) > 0.97


def test_static_land_flows_as_two_cameras_see_it(scene: Scene, pair: Pair) -> None:
    now, before = scene.pose(FRAME), scene.pose(FRAME - 1)
    rays = equirect_directions(HEIGHT, WIDTH)
    land = pair.now.kind == 1
    point = now.origin + pair.now.depth[land][:, None] * (rays[land] @ now.rotation.T)
    seen = (point - before.origin) @ before.rotation
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    np.testing.assert_allclose(pair.flow.direction[land], seen, atol=1e-6)


def test_the_boat_flows_with_its_own_motion(scene: Scene) -> None:
    frame, size = 60, (320, 640)
    times = frame / 24, (frame - 1) / 24
    centre = [np.array([boat_place(t)[0], 3.0, boat_place(t)[1]]) for t in times]
    poses = scene.pose(frame), scene.pose(frame - 1)
    here, there = ((c - p.origin) @ p.rotation for c, p in zip(centre, poses, strict=True))
    here, there = (v / np.linalg.norm(v) for v in (here, there))
    flow = scene.flow(frame, *size)
    beside = equirect_directions(*size) @ here
    boat = beside > np.cos(0.03)
    shift = flow.direction[boat] - equirect_directions(*size)[boat]
    water = flow.water[boat]
    assert (~water).sum() > 10
    still = (there - here) - (centre[1] - centre[0]) @ poses[1].rotation / 80
    moved = np.median(shift[~water], axis=0)
    assert np.linalg.norm(moved - (there - here)) < 0.25 * np.linalg.norm(moved - still)


def test_moving_pieces_keep_their_number_and_size() -> None:
    first, later = movers(0.0), movers(3.7)
    assert len(first) == len(later)
    rigid = np.linalg.norm(first.side, axis=1) - np.linalg.norm(later.side, axis=1)
    assert np.median(np.abs(rigid)) < 1e-4


def test_water_is_where_the_lake_is(pair: Pair) -> None:
    np.testing.assert_array_equal(pair.flow.water, pair.now.kind == WATER)
    assert 0.01 < pair.flow.water.mean() < 0.2


def test_flow_directions_are_unit_vectors(pair: Pair) -> None:
    np.testing.assert_allclose(np.linalg.norm(pair.flow.direction, axis=-1), 1, atol=1e-9)


def test_an_eye_is_where_it_sees_from() -> None:
    # a point one metre ahead: the left eye, 32 mm to the left, sees it turned right by asin(0.032)
    direction, distance = seen_from(np.array([[0.0, 0.0, -1.0]]), "left")
    np.testing.assert_allclose(direction[0], [0.032, 0.0, -np.sqrt(1 - 0.032**2)], atol=1e-12)
    np.testing.assert_allclose(distance, np.sqrt(1 - 0.032**2))
