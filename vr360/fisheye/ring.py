"""The ring about the camera that both lenses see, unrolled.

Columns run once around the mean axis of the lenses (azimuth), rows from the left lens's side
(depth > 0) to the right lens's (depth < 0); depth 0 is the plane between them. Both in radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.fisheye.camera import Camera
from vr360.fisheye.lens import Lens
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array, lonlat_to_xyz, xyz_to_lonlat

Floats = NDArray[np.float32]

_TILT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""From the seam's frame to one whose poles are the lenses' axes, the left one at the north."""


def to_ring(camera: Camera, direction: Array) -> tuple[Array, Array]:
    """Azimuth in [0, 2 pi) and depth of the camera's directions (..., 3)."""
    azimuth, depth = xyz_to_lonlat(direction @ camera.seam_frame @ _TILT)
    return np.asarray(azimuth % FULL_TURN), depth


def from_ring(camera: Camera, azimuth: Array, depth: Array) -> Array:
    """Directions (..., 3); the inverse of `to_ring`."""
    return np.asarray(lonlat_to_xyz(azimuth, depth) @ (camera.seam_frame @ _TILT).T)


def remap_places(x: Array, y: Array) -> Floats:
    """(..., 2) places as cv2.remap takes them, rounded to its 1/32 pixel.

    Rounded here, a place is the same fraction of a pixel wherever in the picture its lens lies;
    ties, which symmetric cameras have many of, all fall to one side.
    """
    return np.asarray(np.floor(np.stack([x, y], axis=-1) * 32 + 0.5 + 1e-6) / 32, np.float32)


@dataclass(frozen=True)
class Ring:
    """What each lens shows of the ring, and how far inside its picture.

    Attributes:
        azimuth: (W,) of the columns.
        depth: (H,) of the rows, falling.
        rgb: two (H, W, 3) float32 pictures, left lens and right lens, in 0..255.
        margin: two (H, W), radians to the edge of the lens; negative is unseen.
    """

    azimuth: Array
    depth: Array
    rgb: tuple[Floats, Floats]
    margin: tuple[Array, Array]


class RingSampler:
    """Unrolls the ring of a camera's frames.

    Args:
        camera: of the size of the frames.
        width: pixels around.
        reach: radians to either side of the middle plane.
    """

    def __init__(self, camera: Camera, width: int, reach: float) -> None:
        step = FULL_TURN / width
        height = 2 * max(1, round(reach / step))
        self.azimuth: Array = np.asarray((np.arange(width) + 0.5) * step, float)
        self.depth: Array = np.asarray((height / 2 - np.arange(height) - 0.5) * step, float)
        grid = np.meshgrid(self.azimuth, self.depth)
        self.direction = from_ring(camera, *grid)
        left, right = camera.lenses
        self.margin = left.margin(self.direction), right.margin(self.direction)
        self._maps = [self._map(lens) for lens in camera.lenses]

    def _map(self, lens: Lens) -> tuple[Floats, Floats]:
        x, y = np.moveaxis(remap_places(*lens.project(self.direction)), -1, 0)
        return np.ascontiguousarray(x), np.ascontiguousarray(y)

    def __call__(self, rgb: Rgb) -> Ring:
        one, two = (cv2.remap(rgb, x, y, cv2.INTER_LINEAR) for x, y in self._maps)
        scale = np.float32(1 if rgb.dtype == np.uint8 else 0.25)
        pictures = one.astype(np.float32) * scale, two.astype(np.float32) * scale
        return Ring(self.azimuth, self.depth, pictures, self.margin)
