"""Refining a camera by its own footage: what both lenses see must lie in one direction.

The overlap tells how the lenses are turned against each other, how large their pictures are at the
rim and where their centres lie; it says nothing of the picture's inside, so the shape of the
distortion stays as it was. Near things lie in different directions for two lenses some centimetres
apart, however well these are calibrated: take footage whose surroundings are metres away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vr360.errors import CameraError
from vr360.fisheye.camera import Camera
from vr360.fisheye.lens import Lens
from vr360.fisheye.matching import REACH, Matches, find_matches
from vr360.fisheye.photometry import match_lenses
from vr360.fisheye.ring import RingSampler
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array, angles_of, rotation

_SHARES = 0.25, 0.5, 1.0  # of the lenses' resolution: coarse first, to bridge errors of degrees
_NARROWEST = 640  # pixels around the ring, which would be too low for the matcher's window
_FRAMES = 4  # more add matches that say the same
_LEAST = 40  # matches; fewer leave the nine unknowns to chance
_ROUNDS = 12
_STEP = 1e-5  # radians and their like, for derivatives
_TRUST = np.array([0.1, 0.1, 0.1, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01])
"""How far a preset may be off, one standard deviation: radians, share of focal, share of unit."""
_MATCH_ERROR = np.radians(0.1)
_EDGE = np.radians(1.0)


@dataclass(frozen=True)
class OverlapError:
    """How well the two lenses agree where both see.

    Attributes:
        matches: points found in both.
        rms_deg, median_deg: angle between the two directions of a point.
        rms_pixels: the same in pixels of the frame.
        grey_levels: root of the mean squared difference of the matched pictures, 8-bit levels.
    """

    matches: int
    rms_deg: float
    median_deg: float
    rms_pixels: float
    grey_levels: float


@dataclass(frozen=True)
class Calibration:
    """A refined camera, and what the refinement did to matches that it was not fitted to."""

    camera: Camera
    before: OverlapError
    after: OverlapError


def calibrate(camera: Camera, frames: Sequence[Rgb]) -> Calibration:
    """Refine a camera by frames of its footage.

    Every other match is kept back and serves for the figures.

    Raises:
        CameraError: frames of another shape, or an overlap with too little to see.
    """
    camera = camera.scaled(*frames[0].shape[:2])
    frames = frames[:: -(-len(frames) // _FRAMES)]
    refined = camera
    widths = _ring_widths(camera)
    for width in widths:
        matches = find_matches(refined, frames, width)
        if len(matches) < _LEAST:
            raise CameraError(
                f"cannot calibrate {camera.name}: {len(matches)} points found in the overlap, "
                f"needed are {_LEAST}; is it the right camera, and is there texture at the seam?"
            )
        refined = fit_lenses(refined, matches.take(slice(0, None, 2)), camera)
    matches = find_matches(refined, frames, widths[-1])
    kept_back = matches.take(slice(1, None, 2))
    return Calibration(
        replace(refined, name=f"{camera.name}, calibrated"),
        overlap_error(camera, kept_back, frames),
        overlap_error(refined, kept_back, frames),
    )


def _ring_widths(camera: Camera) -> list[int]:
    full = FULL_TURN * max(lens.focal for lens in camera.lenses)
    return [max(_NARROWEST, round(share * full)) for share in _SHARES]


def overlap_error(camera: Camera, matches: Matches, frames: Sequence[Rgb]) -> OverlapError:
    """The figures of a camera on given matches and frames of its own size."""
    angle = np.linalg.norm(_apart(camera, matches), axis=-1)
    rms = float(np.sqrt(np.mean(angle**2)))
    focal = np.mean([lens.focal for lens in camera.lenses])
    return OverlapError(
        matches=len(matches),
        rms_deg=float(np.degrees(rms)),
        median_deg=float(np.degrees(np.median(angle))),
        rms_pixels=float(rms * focal),
        grey_levels=grey_levels(camera, frames),
    )


def grey_levels(camera: Camera, frames: Sequence[Rgb]) -> float:
    """Root of the mean squared difference of the lenses' matched pictures, 8-bit levels."""
    sampler = RingSampler(camera, _ring_widths(camera)[-2], REACH)
    both = np.minimum(*sampler.margin) > _EDGE
    if not both.any():
        return float("inf")
    rings = [sampler(frame) for frame in frames]
    photometry = match_lenses(camera, frames)
    gains = [photometry.gain(camera, side, sampler.direction)[both] for side in (0, 1)]
    apart = [ring.rgb[0][both] * gains[0] - ring.rgb[1][both] * gains[1] for ring in rings]
    return float(np.sqrt(np.mean(np.square(apart))))


def fit_lenses(camera: Camera, matches: Matches, preset: Camera) -> Camera:
    """Turn, size and centres of the lenses by robust least squares (Gauss-Newton, Cauchy weights).

    The left lens's turn stays, because it carries the film's forward direction. The answer is drawn
    towards `preset` where the matches say little.
    """
    values = np.zeros(len(_TRUST))
    start = _difference(camera, preset)
    for _ in range(_ROUNDS):
        rest = _apart(_changed(camera, values), matches)
        slopes = [
            (_apart(_changed(camera, values + step), matches) - rest) / _STEP
            for step in np.eye(len(values)) * _STEP
        ]
        jacobian = np.stack(slopes, axis=-1).reshape(-1, len(values))
        scale = max(1.5 * float(np.median(np.linalg.norm(rest, axis=-1))), _MATCH_ERROR)
        weight = 1 / (1 + (np.linalg.norm(rest, axis=-1) / scale) ** 2)
        weight = np.repeat(weight, 3) / _MATCH_ERROR**2
        normal = jacobian.T @ (jacobian * weight[:, None]) + np.diag(_TRUST**-2)
        gradient = jacobian.T @ (rest.ravel() * weight) + (values + start) / _TRUST**2
        change = np.linalg.solve(normal, gradient)
        values = values - change
        if np.abs(change).max() < _STEP:
            break
    return _changed(camera, values)


def _apart(camera: Camera, matches: Matches) -> Array:
    """(N, 3) between the unit directions of both lenses; its length is the angle, nearly."""
    left, right = camera.lenses
    return left.unproject(*matches.left.T) - right.unproject(*matches.right.T)


def _changed(camera: Camera, values: Array) -> Camera:
    """The camera with `values` added: turn of the right lens, focals, centres."""
    left, right = camera.lenses
    turn = angles_of(rotation(*values[:3]) @ right.rotation)
    return replace(
        camera,
        lenses=(
            _resized(left, values[3], values[5:7]),
            replace(_resized(right, values[4], values[7:9]), turn=turn),
        ),
    )


def _resized(lens: Lens, focal: float, centre: Array) -> Lens:
    x, y = np.asarray(lens.centre) + centre * lens.unit
    return replace(lens, focal=lens.focal * float(np.exp(focal)), centre=(float(x), float(y)))


def _difference(camera: Camera, preset: Camera) -> Array:
    """The values that lead from `preset` to `camera`."""
    pairs = list(zip(camera.lenses, preset.lenses, strict=True))
    turn = angles_of(camera.lenses[1].rotation @ preset.lenses[1].rotation.T)
    focals = [np.log(now.focal / then.focal) for now, then in pairs]
    centres = [(np.subtract(now.centre, then.centre)) / then.unit for now, then in pairs]
    return np.concatenate([turn, focals, *centres])
