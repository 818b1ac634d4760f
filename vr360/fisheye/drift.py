"""Lenses that change their exposure against each other while they film.

Each lens may have an automatic exposure of its own: when the camera turns, one of them sees the
sun. What a film's match leaves over is read off each frame by itself, so that frames stay
independent of each other. Small changes are left alone: they are noise, and following them would
flicker.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.fisheye.camera import Camera
from vr360.fisheye.photometry import Photometry
from vr360.fisheye.ring import Floats, RingSampler
from vr360.frame import Rgb
from vr360.geometry import Array

TOLERANCE = 0.012  # log units; frames of a steady film differ by half of that
_FURTHEST = 0.7  # a stop and a half; what lies beyond is no exposure
_WIDTH = 720
_REACH = np.radians(8)
_BINS = 72, 12  # columns, rows
_INSIDE = np.radians(1.0)
_USABLE = 20.0, 235.0  # 8-bit levels of a bin's mean
_LEAST = 60  # bins that must be usable


class LightMeter:
    """Reads off a frame how much brighter the left lens is than the right one.

    Args:
        camera: of the size of the frames.
        photometry: what is corrected already.
    """

    def __init__(self, camera: Camera, photometry: Photometry) -> None:
        self._sampler = RingSampler(camera, _WIDTH, _REACH)
        direction = self._sampler.direction
        self._gains = [photometry.gain(camera, side, direction) for side in (0, 1)]
        inside = (np.minimum(*self._sampler.margin) > _INSIDE).astype(np.float32)
        self._whole = np.asarray(cv2.resize(inside, _BINS, interpolation=cv2.INTER_AREA)) > 0.99

    def __call__(self, rgb: Rgb) -> Array:
        """(3,) logarithms of left over right, medians over the ring; 0 where too little is seen."""
        left, right = (
            _bins(seen * gain)
            for seen, gain in zip(self._sampler(rgb).rgb, self._gains, strict=True)
        )
        usable = self._whole & _between(left) & _between(right)
        if np.count_nonzero(usable) < _LEAST:
            return np.zeros(3)
        return np.asarray(np.median(np.log(left[usable] / right[usable]), axis=0), float)


def _bins(picture: Floats) -> Floats:
    return np.asarray(cv2.resize(picture, _BINS, interpolation=cv2.INTER_AREA), np.float32)


def _between(picture: Floats) -> NDArray[np.bool_]:
    low, high = _USABLE
    return np.asarray((picture > low).all(-1) & (picture < high).all(-1))


def evened(rgb: Rgb, camera: Camera, drift: Array) -> Rgb:
    """A frame freed of a drift (3,) beyond the tolerance; half of it goes to each lens."""
    beyond = np.maximum(np.abs(drift) - TOLERANCE, 0)
    log = np.sign(drift) * np.minimum(beyond, _FURTHEST)
    if not log.any():
        return rgb
    out = np.empty_like(rgb)
    middle = rgb.shape[1] // 2
    for side, lens in enumerate(camera.lenses):
        half = slice(0, middle) if lens.centre[0] < middle else slice(middle, None)
        factor = np.exp((side - 0.5) * log)
        scale = np.array([*factor, 0.0])  # cv2 takes four numbers for a colour
        out[:, half] = cv2.multiply(rgb[:, half], scale)
    return out
