"""The temporal stage beside the net, and flow on the sphere beside planar DIS, each in one run."""

import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.painting.stylizer import load_stylizer
from pipeline.temporal.flow import FAST, FINE, sphere_flow
from pipeline.temporal.smoothing import Smoother
from sample_clips import Scene
from vr360.geometry import lonlat_to_xyz, pixel_to_lonlat, row_areas

pytestmark = pytest.mark.bench
FRAMES = 40, 77, 200


def in_turns(runs: int, *sides: Callable[[int], object]) -> list[float]:
    """Medians of `runs` turns after two that do not count; the sides share whatever disturbs."""
    times: list[list[float]] = [[] for _ in sides]
    for turn in range(runs + 2):
        for side, found in zip(sides, times, strict=True):
            started = time.perf_counter()
            side(turn)
            found.append(time.perf_counter() - started)
    return [statistics.median(found[2:]) for found in times]


def test_the_temporal_stage_beside_the_net():
    scene = Scene()
    film = [scene.render(n, 1024, 2048).rgb for n in range(40, 44)]
    look, smooth = load_stylizer("starry_night"), Smoother()
    net, temporal = in_turns(
        12, lambda n: look([film[n % 4]]), lambda n: smooth(film[n % 4], film[n % 4])
    )
    print(f"\n2048x1024: net {net:.3f} s, temporal stage {temporal:.3f} s, {temporal / net:.0%}")
    assert temporal < 0.6 * net


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1)))


def planar_dis(now: np.ndarray, before: np.ndarray, preset: int) -> np.ndarray:
    height, width = now.shape[:2]
    pictures = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (now, before))
    flow = cv2.DISOpticalFlow.create(preset).calc(*pictures, None)
    y, x = np.indices((height, width))
    return lonlat_to_xyz(*pixel_to_lonlat(x + flow[..., 0], y + flow[..., 1], height, width))


@pytest.mark.parametrize("height", [256, 512])
def test_flow_on_the_sphere_beside_planar_dis(height: int):
    scene, width = Scene(), 2 * height
    latitude = np.degrees(pixel_to_lonlat(0, np.arange(height), height, width)[1])
    edge = np.minimum(np.arange(width), np.arange(width)[::-1]) < width / 36
    places = {
        "sphere": np.ones((height, width), bool),
        "equator": np.repeat(abs(latitude)[:, None] < 30, width, 1),
        "poles": np.repeat(abs(latitude)[:, None] > 60, width, 1),
        "seam": np.repeat(edge[None], height, 0),
    }
    table: dict[str, list[list[float]]] = {}
    for n in FRAMES:
        now, before = scene.render(n, height, width).rgb, scene.render(n - 1, height, width).rgb
        truth = scene.flow(n, height, width)
        weight = row_areas(height)[:, None] * ~(truth.occluded | truth.water)
        found = {
            "DIS ultrafast, plain": planar_dis(now, before, FAST.preset),
            "sphere, FAST": sphere_flow(now, before, FAST).direction,
            "DIS medium, plain": planar_dis(now, before, FINE.preset),
            "sphere, FINE": sphere_flow(now, before, FINE).direction,
        }
        for name, direction in found.items():
            error = angles(direction, truth.direction)
            table.setdefault(name, []).append(
                [float((error * weight)[p].sum() / weight[p].sum()) for p in places.values()]
            )
    print(f"\nmean angular error in degrees, {width}x{height}\n{'':22}" + "".join(
        f"{name:>10}" for name in places))  # fmt: skip
    means = {name: np.mean(rows, axis=0) for name, rows in table.items()}
    for name, row in means.items():
        print(f"{name:22}" + "".join(f"{value:10.4f}" for value in row))
    assert means["sphere, FINE"][0] < 0.5 * means["DIS medium, plain"][0]
