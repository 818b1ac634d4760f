"""Temporal smoothing of a painted film: strokes stay on what they are painted on.

For each frame t, with painting p and source s:

    warp        w = W(a(t-1)), moved to the present along the source's optical flow
    confidence  c in [0, 1]: how well that flow explains the source; 0 at occlusions
    age         n = min(c * W(n(t-1)) + 1, longest): frames that the average holds there
    EMA         a(t) = (1 - s) w + s p + tone * (1 - s)^4, with s = 1 / n: an exponential moving
                average
    output      o(t) = a(t) + gain * detail(a(t)): unsharp masking

Where the flow fails, because something has come into sight or the light has changed, c is 0, n is 1
and the average begins anew with the painting (occlusion handling as in Ruder, Dosovitskiy and Brox
2016, "Artistic style transfer for videos"). `longest` is a few frames where things move, because
each warp resamples the average, and thousands where nothing moves.

An average of strokes that flicker has less contrast than each of them. The unsharp gain gives it
back: it makes the detail of the average as rich, over an area, as that of the paintings. What is
amplified is what the average has kept, so it holds still. The tone term makes the average follow
the mean brightness of the paintings, which does not flicker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from pipeline.temporal.average import Halves, blend, sharpened, update
from pipeline.temporal.bands import enlarge
from pipeline.temporal.detail import detail_energies, tone_rate, unsharp_gain
from pipeline.temporal.flow import FAST, Quality, SphereFlow, Tracked, track
from pipeline.temporal.occlusion import confidence
from pipeline.temporal.planar import Floats, Grey
from pipeline.temporal.settings import SETTINGS
from pipeline.temporal.views import sample
from pipeline.temporal.warp import Motion, motion, pad_poles, pole_padded, unpadded
from vr360.errors import InputError
from vr360.frame import Rgb, bit_depth

DEFAULT_SMOOTHNESS = 0.5
LARGEST_SPARE = 250_000_000  # bytes, of 5.7K; that of a larger average is made anew each time

Time = Fraction | float


def check_smoothness(smoothness: float) -> None:
    """Raise InputError unless 0 <= smoothness <= 1."""
    if not 0 <= smoothness <= 1:
        raise InputError(f"--smoothness {smoothness:g}: give a number from 0 to 1")


def memory(smoothness: float, key_frames: bool = False) -> tuple[float, float]:
    """Frames that the EMA holds where things move, and where they stand still.

    memory = longest ** smoothness, so that equal steps of smoothness are equal ratios of memory.
    """
    longest = SETTINGS.key_memory if key_frames else SETTINGS.moving_memory
    moving = min(longest**smoothness, SETTINGS.resampling_limit)
    return moving, SETTINGS.still_memory**smoothness


@dataclass
class Past:
    """The state of the smoother between two frames.

    Attributes:
        source: the last source, grey and small.
        average: (H + 2 PAD, W, 3) float32, the EMA in codes of the painting, continued over the
            poles.
        age: (h, w) frames that the EMA holds, at the size of the flow's field.
        energy: (h, w, 3) mean of |detail| around: of the EMA, of the EMA with its detail doubled,
            and of the painting; eased towards `measured`.
        measured: the same as it was measured last.
        tone: (h, w, 3) codes that are added to the EMA with each frame.
        output: (H, W, 3) the last result.
        longest: (h, w) frames that the EMA may hold.
        frames: of the shot so far.
        measurements: of energy and tone so far.
    """

    source: Grey
    average: Floats
    age: Floats
    energy: Floats
    measured: Floats
    tone: Floats
    output: Rgb
    longest: Floats
    frames: int = 1
    measurements: int = 0

    @property
    def is_measured(self) -> bool:
        """Whether energy and tone are measured with this frame."""
        return self.frames in SETTINGS.early or self.frames % SETTINGS.interval == 1


@dataclass(frozen=True)
class Ahead:
    """The backward EMA at one frame: that of the frames after it, warped to it.

    Attributes:
        picture: (H, W, 3) float16, the EMA of what will be painted, moved to this frame.
        age: (h, w) float32, frames that it holds, this one not among them.
    """

    picture: Halves
    age: Floats

    def towards(self, other: Ahead, share: float) -> Ahead:
        """Cross-fade: (1 - share) of this EMA and a share of another, each weighted by its age."""
        mine, theirs = self.age * np.float32(1 - share), other.age * np.float32(share)
        age = mine + theirs  # (h, w)
        height, width = self.picture.shape[:2]
        of_age = np.asarray(theirs / np.maximum(age, 1e-6), np.float32)
        part = enlarge(of_age, height, width)[..., None]  # (H, W, 1)
        picture = self.picture.astype(np.float32)
        picture += part * (other.picture - picture)
        return Ahead(picture.astype(np.float16), age)


class Smoother:
    """Smooths the painted frames of one eye, in order; `reset` at every cut.

    Args:
        smoothness: 0 leaves the frames as painted, 1 holds them longest; or that of each moment, in
            seconds.
        quality: of the optical flow.
        key_frames: paintings come from key frames alone, see `pipeline.temporal.propagation`.

    Attributes:
        state: all that the next frame depends on; None at the beginning of a shot.
    """

    def __init__(
        self,
        smoothness: float | Callable[[Time], float] = DEFAULT_SMOOTHNESS,
        quality: Quality = FAST,
        key_frames: bool = False,
    ) -> None:
        if not callable(smoothness):
            check_smoothness(smoothness)
        self._smoothness = smoothness
        self._key_frames = key_frames
        self._memory = self._memory_at(0)
        self._quality = quality
        self.state: Past | None = None
        self._spare: Floats | None = None  # as large as the average; where the next one is made

    def reset(self) -> None:
        """The next frame has nothing to do with those before."""
        self.state = None

    def __call__(
        self,
        source: Rgb,
        painted: Rgb,
        changed: float | Floats = 0.0,
        ahead: Ahead | None = None,
        tracked: Tracked | None = None,
        seconds: Time = 0,
    ) -> Rgb:
        """The source and what was painted of it, (H, W, 3) each -> the painting, smoothed.

        Args:
            source, painted: the present frame.
            changed: how much the look differs from that of the frame before, 0 to 1; everywhere
                alike, or (H, W).
            ahead: the backward EMA at this frame, if there is one.
            tracked: the flow of the source, if it is known already.
            seconds: the moment, of which the smoothness is taken.

        Raises:
            ValueError: the painting differs in size from the one before; `reset` begins anew.
        """
        self._memory = self._memory_at(seconds)
        if self._memory[0] == 1:
            self.reset()  # later frames move on from their own past, not from one before this
            return painted
        first = SETTINGS.first_weight if ahead is None else 1.0
        tracked = tracked or self._track(source)
        past = self._advance(tracked, painted, changed, first)
        if past.frames == 1 and ahead is None:
            return painted
        mean = past.average if ahead is None else self._both_ways(past, ahead)
        _track_energy(past, mean, painted, every_frame=ahead is not None)
        past.output = sharpened(mean, unsharp_gain(past.energy, bit_depth(painted)), past.output)
        return past.output

    def foresee(self, source: Rgb, painted: Rgb, changed: float = 0.0, seconds: Time = 0) -> Ahead:
        """One step of the backward EMA: that of the frames given before, warped to this one.

        Args:
            source, painted: frames from the last of a shot to its first.
            changed: how much the look of the frame given before differs from this one's.
            seconds: the moment, of which the smoothness is taken.
        """
        self._memory = self._memory_at(seconds)
        warped = painted.astype(np.float16)
        past = self._advance(self._track(source), painted, changed, 1.0, warped)
        return Ahead(warped, past.age - 1)

    def _memory_at(self, seconds: Time) -> tuple[float, float]:
        told = self._smoothness
        now = told(seconds) if callable(told) else told
        return memory(now, self._key_frames)

    def _track(self, source: Rgb) -> Tracked:
        return track(source, self.state.source if self.state else None, self._quality)

    def _advance(
        self,
        tracked: Tracked,
        painted: Rgb,
        changed: float | Floats,
        first: float,
        warped: Halves | None = None,
    ) -> Past:
        """One step of the EMA, see the module's docstring.

        Args:
            first: frames that a shot's first one counts for where it stands still.
            warped: (H, W, 3), is filled with w.

        Raises:
            ValueError: the painting differs in size from the one before.
        """
        now, flow, past = tracked.now, tracked.flow, self.state
        if past is None or flow is None:
            self.state = _begin(now, painted, self._quality, self._memory[1])
            return self.state
        _check_size(past, painted)
        moved = motion(flow.direction, *painted.shape[:2])
        self._grow_older(past, flow, now, _stillness(moved), changed, first)
        self._update(past, painted, moved, warped)
        past.source = now
        past.frames += 1
        if past.is_measured:
            past.tone = tone_rate(past.average, painted, past.age.shape)
        return past

    def _grow_older(
        self,
        past: Past,
        flow: SphereFlow,
        now: Grey,
        still: Floats,
        changed: float | Floats,
        first: float,
    ) -> None:
        """Age: n(t) = min(c * W(n(t-1)) + 1, longest), c being the confidence in the flow."""
        past.longest = self._longest(still, changed)  # (h, w)
        if past.frames == 1:
            past.age = 1 + np.float32(first - 1) * still
        age = sample(past.age, flow.direction) * confidence(flow, now, past.source)  # (h, w)
        past.age = np.minimum(age + 1, past.longest)

    def _update(self, past: Past, painted: Rgb, moved: Motion, warped: Halves | None) -> None:
        """EMA: a(t) = (1 - s) W(a(t-1)) + s p(t) + tone * (1 - s)^4, with s = 1 / n(t).

        The power takes the tone term out where the memory is short: that follows by itself.
        """
        share = np.float32(1) / past.age  # (h, w)
        tone = past.tone * (1 - share[..., None]) ** 4  # (h, w, 3)
        spare = self._spare_for(past.average)  # (H + 2 PAD, W, 3)
        update(past.average, painted, moved, share, tone, spare, warped)
        past.average, self._spare = spare, past.average
        if spare.nbytes > LARGEST_SPARE:
            self._spare = None

    def _longest(self, still: Floats, changed: float | Floats) -> Floats:
        """(h, w) frames that the EMA may hold, the new one included; 1 is that one alone.

        While the look changes by d a frame, no more than look_lag / d: a longer memory would lag.
        """
        moving, standing = self._memory
        longest = moving + (standing - moving) * still
        if np.any(changed):
            lag = SETTINGS.look_lag / np.maximum(_reduced(changed, still.shape), 1e-6)
            longest = np.minimum(longest, np.maximum(1, lag))
        return np.asarray(longest, np.float32)

    def _both_ways(self, past: Past, ahead: Ahead) -> Floats:
        """The EMA of the past and that of the future, weighed by the frames that each holds.

        The future fills up what the past lacks to its full memory; where things move, it may add as
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


