"""The sphere on the six faces of a cube.

Conventions:
    - Faces come in the order F R B L U D (front, right, back, left, up, down), all seen from
      inside. F, R, B and L are upright; U has its lower edge on F's upper one, D its upper edge on
      F's lower one.
    - On a face, u runs to the right and v down, from -1 to 1 between its edges; pixel centres
      carry half a pixel. Gnomonic faces (`Projection.CUBEMAP`) are even in u, equi-angular ones in
      the angle, atan(u).
    - Beyond its edges the plane of a face goes on, evenly in the same measure; padding is built on
      that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vr360.frame import Projection
from vr360.geometry import EIGHTH_TURN, Array, pixel_to_plane, plane_to_pixel

FACES = "FRBLUD"

# Rows: where the face looks, its right and its down.
_AXES = np.array(
    [
        [[0, 0, -1], [1, 0, 0], [0, -1, 0]],
        [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
        [[0, 0, 1], [-1, 0, 0], [0, -1, 0]],
        [[-1, 0, 0], [0, 0, -1], [0, -1, 0]],
        [[0, 1, 0], [1, 0, 0], [0, 0, -1]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
    ],
    dtype=float,
)
_POSITIVE_FACES = np.array([FACES.index(f) for f in "RUB"])  # looking along +x, +y, +z
_NEGATIVE_FACES = np.array([FACES.index(f) for f in "LDF"])


def face_to_xyz(
    face: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    size: int,
    projection: Projection = Projection.EQUI_ANGULAR,
) -> Array:
    """Unit vectors (..., 3) of pixel coordinates on faces; inverse of `xyz_to_face`.

    Raises:
        ValueError: no cube, or a coordinate a quarter turn away from its equi-angular face.
    """
    u = _to_tangent(pixel_to_plane(x, size), projection)
    v = _to_tangent(pixel_to_plane(y, size), projection)
    ahead = 1 / np.sqrt(1 + u * u + v * v)
    right, down, face = u * ahead, v * ahead, np.asarray(face)
    xyz = np.empty((*np.broadcast_shapes(face.shape, u.shape, v.shape), 3))
    for axis in range(3):
        parts = _AXES[..., axis].T.take(face, axis=1)
        xyz[..., axis] = parts[0] * ahead + parts[1] * right + parts[2] * down
    return xyz


def xyz_to_face(
    xyz: ArrayLike,
    size: int,
    projection: Projection = Projection.EQUI_ANGULAR,
    face: ArrayLike | None = None,
) -> tuple[NDArray[np.intp], Array, Array]:
    """Which face a direction meets, and where.

    Args:
        xyz: (..., 3), of any length but zero.
        size: pixels of a face's side.
        projection: `CUBEMAP` (gnomonic) or `EQUI_ANGULAR`.
        face: (...) of indices: look on these faces' planes, even beyond their edges; the direction
            must lie less than a quarter turn from the face's.

    Returns:
        face, x, y, each (...): index into `FACES` and pixel-centre coordinates, in -0.5 .. size -
        0.5 where `face` is the one that the direction meets.
    """
    xyz = np.asarray(xyz, float)
    index = facing(xyz) if face is None else np.broadcast_to(np.asarray(face), xyz.shape[:-1])
    x, y, z = np.moveaxis(xyz, -1, 0)
    parts = (_AXES[:, part].T.take(index, axis=1) for part in range(3))
    depth, right, down = (p[0] * x + p[1] * y + p[2] * z for p in parts)
    if face is not None and (depth <= 0).any():
        raise ValueError("a direction lies a quarter turn or more from its face")
    x = plane_to_pixel(_from_tangent(right / depth, projection), size)
    y = plane_to_pixel(_from_tangent(down / depth, projection), size)
    return index.astype(np.intp), x, y


def facing(xyz: ArrayLike) -> NDArray[np.intp]:
    """Index (...) of the face that each direction (..., 3) meets."""
    xyz = np.asarray(xyz, float)
    axis = np.abs(xyz).argmax(axis=-1)
    along = np.take_along_axis(xyz, axis[..., None], axis=-1)[..., 0]
    index: NDArray[np.intp] = np.where(along > 0, _POSITIVE_FACES[axis], _NEGATIVE_FACES[axis])
    return index


def _to_tangent(plane: Array, projection: Projection) -> Array:
    if projection is Projection.CUBEMAP:
        return plane
    if projection is not Projection.EQUI_ANGULAR:
        raise ValueError(f"{projection} is no cube")
    if (np.abs(plane) >= 2).any():
        raise ValueError("an equi-angular face ends before a quarter turn from its middle")
    return np.tan(plane * EIGHTH_TURN)


def _from_tangent(tangent: Array, projection: Projection) -> Array:
    if projection is Projection.CUBEMAP:
        return tangent
    if projection is not Projection.EQUI_ANGULAR:
        raise ValueError(f"{projection} is no cube")
    return np.arctan(tangent) / EIGHTH_TURN


def face_areas(size: int, projection: Projection = Projection.EQUI_ANGULAR) -> Array:
    """Share of the sphere (size, size) that each pixel of a face covers; sums to 1 / 6.

    Exact: the solid angle between the middle of a face and (u, v) is
    atan(u v / sqrt(1 + u² + v²)), so that of a pixel is its difference over the four corners.
    """
    edges = _to_tangent(pixel_to_plane(np.arange(size + 1) - 0.5, size), projection)
    u, v = np.meshgrid(edges, edges)
    solid = np.arctan2(u * v, np.sqrt(1 + u**2 + v**2))
    areas: Array = np.diff(np.diff(solid, axis=0), axis=1)
    areas /= areas.sum() * len(FACES)
    return areas
