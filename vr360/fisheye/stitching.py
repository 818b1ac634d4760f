"""Dual-fisheye frames in, equirect frames out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.errors import CameraError
from vr360.fisheye.camera import Camera
from vr360.fisheye.drift import LightMeter, evened
from vr360.fisheye.photometry import Photometry, match_lenses
from vr360.fisheye.ring import Floats, RingSampler, remap_places, to_ring
from vr360.fisheye.seam import Seam, place_seam
from vr360.frame import Rgb, peak_of
from vr360.geometry import FULL_TURN, Array, lonlat_to_xyz, pixel_to_lonlat

_CELL = 16  # pixels between the places that gains are computed for
_ROWS = 4 * _CELL  # that maps are computed for at a time
_FINER = 1.1  # sources finer than this times the result are averaged first
RING_WIDTH = 1440
RING_REACH = np.radians(12)


@dataclass(frozen=True)
class Blend:
    """How two lenses become one picture: fixed for a film.

    Attributes:
        usual: (3,) what `LightMeter` reads off most of its frames.
    """

    photometry: Photometry
    seam: Seam
    usual: Array = field(default_factory=lambda: np.zeros(3))


def fit_blend(camera: Camera, frames: Sequence[Rgb]) -> Blend:
    """Match the lenses and place the seam by some frames of the film.

    Args:
        camera: of any size that has the frames' shape.
        frames: (H, W, 3) of the same size.

    Raises:
        CameraError: the frames have not the shape of the camera's.
    """
    if not frames:
        raise ValueError("a blend is fitted to one frame at least")
    camera = camera.scaled(*frames[0].shape[:2])
    photometry = match_lenses(camera, frames)
    sampler = RingSampler(camera, RING_WIDTH, RING_REACH)
    rings = [sampler(frame) for frame in frames]
    gains = [photometry.gain(camera, side, sampler.direction) for side in (0, 1)]
    meter = LightMeter(camera, photometry)
    usual = np.median([meter(frame) for frame in frames], axis=0)
    return Blend(photometry, place_seam(rings, gains), usual)


class Stitcher:
    """Built once for a film, applied to each of its frames; keeps no state between them.

    Args:
        camera: of the size of the frames.
        blend: see `fit_blend`.
        height, width: of the equirect result.
        turn: (3, 3) from the camera's directions to the film's.
    """

    def __init__(
        self, camera: Camera, blend: Blend, height: int, width: int, turn: Array | None = None
    ) -> None:
        self.height, self.width = height, width
        self._frame = camera.height, camera.width
        self._small = _averaged_size(camera, width)
        self._camera = camera.scaled(*self._small)
        self.blend = blend
        self._turn = np.eye(3) if turn is None else turn
        self._meter = LightMeter(self._camera, blend.photometry)
        self._build()

    def _build(self) -> None:
        shape = self.height, self.width
        self._places = np.empty((*shape, 2), np.int16)
        self._fractions = np.empty(shape, np.uint16)
        self._gain = np.empty((*shape, 3), np.float32)
        self._coarse = [self._coarse_gain(side) for side in (0, 1)]
        band = [self._build_rows(top) for top in range(0, self.height, _ROWS)]
        index, xy, gain, weight = (np.concatenate(part) for part in zip(*band, strict=True))
        del self._coarse
        self._band = index
        self._band_xy = cv2.convertMaps(*_as_picture(xy), cv2.CV_16SC2)
        self._band_gain = gain
        self._band_weight = weight[:, None].astype(np.float32)

    def _build_rows(self, top: int) -> tuple[NDArray[Any], ...]:
        """Fill the maps of some rows; returns what the other lens adds near the seam."""
        rows = slice(top, min(top + _ROWS, self.height))
        y, x = np.mgrid[rows, 0 : self.width]
        direction = lonlat_to_xyz(*pixel_to_lonlat(x, y, self.height, self.width)) @ self._turn
        azimuth, depth = to_ring(self._camera, direction)
        seam, feather = self.blend.seam.at(azimuth)
        left = _smoothstep((depth - seam) / feather)
        side = np.where(left >= 0.5, 0, 1)
        xy = self._look(direction, side)
        gains = [self._fine_gain(number, rows) for number in (0, 1)]
        self._gain[rows] = np.where(side[..., None] == 0, *gains)
        maps = cv2.convertMaps(xy[..., 0], xy[..., 1], cv2.CV_16SC2)
        self._places[rows], self._fractions[rows] = maps
        near = (left > 0) & (left < 1)
        other_gain = np.where(side[..., None] == 1, *gains)[near]
        index = (y * self.width + x)[near]
        other = self._look(direction[near], 1 - side[near])
        return index, other, other_gain, np.minimum(left, 1 - left)[near]

    def _look(self, direction: Array, side: NDArray[np.intp]) -> Floats:
        """Pixels (..., 2) of directions, each through the lens told."""
        xy = np.empty((*side.shape, 2), np.float32)
        for number, lens in enumerate(self._camera.lenses):
            mine = side == number
            xy[mine] = remap_places(*lens.project(direction[mine]))
        return xy

    def _coarse_gain(self, side: int) -> Floats:
        """Factors of one lens at the centres of cells, one cell beyond each edge included."""
        y = _CELL * (np.arange(-1, -(-self.height // _CELL) + 1) + 0.5) - 0.5
        x = _CELL * (np.arange(-1, -(-self.width // _CELL) + 1) + 0.5) - 0.5
        lonlat = pixel_to_lonlat(x, y[:, None], self.height, self.width)
        direction = lonlat_to_xyz(*lonlat) @ self._turn
        return self.blend.photometry.gain(self._camera, side, direction)

    def _fine_gain(self, side: int, rows: slice) -> Floats:
        """(rows, width, 3) between the cells: light changes little from pixel to pixel."""
        coarse = self._coarse[side][rows.start // _CELL : -(-rows.stop // _CELL) + 2]
        size = coarse.shape[1] * _CELL, coarse.shape[0] * _CELL
        fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
        height = rows.stop - rows.start
        return np.asarray(fine[_CELL : _CELL + height, _CELL : _CELL + self.width])

    def __call__(self, rgb: Rgb) -> Rgb:
        """(H, W, 3) dual fisheye -> (height, width, 3) equirect of the same depth.

        Raises:
            CameraError: the frame is of another size than the camera.
        """
        if rgb.shape[:2] != self._frame:
            found = f"{rgb.shape[1]}x{rgb.shape[0]}"
            wanted = f"{self._frame[1]}x{self._frame[0]}"
            raise CameraError(f"a frame of {found} came; the camera was set up for {wanted}")
        if self._small != self._frame:
            rgb = np.asarray(cv2.resize(rgb, self._small[::-1], interpolation=cv2.INTER_AREA))
        rgb = evened(rgb, self._camera, self._meter(rgb) - self.blend.usual)
        depth = cv2.CV_8U if rgb.dtype == np.uint8 else cv2.CV_16U
        picture = cv2.remap(rgb, self._places, self._fractions, cv2.INTER_CUBIC)
        cv2.multiply(picture, self._gain, dst=picture, dtype=depth)
        self._feather(rgb, picture)
        if depth == cv2.CV_16U:
            np.minimum(picture, peak_of(rgb), out=picture)
        return picture

    def _feather(self, rgb: Rgb, picture: Rgb) -> None:
        """Mix in the other lens near the seam, in place."""
        if not len(self._band):
            return
        other = cv2.remap(rgb, *self._band_xy, cv2.INTER_CUBIC).reshape(-1, 3)[: len(self._band)]
        flat = picture.reshape(-1, 3)
        mine = flat[self._band].astype(np.float32)
        mine += self._band_weight * (other * self._band_gain - mine)
        limit = peak_of(rgb)
        flat[self._band] = np.clip(np.rint(mine), 0, limit).astype(rgb.dtype)


def _smoothstep(x: Array) -> Array:
    """0 below -1, 1 above 1, smooth between."""
    t = np.clip((x + 1) / 2, 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _averaged_size(camera: Camera, width: int) -> tuple[int, int]:
    """(height, width) to average frames to, so that no source pixel is skipped; often their own.

    Only sizes of exactly the frames' shape count, so that pixels stay square.
    """
    focal = max(lens.focal for lens in camera.lenses)
    wanted = width / FULL_TURN / focal
    if wanted * _FINER >= 1:
        return camera.height, camera.width
    shape = gcd(camera.height, camera.width)
    steps = max(1, int(np.ceil(wanted * shape)))
    return camera.height // shape * steps, camera.width // shape * steps


_LINE = 1024


def _as_picture(xy: Floats) -> tuple[Floats, Floats]:
    """A list of places as maps of many rows, which remap handles in parallel."""
    lines = -(-len(xy) // _LINE)
    padded = np.zeros((lines * _LINE, 2), np.float32)
    padded[: len(xy)] = xy
    x, y = padded.reshape(lines, _LINE, 2).transpose(2, 0, 1)
    return np.ascontiguousarray(x), np.ascontiguousarray(y)
