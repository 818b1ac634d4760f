"""What moves: a sailing boat, two balloons and a flock of birds, as functions of time only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN, rotation

from .noise import Floats, f32, normalise
from .patches import Patches, join, solid

SEGMENTS, RINGS = 24, 12


def movers(t: float) -> Patches:
    """All moving pieces at `t` seconds; piece k is the same material at every time."""
    return join([_boat(t), _balloon(t, 0), _balloon(t, 1), *(_bird(t, k) for k in range(9))])


def _triangles(points: Floats, faces: NDArray[Any], albedo: Floats) -> Patches:
    a, b, c = (points[faces[:, k]] for k in range(3))
    return solid(a, b - a, c - a, albedo, triangle=True)


def _shift(patches: Patches, yaw: float, roll: float, place: list[float]) -> Patches:
    return patches.moved(rotation(yaw, 0.0, roll).astype(np.float32), f32(place))


def boat_place(t: float) -> tuple[float, float, float]:
    """x, z and heading of the boat: back and forth along the shore, turning with its path."""
    x, z = 8 + 42 * np.sin(0.055 * t - 0.55), -84 + 9 * np.sin(0.037 * t)
    heading = FULL_TURN / 4 * np.tanh(6 * np.cos(0.055 * t - 0.55))
    return x, z, heading


def _boat(t: float) -> Patches:
    """Bow along -z; a hull of three frames, a deck, a mast, a mainsail and a jib."""
    wood, white = f32([0.36, 0.10, 0.06]), f32([0.82, 0.78, 0.68])
    stations = f32([[-4.2, 0.02, 1.25], [-1.8, 1.05, 0.95], [1.2, 1.2, 0.9], [3.6, 0.85, 1.0]])
    hull = []
    for sign in (-1, 1):
        rim = np.stack([sign * stations[:, 1], stations[:, 2], stations[:, 0]], 1)
        keel = np.stack([0.45 * rim[:, 0], 0 * rim[:, 1] - 0.3, 0.92 * rim[:, 2]], 1)
        points = np.concatenate([rim, keel])
        faces = np.array([f for k in range(3) for f in ((k, k + 1, k + 4), (k + 1, k + 5, k + 4))])
        hull.append(_triangles(points, faces, wood))
    rim = np.stack([stations[:, 1], stations[:, 2] - 0.12, stations[:, 0]], 1)
    deck = np.concatenate([rim, rim * [-1, 1, 1]]).astype(np.float32)
    faces = np.array([f for k in range(3) for f in ((k, k + 1, k + 4), (k + 1, k + 5, k + 4))])
    pieces = [
        *hull,
        _triangles(deck, faces, f32([0.45, 0.30, 0.17])),
        solid([-0.85, 1.0, 3.6], [1.7, 0, 0], [0.0, -1.3, -0.3], wood * 0.8),
        _sail([0.0, 2.0, -0.9], [0.55, 0.1, 4.3], [0.1, 9.3, 0.1], white),
        _sail([0.15, 1.7, -4.1], [0.45, 0.2, 2.9], [0.05, 7.6, 3.0], f32([0.78, 0.30, 0.10])),
        solid([[-0.07, 0.9, -1.0]], [[0.14, 0, 0]], [[0, 10.6, 0]], wood),
        solid([[0, 0.9, -1.07]], [[0, 0, 0.14]], [[0, 10.6, 0]], wood),
        *_lamp(lamp_is_lit(t)),
    ]
    return _shift(join(pieces), *_boat_pose(t))


def _boat_pose(t: float) -> tuple[float, float, list[float]]:
    """Heading, roll and place."""
    x, z, heading = boat_place(t)
    roll = 0.07 + 0.035 * np.sin(1.3 * t) + 0.015 * np.sin(2.1 * t + 1)
    return heading, roll, [x, 0.05 * np.sin(1.1 * t), z]


def lamp_place(t: float) -> Floats:
    """Centre (3,) of the lamp in the world."""
    heading, roll, place = _boat_pose(t)
    return f32(rotation(heading, 0.0, roll) @ MAST_HEAD + place)


def lamp_is_lit(t: float) -> bool:
    """The lamp at the mast's head shines for a quarter second from every odd second on.

    The bell in the sound strikes when it comes on. A frame on the edge is on its later side.
    """
    return (t - 1 + 1e-6) % 2 < 0.25


def _lamp(lit: bool) -> list[Patches]:
    glass = f32([14, 12, 7]) if lit else f32([0.05, 0.05, 0.06])
    wide = ([[0.45, 0.45, 0]], [[-0.45, 0.45, 0]]), ([[0, 0.45, 0.45]], [[0, 0.45, -0.45]])
    return [solid(MAST_HEAD - [0, 0.45, 0], *sides, glass) for sides in wide]


MAST_HEAD = f32([0, 11.75, -1.0])


def _sail(corner: list[float], foot: list[float], mast: list[float], albedo: Floats) -> Patches:
    sail = solid([corner], [foot], [mast], albedo, triangle=True)
    return replace(sail, leafy=np.full(1, 0.7, np.float32))


BALLOONS = (  # x, y, z at 0 s; drift m/s; radius; colours
    ((44.0, 41.0, -92.0), (0.9, 0.25, -0.35), 11.0, ([0.75, 0.06, 0.04], [0.90, 0.62, 0.08])),
    ((-70.0, 62.0, 120.0), (0.6, -0.12, 0.5), 10.0, ([0.05, 0.16, 0.52], [0.80, 0.80, 0.78])),
)


def _balloon(t: float, number: int) -> Patches:
    place, drift, radius, colours = BALLOONS[number]
    wander = 260 * np.sin(f32(drift) * t / 260)  # bounded, and straight in a short clip
    turn = 0.05 * t + number
    return _shift(_balloon_shape(radius, colours), turn, 0.0, list(f32(place) + wander))


def _balloon_shape(radius: float, colours: tuple[list[float], list[float]]) -> Patches:
    """Envelope of revolution with striped gores, and a basket on four ropes."""
    down = np.linspace(0, 1, RINGS + 1)
    angle = down * 0.86 * FULL_TURN / 2
    neck = 1 - 0.10 * np.clip((down - 0.55) / 0.45, 0, 1)
    ring = radius * np.sin(angle) * neck
    y = radius * (np.cos(angle) - 0.32 * np.clip((down - 0.45) / 0.55, 0, 1) ** 1.5)
    turn = np.arange(SEGMENTS + 1) / SEGMENTS * FULL_TURN
    points = np.stack(
        np.broadcast_arrays(ring[:, None] * np.cos(turn), y[:, None], ring[:, None] * np.sin(turn)),
        -1,
    )
    points = points.astype(np.float32)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, :-1], points[1:, 1:]
    stripe = np.broadcast_to((np.arange(SEGMENTS) // 2 % 2)[None, :, None], (RINGS, SEGMENTS, 1))
    band = (np.arange(RINGS) == 5)[:, None, None]
    albedo = np.where(band, 0.8 * np.ones(3), np.where(stripe, f32(colours[0]), f32(colours[1])))
    albedo = albedo.reshape(-1, 3).astype(np.float32)
    a, b, c, d = (p.reshape(-1, 3) for p in (a, b, c, d))
    shells = [_smooth(a, b, c, albedo), _smooth(d, c, b, albedo)]
    return join([*shells, *_basket(radius, float(y[-1]), float(ring[-1]))])


def _smooth(a: Floats, b: Floats, c: Floats, albedo: Floats) -> Patches:
    """Triangles of a round body about the origin: their normals run from the centre outward."""
    flat = solid(a, b - a, c - a, albedo, triangle=True)
    na, nb, nc = (normalise(p + f32([0, 0.1, 0])) for p in (a, b, c))
    leafy = np.full(len(a), 0.45, np.float32)
    return replace(flat, normal=na, normal_u=nb - na, normal_v=nc - na, leafy=leafy)


def _basket(radius: float, mouth: float, ring: float) -> list[Patches]:
    wicker, rope = f32([0.30, 0.17, 0.07]), f32([0.12, 0.10, 0.08])
    half, top, tall = 0.11 * radius, mouth - 0.42 * radius, 0.2 * radius
    pieces = []
    for x, z in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        out, along = f32([x, 0, z]), f32([-z, 0, x])
        corner = out * half - along * half + f32([0, top - tall, 0])
        pieces.append(solid(corner, along * 2 * half, [0, tall, 0], wicker))
        foot = (out + along) * half * 0.9 + f32([0, top, 0])
        head = (out + along) * ring * 0.7 + f32([0, mouth, 0])
        pieces.append(solid(foot, along * 0.16, head - foot, rope))
    return pieces


def bird_place(t: float, number: int) -> tuple[Floats, float]:
    """Centre (3,) and heading of a bird: a loose flock on a wide circle over the shore."""
    lag = 0.10 * number + 0.05 * (number % 3)
    turn = 0.24 * t - lag - 0.35
    reach = 34 + 2.6 * ((number * 7) % 5)
    centre = np.array(
        [2.0, 17.0 + 1.3 * ((number * 5) % 4) + 0.8 * np.sin(0.9 * t + number), -18.0]
    )
    place = centre + reach * np.array([np.sin(turn), 0, -np.cos(turn)])
    return f32(place), turn + FULL_TURN / 4


def _bird(t: float, number: int) -> Patches:
    """Bow along -z; each wing is an inner and an outer pair of triangles that flap."""
    beat = np.sin(FULL_TURN * (2.1 + 0.13 * (number % 4)) * t + 1.7 * number)
    lift, tip = 0.5 * beat + 0.12, 0.65 * beat - 0.15 + 0.12
    wings = []
    for sign in (-1, 1):
        knee = f32([0.62 * np.cos(lift), 0.62 * np.sin(lift), 0])
        end = knee + f32([0.85 * np.cos(tip), 0.85 * np.sin(tip), 0.22])
        root = [[0, 0, -0.22], [0, 0, 0.24]]
        points = f32([*root, knee - f32([0, 0, 0.30]), knee + f32([0, 0, 0.12]), end])
        points *= f32([sign, 1, 1])
        wings.append(_triangles(points, np.array([(0, 1, 2), (1, 3, 2), (2, 3, 4)]), _FEATHER))
    body = f32(
        [[0, 0.03, -0.62], [0.11, 0, 0.05], [-0.11, 0, 0.05], [0, 0.02, 0.62], [0, -0.13, 0]]
    )
    shape = _triangles(body, np.array([(0, 1, 2), (1, 3, 2), (0, 4, 1), (0, 2, 4)]), _FEATHER * 1.6)
    place, heading = bird_place(t, number)
    return _shift(join([*wings, shape]), heading, -0.22, list(place))


_FEATHER = f32([0.05, 0.05, 0.06])
