"""How directions lie on the picture of one eye, each as pixel -> direction and back.

Conventions:
    - Pixel centres are whole numbers; what is not seen is told apart by a mask.
    - A half equirect covers a quarter turn to both sides of the front.
    - Dual fisheye is two squares side by side, each the circle of an ideal equidistant lens. The
      front lens lies in the left one: Hugin's calibrations of the Gear 360 (2016 and 2017) have yaw
      0 there, so a film stitched by them looks the way its original does. FFmpeg's `dfisheye` has
      it in the right one, half a turn away; the Spherical Video V2 mesh takes either.
    - Cube faces lie as `vr360.cubelayout` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from vr360.cubelayout import CubeLayout, face_grid, face_size
from vr360.cubemap import face_to_xyz, xyz_to_face
from vr360.errors import InputError
from vr360.frame import Projection, VideoInfo
from vr360.geometry import (
    HALF_TURN,
    QUARTER_TURN,
    Array,
    Mask,
    lonlat_to_pixel,
    lonlat_to_xyz,
    pixel_to_lonlat,
    pixel_to_plane,
    plane_to_pixel,
    xyz_to_lonlat,
)
from vr360.stereo import eye_size, picture_size
from vr360.views import (
    FISHEYE,
    LITTLE_PLANET,
    RECTILINEAR,
    Fisheye,
    LittlePlanet,
    Rectilinear,
    check_lens,
)

USUAL_LAYOUTS = {
    Projection.CUBEMAP: CubeLayout.C3X2,
    Projection.EQUI_ANGULAR: CubeLayout.EAC,
}
FRONT_LENS, BACK_LENS = 0, 1
"""Squares of a dual fisheye, counted from the left; whatever deals in such pictures asks here."""

USUAL_FISHEYE_FOV = HALF_TURN * 190 / 180  # consumer cameras lie between 185 and 200 degrees


class SphereMap(Protocol):
    """Where directions lie on a picture of `height` x `width` pixels."""

    @property
    def height(self) -> int: ...

    @property
    def width(self) -> int: ...

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        """Vectors (..., 3) through pixel coordinates, and which of these show anything."""
        ...

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        """Pixel coordinates of vectors (..., 3) of any length but zero, and which are seen."""
        ...


class ProjectionMap(SphereMap, Protocol):
    """A map of one of the projections that pictures are converted between."""

    @property
    def pixels_per_quarter(self) -> float:
        """How many pixels across span a quarter turn, in the middle of the picture."""
        ...


@dataclass(frozen=True)
class Equirect:
    """The whole sphere; eyes of any aspect."""

    height: int
    width: int

    def __post_init__(self) -> None:
        if self.width % 2 or self.width < 2 or self.height < 1:
            raise InputError(
                f"{self.width}x{self.height} is no equirect sphere: an even width was expected, "
                "because the poles continue half a turn away"
            )

    @property
    def pixels_per_quarter(self) -> float:
        return max(self.width / 4, self.height / 2)  # eyes may be squeezed

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        xyz = lonlat_to_xyz(*pixel_to_lonlat(x, y, self.height, self.width))
        return xyz, np.ones(xyz.shape[:-1], bool)

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        x, y = lonlat_to_pixel(*xyz_to_lonlat(xyz), self.height, self.width)
        return x, y, np.ones(x.shape, bool)


@dataclass(frozen=True)
class HalfEquirect:
    """VR180: the half of the sphere about the front."""

    height: int
    width: int

    @property
    def pixels_per_quarter(self) -> float:
        return max(self.width, self.height) / 2

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        lon = pixel_to_plane(x, self.width) * QUARTER_TURN
        _, lat = pixel_to_lonlat(0, y, self.height, self.width)
        xyz = lonlat_to_xyz(lon, lat)
        return xyz, np.ones(xyz.shape[:-1], bool)

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        lon, lat = xyz_to_lonlat(xyz)
        _, y = lonlat_to_pixel(0, lat, self.height, self.width)
        x = plane_to_pixel(lon / QUARTER_TURN, self.width)
        return x, y, np.abs(lon) <= QUARTER_TURN


@dataclass(frozen=True)
class DualFisheye:
    """Two ideal equidistant lenses back to back; `fov` radians span each circle."""

    height: int
    width: int
    fov: float = USUAL_FISHEYE_FOV

    def __post_init__(self) -> None:
        if self.width != 2 * self.height:
            raise InputError(
                f"{self.width}x{self.height} is no dual fisheye: two square pictures side by side "
                f"were expected, {2 * self.height}x{self.height}"
            )
        check_lens(self.fov)

    @property
    def pixels_per_quarter(self) -> float:
        return self.height * QUARTER_TURN / self.fov

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        x = np.asarray(x, float)
        square = np.where(x + 0.5 >= self.height, 1, 0)
        u = pixel_to_plane(x - square * self.height, self.height)
        u, v, facing = np.broadcast_arrays(u, pixel_to_plane(y, self.height), _facing(square))
        radius = np.hypot(u, v)
        angle = radius * self.fov / 2
        across = np.sin(angle) / np.maximum(radius, 1e-12)
        xyz: Array = np.stack([u * across * facing, -v * across, -np.cos(angle) * facing], axis=-1)
        return xyz, radius <= 1

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        xyz = np.asarray(xyz, float)
        return self.lens_pixels(np.where(xyz[..., 2] < 0, FRONT_LENS, BACK_LENS), xyz)

    def lens_pixels(self, lens: ArrayLike, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        """As `pixels`, through the lens that is named: `FRONT_LENS` or `BACK_LENS`."""
        lens = np.asarray(lens)
        right, up, back = np.moveaxis(np.asarray(xyz, float), -1, 0)
        facing = _facing(lens)
        across = np.hypot(right, up)
        angle = np.arctan2(across, -back * facing)
        scale = angle / np.maximum(across, 1e-12) * 2 / self.fov
        x = plane_to_pixel(right * facing * scale, self.height) + lens * self.height
        return x, plane_to_pixel(-up * scale, self.height), 2 * angle <= self.fov


def _facing(lens: ArrayLike) -> Array:
    """1 for the front lens, -1 for the back one, which sees +z and has +x at its left."""
    return np.where(np.asarray(lens) == FRONT_LENS, 1.0, -1.0)


@dataclass(frozen=True)
class CubeMap:
    """Six faces of `size` pixels on one picture."""

    size: int
    projection: Projection = Projection.EQUI_ANGULAR
    layout: CubeLayout = CubeLayout.C3X2

    @property
    def height(self) -> int:
        return face_grid(self.layout).rows * self.size

    @property
    def width(self) -> int:
        return face_grid(self.layout).columns * self.size

    @property
    def pixels_per_quarter(self) -> float:
        return float(self.size)

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Mask]:
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        face, u, v = face_grid(self.layout).upright(x, y, self.size)
        seen: Mask = face >= 0
        xyz = face_to_xyz(np.where(seen, face, 0), u, v, self.size, self.projection)
        return xyz, seen

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Mask]:
        face, u, v = xyz_to_face(xyz, self.size, self.projection)
        x, y = face_grid(self.layout).stored(face, u, v, self.size)
        return x, y, np.ones(x.shape, bool)


VIEWS: dict[str, tuple[Callable[[int, int, float], ProjectionMap], float]] = {
    RECTILINEAR: (Rectilinear, QUARTER_TURN),
    FISHEYE: (Fisheye, HALF_TURN),
    LITTLE_PLANET: (LittlePlanet, 4 / 3 * HALF_TURN),
}
"""Views that no metadata has a name for, and their usual fields of view."""


def sphere_map(
    projection: str,
    height: int,
    width: int,
    *,
    layout: CubeLayout | None = None,
    fov: float | None = None,
) -> ProjectionMap:
    """The map of a picture (one eye) of that size.

    Args:
        projection: a `Projection`, or one of `VIEWS`.
        height, width: of the eye, pixels.
        layout: of the faces; cubes only, `c3x2` (gnomonic) or `eac` (equi-angular) by default.
        fov: radians that a fisheye's circle or a rectilinear picture's width spans.

    Raises:
        InputError: the size contradicts the projection.
    """
    if projection in VIEWS:
        kind, usual = VIEWS[projection]
        return kind(height, width, fov or usual)
    known = Projection(projection)
    if known in USUAL_LAYOUTS:
        chosen = layout or USUAL_LAYOUTS[known]
        return CubeMap(face_size(height, width, chosen), known, chosen)
    if known is Projection.DUAL_FISHEYE:
        return DualFisheye(height, width, fov or USUAL_FISHEYE_FOV)
    if known is Projection.HALF_EQUIRECT:
        return HalfEquirect(height, width)
    return Equirect(height, width)


def source_map(
    info: VideoInfo,
    projection: str | None = None,
    layout: CubeLayout | None = None,
    fov: float | None = None,
) -> ProjectionMap:
    """The map of each eye of a source.

    Args:
        info: from `probe`.
        projection, layout, fov: see `sphere_map`; None is what the file says.

    Raises:
        InputError: the size contradicts the projection or the stereo layout.
    """
    eye = eye_size((info.height, info.width), info.stereo)
    if picture_size(eye, info.stereo) != (info.height, info.width):
        raise InputError(
            f"{info.path}: {info.width}x{info.height} does not divide into two equal eyes "
            f"({info.stereo}); see --stereo"
        )
    layout = layout or declared_cube(info)
    try:
        return sphere_map(projection or info.projection, *eye, layout=layout, fov=fov)
    except InputError as error:
        raise InputError(f"{info.path}: {error}") from None


def declared_cube(info: VideoInfo) -> CubeLayout | None:
    """How cube faces lie where the file's own metadata calls it a cube map; None elsewhere."""
    is_cube = info.declared and info.projection is Projection.CUBEMAP
    return CubeLayout.CBMP if is_cube else None


