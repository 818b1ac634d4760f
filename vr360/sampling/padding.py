"""Continuing tensors over their edges the way the sphere does, and cube faces into each other.

Convention: an equirect picture goes on as `vr360.padding` says. A cube face goes on in its
neighbour, turned so that their common edge fits (`vr360.cubemap` says how the faces lie).
"""

from __future__ import annotations

import torch
from torch import Tensor

from vr360.cubemap import FACES
from vr360.padding import check_padding

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
    half = rgb.shape[-1] // 2
    north = rgb[..., :pad, :].flip(-2).roll(half, -1)
    south = rgb[..., -pad:, :].flip(-2).roll(half, -1)
    rows = torch.cat([north, rgb, south], dim=-2)
    return torch.cat([rows[..., -pad:], rows, rows[..., :pad]], dim=-1)


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
    top, left, bottom, right = beyond_edges(faces, pad)
    middle = torch.cat([left, faces, right], dim=-1)
    return torch.cat([_with_corners(top), middle, _with_corners(bottom)], dim=-2)


def beyond_edges(faces: Tensor, pad: int) -> list[Tensor]:
    """What lies beyond the top, left, bottom and right edge of every face, `pad` pixels deep.

    Args:
        faces: as for `face_pad`.

    Returns:
        (6 N, C, pad, S), (6 N, C, S, pad), and again, as they lie beside the face.
    """
    # Seen with the common edge on top, a neighbour's strip is this face's upside down.
    upright = [torch.rot90(_strip(faces, edge, pad), -edge, (-2, -1)) for edge in range(4)]
    strips = torch.stack(upright, dim=1)  # (6 N, 4, C, pad, S)
    cubes = strips.reshape(-1, 4 * len(FACES), *strips.shape[2:])
    beyond = cubes[:, _TOUCHING].flip(-2, -1).reshape(strips.shape)
    return [torch.rot90(beyond[:, edge], edge, (-2, -1)) for edge in range(4)]


def _strip(faces: Tensor, edge: int, pad: int) -> Tensor:
    """The outermost `pad` pixels along one edge."""
    along, start = (-2, -1)[edge % 2], edge < 2
    return faces.narrow(along, 0 if start else faces.shape[along] - pad, pad)


def _with_corners(rows: Tensor) -> Tensor:
    """(N, C, pad, S) -> (N, C, pad, S + 2 pad)."""
    shape = (*rows.shape[:-1], rows.shape[-2])
    return torch.cat([rows[..., :1].expand(shape), rows, rows[..., -1:].expand(shape)], dim=-1)
