"""Which way is up in a picture, and how a film's pictures lay, by what is seen alone.

Upright estimation: most edges near the horizon run level (shores, roofs, clouds far away) or
upright (walls, trunks). The direction is sought under which most edges run one way or the other.
Each edge votes with its angle to both. Pixels have a grid, and their texture votes for it: so the
picture is turned by what was found and asked again, until the grid lies as the answer does.

Between pictures the camera's rotation is followed along the optical flow. Answers to some of them,
turned back by it, are averaged for all.

Source: the voting is that of Atlanta worlds (Schindler and Dellaert, CVPR 2004), with directions of
edges by the structure tensor (Bigun and Granlund, 1987).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import cv2
import numpy as np

from pipeline.temporal.cuts import DetectedCuts
from pipeline.temporal.flow import FAST, track
from pipeline.temporal.planar import Floats
from vr360.cameras.attitude import Attitude, matrices, rotations, same_sign, settled, unit
from vr360.filters import gaussian_blur, gradient
from vr360.frame import Frame, Rgb, in_bytes
from vr360.geometry import Array, equirect_directions, pixel_to_lonlat, row_areas
from vr360.projections import Equirect
from vr360.sampling import Sampler, build_sampler

HEIGHT = 512  # rows of the picture that is asked
REACH = np.radians(55)  # latitudes whose edges are asked
MOST_TILT = 40.0  # degrees that a camera may be held askew
EVERY = 0.5  # seconds from one picture that is asked to the next
CALM = 4.0  # seconds over which answers are averaged, to both sides
_ROUNDS = 4
_FIRST = ((4.0, MOST_TILT), (1.2, 5.0), (0.4, 1.2))  # step and reach of each search, degrees
_AGAIN = ((1.2, 6.0), (0.4, 1.2), (0.13, 0.4))
_EDGES = 20_000  # that vote
_SPREAD, _NEAR = 0.05, 0.25  # radians: how far off an edge may run, how near to the horizon it lies
_UPRIGHT = 2.0  # how much more upright edges count than level ones: ground slopes, trunks do not
_UP = np.array([0.0, 1.0, 0.0])


def upwards(eye: Rgb) -> Array:
    """(3,) unit vector that is up in a whole equirect picture (H, W, 3)."""
    small = cv2.resize(in_bytes(eye), (2 * HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    turn, seen, sampler = np.eye(3), small, _turner()
    for search in (_FIRST, *[_AGAIN] * (_ROUNDS - 1)):
        turn = turn @ _from_top(_searched(*_edges(seen), search))
        sampler.turn_to(turn)
        seen = sampler(small)
    return np.asarray(turn[:, 1])


def seen_attitude(frames: Iterable[Frame]) -> Attitude:
    """How the pictures of a film lay.

    Args:
        frames: whole equirect eyes, in order; at most `MOST_TILT` askew.

    Returns:
        With the pts of the frames, and an orientation that begins anew with each shot.
    """
    shots = [_attitude_of_shot(shot) for shot in _shots(DetectedCuts(_eye).watch(frames))]
    times, down, turned = zip(*shots, strict=True)
    return Attitude(np.concatenate(times), np.concatenate(down), np.concatenate(turned))


def _eye(frame: Frame) -> Rgb:
    return frame.rgb


def _shots(frames: Iterable[Frame]) -> Iterator[list[tuple[float, Array, Array | None]]]:
    """For each shot its frames: time, rotation since its first frame, and up where it was asked."""
    shot: list[tuple[float, Array, Array | None]] = []
    last, asked = None, -EVERY
    turn = np.eye(3)
    for frame in frames:
        if frame.begins_shot and shot:
            yield shot
            shot, last, turn = [], None, np.eye(3)
        followed = track(frame.rgb, last, FAST)
        last, time = followed.now, float(frame.pts)
        if followed.flow is not None:
            turn = followed.flow.camera.rotation.T @ turn
        ask = not shot or time - asked >= EVERY
        asked = time if ask else asked
        shot.append((time, turn, upwards(frame.rgb) if ask else None))
    if shot:
        yield shot


def _attitude_of_shot(shot: list[tuple[float, Array, Array | None]]) -> tuple[Array, Array, Array]:
    times = np.array([time for time, _, _ in shot])
    turns = np.stack([turn for _, turn, _ in shot])
    vectors = np.stack([cv2.Rodrigues(turn)[0].ravel() for turn in turns])
    turned = same_sign(rotations(vectors))
    asked = [n for n, (_, _, up) in enumerate(shot) if up is not None]
    still = np.stack([turns[n].T @ up for n in asked if (up := shot[n][2]) is not None])
    nearest = np.abs(times[:, None] - times[asked]).argmin(1)
    down = -np.einsum("nij,nj->ni", matrices(turned), still[nearest])
    calm = settled(times, unit(down), turned, CALM)
    return times, calm.down, turned


@lru_cache(maxsize=1)
def _turner() -> Sampler:
    whole = Equirect(HEIGHT, 2 * HEIGHT)
    return build_sampler(whole, whole)


def _edges(rgb: Rgb) -> tuple[Floats, Floats, Array]:
    """Directions (N, 3), tangents (N, 3) and weights (N,) of the clearest edges."""
    level = np.sqrt(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32))
    across, down = gradient(gaussian_blur(level, 1.0))
    xyz, east, north, stretch, area = _sphere()
    eastwards, northwards = across * stretch, -down
    xx, xy, yy = (
        gaussian_blur(p, 2.0) for p in (eastwards**2, eastwards * northwards, northwards**2)
    )
    strength = np.hypot(xx - yy, 2 * xy)
    clear = strength / (xx + yy + 1e-3)
    reached = area > 0
    most = np.quantile(strength[reached], 0.97)
    weight = clear**2 * np.sqrt(np.minimum(strength, most)) * area
    chosen = reached & (weight > np.median(weight[reached]))
    angle = np.arctan2(2 * xy, xx - yy)[chosen][:, None] / 2  # of the gradient, from east to north
    tangent = np.cos(angle) * north[chosen] - np.sin(angle) * east[chosen]
    some = np.random.default_rng(0).permutation(len(tangent))[:_EDGES]
    return xyz[chosen][some], tangent[some], weight[chosen][some]


@lru_cache(maxsize=1)
def _sphere() -> tuple[Floats, Floats, Floats, Floats, Array]:
    """Of each pixel: direction, east, north, how much it is stretched, and area where asked."""
    size = HEIGHT, 2 * HEIGHT
    lon, lat = pixel_to_lonlat(np.arange(size[1])[None], np.arange(HEIGHT)[:, None], *size)
    xyz = equirect_directions(*size).astype(np.float32)
    east = np.stack(np.broadcast_arrays(np.cos(lon), 0 * lat, np.sin(lon)), axis=-1)
    east = east.astype(np.float32)
    north = np.cross(east, xyz)
    area = np.where(np.abs(lat) < REACH, row_areas(HEIGHT)[:, None], 0) * np.ones(size)
    stretch = (1 / np.cos(lat)).astype(np.float32)
    return xyz, east, np.asarray(north, np.float32), stretch, area


def _searched(
    xyz: Floats, tangent: Floats, weight: Array, search: tuple[tuple[float, float], ...]
) -> Array:
    """The direction near the picture's up under which most edges run level or upright."""
    best = _UP
    for step, reach in search:
        candidates = _around(best, step, reach)
        height, along = xyz @ candidates.T, tangent @ candidates.T
        upright = along**2 / np.maximum(1 - height**2, 1e-6)  # squared cosine
        wide = 2 * _SPREAD**2
        votes = np.exp(-upright / wide) + _UPRIGHT * np.exp(-(1 - upright) / wide)
        near = np.exp(-(height**2) / (2 * _NEAR**2))
        best = candidates[int(np.argmax(weight @ (votes * near)))]
    return best


def _around(middle: Array, step: float, reach: float) -> Array:
    """(N, 3) unit vectors on a grid of `step` degrees about another, the nearest ones first."""
    count = int(reach / step)
    x, y = (a.ravel() for a in np.mgrid[-count : count + 1, -count : count + 1])
    order = np.argsort(x**2 + y**2, kind="stable")
    inside = order[(x**2 + y**2)[order] <= count**2]
    angles = np.radians(step) * np.stack([x[inside], 0 * inside, y[inside]], axis=1)
    turns = matrices(rotations(angles.astype(float)))
    return np.asarray((_from_top(middle) @ turns @ _UP).astype(np.float32))


def _from_top(up: Array) -> Array:
    """(3, 3) the least rotation that takes +y to `up`."""
    axis = np.cross(_UP, up)
    sine = float(np.linalg.norm(axis))
    angle = np.arctan2(sine, float(up[1]))
    return np.asarray(cv2.Rodrigues(axis * (angle / sine if sine else 0))[0])
