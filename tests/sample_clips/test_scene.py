from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from sample_clips import Scene
from sample_clips.camera import pose, seen_from, viewing_circle, walk
from sample_clips.scene import LAND, SKY, WATER
from sample_clips.trees import BOULDERS, NEAR_TREES
from vr360.geometry import equirect_directions, lonlat_to_xyz
from vr360.projections import DualFisheye

from .conftest import FRAME, HEIGHT, WIDTH, Pair, sample


def points(scene: Scene, pair: Pair) -> np.ndarray:
    """World points (H, W, 3) that the depth puts along each pixel's ray."""
    here = scene.pose(FRAME)
    along = equirect_directions(HEIGHT, WIDTH) @ here.rotation.T
    return here.origin + np.where(pair.now.sky, 0, pair.now.depth)[..., None] * along


def test_same_frame_twice_is_the_same_bytes(scene: Scene) -> None:
    first = scene.render(7, 64, 128)
    scene.render(93, 48, 96, eye="left")
    again = scene.render(7, 64, 128)
    assert first.rgb.tobytes() == again.rgb.tobytes()
    assert first.depth.tobytes() == again.depth.tobytes()


def test_any_size_and_any_frame_renders(scene: Scene) -> None:
    for frame, height, width in ((0, 30, 60), (100_000, 33, 66), (2.5, 16, 32)):
        view = scene.render(frame, height, width)
        assert view.rgb.shape == (height, width, 3)
        assert view.rgb.dtype == np.uint8
        assert view.depth.dtype == np.float32
        assert view.rgb.std() > 20


def test_seam_is_as_smooth_as_the_columns_beside_it(scene: Scene) -> None:
    steps = []
    for frame in (0, 45, 90):
        rgb = scene.render(frame, 192, 384).rgb.astype(float)
        steps.append(np.abs(np.roll(rgb, -1, axis=1) - rgb).mean((0, 2)))
    step = np.mean(steps, axis=0)
    beside = np.r_[step[:12], step[-13:-1]].mean()
    assert 0.8 < step[-1] / beside < 1.25


def test_depth_of_land_lands_on_the_ground(scene: Scene, pair: Pair) -> None:
    land = pair.now.kind == LAND
    x, y, z = points(scene, pair)[land].T
    height = scene.terrain.height(x.astype(np.float32), z.astype(np.float32))
    assert np.quantile(np.abs(y - height) / pair.now.depth[land], 0.99) < 0.005


def test_depth_of_water_lies_on_the_lakes_level(scene: Scene, pair: Pair) -> None:
    water = pair.now.kind == WATER
    level = points(scene, pair)[water][:, 1]
    assert np.abs(level).max() < 0.05


def test_sky_is_where_no_land_stands_in_the_way(scene: Scene, pair: Pair) -> None:
    assert np.array_equal(pair.now.sky, np.isinf(pair.now.depth))
    assert np.array_equal(pair.now.sky, pair.now.kind == SKY)
    assert pair.now.sky[: HEIGHT // 8].all()
    assert not pair.now.sky[HEIGHT // 2 + 6 :].any()
    here = scene.pose(FRAME)
    rays = (equirect_directions(HEIGHT, WIDTH) @ here.rotation.T)[pair.now.sky][::7]
    for distance in np.geomspace(2, 8000, 120):
        x, y, z = (here.origin + distance * rays).astype(np.float32).T
        inside = np.maximum(abs(x), abs(z)) < scene.terrain.far.reach
        depth = scene.terrain.height(x[inside], z[inside]) - y[inside]
        assert depth.size == 0 or depth.max() < 1.0 + 0.004 * distance


def test_textures_stand_still_when_the_camera_does(scene: Scene) -> None:
    # straight down at two sizes: the same place, finer
    coarse, fine = (scene.render(12, n, 2 * n).rgb.astype(float) for n in (128, 256))
    half = fine.reshape(128, 2, 256, 2, 3).mean((1, 3))
    middle = slice(24, 120)
    assert np.abs(coarse - half)[middle].mean() < 9


def test_camera_walks_without_jumps() -> None:
    t = np.arange(0, 60, 1 / 24)
    poses = [pose(s, 3.0) for s in t]
    steps = np.linalg.norm(np.diff([p.origin for p in poses], axis=0), axis=1)
    assert 0.005 < np.median(steps) < 0.08
    assert steps.max() < 0.1
    cosines = [(np.trace(a.rotation.T @ b.rotation) - 1) / 2 for a, b in pairwise(poses)]
    turns = np.arccos(np.clip(cosines, -1, 1))
    assert 0 < turns.max() < np.deg2rad(1.5)
    assert np.hypot(*walk(np.linspace(0, 1000, 9999))).max() < 13.5


def test_nothing_stands_in_the_cameras_way() -> None:
    path = np.stack(walk(np.linspace(0, 90, 4000)), 1)  # once around
    for x, z, size in (*NEAR_TREES, *BOULDERS):
        radius = max(0.03 * size, 1.2 * size if size < 2 else 0)
        assert np.hypot(*(path - [x, z]).T).min() > radius + 0.3


def test_second_eye_agrees_with_the_depth(scene: Scene) -> None:
    left, right = (scene.render(FRAME, 192, 384, eye=e) for e in ("left", "right"))
    rays = equirect_directions(192, 384).reshape(-1, 3)
    near = np.isfinite(left.depth.ravel())
    depth = left.depth.ravel()[near, None].astype(float)
    point = viewing_circle(rays[near], "left") + depth * rays[near]
    direction, distance = seen_from(point, "right")
    seen = sample(right.depth, direction, cv2.INTER_NEAREST)
    assert np.mean(np.abs(seen / distance - 1) < 0.05) > 0.9
    ground = (left.kind.ravel()[near] == LAND) & (depth[:, 0] < 8)
    there = sample(right.rgb, direction)[ground].astype(float)
    here = left.rgb.reshape(-1, 3)[near][ground].astype(float)
    same_place = right.rgb.reshape(-1, 3)[near][ground].astype(float)
    assert np.abs(there - here).mean() < 0.5 * np.abs(same_place - here).mean()


def test_eyes_stand_a_pupils_distance_apart_in_every_direction() -> None:
    rays = lonlat_to_xyz(np.linspace(-3, 3, 50), 0.4 * np.sin(np.arange(50)))
    left, right = (viewing_circle(rays, eye) for eye in ("left", "right"))
    np.testing.assert_allclose(np.linalg.norm(right - left, axis=1), 0.064)
    across = np.cross(rays, [0.0, 1.0, 0.0])  # to the right of where each ray looks
    assert (np.einsum("ni,ni->n", right - left, across) > 0).all()


def test_fisheye_shows_what_the_equirect_picture_shows(scene: Scene) -> None:
    size = 192
    fisheye = scene.fisheye(FRAME, size)
    lens = DualFisheye(size, 2 * size, np.radians(195))
    y, x = np.mgrid[:size, : 2 * size]
    rays, inside = lens.directions(x.ravel(), y.ravel())
    wide = scene.render(FRAME, 256, 512).rgb
    expected = sample(wide, rays.reshape(size, 2 * size, 3)).astype(float)
    inside = inside.reshape(size, 2 * size)
    assert fisheye.shape == (size, 2 * size, 3)
    assert not fisheye[~inside].any()
    assert np.abs(fisheye - expected)[inside].mean() < 6
    mirrored = expected[:, ::-1]
    assert np.abs(fisheye - mirrored)[inside].mean() > 18
