"""Optical flow on the sphere: where each point of a picture was in the one before.

1. Egomotion: the camera's rotation is estimated from a coarse flow and compensated.
2. Residual flow: OpenCV's DIS (Kroeger et al. 2016) on a band about the equator and on a view of
   each pole, fused into one field of vectors: no seam, no pole.
3. Regularisation: a guided filter; the epipolar constraint of the camera's translation; zero flow
   where that explains the picture as well.
4. Confidence: forward-backward consistency.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.planar import Floats, Grey, planar_flow
from pipeline.temporal.rotation import CameraMotion, camera_motion
from pipeline.temporal.views import (
    View,
    blur,
    fuse,
    guided_filter,
    length,
    sample,
    sample_at,
    sphere_directions,
    turned,
    unit,
    upsample,
    views,
)
from vr360.filters import gaussian_blur, gradient
from vr360.frame import Rgb, in_bytes
from vr360.geometry import FULL_TURN, row_areas

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """How finely flow is estimated.

    Attributes:
        height: rows of the equirect picture on which flow is estimated; larger ones are reduced.
        preset: of `cv2.DISOpticalFlow`.
        finest: DIS stops at 1 / 2^finest of that size, and there the field has its pixels.
        rotation_rounds: estimates of the camera's rotation, each from the last one's answer.
        planar: the flow estimator between two flat views; DIS by default.
    """

    height: int
    preset: int
    finest: int
    rotation_rounds: int = 1
    planar: Callable[[Grey, Grey], Floats] | None = None

    def flow(self, current: Grey, previous: Grey, finest: int) -> Floats:
        """`planar_flow` of two views."""
        if self.planar:
            return self.planar(current, previous)
        return planar_flow(current, previous, self.preset, finest)


FAST = Quality(256, cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, 1)
FINE = Quality(512, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, 0, rotation_rounds=2)
COARSE = Quality(128, cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, 1)  # for the camera's rotation alone

PREBLUR = 0.5  # pixels, sigma of the blur before flow is estimated
GUIDE_RADIUS, GUIDE_EDGE = 4, 25.0  # pixels and grey levels of the guided filter of the field
POINTS = 32  # rows of the grid of points from which the camera's motion is estimated
TEXTURE = 200.0  # squared grey levels a pixel: mean squared gradient that carries a flow well
OFF_EPIPOLAR = 4.0  # residual spreads off its great circle at which a point half moves by itself
ZERO_MARGIN = 0.3  # grey levels, RMS: by so much flow must explain a picture better than none
ZERO_RADIUS = 5  # pixels around, over which that is compared
EPIPOLAR_RADIUS = 8  # pixels around, over which motion off the great circles is averaged
CONSISTENCY = 0.5, 0.1  # pixels, and share of the flow: allowed forward-backward error


@dataclass(frozen=True)
class SphereFlow:
    """Motion from the present picture back to the one before.

    Attributes:
        direction: (H, W, 3) float32 unit vectors: where each pixel's point was, in the previous
            camera's frame (the convention of `sample_clips`).
        confidence: (H, W) float32 in 0..1: forward-backward consistency; near 0 where the point
            was occluded in the previous picture.
        camera: how the camera moved (egomotion).
    """

    direction: Floats
    confidence: Floats
    camera: CameraMotion

    def resized(self, height: int, width: int) -> SphereFlow:
        """The same field for pictures of another size."""
        shape = self.confidence.shape
        if shape == (height, width):
            return self
        motion = upsample(self.direction - sphere_directions(*shape), height, width)
        confidence = upsample(self.confidence[..., None], height, width)[..., 0]
        direction = unit(sphere_directions(height, width) + motion)
        return SphereFlow(direction, confidence, self.camera)


@dataclass(frozen=True)
class Tracked:
    """A frame's source, small and grey, and the flow from it back to the frame before, if any."""

    now: Grey
    flow: SphereFlow | None


def track(source: Rgb, last: Grey | None, quality: Quality) -> Tracked:
    """Follow an eye (H, W, 3) from the frame before, which was `last`, to this one."""
    now = grey(source, min(quality.height, len(source)))
    return Tracked(now, None if last is None else grey_flow(now, last, quality))


def sphere_flow(current: Rgb, previous: Rgb, quality: Quality = FINE) -> SphereFlow:
    """Where each pixel of `current` was in `previous`; both (H, W, 3) of one eye, W even.

    The field has the pictures' size; `working_flow` gives it in the size it was found in.
    """
    return working_flow(current, previous, quality).resized(*current.shape[:2])


