"""Where a pixel looks: THE conventions of the project.

    lon = ((x + 0.5) / W - 0.5) * 2 pi      +lon to the right, 0 in the middle of the picture
    lat = (0.5 - (y + 0.5) / H) * pi        +lat up
    xyz right-handed: +x right, +y up, -z forward (OpenGL, WebXR)

Radians throughout; degrees appear only at the command line, with the suffix `_deg`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FULL_TURN = 2 * np.pi
HALF_TURN = np.pi
QUARTER_TURN = np.pi / 2
EIGHTH_TURN = np.pi / 4


def pixel_to_lonlat(x: ArrayLike, y: ArrayLike, height: int, width: int) -> tuple[Array, Array]:
    """Longitude and latitude of pixel centres (x, y) in an equirect picture of (height, width)."""
    lon = ((np.asarray(x, float) + 0.5) / width - 0.5) * FULL_TURN
    lat = (0.5 - (np.asarray(y, float) + 0.5) / height) * HALF_TURN
    return lon, lat


def lonlat_to_pixel(lon: ArrayLike, lat: ArrayLike, height: int, width: int) -> tuple[Array, Array]:
    """Inverse of `pixel_to_lonlat`; x is not wrapped into the picture."""
    x = (np.asarray(lon, float) / FULL_TURN + 0.5) * width - 0.5
    y = (0.5 - np.asarray(lat, float) / HALF_TURN) * height - 0.5
    return x, y


def lonlat_to_xyz(lon: ArrayLike, lat: ArrayLike) -> Array:
    """Unit vectors (..., 3) of directions."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    level = np.cos(lat)
    xyz: Array = np.empty((*np.broadcast_shapes(lon.shape, lat.shape), 3))
    xyz[..., 0], xyz[..., 1], xyz[..., 2] = level * np.sin(lon), np.sin(lat), -level * np.cos(lon)
    return xyz


def xyz_to_lonlat(xyz: ArrayLike) -> tuple[Array, Array]:
    """Directions of vectors (..., 3) of any length but zero."""
    x, y, z = np.moveaxis(np.asarray(xyz, float), -1, 0)
    return np.arctan2(x, -z), np.arctan2(y, np.hypot(x, z))


def pixel_to_plane(x: ArrayLike, size: int) -> Array:
    """Pixel centres of a side of `size` pixels, as -1 .. 1 between its edges."""
    return (np.asarray(x, float) + 0.5) * (2 / size) - 1


def plane_to_pixel(u: ArrayLike, size: int) -> Array:
    """Inverse of `pixel_to_plane`."""
    return (np.asarray(u, float) + 1) * (size / 2) - 0.5


def equirect_directions(height: int, width: int) -> Array:
    """Unit vectors (height, width, 3) through every pixel centre."""
    lon, lat = pixel_to_lonlat(np.arange(width), np.arange(height)[:, None], height, width)
    return lonlat_to_xyz(lon, lat)


def spiral(count: int) -> tuple[Array, Array]:
    """Longitude and latitude of `count` places along a Fibonacci spiral, each of the same area."""
    step = np.arange(count) + 0.5
    return HALF_TURN * (1 + np.sqrt(5)) * step, np.arcsin(1 - 2 * step / count)


def row_areas(height: int) -> Array:
    """Share of the sphere that each of `height` equirect rows covers; sums to 1.

    Exact: the area of a band between two latitudes is proportional to the difference of their
    sines.
    """
    edges = np.sin((0.5 - np.arange(height + 1) / height) * HALF_TURN)
    areas: Array = np.asarray((edges[:-1] - edges[1:]) / 2, dtype=np.float64)
    return areas


def rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Array:
    """(3, 3) matrix that turns the forward direction to (lon = yaw, lat = pitch).

    Roll turns the picture clockwise about the direction of view, before pitch and yaw.
    """
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn_yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    turn_pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    turn_roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    turn: Array = turn_yaw @ turn_pitch @ turn_roll
    return turn


def angles_of(turn: ArrayLike) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a (3, 3) matrix; the inverse of `rotation`."""
    matrix = np.asarray(turn, float)
    yaw, pitch = xyz_to_lonlat(-matrix[:, 2])
    return float(yaw), float(pitch), float(np.arctan2(-matrix[1, 0], matrix[1, 1]))


def perspective_directions(height: int, width: int, fov: float) -> Array:
    """Vectors (height, width, 3) through the pixels of a rectilinear view looking forward.

    `fov` is the horizontal field of view, below a half turn.
    """
    if not 0 < fov < HALF_TURN:
        raise ValueError(f"fov must lie between 0 and pi, got {fov}")
    half = np.tan(fov / 2)
    x = ((np.arange(width) + 0.5) / width * 2 - 1) * half
    y = (1 - (np.arange(height) + 0.5) / height * 2) * half * height / width
    xy = np.stack(np.meshgrid(x, y), axis=-1)
    return np.concatenate([xy, np.full((height, width, 1), -1.0)], axis=-1)
