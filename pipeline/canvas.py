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
from typing import Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from pipeline.nets.stylenet import MULTIPLE, STRIDE
from pipeline.nets.surface import CubeFaces, ExtendedFaces, ExtendedSphere, Sphere, Surface
from vr360.cubelayout import pack_faces, unpack_faces
from vr360.cubemap import FACES, face_to_xyz, xyz_to_face
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.geometry import Array, equirect_directions
from vr360.padding import sphere_pad_rgb
from vr360.projections import CubeMap, Equirect, Mask
from vr360.sampling import Sampler, build_sampler
from vr360.sampling.padding import beyond_edges

PROJECTIONS = ("auto", "equirect", "cubemap")
PADDINGS = ("sphere", "wrap")
LEAN = (0.03, 0.015)  # share of the pixel as far beyond the edge, from the edge inwards
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
        cube = CubeMap(face_size(width))
        self.size, self._layout = cube.size, cube.layout
        self.surface: Surface = CubeFaces(together=len(FACES) * eyes)
        self._to_faces = build_sampler(Equirect(height, width), cube)
        self._to_eye = build_sampler(cube, Equirect(height, width))

    def spread(self, eye: Rgb) -> list[Rgb]:
        return list(unpack_faces(self._to_faces(eye), self._layout))

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        return self._to_eye(pack_faces(soften_rims(np.stack(pictures)), self._layout))


def soften_rims(faces: Rgb) -> Rgb:
    """Let the first pixels on both sides of U's and D's edges lean towards each other.

    Strokes know up from down. Around the equator all faces agree where that is; U and D are turned
    against their neighbours, and no two directions of strokes meet without a step. This takes the
    step down to that between any two pixels, as the filters of video codecs do at their blocks.

    Args:
        faces: (6, S, S, 3) in the order F R B L U D.
    """
    lean = np.asarray(LEAN, np.float32)[:, None, None]
    depth = len(LEAN)
    strips = beyond_edges(torch.from_numpy(faces).permute(0, 3, 1, 2), depth)
    soft = faces.copy()
    for edge, strip in enumerate(strips):
        # Seen with the edge on top; R and L of U and D alone, whose neighbours are not turned.
        chosen = slice(None) if edge % 2 == 0 else slice(4, None)
        upright = np.rot90(strip.permute(0, 2, 3, 1).numpy()[chosen], -edge, (1, 2))
        beyond = upright[:, ::-1].astype(np.float32)
        inside = np.rot90(faces[chosen], -edge, (1, 2))[:, :depth]
        rim = np.rot90(soft[chosen], -edge, (1, 2))[:, :depth]
        change = (lean * (beyond - inside)).round().astype(np.int16)
        rim += change.astype(faces.dtype)  # wraps back below zero
    return soft


