"""Continuing tensors over their edges the way the sphere does, and cube faces into each other.

Convention: an equirect picture goes on as `vr360.padding` says. A cube face goes on in its
neighbour, turned so that their common edge fits (`vr360.cubemap` says how the faces lie).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vr360.cubemap import FACES
from vr360.padding import check_padding

T = TypeVar("T", bound=np.generic)
_EDGES = ("top", "left", "bottom", "right")  # counter-clockwise, as torch.rot90 turns
# For each face, beyond each of its edges in that order: the neighbour, and its edge that touches.
_NEIGHBOURS = {
    "F": ("U bottom", "L right", "D top", "R left"),
    "R": ("U right", "F right", "D right", "B left"),
    "B": ("U top", "R right", "D bottom", "L left"),
    "L": ("U left", "B right", "D left", "F left"),
    "U": ("B top", "L top", "F top", "R top"),
    "D": ("F bottom", "L bottom", "B bottom", "R bottom"),
}
_TOUCHING = [
    FACES.index(neighbour) * len(_EDGES) + _EDGES.index(edge)
    for face in FACES
    for neighbour, edge in (touching.split() for touching in _NEIGHBOURS[face])
]


def sphere_pad(rgb: Tensor, pad: int) -> Tensor:
    """Continue an equirect picture or feature map over its edges as the sphere does.

    Args:
        rgb: (N, C, H, W), full 360° x 180°, W even.
        pad: pixels on every side, at most H and at most W.

    Returns:
        (N, C, H + 2 pad, W + 2 pad).
    """
    check_padding(rgb.shape[-2], rgb.shape[-1], pad)
    if pad == 0:
        return rgb
    pixels = rgb.permute(0, 2, 3, 1)  # as they lie in memory where channels lie together
    half = rgb.shape[-1] // 2
    north = pixels[:, :pad].flip(1).roll(half, 2)
    south = pixels[:, -pad:].flip(1).roll(half, 2)
    rows = torch.cat([north, pixels, south], dim=1)
    padded = torch.cat([rows[:, :, -pad:], rows, rows[:, :, :pad]], dim=2)
    return padded.permute(0, 3, 1, 2)


def face_pad(faces: Tensor, pad: int) -> Tensor:
    """Continue the faces of cubes over their edges into their true neighbours.

    Args:
        faces: (6 N, C, S, S), N cubes in the order F R B L U D, seen from inside.
        pad: pixels on every side, at most S.

    Returns:
        (6 N, C, S + 2 pad, S + 2 pad).

    Convention: at the corners of the cube three faces meet and none fills the corner of the
    padding; it goes on with the last pixel of the row above or below.
    """
    size = faces.shape[-1]
    if faces.shape[0] % len(FACES) or faces.shape[-2] != size:
        raise ValueError(f"six square faces to each cube, got {tuple(faces.shape)}")
    if not 0 <= pad <= size:
        raise ValueError(f"pad must lie between 0 and {size}, got {pad}")
    if pad == 0:
        return faces
    # One lookup of whole pixels: where a pixel's channels lie together, nothing is rearranged.
    pixels = faces.permute(0, 2, 3, 1).reshape(-1, len(FACES) * size * size, faces.shape[1])
    padded = pixels.index_select(1, _sources_on(faces.device, size, pad))
    return padded.reshape(-1, size + 2 * pad, size + 2 * pad, faces.shape[1]).permute(0, 3, 1, 2)


def _sources_on(device: torch.device, size: int, pad: int) -> Tensor:
    """See `_sources`; uploaded once."""
    if device.type == "cpu":  # nothing is moved, and tracing must not find a tensor of its own kept
        return torch.from_numpy(_sources(size, pad))
    return _uploaded(device, size, pad)


@lru_cache(maxsize=32)
def _uploaded(device: torch.device, size: int, pad: int) -> Tensor:
    return torch.from_numpy(_sources(size, pad)).to(device)


@lru_cache(maxsize=32)
def _sources(size: int, pad: int) -> NDArray[np.int32]:
    """Which pixel of a cube's six faces each pixel of the padded faces is, (6 (size + 2 pad)²,)."""
    faces = np.arange(len(FACES) * size * size, dtype=np.int32).reshape(-1, size, size)
    top, left, bottom, right = beyond_edges(faces, pad)
    middle = np.concatenate([left, faces, right], axis=2)
    return np.concatenate([_with_corners(top), middle, _with_corners(bottom)], axis=1).ravel()


def pixels_of_faces(
    face: NDArray[np.int64], y: NDArray[np.int64], x: NDArray[np.int64], size: int
) -> NDArray[np.int64]:
    """Which pixel lies at (y, x) of a face, at most one pixel beyond its edges; as `face_pad`.

    Args:
        face: index among those of all cubes; broadcasts with y and x.
    Returns:
        Indices of (6 N, S, S), flattened.
    """
    rims = _rims(size)  # (4, 6, S)
    cube, face = np.divmod(face, len(FACES))
    along, down = x.clip(0, size - 1), y.clip(0, size - 1)
    found = (face * size + down) * size + along
    found = np.where(x < 0, rims[1, face, down], np.where(x >= size, rims[3, face, down], found))
    found = np.where(y < 0, rims[0, face, along], np.where(y >= size, rims[2, face, along], found))
    return np.asarray(cube * (len(FACES) * size * size) + found)


@lru_cache(maxsize=8)
def _rims(size: int) -> NDArray[np.int32]:
    """The pixels beyond the top, left, bottom and right edge of every face, (4, 6, S)."""
    faces = np.arange(len(FACES) * size * size, dtype=np.int32).reshape(-1, size, size)
    return np.stack([rim.reshape(len(FACES), size) for rim in beyond_edges(faces, 1)])


def beyond_edges(faces: NDArray[T], pad: int) -> list[NDArray[T]]:
    """What lies beyond the top, left, bottom and right edge of every face, `pad` pixels deep.

    Args:
        faces: (6, S, S, ...) in the order F R B L U D, seen from inside.

    Returns:
        (6, pad, S, ...), (6, S, pad, ...), and again, as they lie beside the face.
    """
    # Seen with the common edge on top, a neighbour's strip is this face's upside down.
    upright = [np.rot90(_strip(faces, edge, pad), -edge, (1, 2)) for edge in range(4)]
    strips = np.stack(upright, axis=1)  # (6, 4, pad, S, ...)
    touching = strips.reshape(-1, *strips.shape[2:])[_TOUCHING]
    beyond = touching[:, ::-1, ::-1].reshape(strips.shape)
    return [np.rot90(beyond[:, edge], edge, (1, 2)) for edge in range(4)]


def _strip(faces: NDArray[T], edge: int, pad: int) -> NDArray[T]:
    """The outermost `pad` pixels along one edge."""
    outermost = slice(pad) if edge < 2 else slice(faces.shape[1] - pad, None)
    return faces[:, outermost] if edge % 2 == 0 else faces[:, :, outermost]


def _with_corners(rows: NDArray[T]) -> NDArray[T]:
    """(6, pad, S) -> (6, pad, S + 2 pad)."""
    pad = rows.shape[1]
    return np.pad(rows, ((0, 0), (0, 0), (pad, pad)), mode="edge")
