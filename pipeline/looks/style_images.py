"""Style images: read whatever they are, cut, brought to size."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.errors import InputError, StyleImageError
from vr360.media.stills import PICTURE_SUFFIXES, decoded

logger = logging.getLogger(__name__)

WITH_ALPHA = {".png", ".webp", ".tif", ".tiff"}
SMALLEST = 64  # pixels a side of a painting that still has strokes
NARROWEST = 32  # pixels a side as it is learned; the deepest features are an eighth as large

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""x, y, width, height in shares of a picture."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
INSIDE_THE_EDGE: Box = (0.02, 0.02, 0.96, 0.96)
"""All of a painting but the canvas's edge, or the frame's."""


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name.

    Raises:
        StyleImageError: no such folder.
    """
    if not folder.is_dir():
        raise StyleImageError(f"{folder}: no such folder; a folder of pictures is wanted")
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)


def is_picture(style: str) -> bool:
    """Whether a style's name is that of a picture file."""
    return Path(style).suffix.lower() in PICTURE_SUFFIXES


def load_picture(path: Path) -> Picture:
    """(H, W, 3) uint8 R'G'B' of any picture OpenCV reads; grey is widened, alpha dropped.

    Raises:
        StyleImageError: missing, cut short, too large, or not a picture.
    """
    if not path.is_file():
        raise StyleImageError(f"{path}: no such file; give a painting as JPEG or PNG")
    bgr = _decoded(path, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _decoded(path: Path, how: int) -> NDArray[Any]:
    try:
        return decoded(path.read_bytes(), how)
    except ValueError as error:
        raise StyleImageError(f"{path}: {error}") from error


def load_painting(path: Path) -> Picture:
    """As `load_picture`; where the picture is transparent, white shows, as paper would."""
    return _on_paper(path, load_picture(path))


def load_style(path: Path, long_side: int, crop: Box | None = None) -> Picture:
    """A painting for training, cut, then scaled to `long_side` pixels.

    The scale decides the size of the strokes: at 640 pixels a stroke of the painting is as many
    pixels long in a film as it is in the painting at that size. Without `crop` all but the edge of
    the painting is taken.

    Raises:
        StyleImageError: not a picture, or too small, too narrow or of one colour after the cut.
    """
    painting = cut(load_painting(path), crop or INSIDE_THE_EDGE)
    height, width = painting.shape[:2]
    scale = long_side / max(height, width, 1)
    if min(height, width) < SMALLEST or min(height, width) * scale < NARROWEST:
        raise StyleImageError(
            f"{path}: {width}x{height} is too small or too narrow to learn from: {SMALLEST} "
            f"pixels a side at least, and {NARROWEST} when the long side is scaled to {long_side}"
        )
    scaled = resized(painting, scale)
    if scaled.std(axis=(0, 1)).max() < 1:
        raise StyleImageError(f"{path}: of one colour; there is no style in it to learn")
    return scaled


def resized(picture: Picture, scale: float) -> Picture:
    """A picture so many times as large: area means, or bicubic where it grows."""
    if scale == 1:
        return picture
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how), np.uint8)


def cut(picture: Picture, box: Box) -> Picture:
    """A part of a picture, one pixel at least; a view, not a copy."""
    height, width = picture.shape[:2]
    x, y, w, h = box
    rows = slice(round(y * height), max(round((y + h) * height), round(y * height) + 1))
    columns = slice(round(x * width), max(round((x + w) * width), round(x * width) + 1))
    return picture[rows, columns]


def is_inside(box: Box) -> bool:
    """Whether a box lies in the picture and is not empty."""
    x, y, width, height = box
    fits = max(x + width, y + height) <= 1 + 1e-9
    return fits and min(x, y) >= 0 and min(width, height) > 0


def parse_box(text: str, option: str) -> Box:
    """`0.2,0,0.5,0.5` as shares of a picture.

    Raises:
        InputError: not four numbers, or outside the picture.
    """
    try:
        x, y, width, height = (float(word) for word in text.split(","))
    except ValueError:
        raise InputError(f"{option} {text}: give x,y,w,h as shares, as 0.2,0,0.5,0.5") from None
    if not is_inside((x, y, width, height)):
        raise InputError(f"{option} {text}: the box lies outside the picture (shares, 0 to 1)")
    return x, y, width, height


def _on_paper(path: Path, painting: Picture) -> Picture:
    """White where the file is transparent: the colours that hide there were never meant."""
    if path.suffix.lower() not in WITH_ALPHA:
        return painting
    whole = _decoded(path, cv2.IMREAD_UNCHANGED)
    if whole.ndim < 3 or whole.shape[2] != 4 or whole.shape[:2] != painting.shape[:2]:
        return painting
    alpha = whole[..., 3:] / np.float32(np.iinfo(whole.dtype).max)
    if alpha.min() == 1:
        return painting
    logger.warning("%s: where it is transparent, white is learned; --crop leaves that out", path)
    return np.asarray((painting * alpha + 255 * (1 - alpha)).round(), np.uint8)
