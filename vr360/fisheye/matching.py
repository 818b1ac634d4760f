"""The same points seen by both lenses, found in the ring where they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.fisheye.camera import Camera
from vr360.fisheye.photometry import match_lenses
from vr360.fisheye.ring import Floats, Ring, RingSampler, from_ring
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array

Grey = NDArray[np.uint8]

REACH = np.radians(14)
_CORNERS = 1500  # a frame
_WINDOW = 21  # pixels that are compared
_LEVELS = 3  # of the pyramid: displacements up to about _WINDOW * 2 ** _LEVELS / 2 are found
_RETURN = 0.5  # pixels by which a point may miss its start when tracked there and back
_CLIP_LIMIT = 4.0  # shadows and sky have corners too, once their contrast is lifted
_EDGE = np.radians(0.8)  # rims blur and glow
_NEIGHBOURS = 8
_CONFORM = 2.5  # pixels that a match may differ from the median of its neighbours


@dataclass(frozen=True)
class Matches:
    """Places of the same points in both lens pictures.

    Attributes:
        left, right: (N, 2) x, y in pixels of the frame.
    """

    left: Array
    right: Array

    def __len__(self) -> int:
        return len(self.left)

    def take(self, which: NDArray[np.bool_] | slice) -> Matches:
        return Matches(self.left[which], self.right[which])


def find_matches(camera: Camera, frames: Sequence[Rgb], width: int) -> Matches:
    """Track corners of the left lens's ring into the right lens's.

    Args:
        camera: of the size of the frames, right to some degrees.
        frames: of the film.
        width: of the unrolled ring, pixels; the narrower, the larger the errors it bridges.
    """
    sampler = RingSampler(camera, width, REACH)
    rings = [sampler(frame) for frame in frames]
    photometry = match_lenses(camera, frames)
    gains = [photometry.gain(camera, side, sampler.direction) for side in (0, 1)]
    found = [_track(ring, gains) for ring in rings]
    left, right = (np.concatenate(points) for points in zip(*found, strict=True))
    return Matches(_to_frame(camera, 0, left, width), _to_frame(camera, 1, right, width))


def _track(ring: Ring, gains: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Places (N, 2) in the left ring and in the right one, pixels; x may lie beyond the ends."""
    wrap = _WINDOW * 2**_LEVELS
    shift = np.array([wrap, 0], np.float32)
    one, two = (_grey(rgb * gain, wrap) for rgb, gain in zip(ring.rgb, gains, strict=True))
    mask = (np.minimum(*ring.margin) > _EDGE).astype(np.uint8)
    mask = np.pad(mask, ((0, 0), (wrap, wrap)))  # corners once, though the picture wraps
    corners = cv2.goodFeaturesToTrack(one, _CORNERS, 0.005, 5, mask=mask)
    if corners is None:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    start = np.asarray(corners, np.float32).reshape(-1, 2)
    end, there = _follow(one, two, start)
    returned, back = _follow(two, one, end)
    good = there & back & (np.linalg.norm(returned - start, axis=1) < _RETURN)
    good &= _seen(ring.margin[1], end - shift)
    good[good] = _conforming(start[good], end[good])
    return start[good] - shift, end[good] - shift


def _follow(one: Grey, two: Grey, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where points (N, 2) of one picture went in another, and whether they were found."""
    start = points.reshape(-1, 1, 2)
    size = (_WINDOW, _WINDOW)
    end, found, _ = cv2.calcOpticalFlowPyrLK(
        one, two, start, np.zeros_like(start), winSize=size, maxLevel=_LEVELS
    )
    return np.asarray(end, np.float32).reshape(-1, 2), np.asarray(found).ravel() == 1


def _grey(rgb: Floats, wrap: int) -> Grey:
    grey = cv2.cvtColor(np.clip(rgb, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    lifted = cv2.createCLAHE(_CLIP_LIMIT, (4, 32)).apply(grey)
    return np.pad(np.asarray(lifted, np.uint8), ((0, 0), (wrap, wrap)), mode="wrap")


def _seen(margin: Array, places: Floats) -> NDArray[np.bool_]:
    height, width = margin.shape
    column, row = np.rint(places).astype(int).T
    inside = (row >= 0) & (row < height)
    return np.asarray(inside & (margin[np.clip(row, 0, height - 1), column % width] > _EDGE))


def _conforming(start: Floats, end: Floats) -> NDArray[np.bool_]:
    """Which move as their neighbours do; a lone one was mistaken, whatever the camera is."""
    if len(start) <= _NEIGHBOURS:
        return np.zeros(len(start), bool)
    apart = np.linalg.norm(start[:, None] - start[None], axis=-1)
    near = np.argpartition(apart, _NEIGHBOURS, axis=1)[:, : _NEIGHBOURS + 1]
    move = end - start
    typical = np.median(move[near], axis=1)
    return np.asarray(np.linalg.norm(move - typical, axis=1) < _CONFORM)


def _to_frame(camera: Camera, side: int, places: Floats, width: int) -> Array:
    """Pixels (N, 2) of the frame behind pixels of the unrolled ring."""
    step = FULL_TURN / width
    height = 2 * max(1, round(REACH / step))
    azimuth = (places[:, 0].astype(float) + 0.5) * step
    depth = (height / 2 - places[:, 1].astype(float) - 0.5) * step
    return np.stack(camera.lenses[side].project(from_ring(camera, azimuth, depth)), axis=-1)
