"""Continuing a picture over its edges the way the sphere does.

Convention: to the left and right an equirect picture wraps. Over a pole, rows mirror and shift by
W / 2: one step further along a meridian lies the same row, half a turn away. A cube face goes on in
its neighbour, turned so that their common edge fits (`vr360.cubemap` says how the faces lie).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vr360.cubemap import FACES
from vr360.frame import Rgb

# For each face: the neighbour beyond its top, left, bottom and right edge, and the edge of that
# neighbour which touches it.
_NEIGHBOURS = {
    "F": ("U bottom", "L right", "D top", "R left"),
    "R": ("U right", "F right", "D right", "B left"),
    "B": ("U top", "R right", "D bottom", "L left"),
    "L": ("U left", "B right", "D left", "F left"),
    "U": ("B top", "L top", "F top", "R top"),
    "D": ("F bottom", "L bottom", "B bottom", "R bottom"),
}
_EDGES = ("top", "left", "bottom", "right")  # counter-clockwise, as torch.rot90 turns


def sphere_pad(rgb: Tensor, pad: int) -> Tensor:
    """Continue an equirect picture or feature map over its edges as the sphere does.

    Args:
        rgb: (N, C, H, W), full 360° x 180°, W even.
        pad: pixels on every side, at most H and at most W.

    Returns:
        (N, C, H + 2 pad, W + 2 pad).
    """
    _check(rgb.shape[-2], rgb.shape[-1], pad)
    if pad == 0:
        return rgb
    half = rgb.shape[-1] // 2
    north = rgb[..., :pad, :].flip(-2).roll(half, -1)
    south = rgb[..., -pad:, :].flip(-2).roll(half, -1)
    rows = torch.cat([north, rgb, south], dim=-2)
    return torch.cat([rows[..., -pad:], rows, rows[..., :pad]], dim=-1)


def sphere_pad_rgb(rgb: Rgb, pad: int) -> Rgb:
    """`sphere_pad` for host pictures: (H, W, 3) -> (H + 2 pad, W + 2 pad, 3)."""
    _check(rgb.shape[0], rgb.shape[1], pad)
    half = rgb.shape[1] // 2
    north = np.roll(rgb[:pad][::-1], half, axis=1)
    south = np.roll(rgb[rgb.shape[0] - pad :][::-1], half, axis=1)
    rows = np.concatenate([north, rgb, south])
    return np.pad(rows, ((0, 0), (pad, pad), (0, 0)), mode="wrap") if pad else rgb


def face_pad(faces: Tensor, pad: int) -> Tensor:
    """Continue the faces of cubes over their edges into their true neighbours.

    Args:
        faces: (6 N, C, S, S), N cubes in the order F R B L U D, seen from inside.
        pad: pixels on every side, at most S.

    Returns:
        (6 N, C, S + 2 pad, S + 2 pad).

    Convention: at the corners of the cube three faces meet and none fills the corner of the
    padding; it holds the mean of the two pixels beside it.
    """
    size = faces.shape[-1]
    if faces.shape[0] % len(FACES) or faces.shape[-2] != size:
        raise ValueError(f"six square faces to each cube, got {tuple(faces.shape)}")
    if not 0 <= pad <= size:
        raise ValueError(f"pad must lie between 0 and {size}, got {pad}")
    if pad == 0:
        return faces
    top, left, bottom, right = (_beyond(faces, edge, pad) for edge in range(len(_EDGES)))
    rows = torch.cat([top, faces, bottom], dim=-2)
    return torch.cat([_with_corners(left, rows, 0), rows, _with_corners(right, rows, -1)], dim=-1)


def _beyond(faces: Tensor, edge: int, pad: int) -> Tensor:
    """What lies beyond one edge of every face: (6 N, C, pad, S), upright, or (6 N, C, S, pad)."""
    cubes = faces.reshape(-1, len(FACES), *faces.shape[1:])
    strips = []
    for face in FACES:
        neighbour, touching = _NEIGHBOURS[face][edge].split()
        strip = _strip(cubes[:, FACES.index(neighbour)], touching, pad)
        # Turned until the touching edge lies opposite the edge it continues.
        turns = (edge + 2 - _EDGES.index(touching)) % 4
        strips.append(torch.rot90(strip, turns, (-2, -1)))
    return torch.stack(strips, dim=1).flatten(0, 1)


def _strip(face: Tensor, edge: str, pad: int) -> Tensor:
    """The outermost `pad` pixels of (N, C, S, S) along one of its edges."""
    along, start = (-2 if edge in ("top", "bottom") else -1), edge in ("top", "left")
    return face.narrow(along, 0 if start else face.shape[along] - pad, pad)


def _with_corners(side: Tensor, rows: Tensor, column: int) -> Tensor:
    """(N, C, S, pad) -> (N, C, S + 2 pad, pad): a side strip with the corners above and below.

    `rows` are the faces with the strips above and below them, `column` the one next to `side`.
    """
    size, pad = side.shape[-2:]
    corners = []
    for beside, beyond in ((0, pad - 1), (size - 1, size + pad)):
        nearest = 0 if column == -1 else pad - 1  # of the side strip to the face
        corner = (side[..., beside, nearest].float() + rows[..., beyond, column].float()) / 2
        corners.append(corner.to(rows.dtype)[..., None, None].expand(-1, -1, pad, pad))
    return torch.cat([corners[0], side, corners[1]], dim=-2)


def _check(height: int, width: int, pad: int) -> None:
    if width % 2:
        raise ValueError(f"the half turn over a pole needs an even width, got {width}")
    if not 0 <= pad <= min(height, width):
        raise ValueError(f"pad must lie between 0 and {min(height, width)}, got {pad}")