def working_flow(current: Rgb, previous: Rgb, quality: Quality) -> SphereFlow:
    """`sphere_flow` in the size it is found in.

    Raises:
        ValueError: the pictures differ in size.
    """
    if current.shape != previous.shape:
        raise ValueError(f"two sizes: {current.shape} and {previous.shape}")
    height = min(quality.height, current.shape[0])
    return grey_flow(grey(current, height), grey(previous, height), quality)


def grey_flow(now: Grey, before: Grey, quality: Quality) -> SphereFlow:
    """`working_flow` for pictures made by `grey`; its field is (h, 2 h), h = H / 2^finest."""
    field = max(len(now) >> quality.finest, 2)
    small, small_before = _reduced(now, field), _reduced(before, field)
    turn = camera_turn(now, before, quality.rotation_rounds)
    parts, rays = views(len(now), field), sphere_directions(field, 2 * field)  # (h, w, 3)
    pairs = _pairs(parts, now, before, turn)
    compensated = _codes(sample(small_before, turned(rays, turn)))  # (h, w)
    backward = _fused(parts, small, pairs, quality, caps_finer=True)  # (h, w, 3), now to before
    coarser = replace(quality, finest=quality.finest + 1)  # occlusion shows at this scale, too
    forward = _fused(parts, compensated, [(b, a) for a, b in pairs], coarser)
    camera = _camera(small, backward, turn)
    residual = turned(unit(rays + backward), camera.rotation.T @ turn) - rays
    residual = _epipolar(residual, camera)
    residual = _prefer_zero(small, small_before, residual, camera.rotation)
    direction = turned(unit(rays + residual), camera.rotation)
    return SphereFlow(direction, _consistency(backward, forward), camera)


def parallax(now: Grey, before: Grey, quality: Quality) -> SphereFlow:
    """`grey_flow` between the two eyes of one moment: stereo disparity, no camera has moved.

    The eyes of an omnidirectional stereo picture share their pose and have no baseline in common,
    so there is neither a rotation to compensate nor an epipolar constraint.
    """
    field = max(len(now) >> quality.finest, 2)
    small, small_before = _reduced(now, field), _reduced(before, field)
    parts = views(len(now), field)
    pairs = _pairs(parts, now, before, np.eye(3))
    found = _fused(parts, small, pairs, quality, caps_finer=True)  # (h, w, 3)
    reverse = _fused(parts, small_before, [(b, a) for a, b in pairs], quality)
    motion = _prefer_zero(small, small_before, found, np.eye(3))
    rays = sphere_directions(field, 2 * field)
    # Where zero parallax explains the picture, consistency of what was found does not matter.
    kept = length(motion) / np.maximum(length(found), 1e-6)  # (h, w)
    confidence = np.maximum(_consistency(found, reverse), 1 - kept)
    return SphereFlow(unit(rays + motion), confidence, CameraMotion(np.eye(3), rays[0, 0], 0.0))


def camera_turn(now: Grey, before: Grey, rounds: int = 2) -> Array:
    """The camera's rotation (3, 3) from a coarse flow; each round starts from the last one's."""
    height = min(COARSE.height, len(now))
    small, small_before = _reduced(now, height), _reduced(before, height)
    field = max(height >> COARSE.finest, 2)
    parts, guide = views(height, field), _reduced(small, field)
    turn: Array = np.eye(3)
    for _ in range(rounds):
        pairs = _pairs(parts, small, small_before, turn)
        turn = _camera(guide, _fused(parts, guide, pairs, COARSE), turn).rotation
    return turn


def grey(rgb: Rgb, height: int) -> Grey:
    """One eye, as (height, 2 height) uint8, a little soft.

    The previous picture is resampled and thereby softened; the less the two differ in that, the
    smaller is the error it makes.
    """
    level = cv2.cvtColor(in_bytes(_reduced(rgb, height)), cv2.COLOR_RGB2GRAY)
    return np.asarray(gaussian_blur(np.asarray(level), PREBLUR), np.uint8)


def _reduced(picture: NDArray[Any], height: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(picture, (2 * height, height), interpolation=cv2.INTER_AREA))


def _pairs(
    parts: tuple[View, ...], now: Grey, before: Grey, turn: Array
) -> list[tuple[Grey, Grey]]:
    """Each view of both pictures, the camera's rotation compensated: (h, w) uint8 each."""
    return [
        (
            _codes(sample_at(now, *part.places)),
            _codes(sample(before, turned(part.directions, turn))),
        )
        for part in parts
    ]


