"""Where a lens's picture really ends: calibrations draw the circle by hand, often too wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from vr360.fisheye.camera import Camera
from vr360.fisheye.lens import Lens
from vr360.fisheye.ring import Floats
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array

_BRIGHT = 90  # percentile around the circle: the sky tells where light ends, a dark meadow does not
_INSIDE = 0.9  # of the radius: surely lit
_KEPT = 0.5  # of the brightness there; a rim falls off much faster than vignetting
_DARKEST = 40.0  # grey levels: pictures darker than that inside say nothing
_DIRECTIONS = 720


def trimmed(camera: Camera, frames: Sequence[Rgb]) -> Camera:
    """The camera with its circles shrunk to what is lit in some frames of its size."""
    scale = np.float32(1 if frames[0].dtype == np.uint8 else 0.25)
    brightest = np.asarray(cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY))
    for frame in frames[1:]:
        brightest = np.maximum(brightest, cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
    grey = brightest.astype(np.float32) * scale
    left, right = (_trimmed_lens(lens, grey) for lens in camera.lenses)
    return replace(camera, lenses=(left, right))


def _trimmed_lens(lens: Lens, grey: Floats) -> Lens:
    cx, cy, radius = lens.circle
    if not np.isfinite(radius):
        return lens
    radii = np.arange(_INSIDE * radius, radius, 1.0)
    profile = _profile(lens, grey, radii)
    if not profile[0] >= _DARKEST:
        return lens
    dark = np.flatnonzero(~(profile >= _KEPT * profile[0]))
    return replace(lens, circle=(cx, cy, float(radii[dark[0]]))) if len(dark) else lens


def _profile(lens: Lens, grey: Floats, radii: Array) -> Array:
    """Brightness of the bright parts at some distances from the circle's centre."""
    turn = np.arange(_DIRECTIONS) / _DIRECTIONS * FULL_TURN
    x = lens.circle[0] + radii[:, None] * np.cos(turn)
    y = lens.circle[1] + radii[:, None] * np.sin(turn)
    left, right, top, bottom = lens.box
    seen = (x >= left) & (x <= right - 1) & (y >= top) & (y <= bottom - 1)
    found = cv2.remap(grey, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    rows = zip(np.asarray(found), seen, strict=True)
    return np.array([np.percentile(row[own], _BRIGHT) if own.any() else 0.0 for row, own in rows])
