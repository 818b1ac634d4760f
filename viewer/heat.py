"""Where two pictures differ, and where a film flickers, as colours to lay over the view.

Both are shown per pixel of the picture, in shares of full scale; the poles are not weighted, since
the map is seen where it lies.
"""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from viewer.picture import Picture, picture_to_rgb
from vr360.frame import Rgb

HEIGHT = 256  # rows of a map; finer is noise to the eye
FULL_COLOUR = 0.25  # difference that shows as red
CELL = 5  # pixels of a map that are averaged, against single-pixel noise

Heat = NDArray[np.float32]  # (H, W), 0..1


class HeatMap(StrEnum):
    NONE = "none"
    DIFFERENCE = "difference"
    FLICKER = "flicker"


def small(picture: Picture, like: Picture | None = None) -> Rgb:
    """The picture at the size of a map, its own or that of another picture."""
    shape = like or picture
    return picture_to_rgb(picture, (HEIGHT, round(HEIGHT * shape.width / shape.height)))


def difference(a: Rgb, b: Rgb) -> Heat:
    """Mean absolute difference of the channels of two uint8 pictures of one size."""
    return _averaged(np.abs(a.astype(np.float32) - b.astype(np.float32)).mean(axis=2) / 255)


def flicker(now: Rgb, before: Rgb, source_now: Rgb | None, source_before: Rgb | None) -> Heat:
    """How much a picture changed from the one before, less what its source changed.

    Without a source every motion counts as change.
    """
    change = difference(now, before)
    if source_now is None or source_before is None:
        return change
    rest = np.maximum(change - difference(source_now, source_before), 0)
    return np.asarray(rest, np.float32)


def coloured(heat: Heat) -> Rgb:
    """(H, W, 4) uint8: blue to red by the heat, more opaque where it is hotter."""
    level = np.clip(heat / FULL_COLOUR, 0, 1)
    codes = (level * 255).astype(np.uint8)
    rgb = cv2.applyColorMap(codes, cv2.COLORMAP_TURBO)[..., ::-1]
    alpha = (255 * np.minimum(level * 3, 0.8)).astype(np.uint8)
    return np.ascontiguousarray(np.dstack([rgb, alpha]))


def _averaged(values: NDArray[np.float32]) -> Heat:
    """Box mean that continues across +-180 degrees."""
    edge = CELL // 2
    wrapped = np.concatenate([values[:, -edge:], values, values[:, :edge]], axis=1)
    return np.asarray(cv2.blur(wrapped, (CELL, CELL))[:, edge:-edge], np.float32)
