"""Making two lenses agree in brightness and colour where they meet.

Both see the ring between them, so the ratio of their pictures there tells what to correct. It is
fitted in logarithms of the encoded values, for each colour by a short Fourier series around the
ring (the mean is the difference in exposure and white balance; the rest is glare and tilted lenses)
and by one falloff towards the rim, which both lenses share. Held for a whole film, it cannot
flicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vr360.filters import Around, box_blur
from vr360.fisheye.camera import Camera
from vr360.fisheye.ring import Floats, Ring, RingSampler, to_ring
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN, Array

GAMMA = 2.2  # between light and encoded values; vignetting is known in light
ORDERS = 3  # of the series around the ring
USABLE = (16.0, 245.0)  # 8-bit levels: below is noise and black, above is clipped
_INSIDE = np.radians(1.0)  # the rim itself glows or is black
_WIDTH = 960  # pixels around the ring: light changes slowly
_REACH = np.radians(14)
_BINS = (12, 72)  # rows, columns of the ring that are fitted
_LEAST = 40  # bins: with fewer the mean alone is fitted
_HUBER = 0.03  # log units; parallax and moving things lie beyond
_ROUNDS = 8
_BROAD = 6  # power of the angle by which light falls off where the calibration is silent
_STEEP = 16  # and where it is not: what it leaves over lies in the last degrees
_WIDEST = np.radians(110)
_STIFFNESS = 0.02  # of the higher orders, against the number of bins


@dataclass(frozen=True)
class Photometry:
    """What to multiply the two lenses' pictures with.

    Attributes:
        series: (2 ORDERS + 1, 3) of log(left / right) for R', G', B'.
        falloff: (3,) log loss of both lenses at 90 degrees, beyond what the camera's model says.
        power: of the angle by which it grows.
    """

    series: Array
    falloff: Array
    power: int = _STEEP

    def gain(self, camera: Camera, side: int, direction: Array) -> Floats:
        """(..., 3) factors for encoded values of lens `side` (0 left, 1 right)."""
        lens = camera.lenses[side]
        azimuth, depth = to_ring(camera, direction)
        sign = -0.5 if side == 0 else 0.5
        log = sign * (_basis(azimuth, depth) @ self.series)
        log += self.falloff * _rim(lens.angle(direction), self.power)[..., None]
        log -= (np.log(lens.light(*lens.project(direction))) / GAMMA)[..., None]
        return np.asarray(np.exp(log), np.float32)


def neutral() -> Photometry:
    """Nothing but the camera's own vignetting and exposure."""
    return Photometry(np.zeros((2 * ORDERS + 1, 3)), np.zeros(3))


def _basis(azimuth: Array, depth: Array) -> Array:
    """(..., 2 ORDERS + 1): the mean holds for a whole lens, the rest fades towards its axis."""
    fade = np.cos(depth) ** 2
    parts = [np.ones_like(azimuth)]
    for order in range(1, ORDERS + 1):
        parts += [fade * np.cos(order * azimuth), fade * np.sin(order * azimuth)]
    return np.stack(parts, axis=-1)


def _rim(angle: Array, power: int) -> Array:
    return np.asarray((np.minimum(angle, _WIDEST) / (HALF_TURN / 2)) ** power)


def match_lenses(camera: Camera, frames: Sequence[Rgb]) -> Photometry:
    """Fit the photometry to some frames of the camera's size, spread over the film."""
    sampler = RingSampler(camera, _WIDTH, _REACH)
    return _match_rings(camera, [sampler(frame) for frame in frames], sampler.direction)


def _match_rings(camera: Camera, rings: Sequence[Ring], direction: Array) -> Photometry:
    plain = neutral()
    gains = [np.log(plain.gain(camera, side, direction)) for side in (0, 1)]
    ratios = np.stack([_log_ratio(ring, gains) for ring in rings])
    ratio = _medians(ratios)
    rows, columns = _BINS
    azimuth, depth = np.meshgrid(
        _bin_means(rings[0].azimuth, columns), _bin_means(rings[0].depth, rows)
    )
    known = any(any(lens.vignetting) for lens in camera.lenses)
    power = _STEEP if known else _BROAD
    rims = _rim(HALF_TURN / 2 - depth, power) - _rim(HALF_TURN / 2 + depth, power)
    seen = np.isfinite(ratio).all(-1)
    if not seen.any():
        return plain
    series, falloff = _fit(_basis(azimuth, depth)[seen], rims[seen], ratio[seen])
    return Photometry(series, falloff, power)


def _log_ratio(ring: Ring, gains: Sequence[Floats]) -> Floats:
    """(H, W, 3) of log(left / right) with the model's light undone; nan where it says nothing."""
    left, right = (box_blur(rgb, 5, Around.RING) for rgb in ring.rgb)
    low, high = USABLE
    usable = np.minimum(*ring.margin) > _INSIDE
    for rgb in (left, right):
        usable &= np.asarray(cv2.inRange(rgb, (low,) * 3, (high,) * 3)) > 0
    ratio = np.log(np.maximum(left, 1)) + gains[0] - np.log(np.maximum(right, 1)) - gains[1]
    return np.where(usable[..., None], ratio, np.float32(np.nan))


def _medians(ratios: Floats) -> Array:
    """(rows, columns, 3) of medians over bins and frames; nan where too little is seen."""
    rows, columns = _BINS
    result = np.full((rows, columns, 3), np.nan)
    blocks = [np.array_split(strip, columns, axis=2) for strip in np.array_split(ratios, rows, 1)]
    for row, strip in enumerate(blocks):
        for column, block in enumerate(strip):
            values = block.reshape(-1, 3)
            values = values[np.isfinite(values[:, 0])]
            if len(values) * 4 > block.size / 3:
                result[row, column] = np.median(values, axis=0)
    return result


def _bin_means(values: Array, count: int) -> Array:
    return np.array([part.mean() for part in np.array_split(values, count)])


def _fit(basis: Array, rims: Array, ratio: Array) -> tuple[Array, Array]:
    """Robust least squares: the three colours and the shared falloff in turns."""
    series, falloff = np.zeros((basis.shape[1], 3)), np.zeros(3)
    stiff = np.full(basis.shape[1], _STIFFNESS * len(basis))
    stiff[0] = 0
    dark = rims[:, None]
    if len(basis) < _LEAST:
        return _mean_only(series, ratio), falloff
    for _ in range(_ROUNDS):
        rest = ratio + falloff * dark - basis @ series
        weight = np.minimum(1, _HUBER / np.maximum(np.abs(rest), 1e-9)).mean(-1, keepdims=True)
        weighted = basis * weight
        normal = weighted.T @ basis + np.diag(stiff)
        series = np.linalg.solve(normal, weighted.T @ (ratio + falloff * dark))
        rest = ratio - basis @ series
        falloff = -(weight * dark * rest).sum(0) / max(float((weight * dark**2).sum()), 1e-9)
    return series, falloff


def _mean_only(series: Array, ratio: Array) -> Array:
    series[0] = np.median(ratio, axis=0)
    return series