def _codes(values: Floats) -> Grey:
    return np.asarray(np.rint(values), np.uint8)


def _fused(
    parts: tuple[View, ...],
    guide: Grey,
    pairs: list[tuple[Grey, Grey]],
    quality: Quality,
    caps_finer: bool = False,
) -> Floats:
    """The flow of all views as one field of vectors, filtered along the edges of `guide`.

    Args:
        parts: band and caps.
        guide: (h, w), the picture whose edges the field keeps.
        pairs: what each view shows of both pictures.
        caps_finer: go down as many scales more as each view has in `extra_scales`.
    Returns:
        (h, w, 3) vectors from each direction to where its point was.
    """
    extra = [part.extra_scales if caps_finer else 0 for part in parts]
    finest = [max(0, quality.finest - more) for more in extra]
    flows = [quality.flow(*pair, stop) for pair, stop in zip(pairs, finest, strict=True)]
    field = fuse(parts, flows, len(guide))
    return guided_filter(field, guide.astype(np.float32), GUIDE_RADIUS, GUIDE_EDGE)


def _camera(now: Grey, motion: Floats, turn: Array) -> CameraMotion:
    """Egomotion: `turn`, refined by the rotation and translation in the residual `motion`."""
    height = len(now)
    step = max(1, height // POINTS)
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    rays = sphere_directions(*now.shape)[grid].reshape(-1, 3).astype(np.float64)  # (N, 3)
    weight = (row_areas(height)[:, None] * _texture(now))[grid].ravel()  # (N,)
    moved = rays + motion[grid].reshape(-1, 3)
    small = camera_motion(rays, moved / np.linalg.norm(moved, axis=1, keepdims=True), weight)
    return CameraMotion(turn @ small.rotation, small.travel, small.spread)


def _texture(now: Grey) -> Floats:
    """(h, w) in 0..1, g / (g + TEXTURE): g is the mean squared gradient around each pixel."""
    across, down = gradient(now)
    power = blur(np.asarray(across**2 + down**2, np.float32), 4)
    return np.asarray(power / (power + TEXTURE), np.float32)


def _epipolar(motion: Floats, camera: CameraMotion) -> Floats:
    """The epipolar constraint: remove small motion off the great circles through the translation.

    A region whose mean motion off them is large moves by itself and keeps it. With m that mean and
    r the allowed residual, the share m^2 / (m^2 + r^2) is kept.
    """
    rays = sphere_directions(*motion.shape[:2])
    across = np.cross(rays, camera.travel.astype(np.float32))
    across /= np.maximum(length(across)[..., None], 1e-3)
    off = np.einsum("hwi,hwi->hw", motion, across)
    usual = blur(off, EPIPOLAR_RADIUS) ** 2
    kept = usual / (usual + (OFF_EPIPOLAR * camera.spread) ** 2)
    return np.asarray(motion - (off * (1 - kept))[..., None] * across, np.float32)


def _prefer_zero(now: Grey, before: Grey, motion: Floats, rotation: Array) -> Floats:
    """Shrink motion to zero where the camera's rotation alone explains the picture as well.

    With g the mean squared error that the motion saves, the share g / (g + ZERO_MARGIN^2) is kept.
    It keeps untextured places, and the sky around a moving tree, still.
    """
    rays = sphere_directions(*now.shape)
    places = turned(rays, rotation), turned(unit(rays + motion), rotation)
    still, moved = (blur((sample(before, at) - now) ** 2, ZERO_RADIUS) for at in places)
    gain = np.maximum(still - moved, 0)
    return np.asarray(motion * (gain / (gain + ZERO_MARGIN**2))[..., None], np.float32)


def _consistency(backward: Floats, forward: Floats) -> Floats:
    """Forward-backward consistency of two fields (h, w, 3): (h, w) in 0..1, 0 at occlusions.

    exp(-|b + f(x + b)|^2 / (p + k |b|)^2), b being the flow from the present back, f the one
    forth. A soft form of the test of Sundaram, Brox and Keutzer 2010, "Dense point trajectories by
    GPU-accelerated large displacement optical flow".
    """
    height, width = backward.shape[:2]
    pixels, share = CONSISTENCY
    gap = backward + sample(forward, unit(sphere_directions(height, width) + backward))
    slack = pixels * FULL_TURN / width + share * length(backward)
    return np.asarray(np.exp(-np.sum(gap * gap, axis=2) / slack**2), np.float32)
