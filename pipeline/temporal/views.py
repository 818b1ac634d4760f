"""The flat views on which flow is estimated: an equirect band and two polar caps.

Near a pole of the equirect picture a small motion on the sphere is a large one in pixels. There
flow is estimated on azimuthal equidistant projections about the poles (the distance from the middle
is the angle from the pole), whose distortion is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.planar import Floats
from vr360.filters import box_blur
from vr360.geometry import (
    FULL_TURN,
    HALF_TURN,
    equirect_directions,
    lonlat_to_pixel,
    lonlat_to_xyz,
    pixel_to_lonlat,
)
from vr360.padding import sphere_pad_rgb

DEGREE = FULL_TURN / 360
CAP = 55 * DEGREE  # from the pole to the edge of a cap's view
FADE = 40 * DEGREE, 50 * DEGREE  # latitudes: below it the band alone counts, above it the caps
BAND = 62 * DEGREE  # latitude to which the band reaches: beyond the fade by a patch of DIS
PAD = 2  # pixels: the reach of linear interpolation, and one to spare


@dataclass(frozen=True)
class View:
    """A flat picture of part of the sphere, and the rows of the field of motion that it feeds.

    Attributes:
        directions: (h, w, 3) unit vectors through its pixels.
        rows: of the field that lie in this view.
        x, y: (rows, W) where each pixel of those rows lies in this view.
        weight: (rows, W, 1) how much this view counts there; over all views it sums to 1.
        start: (rows, W, 3) unit vectors through those pixels.
        height: rows of the equirect picture that it shows.
        extra_scales: by how many scales more flow is worth estimating here than on the band.
    """

    extra_scales: ClassVar[int] = 0

    directions: Floats
    rows: slice
    x: Floats
    y: Floats
    weight: Floats
    start: Floats
    height: int

    @cached_property
    def places(self) -> tuple[Floats, Floats]:
        """Where its pixels lie in the equirect picture: (h, w) each."""
        return places(self.directions, self.height, 2 * self.height)

    def lift(self, flow: Floats) -> Floats:
        """Motion (h, w, 2) in pixels of this view -> vectors (rows, W, 3) from here to there."""
        shift = cv2.remap(flow, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return self.place(self.x + shift[..., 0], self.y + shift[..., 1]) - self.start

    def place(self, x: Floats, y: Floats) -> Floats:
        """Unit vectors (..., 3) through places of this view."""
        raise NotImplementedError


@dataclass(frozen=True)
class Band(View):
    """Rows of the equirect picture from `top` on, continued over +-180 degrees by `pad` pixels."""

    top: int
    pad: int

    def place(self, x: Floats, y: Floats) -> Floats:
        return _on_band(x, y, self.height, self.top, self.pad)


@dataclass(frozen=True)
class Cap(View):
    """The surroundings of a pole from within; `pole` is +1 for the north.

    A cap has few pixels, and the ground below a camera moves fastest: one scale more.
    """

    extra_scales: ClassVar[int] = 1

    size: int
    pole: int

    def place(self, x: Floats, y: Floats) -> Floats:
        return _on_cap(x, y, self.size, self.pole)


@lru_cache(maxsize=8)
def views(height: int, field: int) -> tuple[View, ...]:
    """Band and caps of a sphere's picture of `height` rows, for a field of `field` rows.

    Both are twice as wide as high.
    """
    return _band(height, field), _cap(height, field, 1), _cap(height, field, -1)


@lru_cache(maxsize=16)
def sphere_directions(height: int, width: int) -> Floats:
    """`equirect_directions` in single precision, kept."""
    return equirect_directions(height, width).astype(np.float32)


def directions_of_rows(rows: slice, height: int, width: int) -> Floats:
    """Some rows of `sphere_directions`, made anew: all of a large picture take much room."""
    y = np.arange(rows.start, rows.stop)[:, None]
    return lonlat_to_xyz(*pixel_to_lonlat(np.arange(width), y, height, width)).astype(np.float32)


def fuse(parts: tuple[View, ...], flows: list[Floats], height: int) -> Floats:
    """The motion of each view, in its pixels, -> one field of vectors (height, 2 height, 3)."""
    field = np.zeros((height, 2 * height, 3), np.float32)
    for part, flow in zip(parts, flows, strict=True):
        field[part.rows] += part.lift(flow) * part.weight
    return field


def sample(picture: NDArray[Any], directions: Floats) -> Floats:
    """Values of an equirect picture (H, W) or (H, W, C) in unit directions (h, w, 3).

    Linear and in single precision: OpenCV's cubic kernel moves small shifts by half of them.
    """
    return sample_at(picture, *places(directions, *picture.shape[:2]))


def sample_at(picture: NDArray[Any], x: Floats, y: Floats) -> Floats:
    """`sample` at places (h, w) of the picture."""
    padded = _padded(picture.astype(np.float32))
    return np.asarray(cv2.remap(padded, x + PAD, y + PAD, cv2.INTER_LINEAR), np.float32)


def places(directions: Floats, height: int, width: int) -> tuple[Floats, Floats]:
    """Pixels (x, y) of directions, in single precision; x is not wrapped into the picture."""
    x, y, z = cv2.split(directions)  # side by side: numpy is several times faster on such
    level = np.sqrt(x * x + z * z)
    found = lonlat_to_pixel(np.arctan2(x, -z), np.arctan2(y, level), height, width)
    return found[0].astype(np.float32), found[1].astype(np.float32)


def upsample(field: Floats, height: int, width: int) -> Floats:
    """A smooth field (h, w, C) on the sphere at another size; linear over seam and poles."""
    size = field.shape[:2]
    lon, _ = pixel_to_lonlat(np.arange(width), 0, height, width)
    _, lat = pixel_to_lonlat(0, np.arange(height), height, width)
    x, y = lonlat_to_pixel(lon, 0, *size)[0] + PAD, lonlat_to_pixel(0, lat, *size)[1] + PAD
    grid = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    resized = cv2.remap(_padded(field), *grid, cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32).reshape(height, width, -1)


def blur(values: Floats, reach: int) -> Floats:
    """Mean over (2 reach + 1) x (2 reach + 1) pixels of (H, W) or (H, W, C), on the sphere."""
    return np.asarray(box_blur(values, 2 * reach + 1), np.float32)


def guided_filter(values: Floats, guide: Floats, reach: int, edge: float) -> Floats:
    """Smooth (H, W, C) on the sphere, except over steps of the guide (H, W) higher than `edge`.

    He, Sun, Tang, *Guided Image Filtering* (2010).
    """
    mean, mean_values = blur(guide, reach), blur(values, reach)
    variance: Floats = blur(guide * guide, reach) - mean * mean
    joint: Floats = blur(values * guide[..., None], reach) - mean_values * mean[..., None]
    slope: Floats = joint / (variance + np.float32(edge**2))[..., None]
    offset: Floats = mean_values - slope * mean[..., None]
    return np.asarray(blur(slope, reach) * guide[..., None] + blur(offset, reach), np.float32)


def length(vectors: Floats) -> Floats:
    """(h, w, 3) -> (h, w)."""
    return np.asarray(np.sqrt(cv2.transform(vectors * vectors, np.ones((1, 3)))), np.float32)


def unit(vectors: Floats) -> Floats:
    """(h, w, 3) of any length but zero -> of length 1."""
    return np.asarray(cv2.divide(vectors, cv2.merge([length(vectors)] * 3)), np.float32)


def turned(vectors: Floats, turn: NDArray[np.float64]) -> Floats:
    """(h, w, 3), each turned by (3, 3)."""
    return np.asarray(cv2.transform(vectors, turn), np.float32)


def _padded(values: Floats, pad: int = PAD) -> Floats:
    height, width = values.shape[:2]
    return np.ascontiguousarray(sphere_pad_rgb(values.reshape(height, width, -1), pad))


def _band(height: int, field: int) -> Band:
    width = 2 * height
    inner = np.flatnonzero(abs(_latitude(height)) < BAND)
    top, pad = int(inner[0]), width // 32
    rows = _rows(abs(_latitude(field)) < FADE[1])
    x, y = _in_sphere(rows, field, height)
    columns, lines = np.meshgrid(np.arange(width + 2 * pad), np.arange(len(inner)))
    directions = _on_band(columns, lines, height, top, pad)
    weight = 1 - _polar_share(abs(_latitude(field)[rows]))
    return Band(
        directions,
        rows,
        x + np.float32(pad),
        y - np.float32(top),
        _wide(weight, field),
        sphere_directions(field, 2 * field)[rows],
        height,
        top,
        pad,
    )


def _cap(height: int, field: int, pole: int) -> Cap:
    size = round(2 * CAP / HALF_TURN * height)  # as many pixels to the radian as the picture has
    rows = _rows(pole * _latitude(field) > FADE[0])
    start = sphere_directions(field, 2 * field)[rows]
    columns, lines = np.meshgrid(np.arange(size), np.arange(size))
    weight = _polar_share(pole * _latitude(field)[rows])
    directions = _on_cap(columns, lines, size, pole)
    return Cap(
        directions,
        rows,
        *_in_cap(start, size, pole),
        _wide(weight, field),
        start,
        height,
        size,
        pole,
    )


def _latitude(height: int) -> NDArray[np.float64]:
    return pixel_to_lonlat(0, np.arange(height), height, 2 * height)[1]


def _rows(inside: NDArray[np.bool_]) -> slice:
    found = np.flatnonzero(inside)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)


def _polar_share(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = FADE
    return np.clip((latitude - low) / (high - low), 0, 1)


def _wide(weight: NDArray[np.float64], field: int) -> Floats:
    return np.repeat(weight.astype(np.float32)[:, None, None], 2 * field, axis=1)


def _in_sphere(rows: slice, field: int, height: int) -> tuple[Floats, Floats]:
    """Where the pixels of some rows of the field lie in the picture of `height` rows."""
    columns, lines = np.meshgrid(np.arange(2 * field), np.arange(field)[rows])
    lon, lat = pixel_to_lonlat(columns, lines, field, 2 * field)
    x, y = lonlat_to_pixel(lon, lat, height, 2 * height)
    return x.astype(np.float32), y.astype(np.float32)


def _on_band(x: NDArray[Any], y: NDArray[Any], height: int, top: int, pad: int) -> Floats:
    lon, lat = (a.astype(np.float32) for a in pixel_to_lonlat(x - pad, y + top, height, 2 * height))
    level = np.cos(lat)
    return np.stack([level * np.sin(lon), np.sin(lat), -level * np.cos(lon)], axis=-1)


def _on_cap(x: NDArray[Any], y: NDArray[Any], size: int, pole: int) -> Floats:
    u, v = (_cap_angle(at, size).astype(np.float32) for at in (x, y))
    angle = np.maximum(np.sqrt(u * u + v * v), np.float32(1e-9))
    scale = np.sin(angle) / angle
    return np.stack([u * scale, pole * np.cos(angle), v * scale], axis=-1)


def _cap_angle(at: NDArray[Any], size: int) -> NDArray[np.float64]:
    """From pixels of a cap's view to the angle from its middle along that axis."""
    return pixel_to_lonlat(at, 0, size, size)[0] / FULL_TURN * 2 * CAP


def _in_cap(directions: Floats, size: int, pole: int) -> tuple[Floats, Floats]:
    x, y, z = np.moveaxis(directions.astype(np.float64), -1, 0)
    level = np.maximum(np.hypot(x, z), 1e-12)
    turns = np.arctan2(level, pole * y) / (2 * CAP) * FULL_TURN / level
    places = (lonlat_to_pixel(part * turns, 0, size, size)[0] for part in (x, z))
    across, down = (place.astype(np.float32) for place in places)
    return across, down