def _reduced(changed: float | Floats, size: tuple[int, ...]) -> float | Floats:
    """(h, w) of a change over a picture; one that is the same everywhere stays a number."""
    if isinstance(changed, float):
        return changed
    small = cv2.resize(changed, size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _stillness(moved: Motion) -> Floats:
    """(h, w) 1 where nothing moves, 0 where things move, linear in the speed in between."""
    low, high = SETTINGS.still_below, SETTINGS.moving_above
    return np.asarray(1 - np.clip((moved.pixels - low) / (high - low), 0, 1), np.float32)


def _check_size(past: Past, painted: Rgb) -> None:
    before = past.output.shape
    if before != painted.shape:
        raise ValueError(f"painting of {painted.shape} after one of {before}: reset in between")


def _begin(now: Grey, painted: Rgb, quality: Quality, still: float) -> Past:
    """The state after a shot's first frame: the EMA is the painting, its age one frame."""
    height, width = painted.shape[:2]
    average = pole_padded(height, width)
    unpadded(average)[:] = painted
    pad_poles(average)
    rows = max(len(now) >> quality.finest, 2)
    ones = np.ones((rows, 2 * rows), np.float32)  # (h, w)
    energy = np.ones((*ones.shape, 3), np.float32)
    tone = np.zeros_like(energy)
    return Past(now, average, ones, energy, energy, tone, painted, still * ones)


def _track_energy(past: Past, mean: Floats, painted: Rgb, every_frame: bool) -> None:
    """Measure the energies of detail, and ease towards them: e += (measured - e) * easing.

    Where the average changes fast, at either end of a shot, it is followed at once; the painting's
    energy is a mean of its measurements.
    """
    if past.is_measured or every_frame:
        past.measured = detail_energies(mean, painted, past.age.shape)
        past.measurements += 1
    at_once = past.frames in SETTINGS.early or every_frame
    easing = SETTINGS.easing
    own = 1.0 if at_once else easing
    step = own, own, max(1 / past.measurements, easing) if at_once else easing
    past.energy = past.energy + (past.measured - past.energy) * np.array(step, np.float32)
