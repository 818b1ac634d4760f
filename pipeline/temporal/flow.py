"""Optical flow on the sphere: where each point of a picture was in the one before.

The camera's own turning is found first and taken out; what is left is small. OpenCV's DIS (Kroeger
et al. 2016) reads it off a band about the equator and a view of each pole, which are fused into one
field of vectors: no seam, no pole. What the camera's travel explains is then held to its great
circles, and what standing still explains stands still.
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
    Cap,
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
from vr360.frame import Rgb, bit_depth
from vr360.geometry import FULL_TURN, row_areas

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Quality:
    """How carefully to look.

    Attributes:
        height: rows of the equirect picture on which motion is sought; larger ones are reduced.
        preset: of `cv2.DISOpticalFlow`.
        finest: DIS stops at 1 / 2^finest of that size, and there the field has its pixels.
        looks: how often the camera's turning is looked for, each time from the last answer.
        planar: what finds the flow between two views; DIS by default.
    """

    height: int
    preset: int
    finest: int
    looks: int = 1
    planar: Callable[[Grey, Grey], Floats] | None = None

    def flow(self, current: Grey, previous: Grey, finest: int) -> Floats:
        """`planar_flow` of two views."""
        if self.planar:
            return self.planar(current, previous)
        return planar_flow(current, previous, self.preset, finest)


FAST = Quality(256, cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, 1)
FINE = Quality(512, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, 0, looks=2)
COARSE = Quality(128, cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, 1)  # for the camera's turning alone

SOFT = 0.5  # pixels: blur before anything else
REACH, EDGE = 4, 25.0  # the flow is smoothed over so many pixels but for such steps of grey
POINTS = 32  # rows of the grid of points that tell how the camera moved
TEXTURE = 200.0  # squared grey levels a pixel: slopes of which a motion can be read with ease
OFF_TRAVEL = 4.0  # spreads off its great circle at which a thing half moves by itself
STILL = 0.3  # grey levels: motion must explain the picture better by this to be believed
WINDOW = 5  # pixels around, over which that is asked
SMOOTH = 8  # pixels around, over which motion off the travel is averaged
AGREEMENT = 0.5, 0.1  # pixels, and share of the motion, by which there and back may differ


@dataclass(frozen=True)
class SphereFlow:
    """Motion from the present picture back to the one before.

    Attributes:
        direction: (H, W, 3) float32 unit vectors: where each pixel's point was, in the previous
            camera's frame (the convention of `sample_clips`).
        confidence: (H, W) float32 in 0..1: how well the motion there and the motion back agree;
            near 0 where the point was hidden.
        camera: how the camera moved.
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
    turn = camera_turn(now, before, quality.looks)
    parts = views(len(now), field)
    pairs = _pairs(parts, now, before, turn)
    alike = _codes(sample(small_before, turned(sphere_directions(field, 2 * field), turn)))
    there = _fused(parts, small, pairs, quality, careful=True)
    roughly = replace(quality, finest=quality.finest + 1)  # what is hidden shows at this scale, too
    back = _fused(parts, alike, [(b, a) for a, b in pairs], roughly)
    camera = _camera(small, there, turn)
    far = sphere_directions(field, 2 * field)
    motion = turned(unit(far + there), camera.rotation.T @ turn) - far
    motion = _along_travel(motion, camera)
    motion = _still_where_that_will_do(small, small_before, motion, camera.rotation)
    direction = turned(unit(far + motion), camera.rotation)
    return SphereFlow(direction, _agreement(there, back), camera)


def parallax(now: Grey, before: Grey, quality: Quality) -> SphereFlow:
    """`grey_flow` between the two eyes of one moment: no camera has moved.

    The eyes of an omnidirectional stereo picture share their pose and have no baseline in common,
    so there is neither a turning to take out nor a travel to hold to.
    """
    field = max(len(now) >> quality.finest, 2)
    small, small_before = _reduced(now, field), _reduced(before, field)
    parts = views(len(now), field)
    pairs = _pairs(parts, now, before, np.eye(3))
    there = _fused(parts, small, pairs, quality, careful=True)
    back = _fused(parts, small_before, [(b, a) for a, b in pairs], quality)
    motion = _still_where_that_will_do(small, small_before, there, np.eye(3))
    far = sphere_directions(field, 2 * field)
    # What lies far away as well as anywhere needs no agreement on where else it might lie.
    depth = length(motion) / np.maximum(length(there), 1e-6)
    confidence = np.maximum(_agreement(there, back), 1 - depth)
    return SphereFlow(unit(far + motion), confidence, CameraMotion(np.eye(3), far[0, 0], 0.0))


