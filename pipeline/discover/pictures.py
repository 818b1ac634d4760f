"""What the page shows of a painted clip: a strip that loops, and a sheet to look at closely."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.quality.before_after import look
from vr360.errors import OutputError
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN, QUARTER_TURN

STRIP_FRAMES = 12
STRIP_WIDTH = 384
SHEET_WIDTH = 1024
THUMBNAIL = 96
QUALITY = 75
VIEWS = [(0.0, 0.0), (HALF_TURN, 0.0), (0.0, QUARTER_TURN), (0.0, -QUARTER_TURN)]
"""Yaw and pitch: ahead, behind where the seam is, up, down."""


def strip(frames: Sequence[Rgb]) -> Rgb:
    """Successive frames from the middle, at their own rate, one below the other."""
    first = max(0, (len(frames) - STRIP_FRAMES) // 2)
    return np.concatenate([_small(f, STRIP_WIDTH) for f in frames[first : first + STRIP_FRAMES]])


def sheet(frame: Rgb) -> Rgb:
    """The sphere, and below it four views of 90°."""
    sphere = _small(frame, SHEET_WIDTH)
    side = sphere.shape[1] // len(VIEWS)
    views = [look(frame, yaw, pitch, QUARTER_TURN, side) for yaw, pitch in VIEWS]
    return np.concatenate([sphere[:, : side * len(VIEWS)], np.concatenate(views, axis=1)])


def thumbnail(painting: Rgb) -> Rgb:
    """The middle square of a painting, small."""
    height, width = painting.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = np.ascontiguousarray(painting[top : top + side, left : left + side])
    return np.asarray(cv2.resize(square, (THUMBNAIL,) * 2, interpolation=cv2.INTER_AREA))


def save_picture(path: Path, rgb: Rgb) -> None:
    """Write a WebP.

    Raises:
        OutputError: it cannot be written.
    """
    bgr = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def _small(frame: Rgb, width: int) -> Rgb:
    if frame.shape[1] <= width:
        return frame
    return np.asarray(cv2.resize(frame, (width, width // 2), interpolation=cv2.INTER_AREA))
