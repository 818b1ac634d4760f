"""Holding a painted film still: strokes stay on what they are painted on.

Each frame, the result so far is moved to the present along the source's flow, and the new painting
is averaged into it. How much it counts depends on how well the flow explains the source there, on
how long that has been so, and on whether anything moves: what stands still is averaged over
seconds, what moves over a few frames, what just came into sight is taken as painted.

Averaging strokes that boil takes their contrast. It is given back: the detail of the average is
amplified until it is, over an area, as strong as the new painting's. What is amplified is what the
average has kept, so it holds still. Tone, which does not boil, follows the new painting.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.temporal.average import detail, renew, shown
from pipeline.temporal.flow import FAST, Quality, SphereFlow, grey, grey_flow
from pipeline.temporal.planar import Floats, Grey
from pipeline.temporal.views import blur, sample
from pipeline.temporal.warp import Motion, continue_over_poles, inner, motion, roomy
from vr360.errors import InputError
from vr360.frame import Rgb, bit_depth

DEFAULT_SMOOTHNESS = 0.5
LONGEST = 10.0  # frames of memory for what moves; more, and the kernel's gain would ring
STILL_LONGEST = 20000.0  # frames of memory for what stands still
SLOW = 0.05, 0.3  # pixels a frame up to which, from which on memory is that of what stands, moves
TOLERANCE = 3.0  # grey levels by which the moved source may miss the present one, in flat areas
AREA = 4  # cells of the field around, over which energies are compared
LEAST, MOST = 0.5, 3.0  # amplification; below 1 where the kernel's gain has added up
FLOOR = 0.1  # codes of 8 bits: detail below it is none
TONE = 0.3  # share of a difference in tone over such an area that is made up until the next look
EVERY = 8  # frames between two looks at energies and tone
EARLY = 1, 2, 4  # frames of a shot after which it is looked as well
BEHIND = 0.05  # of a look by which the average may lag while the look changes


def check_smoothness(smoothness: float) -> None:
    """Raise InputError unless 0 <= smoothness <= 1."""
    if not 0 <= smoothness <= 1:
        raise InputError(f"--smoothness {smoothness:g}: give a number from 0 to 1")


def memory(smoothness: float) -> tuple[float, float]:
    """Frames that the average reaches back where things move, and where they stand still."""
    return LONGEST**smoothness, STILL_LONGEST**smoothness


@dataclass
class Past:
    """All that is kept of the frames before.

    Attributes:
        source: the last source, grey and small.
        average: (H + 2 REACH, W, 3) float32, codes of the painting, continued over the poles.
        spare: like it; where the next one is made.
        age: (h, w) frames that the average has gathered, at the size of the flow's field.
        energy: (h, w, 2) mean of |detail| around, of the average and of the painting.
        tone: (h, w, 3) codes to be added to the average, a frame.
        shown: (H, W, 3) the last result, as it was given out.
        frames: since the shot began.
    """

    source: Grey
    average: Floats
    spare: Floats
    age: Floats
    energy: Floats
    tone: Floats
    shown: Rgb
    frames: int = 1


class Smoother:
    """Smooths the painted frames of one eye, in order; `reset` at every cut.

    Args:
        smoothness: 0 leaves the frames as painted, 1 holds them longest.
        quality: of the flow.
    """

    def __init__(self, smoothness: float = DEFAULT_SMOOTHNESS, quality: Quality = FAST) -> None:
        check_smoothness(smoothness)
        self._memory = memory(smoothness)
        self._quality = quality
        self._past: Past | None = None

    def reset(self) -> None:
        """The next frame has nothing to do with those before."""
        self._past = None

    def __call__(self, source: Rgb, painted: Rgb, changed: float = 0.0) -> Rgb:
        """The source and what was painted of it, (H, W, 3) each -> the painting, smoothed.

        `changed` is how much the look differs from that of the frame before, 0 to 1.
        """
        if self._memory[0] == 1:
            return painted
        now = grey(source, min(self._quality.height, len(source)))
        past = self._past
        if past is None or inner(past.average).shape != painted.shape:
            self._past = _begin(now, painted, self._quality)
            return painted
        flow = grey_flow(now, past.source, self._quality)
        moved = motion(flow.direction, *painted.shape[:2])
        past.age = self._aged(past, now, flow, moved, changed)
        share = np.float32(1) / past.age
        tone = past.tone * (1 - share[..., None]) ** 4  # a short memory follows by itself
        renew(past.average, painted, moved, share, tone, past.spare)
        past.average, past.spare = past.spare, past.average
        past.source = now
        if past.frames in EARLY or past.frames % EVERY == 0:
            past.tone = _tone(past.average, painted, past.age.shape)
            _compare(past, painted)
        past.frames += 1
        gain = _gain(past.energy, bit_depth(painted))
        past.shown = shown(past.average, gain, past.shown)
        return past.shown

    def _aged(
        self, past: Past, now: Grey, flow: SphereFlow, moved: Motion, changed: float
    ) -> Floats:
        """How many frames the average then holds, the new one included; 1 is the new one alone."""
        moving, still = self._memory
        low, high = SLOW
        fast = np.clip((moved.pixels - low) / (high - low), 0, 1)
        longest = still + (moving - still) * fast
        age = sample(past.age, flow.direction) * trust(flow, now, past.source)
        if changed:
            longest = np.minimum(longest, max(1.0, BEHIND / changed))
        return np.asarray(np.minimum(age + 1, longest), np.float32)


def trust(flow: SphereFlow, now: Grey, before: Grey) -> Floats:
    """How well the flow explains the source, allowing for its contrast: (h, w) in 0..1."""
    size = flow.confidence.shape[::-1]
    small, small_before = (
        cv2.resize(g, size, interpolation=cv2.INTER_AREA).astype(np.float32) for g in (now, before)
    )
    miss = blur(np.abs(sample(small_before, flow.direction) - small), 1)
    mean = blur(small, 2)
    contrast = np.sqrt(np.maximum(blur(small * small, 2) - mean * mean, 0))
    return np.asarray(flow.confidence * np.exp(-((miss / (TOLERANCE + contrast)) ** 2)), np.float32)


def _begin(now: Grey, painted: Rgb, quality: Quality) -> Past:
    height, width = painted.shape[:2]
    average = roomy(height, width)
    inner(average)[:] = painted
    continue_over_poles(average)
    rows = max(len(now) >> quality.finest, 2)
    ones, none = np.ones((rows, 2 * rows, 2), np.float32), np.zeros((rows, 2 * rows, 3), np.float32)
    return Past(now, average, np.empty_like(average), ones[..., 0], ones, none, painted)


def _compare(past: Past, painted: Rgb) -> None:
    """Look at the energies of the average and of the painting, and move towards what is seen."""
    rows, columns = past.age.shape
    height, width = painted.shape[:2]
    fresh = roomy(height, width, 1)[..., 0]
    inner(fresh)[:] = cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY)
    continue_over_poles(fresh)
    kept = np.asarray(cv2.cvtColor(past.average, cv2.COLOR_RGB2GRAY), np.float32)
    everything = slice(0, height)
    seen = [
        cv2.resize(np.abs(detail(level, everything)), (columns, rows), interpolation=cv2.INTER_AREA)
        for level in (kept, fresh)
    ]
    step = np.float32(1 if past.frames in EARLY else 0.5)
    past.energy += (blur(np.stack(seen, axis=-1), AREA) - past.energy) * step


def _tone(average: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """What the average lacks to the painting's tone, to be added to each frame until looked at."""
    gap = cv2.subtract(painted, inner(average), dtype=cv2.CV_32F)
    small = cv2.resize(gap, field[::-1], interpolation=cv2.INTER_AREA)
    return blur(np.asarray(small, np.float32), AREA) * np.float32(TONE / EVERY)


def _gain(energy: Floats, depth: int) -> Floats:
    """By how much more than 1 detail is amplified to have the energy of the painting's: (h, w)."""
    floor = np.float32(FLOOR * (1 << (depth - 8)))
    kept, wanted = np.moveaxis(energy, -1, 0)
    return np.asarray(np.clip((wanted + floor) / (kept + floor), LEAST, MOST) - 1, np.float32)
