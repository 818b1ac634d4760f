"""How the sphere comes out, painted whole and painted on a cube; `make bench` prints the table.

What a net paints depends on what it is given, so nothing is compared with another place: the sphere
is turned until the place in question lies in the middle of a face or of the equator, painted there,
and turned back.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.painting.stylizer import Stylizer, load_stylizer
from pipeline.quality.faces import face_edge_gradient
from pipeline.quality.poles import latitudes, strokes
from tests.pipeline.test_real_footage import MONO
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN, rotation, row_areas
from vr360.projections import Equirect
from vr360.sampling import Interpolation, build_sampler

pytestmark = pytest.mark.bench
SIZE = 1024, 2048
EDGES_AWAY = rotation(0.39, 0.45, 0.3)  # where the cube's edges lie, no edge of the turned one does
POLES_DOWN = rotation(0, HALF_TURN / 2, 0)
ANY = [rotation(0.7, 0.5, 0.3), rotation(-2.0, 1.2, -0.6), rotation(0.3, -1.0, 0.2)]

Turn = tuple[Callable[[Rgb], Rgb], Callable[[Rgb], Rgb]]


def turned(turn: np.ndarray) -> Turn:
    """There and back, with the sharpest kernel there is."""
    sphere = Equirect(*SIZE)
    there, back = (build_sampler(sphere, sphere, t, Interpolation.LANCZOS) for t in (turn, turn.T))
    return there, back


def psnr(a: Rgb, b: Rgb) -> float:
    error = np.square(a.astype(float) - b).mean(axis=(1, 2)) @ row_areas(len(a))
    return float(10 * np.log10(255**2 / error))


def edges_over_middles(look: Stylizer, rgb: Rgb, turn: Turn) -> float:
    """The step across the cube's edges, over that at the same places painted within faces."""
    there, back = turn
    (painted,), (within,) = look([rgb]), look([there(rgb)])
    return face_edge_gradient(back(there(painted))) / face_edge_gradient(back(within))


def poles_over_equator(look: Stylizer, rgb: Rgb, turn: Turn) -> float:
    """Length of strokes at the poles, over that of the same places painted at the equator."""
    there, back = turn
    (painted,), (low,) = look([rgb]), look([there(rgb)])
    polar = np.abs(latitudes()) >= HALF_TURN / 3
    difference = strokes(back(there(painted))).scale - strokes(back(low)).scale
    return float(np.exp(difference[polar].mean()))


def agreement_when_turned(look: Stylizer, rgb: Rgb, turns: list[Turn]) -> float:
    """PSNR between painting and turning, painting, turning back."""
    (painted,) = look([rgb])
    return statistics.mean(psnr(back(look([there(rgb)])[0]), painted) for there, back in turns)


def test_cube_faces_against_the_whole_equirect(shared_data: Path):
    looks = {
        name: load_stylizer("starry_night", projection=name, statistics="frame")
        for name in ("equirect", "cubemap")
    }
    away, down, any_way = turned(EDGES_AWAY), turned(POLES_DOWN), [turned(t) for t in ANY]
    print("\nface edges over face middles | strokes at poles over equator | turned and back, dB")
    rows: dict[str, list[tuple[float, ...]]] = {name: [] for name in looks}
    for place in MONO:
        bgr = cv2.imread(str(shared_data / "panoramas" / f"{place}.jpg"))
        rgb = np.ascontiguousarray(bgr[..., ::-1])
        for name, look in looks.items():
            row = (
                edges_over_middles(look, rgb, away),
                poles_over_equator(look, rgb, down),
                agreement_when_turned(look, rgb, any_way),
            )
            rows[name].append(row)
            print(f"{place:18}{name:10}{row[0]:8.3f}{row[1]:8.3f}{row[2]:8.2f}", flush=True)
    whole, cube = (np.array(rows[name]) for name in ("equirect", "cubemap"))
    assert cube[:, 0].mean() == pytest.approx(1, abs=0.03)
    assert (np.abs(cube[:, 1] - 1) < 0.1).all()
    assert np.abs(cube[:, 1] - 1).mean() < np.abs(whole[:, 1] - 1).mean()
    assert (cube[:, 2] > whole[:, 2] - 1).all()  # no layout makes the net indifferent to turning


def test_cube_faces_cost_no_more_than_the_equirect_of_their_resolution():
    rgb = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    looks = [
        load_stylizer("starry_night", projection=name, statistics="frame")
        for name in ("equirect", "cubemap")
    ]
    seconds: list[list[float]] = [[], []]
    for _ in range(9):
        for look, times in zip(looks, seconds, strict=True):
            started = time.perf_counter()
            look([rgb])
            times.append(time.perf_counter() - started)
    whole, cube = (statistics.median(times[1:]) for times in seconds)
    print(f"\n2048x1024, with everything: equirect {whole:.3f} s, cube {cube:.3f} s")
    assert cube <= whole
