"""How a sphere is laid out for the net: spread over pictures to paint, gathered again.

    whole equirect     every convolution pads with the sphere itself
    extended equirect  the picture is continued over its edges, painted, cropped back
    cube               six equi-angular faces, each padded with its true neighbours
    wide cube          six faces rendered wider, blended over their overlap

The first and the third are exact; the second and the fourth are the classic ways, for nets whose
own padding cannot be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import torch

from pipeline.nets.stylenet import MULTIPLE, STRIDE
from pipeline.nets.surface import CubeFaces, ExtendedFaces, ExtendedSphere, Sphere, Surface
from vr360.cubemap import FACES, face_directions, xyz_to_face
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.geometry import Array, equirect_directions, lonlat_to_pixel, xyz_to_lonlat
from vr360.padding import face_pad, sphere_pad_rgb

PROJECTIONS = ("auto", "equirect", "cubemap")
PADDINGS = ("sphere", "wrap")
REACH = 4  # pixels around a picture that interpolation may ask for
FEATHER = 32  # pixels over which the two ends of an extended picture fade into each other


class Canvas(Protocol):
    """Lays one eye (H, W, 3), a whole equirect sphere, out for the net.

    `surface` is what the pictures of all eyes lie on, in the order that `spread` gives them.
    """

    surface: Surface

    def spread(self, eye: Rgb) -> list[Rgb]:
        """The pictures to paint."""

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        """The eye (H, W, 3) from its painted pictures."""


class WholeEquirect:
    """The eye as it is; H must be a multiple of `STRIDE` and W of `MULTIPLE`."""

    def __init__(self, eyes: int) -> None:
        self.surface: Surface = Sphere(together=eyes)

    def spread(self, eye: Rgb) -> list[Rgb]:
        return [eye]

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        return pictures[0]


class ExtendedEquirect:
    """The eye continued over its edges by the net's reach and a feather; of any even width.

    The method of the Berkeley 360° film. It also fits sizes that the net's stride does not divide:
    nothing that the net pads by itself survives the crop.
    """

    def __init__(self, height: int, width: int, eyes: int, reach: int) -> None:
        margin = -(-(reach + FEATHER) // STRIDE) * STRIDE
        self._height, self._width = height, width
        self._margin = min(margin, (height - MULTIPLE) // STRIDE * STRIDE)
        self._total_height = 2 * self._margin + height + -height % STRIDE
        self._total_width = 2 * self._margin + width + -width % MULTIPLE
        self.surface: Surface = ExtendedSphere(
            height, width, self._margin, self._total_height, self._total_width, together=eyes
        )

    def spread(self, eye: Rgb) -> list[Rgb]:
        extended = sphere_pad_rgb(eye, self._margin + MULTIPLE)[MULTIPLE:, MULTIPLE:]
        return [extended[: self._total_height, : self._total_width]]

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        rows = pictures[0][self._margin : self._margin + self._height]
        end = self._margin + self._width
        return _join_at_seam(rows[:, self._margin : end], rows[:, end:])


def _join_at_seam(painted: Rgb, beyond: Rgb) -> Rgb:
    """Begin with what was painted beyond the right edge and fade into `painted`.

    Where the stride does not divide the width, the two differ a little: the net's blocks fall
    elsewhere. The fade leaves no step at ±180°.
    """
    feather = min(FEATHER, beyond.shape[1])
    ramp = ((np.arange(feather) + 0.5) / feather)[:, None]
    begin = beyond[:, :feather] * (1 - ramp) + painted[:, :feather] * ramp
    if np.issubdtype(painted.dtype, np.integer):
        begin = begin.round()
    return np.concatenate([begin.astype(painted.dtype), painted[:, feather:]], axis=1)


class Cube:
    """Six equi-angular faces of the eye's angular resolution, padded by their true neighbours."""

    def __init__(self, height: int, width: int, eyes: int) -> None:
        self.size = face_size(width)
        self.surface: Surface = CubeFaces(together=len(FACES) * eyes)
        self._height, self._width = height, width
        x, y = lonlat_to_pixel(*xyz_to_lonlat(face_directions(self.size)), height, width)
        self._to_faces = _maps(x.reshape(-1, self.size), y.reshape(-1, self.size))
        face, x, y = xyz_to_face(equirect_directions(height, width), self.size)
        self._to_eye = _maps(x, y + face * (self.size + 2 * REACH))

    def spread(self, eye: Rgb) -> list[Rgb]:
        padded = np.ascontiguousarray(sphere_pad_rgb(eye, REACH))
        return list(_sample(padded, self._to_faces).reshape(len(FACES), self.size, self.size, 3))

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        faces = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
        padded = face_pad(faces, REACH).permute(0, 2, 3, 1).numpy()
        return _sample(padded.reshape(-1, *padded.shape[2:]), self._to_eye)


