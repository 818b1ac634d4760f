"""What moves by itself, told from what only seems to because the camera moves.

With the camera's rotation compensated, whatever stands still moves along the great circles through
the direction of travel, away from where the camera goes (the epipolar constraint). What leaves its
circle, or goes the other way on it, moves by itself. What moves along it as standing things would
cannot be told from them; nor can anything where no texture shows that it moves.
"""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np

from pipeline.film.watching import Watched
from pipeline.looks.masks import Floats, Seen, edge
from pipeline.looks.memory import Memory, Motions, expected
from pipeline.temporal.flow import FAST, SphereFlow, track
from pipeline.temporal.planar import Grey
from pipeline.temporal.views import blur, length, sample, sphere_directions, turned
from vr360.geometry import FULL_TURN

SLOWEST = 0.12  # pixels of the flow's field a frame; at 24 frames a second 4° a second
NOISE = 3.0  # of the flow's own spread about the great circles
STANDING = 0.1  # pixels: less in three quarters of the sphere, and the camera only turns
MEMORY = 0.5  # of the newest frame in the average
REACH = 2  # pixels of the field that the mask is evened out over


class Moving:
    """The mask of what moves by itself, averaged along the flow.

    Args:
        clip: shows what comes next where nothing came before.
    """

    def __init__(self, clip: Watched) -> None:
        self._clip = clip
        self._last: dict[int, tuple[Grey, Floats]] = {}  # of each eye

    @property
    def memory(self) -> Memory | None:
        return Motions(list(self._last.values()))

    @memory.setter
    def memory(self, memory: Memory | None) -> None:
        known = expected(Motions, memory)
        self._last = dict(enumerate(known.eyes)) if known else {}

    def begin_shot(self) -> None:
        self._last = {}

    def __call__(self, seen: Seen) -> Floats:
        past = self._last.get(seen.number)
        tracked = track(seen.eye, past[0] if past else self._next(seen), FAST)
        flow = tracked.flow
        height, width = seen.size
        if flow is None:
            return np.zeros((height, width), np.float32)
        found = blur(moving(flow), REACH)
        if past:
            before = sample(past[1], flow.direction).reshape(found.shape)
            found = before + np.float32(MEMORY) * (found - before)
        self._last[seen.number] = tracked.now, found
        return np.asarray(cv2.resize(found, (width, height)), np.float32)

    def _next(self, seen: Seen) -> Grey | None:
        """The frame after the first one: motion forth shows the same things as motion back."""
        tick = self._clip.tick(Fraction(seen.clip_seconds)) + 1
        eyes = [cv2.resize(eye, seen.size[::-1]) for eye in self._clip.eyes(tick, tick)]
        return track(eyes[0], None, FAST).now if eyes else None


def moving(flow: SphereFlow) -> Floats:
    """(h, w) in 0..1 at the size of the flow's field."""
    height, width = flow.confidence.shape
    rays = sphere_directions(height, width)
    motion = turned(flow.direction, flow.camera.rotation.T) - rays
    pixel = FULL_TURN / width
    if np.quantile(length(motion), 0.75) < STANDING * pixel:
        speed = length(motion)
    else:
        speed = _against(rays, motion, flow.camera.travel.astype(np.float32))
    least = max(SLOWEST * pixel, NOISE * flow.camera.spread)
    return edge((speed - least).astype(np.float64), least)


def _against(rays: Floats, motion: Floats, travel: Floats) -> Floats:
    """(h, w) radians of motion that standing things cannot have."""
    towards = travel - (rays @ travel)[..., None] * rays
    level = np.maximum(length(towards), np.float32(1e-3))
    along = np.einsum("hwi,hwi->hw", motion, towards) / level
    off = np.einsum("hwi,hwi->hw", motion, np.cross(rays, travel)) / level
    return np.asarray(np.hypot(off, np.minimum(along, 0)), np.float32)
