"""What lies around a source picture, so that looking it up knows no edge of the sphere.

Each source is laid on a larger canvas with its true neighbours beside every edge: an equirect
picture wraps and continues over the poles; a cube face gets a rim from the faces beside it, looked
up where its plane goes on. What has an end (a flat view, a fisheye, half a sphere) repeats its
edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from vr360.cubelayout import unpack_faces
from vr360.cubemap import FACES, face_to_xyz, xyz_to_face
from vr360.filters import Around, box_blur
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, HALF_TURN, Array, Mask
from vr360.projections import CubeMap, Equirect, SphereMap
from vr360.sampling.footprint import RowAverage

MARGIN = 5  # the longest kernel has eight taps
COLUMNS = 3  # of face cells on the canvas, which so stays within what cv2 can address


class Surround(Protocol):
    """A source with its neighbourhood."""

    def place(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        """Pixel coordinates on the canvas of vectors (..., 3), and which the source shows."""
        ...

    def extend(self, rgb: Rgb) -> Rgb:
        """The canvas of a picture (H, W, C)."""
        ...


def surround(source: SphereMap, rows: tuple[RowAverage, ...] = ()) -> Surround:
    """The neighbourhood that a map calls for; `rows` see `Footprint`."""
    if isinstance(source, Equirect):
        return EquirectSurround(source, rows)
    if isinstance(source, CubeMap):
        return CubeSurround(source)
    return EdgeSurround(source)


@dataclass(frozen=True)
class EquirectSurround:
    """Longitude wraps, a pole is a flip and half a turn; rows are averaged where they crowd."""

    source: Equirect
    rows: tuple[RowAverage, ...] = ()

    @property
    def margin(self) -> int:
        """Small pictures are not continued further than they reach."""
        return min(MARGIN, self.source.height, self.source.width)

    def place(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        if isinstance(xyz, np.ndarray) and xyz.dtype == np.float32:
            return self._place_fast(xyz)
        x, y, seen = self.source.pixels(xyz)
        return x + self.margin, y + self.margin, seen

    def _place_fast(self, xyz: Rgb) -> tuple[Array, Array, Mask]:
        """The same in single precision, for pictures that turn with every frame."""
        right, up, back = np.moveaxis(xyz, -1, 0)
        lon, lat = np.arctan2(right, -back), np.arctan2(up, np.hypot(right, back))
        height, width = self.source.height, self.source.width
        x = lon * np.float32(width / FULL_TURN) + np.float32(width / 2 - 0.5 + self.margin)
        y = lat * np.float32(-height / HALF_TURN) + np.float32(height / 2 - 0.5 + self.margin)
        return x, y, np.ones(x.shape, bool)

    def extend(self, rgb: Rgb) -> Rgb:
        m, half = self.margin, self.source.width // 2
        canvas = cv2.copyMakeBorder(rgb, m, m, m, m, cv2.BORDER_WRAP).reshape(
            self.source.height + 2 * m, self.source.width + 2 * m, -1
        )
        for run in self.rows:
            self._average(canvas[m:-m], rgb, run)
        top, bottom = canvas[m : 2 * m, m:-m], canvas[-2 * m : -m, m:-m]
        for rim, near in ((canvas[:m], top), (canvas[-m:], bottom)):
            rim[:] = np.pad(np.roll(near[::-1], half, 1), ((0, 0), (m, m), (0, 0)), mode="wrap")
        return canvas

    def _average(self, canvas: Rgb, rgb: Rgb, run: RowAverage) -> None:
        mean = box_blur(rgb[run.start : run.stop], (1, run.width), Around.RING)
        side = self.margin, self.margin
        canvas[run.start : run.stop] = np.pad(mean, ((0, 0), side, (0, 0)), mode="wrap")


@dataclass(frozen=True)
class EdgeSurround:
    """A picture with an end repeats its edge."""

    source: SphereMap

    def place(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        x, y, seen = self.source.pixels(xyz)
        return x + MARGIN, y + MARGIN, seen

    def extend(self, rgb: Rgb) -> Rgb:
        m = MARGIN
        canvas = cv2.copyMakeBorder(rgb, m, m, m, m, cv2.BORDER_REPLICATE)
        return canvas.reshape(*canvas.shape[:2], -1)


@dataclass(frozen=True)
class CubeSurround:
    """Six upright faces on a canvas of 3 x 2 cells, each with a rim of its neighbours."""

    source: CubeMap

    @property
    def cell(self) -> int:
        """Pixels of a face's side, rim included."""
        return self.source.size + 2 * MARGIN

    def place(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        face, x, y = xyz_to_face(xyz, self.source.size, self.source.projection)
        x, y = self._on_canvas(face, x, y)
        return x, y, np.ones(x.shape, bool)

    def _on_canvas(self, face: NDArray[np.intp], x: Array, y: Array) -> tuple[Array, Array]:
        row, column = np.divmod(face, COLUMNS)
        return x + (MARGIN + column * self.cell), y + (MARGIN + row * self.cell)

    def extend(self, rgb: Rgb) -> Rgb:
        faces = unpack_faces(rgb, self.source.layout)
        canvas = np.zeros((2 * self.cell, COLUMNS * self.cell, faces.shape[-1]), rgb.dtype)
        inner = slice(MARGIN, MARGIN + self.source.size)
        for face, cell in zip(faces, self.cells(canvas), strict=True):
            cell[inner, inner] = face
        # The first rim may only ask the faces; cubic taps of the second find the first.
        self._fill(canvas, self.rims.inside, cv2.INTER_LINEAR)
        self._fill(canvas, self.rims.true, cv2.INTER_CUBIC)
        return canvas

    def cells(self, canvas: Rgb) -> Iterator[Rgb]:
        """Views of the six faces with their rims."""
        for index in range(len(FACES)):
            row, column = divmod(index, COLUMNS)
            across = slice(column * self.cell, (column + 1) * self.cell)
            yield canvas[row * self.cell : (row + 1) * self.cell, across]

    def _fill(self, canvas: Rgb, maps: tuple[Array, Array], interpolation: int) -> None:
        rims = cv2.remap(canvas, *_fixed(*maps), interpolation)
        rims = rims.reshape(len(FACES), 4 * MARGIN, self.cell, canvas.shape[-1])
        for rim, cell in zip(rims, self.cells(canvas), strict=True):
            top, bottom, left, right = np.split(rim, 4)
            cell[:MARGIN], cell[-MARGIN:] = top, bottom
            cell[:, :MARGIN], cell[:, -MARGIN:] = left.swapaxes(0, 1), right.swapaxes(0, 1)

    @cached_property
    def rims(self) -> Rims:
        """Where on the canvas the rims find their pixels."""
        size, low = self.source.size, np.arange(-MARGIN, 0)
        along = np.arange(-MARGIN, size + MARGIN)
        across = (low, size - 1 - low[::-1])
        tops = [np.meshgrid(along, depth) for depth in across]
        sides = [np.meshgrid(along, depth)[::-1] for depth in across]
        x, y = (np.concatenate([pair[i] for pair in tops + sides]) for i in (0, 1))
        own = np.arange(len(FACES))[:, None, None]
        xyz = face_to_xyz(own, x, y, size, self.source.projection)
        face, u, v = xyz_to_face(xyz, size, self.source.projection)
        u, v = u.reshape(-1, self.cell), v.reshape(-1, self.cell)
        face = face.reshape(-1, self.cell)
        last = size - 1
        inside = self._on_canvas(face, u.clip(0, last), v.clip(0, last))
        return Rims(inside, self._on_canvas(face, u, v))


@dataclass(frozen=True)
class Rims:
    """Canvas coordinates (6 faces x 4 sides x MARGIN, cell); sides run as columns do.

    Attributes:
        inside: moved onto the nearest pixel of a face.
        true: where the plane of the face goes on.
    """

    inside: tuple[Array, Array]
    true: tuple[Array, Array]


def _fixed(x: Array, y: Array) -> tuple[Rgb, Rgb]:
    whole, part = cv2.convertMaps(x.astype(np.float32), y.astype(np.float32), cv2.CV_16SC2)
    return whole, part
