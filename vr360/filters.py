"""Filters over a pixel's neighbours, which on a sphere have neighbours beyond every edge.

OpenCV's filters make up what lies beyond an edge, and a seam shows where they do. They are called
here alone, on a picture that is continued first, in the way that its `Around` says.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.padding import sphere_pad_rgb

Picture = NDArray[Any]
Floats = NDArray[np.float32]


class Around(Enum):
    """What lies beyond the edges of a picture."""

    SPHERE = auto()  # equirect: it wraps, and goes on over the poles
    RING = auto()  # it wraps; above and below it has ends
    FLAT = auto()  # a view cut out of the sphere: nothing that it knows of


def box_blur(
    picture: Picture, size: tuple[int, int] | int, around: Around = Around.SPHERE
) -> Picture:
    """Mean over a box of (height, width) pixels, or as high as wide.

    Args:
        picture: (H, W) or (H, W, C) of any depth.
    """
    height, width = (size, size) if isinstance(size, int) else size
    reach = max(height, width) // 2
    return _filtered(picture, reach, around, lambda wide: cv2.blur(wide, (width, height)))


def gaussian_blur(picture: Picture, sigma: float, around: Around = Around.SPHERE) -> Picture:
    """Gaussian of `sigma` pixels, cut off where OpenCV cuts it off, or where the sphere ends.

    Args:
        picture: (H, W) or (H, W, C) of any depth.
    """
    deviations = 3 if picture.dtype == np.uint8 else 4
    reach = round(2 * deviations * sigma + 1) // 2
    if around is Around.SPHERE:
        reach = min(reach, *picture.shape[:2])
    size = (2 * reach + 1,) * 2
    return _filtered(picture, reach, around, lambda wide: cv2.GaussianBlur(wide, size, sigma))


def median_blur(rgb: Picture, size: int) -> Picture:
    """Median over `size` x `size` pixels of an equirect picture, `size` odd."""
    return _filtered(rgb, size // 2, Around.SPHERE, lambda wide: cv2.medianBlur(wide, size))


def gradient(level: Picture) -> tuple[Floats, Floats]:
    """Sobel's derivatives to the right and downwards of an equirect picture (H, W)."""

    def along(right: int) -> Floats:
        return _filtered(
            level, 1, Around.SPHERE, lambda wide: cv2.Sobel(wide, cv2.CV_32F, right, 1 - right)
        )

    return along(1), along(0)


def non_local_means(rgb: Picture, strength: float, template: int, search: int) -> Picture:
    """Denoise an equirect picture (H, W, 3) uint8.

    Source: Buades, Coll, Morel, *A Non-Local Algorithm for Image Denoising* (2005).

    Args:
        strength: in 8-bit codes.
        template, search: sides of the patches that are compared and of where they are looked for.
    """
    reach = template // 2 + search // 2
    return _filtered(
        rgb,
        reach,
        Around.SPHERE,
        lambda wide: cv2.fastNlMeansDenoisingColored(
            wide, None, strength, strength, template, search
        ),
    )


def _filtered(
    picture: Picture, reach: int, around: Around, apply: Callable[[Picture], Any]
) -> Picture:
    height, width = picture.shape[:2]
    down = reach if around is Around.SPHERE else 0
    across = 0 if around is Around.FLAT else reach
    done = np.asarray(apply(_continued(picture, reach, around)))
    inner = done[down : down + height, across : across + width]
    return inner.reshape(picture.shape)


def _continued(picture: Picture, reach: int, around: Around) -> Picture:
    if around is Around.SPHERE:
        return np.ascontiguousarray(sphere_pad_rgb(picture, reach))
    if around is Around.RING:
        return np.asarray(cv2.copyMakeBorder(picture, 0, 0, reach, reach, cv2.BORDER_WRAP))
    return picture