def usual_size(
    source: ProjectionMap,
    projection: str,
    *,
    layout: CubeLayout | None = None,
    fov: float | None = None,
) -> tuple[int, int]:
    """(height, width) of an eye that is about as fine as the source, sides even.

    Args:
        source: what it is made from; one of the same kind keeps its size.
        projection, layout, fov: see `sphere_map`; a rectilinear view is 16:9.
    """
    if isinstance(source, Equirect) and projection == Projection.EQUIRECT:
        return source.height, source.width
    quarter = source.pixels_per_quarter
    if projection == RECTILINEAR:
        width = 2 * float(np.tan((fov or QUARTER_TURN) / 2)) * quarter / QUARTER_TURN
        return _even(width * 9 / 16), _even(width)
    if projection in VIEWS:
        side = _even(quarter * (fov or VIEWS[projection][1]) / QUARTER_TURN)
        return side, side
    known = Projection(projection)
    if known in USUAL_LAYOUTS:
        grid, size = face_grid(layout or USUAL_LAYOUTS[known]), _even(quarter)
        return grid.rows * size, grid.columns * size
    if known is Projection.DUAL_FISHEYE:
        height = _even(quarter * (fov or USUAL_FISHEYE_FOV) / QUARTER_TURN)
        return height, 2 * height
    height = 2 * _even(quarter)
    return height, height if known is Projection.HALF_EQUIRECT else 2 * height


def _even(size: float) -> int:
    return max(16, 2 * round(size / 2))
