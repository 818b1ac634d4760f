"""Holding a painted film still: strokes stay on what they are painted on.

Each frame, the result so far is moved to the present along the source's flow, and the new painting
is averaged into it. How much it counts depends on how well the flow explains the source there, on
how long that has been so, and on whether anything moves: what stands still is averaged over
seconds, what moves over a few frames, what just came into sight is taken as painted.

Averaging strokes that boil takes their contrast. It is given back: the detail of the average is
amplified until it is, over an area, as rich as the new painting's. What is amplified is what the
average has kept, so it holds still. Tone, which does not boil, follows the new painting.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.temporal.average import Halves, blend, detail, renew, shown
from pipeline.temporal.bands import enlarge
from pipeline.temporal.flow import FAST, Quality, SphereFlow, grey, grey_flow
from pipeline.temporal.planar import Floats, Grey
from pipeline.temporal.views import blur, sample
from pipeline.temporal.warp import Motion, continue_over_poles, inner, motion, roomy
from vr360.errors import InputError
from vr360.frame import Rgb, bit_depth

DEFAULT_SMOOTHNESS = 0.5
LONGEST = 40.0  # frames of memory for what moves, as far as it does not ring
RINGING = 10.0  # frames of resampling after which the kernel's gain does
STILL_LONGEST = 20000.0  # frames of memory for what stands still
SLOW = 0.05, 0.3  # pixels a frame up to which, from which on memory is that of what stands, moves
TOLERANCE = 3.0  # grey levels by which the moved source may miss the present one, in flat areas
AREA = 4  # cells of the field around, over which energies are compared
LEAST, MOST = 0.5, 3.0  # amplification; below 1 where the kernel's gain has added up
FULLER = 1.07  # energy of an average that looks as rich as a painting: its strokes are rounder
FIRST = 12.0  # frames that a shot's first counts for: still places need not settle in sight
FLOOR = 0.1  # codes of 8 bits: detail below it is none
TONE = 0.3  # share of a difference in tone over such an area that is made up until the next look
EVERY = 8  # frames between two looks at energies and tone
EASE = 1 - 0.5 ** (
    1 / EVERY
)  # of the way to what was seen, a frame: half of it until the next look
EARLY = 1, 2, 3, 5  # frames of a shot at which it is looked as well
BEHIND = 0.05  # of a look by which the average may lag while the look changes


def check_smoothness(smoothness: float) -> None:
    """Raise InputError unless 0 <= smoothness <= 1."""
    if not 0 <= smoothness <= 1:
        raise InputError(f"--smoothness {smoothness:g}: give a number from 0 to 1")


def memory(smoothness: float) -> tuple[float, float]:
    """Frames that the average reaches back where things move, and where they stand still."""
    return min(LONGEST**smoothness, RINGING), STILL_LONGEST**smoothness


@dataclass
class Past:
    """All that is kept of the frames before.

    Attributes:
        source: the last source, grey and small.
        average: (H + 2 REACH, W, 3) float32, codes of the painting, continued over the poles.
        age: (h, w) frames that the average has gathered, at the size of the flow's field.
        energy: (h, w, 3) mean of |detail| around: of the average, of the average with its detail
            doubled, and of the painting.
        seen: the same as it was at the last look; towards it, `energy` moves.
        tone: (h, w, 3) codes to be added to the average, a frame.
        shown: (H, W, 3) the last result, as it was given out.
        longest: (h, w) frames that the average may gather.
        frames, looks: of the shot so far.
    """

    source: Grey
    average: Floats
    age: Floats
    energy: Floats
    seen: Floats
    tone: Floats
    shown: Rgb
    longest: Floats
    frames: int = 1
    looks: int = 0

    @property
    def due(self) -> bool:
        """Whether this frame looks at energies and tone."""
        return self.frames in EARLY or self.frames % EVERY == 1


@dataclass(frozen=True)
class Ahead:
    """What the frames to come say of one.

    Attributes:
        picture: (H, W, 3) float16, the average of what will be painted, moved to this frame.
        age: (h, w) float32, frames that it has gathered, this one not among them.
    """

    picture: Halves
    age: Floats

    def towards(self, other: Ahead, share: float) -> Ahead:
        """A share of what another one says, the rest of it what this one says."""
        mine, theirs = self.age * np.float32(1 - share), other.age * np.float32(share)
        age = mine + theirs
        height, width = self.picture.shape[:2]
        of_age = np.asarray(theirs / np.maximum(age, 1e-6), np.float32)
        part = enlarge(of_age, height, width)[..., None]
        picture = self.picture.astype(np.float32)
        picture += part * (other.picture - picture)
        return Ahead(picture.astype(np.float16), age)


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
        self.state: Past | None = None
        self._spare: Floats | None = None  # as large as the average; where the next one is made

    def reset(self) -> None:
        """The next frame has nothing to do with those before."""
        self.state = None

    def __call__(
        self, source: Rgb, painted: Rgb, changed: float = 0.0, ahead: Ahead | None = None
    ) -> Rgb:
        """The source and what was painted of it, (H, W, 3) each -> the painting, smoothed.

        Args:
            source, painted: the present frame.
            changed: how much the look differs from that of the frame before, 0 to 1.
            ahead: what the frames to come say of it, if that is known.
        """
        if self._memory[0] == 1:
            return painted
        first = FIRST if ahead is None else 1.0
        past = self._advance(source, painted, changed, first)
        if past.frames == 1 and ahead is None:
            return painted
        mean = past.average if ahead is None else self._both_ways(past, ahead)
        _compare(past, mean, painted, every_frame=ahead is not None)
        past.shown = shown(mean, _gain(past.energy, bit_depth(painted)), past.shown)
        return past.shown

    def foresee(self, source: Rgb, painted: Rgb, changed: float = 0.0) -> Ahead:
        """What the frames seen so far, which are those to come, say of this one before them.

        Args:
            source, painted: frames from the last of a shot to its first.
            changed: how much the look of the frame seen before differs from this one's.
        """
        arrived = painted.astype(np.float16)
        past = self._advance(source, painted, changed, 1.0, arrived)
        return Ahead(arrived, past.age - 1)

    def _advance(
        self,
        source: Rgb,
        painted: Rgb,
        changed: float,
        first: float,
        arrived: Halves | None = None,
    ) -> Past:
        """Average the painting in; what stands still in a shot's first one counts `first` times.

        `arrived` is filled with the average without it.
        """
        now = grey(source, min(self._quality.height, len(source)))
        past = self.state
        if past is None or inner(past.average).shape != painted.shape:
            self.state = _begin(now, painted, self._quality, self._memory[1])
            return self.state
        flow = grey_flow(now, past.source, self._quality)
        moved = motion(flow.direction, *painted.shape[:2])
        standing = _standing(moved)
        past.longest = self._longest(standing, changed)
        if past.frames == 1:
            past.age = 1 + np.float32(first - 1) * standing
        age = sample(past.age, flow.direction) * trust(flow, now, past.source)
        past.age = np.minimum(age + 1, past.longest)
        share = np.float32(1) / past.age
        tone = past.tone * (1 - share[..., None]) ** 4  # a short memory follows by itself
        spare = self._spare_for(past.average)
        renew(past.average, painted, moved, share, tone, spare, arrived)
        past.average, self._spare = spare, past.average
        past.source = now
        past.frames += 1
        if past.due:
            past.tone = _tone(past.average, painted, past.age.shape)
        return past

    def _longest(self, standing: Floats, changed: float) -> Floats:
        """(h, w) frames that the average may hold, the new one included; 1 is that one alone."""
        moving, still = self._memory
        longest = moving + (still - moving) * standing
        if changed:
            longest = np.minimum(longest, max(1.0, BEHIND / changed))
        return np.asarray(longest, np.float32)

    def _both_ways(self, past: Past, ahead: Ahead) -> Floats:
        """The averages of what was and of what comes, by how many frames each has gathered.

        What comes fills up what the past lacks to its full memory; where things move, it may add as
        much again, for both are short there.
        """
        lacking = past.longest + np.float32(self._memory[0] - 1) - past.age
        weight = np.clip(ahead.age, 0, lacking)
        spare = self._spare_for(past.average)  # free until the next frame
        blend(past.average, ahead.picture, weight / (past.age + weight), spare)
        return spare

    def _spare_for(self, average: Floats) -> Floats:
        if self._spare is None or self._spare.shape != average.shape:
            self._spare = np.empty_like(average)
        return self._spare


def _standing(moved: Motion) -> Floats:
    """(h, w) 1 where nothing moves, 0 where things move."""
    low, high = SLOW
    return np.asarray(1 - np.clip((moved.pixels - low) / (high - low), 0, 1), np.float32)


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


def _begin(now: Grey, painted: Rgb, quality: Quality, still: float) -> Past:
    height, width = painted.shape[:2]
    average = roomy(height, width)
    inner(average)[:] = painted
    continue_over_poles(average)
    rows = max(len(now) >> quality.finest, 2)
    every, of_three = np.ones((rows, 2 * rows), np.float32), (rows, 2 * rows, 3)
    energy, tone = np.ones(of_three, np.float32), np.zeros(of_three, np.float32)
    return Past(now, average, every, energy, energy, tone, painted, still * every)


def _compare(past: Past, mean: Floats, painted: Rgb, every_frame: bool) -> None:
    """Look at the energies of an average and of the painting, and move towards what is seen.

    Where the average changes fast, at either end of a shot, it is followed at once; the painting's
    energy is a mean of what was seen of it.
    """
    if past.due or every_frame:
        past.seen, past.looks = _energies(mean, painted, past.age.shape), past.looks + 1
    at_once = past.frames in EARLY or every_frame
    own = 1.0 if at_once else EASE
    step = own, own, max(1 / past.looks, EASE) if at_once else EASE
    past.energy = past.energy + (past.seen - past.energy) * np.array(step, np.float32)


def _energies(mean: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """(h, w, 3) mean of |detail| around, see `Past.energy`."""
    everything = slice(0, len(painted))
    height, width = painted.shape[:2]
    kept, twice, fresh = (roomy(height, width, 1)[..., 0] for _ in range(3))
    kept[:] = cv2.cvtColor(mean, cv2.COLOR_RGB2GRAY)
    inner(twice)[:] = inner(kept) + detail(kept, everything)
    inner(fresh)[:] = cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY)
    for picture in (twice, fresh):
        continue_over_poles(picture)
    seen = [
        cv2.resize(np.abs(detail(level, everything)), field[::-1], interpolation=cv2.INTER_AREA)
        for level in (kept, twice, fresh)
    ]
    return blur(np.stack(seen, axis=-1), AREA)


def _tone(average: Floats, painted: Rgb, field: tuple[int, ...]) -> Floats:
    """What the average lacks to the painting's tone, to be added to each frame until looked at."""
    gap = cv2.subtract(painted, inner(average), dtype=cv2.CV_32F)
    small = cv2.resize(gap, field[::-1], interpolation=cv2.INTER_AREA)
    return blur(np.asarray(small, np.float32), AREA) * np.float32(TONE / EVERY)


def _gain(energy: Floats, depth: int) -> Floats:
    """By how much more than 1 detail is amplified to have the energy of the painting's: (h, w)."""
    floor = np.float32(FLOOR * (1 << (depth - 8)))
    kept, twice, wanted = np.moveaxis(energy, -1, 0)
    gain = (FULLER * wanted - kept) / np.maximum(twice - kept, floor)
    return np.asarray(np.clip(gain, LEAST - 1, MOST - 1), np.float32)