def camera_turn(now: Grey, before: Grey, looks: int = 2) -> Array:
    """The camera's rotation (3, 3) from a coarse flow; each look starts from the last."""
    height = min(COARSE.height, len(now))
    small, small_before = _reduced(now, height), _reduced(before, height)
    field = max(height >> COARSE.finest, 2)
    parts, guide = views(height, field), _reduced(small, field)
    turn: Array = np.eye(3)
    for _ in range(looks):
        pairs = _pairs(parts, small, small_before, turn)
        turn = _camera(guide, _fused(parts, guide, pairs, COARSE), turn).rotation
    return turn


def grey(rgb: Rgb, height: int) -> Grey:
    """One eye, as (height, 2 height) uint8, a little soft.

    The previous picture is resampled and thereby softened; the less the two differ in that, the
    smaller is the error it makes.
    """
    small = _reduced(rgb, height)
    if bit_depth(rgb) == 10:
        small = (small >> 2).astype(np.uint8)
    level = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    return np.asarray(gaussian_blur(np.asarray(level), SOFT), np.uint8)


def _reduced(picture: NDArray[Any], height: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(picture, (2 * height, height), interpolation=cv2.INTER_AREA))


def _pairs(
    parts: tuple[View, ...], now: Grey, before: Grey, turn: Array
) -> list[tuple[Grey, Grey]]:
    """What each view shows of both pictures, the camera's turning taken out."""
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
    careful: bool = False,
) -> Floats:
    """The motion of all views as one field, smoothed along the edges of `guide`.

    `careful` goes one scale further on the caps: there are few pixels to them, and the ground below
    the camera moves fastest.
    """
    finest = [max(0, quality.finest - (isinstance(part, Cap) and careful)) for part in parts]
    flows = [quality.flow(*pair, stop) for pair, stop in zip(pairs, finest, strict=True)]
    field = fuse(parts, flows, len(guide))
    return guided_filter(field, guide.astype(np.float32), REACH, EDGE)


def _camera(now: Grey, motion: Floats, turn: Array) -> CameraMotion:
    """The camera's motion when `motion` is what is left after `turn`."""
    height = len(now)
    step = max(1, height // POINTS)
    grid = np.s_[step // 2 :: step, step // 2 :: step]
    far = sphere_directions(*now.shape)[grid].reshape(-1, 3).astype(np.float64)
    weight = (row_areas(height)[:, None] * _texture(now))[grid].ravel()
    moved = far + motion[grid].reshape(-1, 3)
    small = camera_motion(far, moved / np.linalg.norm(moved, axis=1, keepdims=True), weight)
    return CameraMotion(turn @ small.rotation, small.travel, small.spread)


def _texture(now: Grey) -> Floats:
    """0..1: how well motion can be read off each pixel's surroundings."""
    across, down = gradient(now)
    power = blur(np.asarray(across**2 + down**2, np.float32), 4)
    return np.asarray(power / (power + TEXTURE), np.float32)


def _along_travel(motion: Floats, camera: CameraMotion) -> Floats:
    """Take out what leads off the great circles of the camera's travel, if it is not much.

    A part of the picture that leaves them for good moves by itself and is left alone.
    """
    far = sphere_directions(*motion.shape[:2])
    across = np.cross(far, camera.travel.astype(np.float32))
    across /= np.maximum(length(across)[..., None], 1e-3)
    off = np.einsum("hwi,hwi->hw", motion, across)
    usual = blur(off, SMOOTH) ** 2
    kept = usual / (usual + (OFF_TRAVEL * camera.spread) ** 2)
    return np.asarray(motion - (off * (1 - kept))[..., None] * across, np.float32)


def _still_where_that_will_do(now: Grey, before: Grey, motion: Floats, rotation: Array) -> Floats:
    """Shrink motion to nothing where the far sphere explains the picture as well as it does.

    It holds what has no texture, and the sky around a moving tree, still.
    """
    far = sphere_directions(*now.shape)
    places = turned(far, rotation), turned(unit(far + motion), rotation)
    still, moved = (blur((sample(before, at) - now) ** 2, WINDOW) for at in places)
    gain = np.maximum(still - moved, 0)
    return np.asarray(motion * (gain / (gain + STILL**2))[..., None], np.float32)


def _agreement(there: Floats, back: Floats) -> Floats:
    """How well the way back from each point's place leads to the point, 0..1."""
    height, width = there.shape[:2]
    pixels, share = AGREEMENT
    gap = there + sample(back, unit(sphere_directions(height, width) + there))
    slack = pixels * FULL_TURN / width + share * length(there)
    return np.asarray(np.exp(-np.sum(gap * gap, axis=2) / slack**2), np.float32)