class WideCube:
    """Six faces rendered wider by the net's reach and a feather, blended over their overlap."""

    def __init__(self, height: int, width: int, eyes: int, reach: int) -> None:
        size = face_size(width)
        wanted = -(-(reach + FEATHER) // STRIDE) * STRIDE
        # An equi-angular plane ends half a face beyond its edge.
        margin = min(wanted, (size // 2 - 1) // STRIDE * STRIDE)
        self.surface: Surface = ExtendedFaces(size, margin, len(FACES) * eyes)
        self._eye = Equirect(height, width)
        self._planes = [FacePlane(face, size, margin) for face in range(len(FACES))]
        self._to_planes = [build_sampler(self._eye, plane) for plane in self._planes]
        self._patches = self._overlapping(min(FEATHER, margin) / 2)

    def spread(self, eye: Rgb) -> list[Rgb]:
        return [sampler(eye) for sampler in self._to_planes]

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        total = np.zeros((self._eye.height, self._eye.width, 3), np.float32)
        for picture, patch in zip(pictures, self._patches, strict=True):
            total[patch.rows, patch.columns] += patch.weight * patch.sampler(picture)
        return total.round().astype(pictures[0].dtype)

    def _overlapping(self, feather: float) -> list[_Patch]:
        """Where each face shows, up to `feather` pixels beyond its edge, and how much."""
        xyz = equirect_directions(self._eye.height, self._eye.width)
        shares = np.stack([plane.share(xyz, feather) for plane in self._planes])
        shares /= shares.sum(0)
        return [_Patch.cut(*pair) for pair in zip(self._planes, shares, strict=True)]


@dataclass(frozen=True)
class FacePlane:
    """A cube face whose plane goes on by `margin` pixels: a map as in `vr360.projections`."""

    face: int
    size: int
    margin: int

    @property
    def height(self) -> int:
        return self.size + 2 * self.margin

    @property
    def width(self) -> int:
        return self.height

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        u, v = np.asarray(x, float) - self.margin, np.asarray(y, float) - self.margin
        xyz = face_to_xyz(self.face, u, v, self.size)
        return xyz, np.ones(xyz.shape[:-1], bool)

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        xyz = np.asarray(xyz, float)
        middle = face_to_xyz(self.face, (self.size - 1) / 2, (self.size - 1) / 2, self.size)
        ahead = xyz @ middle > 0.1  # the plane ends a quarter turn from its middle
        onto = np.where(ahead[..., None], xyz, middle)
        _, u, v = xyz_to_face(onto, self.size, face=np.full(ahead.shape, self.face))
        return u + self.margin, v + self.margin, ahead

    def share(self, xyz: Array, feather: float) -> Array:
        """(...): 1 inside the face, falling to 0 over `feather` pixels on both sides of an edge."""
        x, y, ahead = self.pixels(xyz)
        middle = (self.height - 1) / 2
        inside = self.size / 2 - np.maximum(abs(x - middle), abs(y - middle))
        return np.where(ahead, np.clip(0.5 + inside / (2 * feather), 0, 1), 0)


@dataclass(frozen=True)
class _Window:
    """Some rows and columns of an equirect picture; only looked out of."""

    eye: Equirect
    rows: slice
    columns: slice

    @property
    def height(self) -> int:
        return int(self.rows.stop - self.rows.start)

    @property
    def width(self) -> int:
        return int(self.columns.stop - self.columns.start)

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        return self.eye.directions(
            np.asarray(x) + self.columns.start, np.asarray(y) + self.rows.start
        )

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        x, y, seen = self.eye.pixels(xyz)
        return x - self.columns.start, y - self.rows.start, seen


@dataclass(frozen=True)
class _Patch:
    """The part of an eye on which one wide face shows."""

    rows: slice
    columns: slice
    weight: NDArray[np.float32]  # (h, w, 1); all faces together make 1
    sampler: Sampler

    @staticmethod
    def cut(plane: FacePlane, share: Array) -> _Patch:
        rows, columns = (
            slice(shown[0], shown[-1] + 1)
            for shown in (np.flatnonzero(share.any(axis)) for axis in (1, 0))
        )
        window = _Window(Equirect(*share.shape), rows, columns)
        weight = share[rows, columns, None].astype(np.float32)
        return _Patch(rows, columns, weight, build_sampler(plane, window))


def face_size(width: int) -> int:
    """Side of the faces that show as many pixels a degree as an equirect picture of `width`."""
    return max(STRIDE, round(width / 4 / STRIDE) * STRIDE)


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
    if projection == "auto":
        projection, _ = choose_projection(width, reach)
    if projection == "cubemap":
        if padding == "sphere":
            return Cube(height, width, eyes)
        return WideCube(height, width, eyes, reach)
    if height % STRIDE == 0 and width % MULTIPLE == 0 and padding == "sphere":
        return WholeEquirect(eyes)
    return ExtendedEquirect(height, width, eyes, reach)


def choose_projection(width: int, reach: int) -> tuple[str, str]:
    """`equirect` or `cubemap` for eyes of that width, and why, for the user."""
    size = face_size(width)
    if size < 2 * reach:
        return "equirect", f"faces of {size} pixels would be smaller than what the net looks at"
    return "cubemap", f"six faces of {size} pixels; strokes keep their size at the poles"
