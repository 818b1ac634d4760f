"""The flat pictures on which motion is looked for: a band about the equator and two polar caps.

On the equirect picture a small turn of a point near a pole is a long way sideways. There, motion is
read off views from above and below (azimuthal equidistant: the distance from the middle is the
angle from the pole), in which it looks as it does anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.planar import Floats
from vr360.geometry import (
    FULL_TURN,
    HALF_TURN,
    equirect_directions,
    lonlat_to_pixel,
    lonlat_to_xyz,
    pixel_to_lonlat,
    xyz_to_lonlat,
)
from vr360.padding import sphere_pad_rgb

Array = NDArray[np.float64]

CAP = HALF_TURN * 55 / 180  # from the pole to the edge of a cap's view
FADE = (HALF_TURN * 40 / 180, HALF_TURN * 50 / 180)  # latitudes: band only below, caps only above
BAND = HALF_TURN * 62 / 180  # latitude to which the band reaches: beyond the fade by a DIS patch

PAD = 2  # pixels: the reach of linear interpolation, and one to spare


@dataclass(frozen=True)
class View:
    """A flat picture of part of the sphere.

    Attributes:
        directions: (h, w, 3) unit vectors through its pixels.
        place_x, place_y: (H, W) where each pixel of the sphere's picture lies in this one.
        weight: (H, W, 1) how much this view counts there; over all views it sums to 1.
    """

    directions: Floats
    place_x: Floats
    place_y: Floats
    weight: Floats

    def lift(self, flow: Floats) -> Floats:
        """Pixels of motion (h, w, 2) in this view -> vectors (h, w, 3) from here to there."""
        raise NotImplementedError


@dataclass(frozen=True)
class Band(View):
    """Rows of the equirect picture about the equator, continued over +-180 degrees by `pad`."""

    sphere: tuple[int, int]
    top: int
    pad: int

    def lift(self, flow: Floats) -> Floats:
        rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
        x, y = columns - self.pad + flow[..., 0], rows + self.top + flow[..., 1]
        return _unit(*pixel_to_lonlat(x, y, *self.sphere)) - self.directions


@dataclass(frozen=True)
class Cap(View):
    """The surroundings of a pole from within; `pole` is +1 for the north."""

    pole: int

    def lift(self, flow: Floats) -> Floats:
        rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
        there = _cap_directions(columns + flow[..., 0], rows + flow[..., 1], len(flow), self.pole)
        return there - self.directions


@lru_cache(maxsize=8)
def views(height: int, width: int) -> tuple[View, ...]:
    """The band and the two caps of a sphere whose picture has (height, width)."""
    return _band(height, width), _cap(height, width, 1), _cap(height, width, -1)


@lru_cache(maxsize=8)
def sphere_directions(height: int, width: int) -> Floats:
    """`equirect_directions` in single precision, kept."""
    return equirect_directions(height, width).astype(np.float32)


def sample(picture: NDArray[np.generic], directions: Floats) -> Floats:
    """Values of an equirect picture (H, W) or (H, W, C) in directions (h, w, 3).

    Linear and in single precision: OpenCV's cubic kernel moves small shifts by half of them.
    """
    height, width = picture.shape[:2]
    x, y = lonlat_to_pixel(*xyz_to_lonlat(directions), height, width)
    padded = _padded(picture.astype(np.float32))
    places = (x + PAD).astype(np.float32), (y + PAD).astype(np.float32)
    return np.asarray(cv2.remap(padded, *places, cv2.INTER_LINEAR), np.float32)


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
    padded = _padded(values, reach)
    mean = cv2.blur(padded, (2 * reach + 1, 2 * reach + 1))[reach:-reach, reach:-reach]
    return np.asarray(mean, np.float32).reshape(values.shape)


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


def _padded(values: Floats, pad: int = PAD) -> Floats:
    height, width = values.shape[:2]
    return np.ascontiguousarray(sphere_pad_rgb(values.reshape(height, width, -1), pad))


def fuse(parts: tuple[View, ...], vectors: list[Floats]) -> Floats:
    """Vectors (h, w, 3) of each view -> one field (H, W, 3) on the sphere."""
    placed = (
        cv2.remap(v, p.place_x, p.place_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        * p.weight
        for p, v in zip(parts, vectors, strict=True)
    )
    return np.asarray(sum(placed), np.float32)


def _unit(lon: Array, lat: Array) -> Floats:
    return lonlat_to_xyz(lon, lat).astype(np.float32)


def _band(height: int, width: int) -> Band:
    latitude = pixel_to_lonlat(0, np.arange(height), height, width)[1]
    rows = np.flatnonzero(abs(latitude) < BAND)
    top, pad = int(rows[0]), width // 32
    columns = np.arange(-pad, width + pad)
    directions = _unit(*pixel_to_lonlat(columns, rows[:, None], height, width))
    x, y = np.meshgrid(np.arange(width) + pad, np.arange(height) - top)
    weight = np.broadcast_to(1 - _polar_share(abs(latitude))[:, None, None], (height, width, 1))
    return Band(
        directions,
        x.astype(np.float32),
        y.astype(np.float32),
        weight.astype(np.float32),
        (height, width),
        top,
        pad,
    )


def _cap(height: int, width: int, pole: int) -> Cap:
    size = round(2 * CAP / HALF_TURN * height)  # as many pixels to the radian as the picture has
    columns, rows = np.meshgrid(np.arange(size), np.arange(size))
    sphere = equirect_directions(height, width)
    latitude = pole * xyz_to_lonlat(sphere)[1]
    x, y = _cap_places(sphere, size, pole)
    weight = _polar_share(latitude)[..., None].astype(np.float32)
    return Cap(_cap_directions(columns, rows, size, pole), x, y, weight, pole)


def _polar_share(latitude: Array) -> Array:
    low, high = FADE
    return np.clip((latitude - low) / (high - low), 0, 1)


def _cap_directions(x: NDArray[np.generic], y: NDArray[np.generic], size: int, pole: int) -> Floats:
    plane = pixel_to_lonlat(x, 0, size, size)[0], pixel_to_lonlat(y, 0, size, size)[0]
    u, v = (part / FULL_TURN * 2 * CAP for part in plane)
    angle = np.maximum(np.hypot(u, v), 1e-12)
    scale = np.sin(angle) / angle
    return np.stack([u * scale, pole * np.cos(angle), v * scale], axis=-1).astype(np.float32)


def _cap_places(xyz: Array, size: int, pole: int) -> tuple[Floats, Floats]:
    level = np.maximum(np.hypot(xyz[..., 0], xyz[..., 2]), 1e-12)
    angle = np.arctan2(level, pole * xyz[..., 1])
    places = []
    for axis in (0, 2):
        at = xyz[..., axis] / level * angle / (2 * CAP) * FULL_TURN
        places.append(lonlat_to_pixel(at, 0, size, size)[0].astype(np.float32))
    return places[0], places[1]