class WideCube:
    """Six faces rendered wider by the net's reach and a feather, blended over their overlap."""

    def __init__(self, height: int, width: int, eyes: int, reach: int) -> None:
        self.size = face_size(width)
        wanted = -(-(reach + FEATHER) // STRIDE) * STRIDE
        # An equi-angular plane ends half a face beyond its edge.
        self._margin = min(wanted, (self.size // 2 - 1) // STRIDE * STRIDE)
        self._wide = self.size + 2 * self._margin
        self.surface: Surface = ExtendedFaces(self.size, self._margin, len(FACES) * eyes)
        self._shape = height, width
        directions = face_directions(self.size, margin=self._margin)
        x, y = lonlat_to_pixel(*xyz_to_lonlat(directions), height, width)
        self._to_faces = _maps(x.reshape(-1, self._wide), y.reshape(-1, self._wide))
        self._patches = self._overlapping(min(FEATHER, self._margin) / 2)

    def spread(self, eye: Rgb) -> list[Rgb]:
        padded = np.ascontiguousarray(sphere_pad_rgb(eye, REACH))
        return list(_sample(padded, self._to_faces).reshape(len(FACES), self._wide, self._wide, 3))

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        total = np.zeros((*self._shape, 3), np.float32)
        for picture, patch in zip(pictures, self._patches, strict=True):
            padded = cv2.copyMakeBorder(picture, *(REACH,) * 4, cv2.BORDER_REPLICATE)
            total[patch.box] += patch.weight * _sample(padded, patch.maps)
        return total.round().astype(pictures[0].dtype)

    def _overlapping(self, feather: float) -> list[_Patch]:
        """Where each face shows, up to `feather` pixels beyond its edge, and how much."""
        xyz = equirect_directions(*self._shape)
        toward = face_directions(1)[:, 0, 0]  # the middle of each face
        shares, places = [], []
        for face, middle in enumerate(toward):
            # On the half sphere about its middle a face's plane can be asked for a place.
            ahead = np.where((xyz @ middle > 0.1)[..., None], xyz, middle)
            _, x, y = xyz_to_face(ahead, self.size, face=np.full(self._shape, face))
            inside = self.size / 2 - np.maximum(*(abs(c - (self.size - 1) / 2) for c in (x, y)))
            share = np.clip(0.5 + inside / (2 * feather), 0, 1)
            shares.append(np.where(xyz @ middle > 0.1, share, 0))
            places.append((x + self._margin, y + self._margin))
        total = np.sum(shares, axis=0)
        return [_Patch.cut(s / total, *xy) for s, xy in zip(shares, places, strict=True)]


@dataclass(frozen=True)
class _Patch:
    """The part of an eye on which one wide face shows."""

    box: tuple[slice, slice]
    weight: Any  # (h, w, 1) float32; all faces together make 1
    maps: tuple[Any, Any]

    @staticmethod
    def cut(share: Array, x: Array, y: Array) -> _Patch:
        rows, columns = (np.flatnonzero(share.any(axis)) for axis in (1, 0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        return _Patch(box, share[box][..., None].astype(np.float32), _maps(x[box], y[box]))


def face_size(width: int) -> int:
    """Side of the faces that show as many pixels a degree as an equirect picture of `width`."""
    return max(STRIDE, round(width / 4 / STRIDE) * STRIDE)


def _maps(x: Array, y: Array) -> tuple[Any, Any]:
    return cv2.convertMaps(
        (x + REACH).astype(np.float32), (y + REACH).astype(np.float32), cv2.CV_16SC2
    )


def _sample(padded: Rgb, maps: tuple[Any, Any]) -> Rgb:
    return np.asarray(cv2.remap(padded, *maps, cv2.INTER_CUBIC))


def check_layout(projection: str, padding: str) -> None:
    """Whether there are canvases of that kind.

    Raises:
        InputError: there are not.
    """
    if projection not in PROJECTIONS:
        raise InputError(f"--projection {projection}: one of {', '.join(PROJECTIONS)}")
    if padding not in PADDINGS:
        raise InputError(f"--padding {padding}: one of {', '.join(PADDINGS)}")


def choose_canvas(
    height: int, width: int, eyes: int, projection: str, padding: str, reach: int
) -> Canvas:
    """The canvas for `eyes` equirect spheres of (height, width)."""
    if projection == "cubemap":
        if padding == "sphere":
            return Cube(height, width, eyes)
        return WideCube(height, width, eyes, reach)
    if height % STRIDE == 0 and width % MULTIPLE == 0 and padding == "sphere":
        return WholeEquirect(eyes)
    return ExtendedEquirect(height, width, eyes, reach)
