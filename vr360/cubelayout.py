"""How six cube faces lie on one picture.

c3x2     right left up / down front back, all upright (ffmpeg's `c3x2`)
cbmp     the same places, up and down turned by half a turn, as the Spherical Video V2 RFC words
         its layout 0; what metadata that says cubemap means
c6x1     the same order in one row (ffmpeg's `c6x1`)
cross    four by three: up above front, down below it, left front right back across; black corners
eac      left front right / down back up, the lower row turned by a quarter, as YouTube stores
         equi-angular faces (ffmpeg's `eac`)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vr360.choices import CubeLayout as CubeLayout
from vr360.cubemap import FACES
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.geometry import Array


@dataclass(frozen=True)
class FacePlace:
    """Column and row of a face, and how often the stored face is turned left to be upright."""

    column: int
    row: int
    quarter_turns: int = 0


@dataclass(frozen=True)
class Grid:
    """Columns and rows of a layout, and the places of the faces in the order F R B L U D."""

    columns: int
    rows: int
    places: tuple[FacePlace, ...]

    def upright(self, x: Array, y: Array, size: int) -> tuple[NDArray[np.intp], Array, Array]:
        """Face (-1 in a gap) and pixel coordinates on it, from those in the picture."""
        column = np.clip(np.floor((x + 0.5) / size), 0, self.columns - 1).astype(np.intp)
        row = np.clip(np.floor((y + 0.5) / size), 0, self.rows - 1).astype(np.intp)
        cells = np.full((self.rows, self.columns), -1)
        for index, place in enumerate(self.places):
            cells[place.row, place.column] = index
        face = cells[row, column]
        u, v = _turned(x - column * size, y - row * size, self._turns[face], size)
        return face, u, v

    def stored(self, face: NDArray[np.intp], x: Array, y: Array, size: int) -> tuple[Array, Array]:
        """Pixel coordinates in the picture, from those on upright faces; inverse of `upright`."""
        columns, rows = np.array([(p.column, p.row) for p in self.places]).T
        x, y = _turned(x, y, -self._turns[face], size)
        return x + columns[face] * size, y + rows[face] * size

    @property
    def _turns(self) -> NDArray[np.intp]:
        return np.array([place.quarter_turns for place in self.places])


def _turned(x: Array, y: Array, quarters: NDArray[np.intp], size: int) -> tuple[Array, Array]:
    """Where pixels of a square lie once it is turned left by quarters."""
    if not quarters.any():
        return x, y
    last = size - 1.0
    quarters = quarters % 4
    turned_x = np.choose(quarters, [x, y, last - x, last - y])
    turned_y = np.choose(quarters, [y, last - x, last - y, x])
    return turned_x, turned_y


def _upright(*rows: str, upside_down: str = "") -> Grid:
    places = {
        face: FacePlace(column, row, 2 * (face in upside_down))
        for row, faces in enumerate(rows)
        for column, face in enumerate(faces)
    }
    return Grid(len(rows[0]), len(rows), tuple(places[face] for face in FACES))


_EAC_PLACES = (
    FacePlace(1, 0),
    FacePlace(2, 0),
    FacePlace(1, 1, 1),
    FacePlace(0, 0),
    FacePlace(2, 1, 3),
    FacePlace(0, 1, 3),
)
GRIDS = {
    CubeLayout.C3X2: _upright("RLU", "DFB"),
    CubeLayout.CBMP: _upright("RLU", "DFB", upside_down="UD"),
    CubeLayout.C6X1: _upright("RLUDFB"),
    CubeLayout.CROSS: _upright(".U..", "LFRB", ".D.."),
    CubeLayout.EAC: Grid(3, 2, _EAC_PLACES),
}


def face_grid(layout: CubeLayout) -> Grid:
    """Where the faces of a layout lie."""
    return GRIDS[layout]


def face_size(height: int, width: int, layout: CubeLayout) -> int:
    """Pixels of a face's side in a picture of that size.

    Raises:
        InputError: the picture does not divide into square faces.
    """
    grid = face_grid(layout)
    size = width // grid.columns
    if size < 1 or (height, width) != (size * grid.rows, size * grid.columns):
        raise InputError(
            f"{width}x{height} is no {layout} cube map: {grid.columns} x {grid.rows} square faces "
            f"were expected, found are {width / grid.columns:g} x {height / grid.rows:g} pixels "
            "each; vr360 convert knows other layouts (--layout, --from-layout)"
        )
    return size


def pack_faces(faces: Rgb, layout: CubeLayout) -> Rgb:
    """Lay faces (6, S, S, ...) on one picture (rows S, columns S, ...); gaps are zero."""
    grid, size = face_grid(layout), faces.shape[1]
    shape = (grid.rows * size, grid.columns * size, *faces.shape[3:])
    picture = np.zeros(shape, faces.dtype)
    for face, place in zip(faces, grid.places, strict=True):
        area = picture[place.row * size :, place.column * size :]
        area[:size, :size] = np.rot90(face, -place.quarter_turns)
    return picture


def unpack_faces(picture: Rgb, layout: CubeLayout) -> Rgb:
    """Inverse of `pack_faces`.

    Raises:
        InputError: the picture does not divide into square faces.
    """
    grid, size = face_grid(layout), face_size(picture.shape[0], picture.shape[1], layout)
    faces = np.empty((len(FACES), size, size, *picture.shape[2:]), picture.dtype)
    for face, place in zip(faces, grid.places, strict=True):
        area = picture[place.row * size :, place.column * size :]
        face[:] = np.rot90(area[:size, :size], place.quarter_turns)
    return faces


def name_faces(faces: Rgb) -> dict[str, Rgb]:
    """Six pictures by their letters, from (6, S, S, ...)."""
    return dict(zip(FACES, faces, strict=True))


def stack_faces(pictures: Mapping[str, Rgb]) -> Rgb:
    """(6, S, S, ...) from six pictures by their letters; inverse of `name_faces`.

    Raises:
        InputError: a face is missing, not square, or differs in size or depth from the others.
    """
    missing = [face for face in FACES if face not in pictures]
    if missing:
        raise InputError(f"a cube wants the six faces {' '.join(FACES)}; missing: {missing}")
    kinds = {(pictures[face].shape, str(pictures[face].dtype)) for face in FACES}
    shape = pictures["F"].shape
    if len(kinds) > 1 or shape[0] != shape[1]:
        sizes = ", ".join(f"{f} {pictures[f].shape[1]}x{pictures[f].shape[0]}" for f in FACES)
        raise InputError(f"six square faces of one size were expected, found are {sizes}")
    return np.stack([pictures[face] for face in FACES])
