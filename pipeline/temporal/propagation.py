"""Propagation: the painting of a key frame, moved along the optical flow to the frames after it.

The flow of each frame is composed with those before it, so that a pixel knows where its point was
in the key frame and the painting is resampled once, however far it has come:

    D(t)(x) = D(t-1)(d(x)),   p(t)(x) = p(key)(D(t)(x))

with d the flow's direction from frame t to t-1. What the key frame did not show cannot be moved. It
is told as occlusions are (`occlusion.py`), by the source of the key frame itself: so slow changes
and errors that add up show as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.temporal.bands import Enlarged, in_bands
from pipeline.temporal.flow import Quality, SphereFlow, Tracked, track
from pipeline.temporal.occlusion import confidence
from pipeline.temporal.planar import Floats, Grey
from pipeline.temporal.views import blur, length, sample, sphere_directions, unit
from pipeline.temporal.warp import Shifts, motion, pad_poles, pole_padded, unpadded, warp_rows
from vr360.frame import Rgb, peak_of
from vr360.geometry import row_areas

SEEN = 0.3, 0.6  # confidence: below the first the filling alone is shown, above the second none
TONE_RADIUS = 8  # cells of the flow's field over which the filling takes its tone


@dataclass
class KeyFrame:
    """The state of the propagation of one eye between two frames.

    Attributes:
        key: the key frame's source, small and grey.
        last: that of the last frame.
        direction: (h, w, 3) unit vectors: where each pixel's point was in the key frame.
        consistency: (h, w) 0..1, the least of all flows on the way there.
        seen: (h, w) 0..1, the confidence that the key frame showed it.
    """

    key: Grey
    last: Grey
    direction: Floats
    consistency: Floats
    seen: Floats


class Propagation:
    """Follows the source of one eye from key frame to key frame.

    Args:
        quality: of the optical flow.

    Attributes:
        state: all that the next frame depends on; None where no frame came before.
    """

    def __init__(self, quality: Quality) -> None:
        self._quality = quality
        self.state: KeyFrame | None = None

    def track(self, source: Rgb) -> Tracked:
        """Follow the source to the next frame; the first one is a key frame."""
        found = track(source, self.state.last if self.state else None, self._quality)
        if self.state is None or found.flow is None:
            self._begin(found.now)
        else:
            self.state = _composed(self.state, found.flow, found.now)
        return found

    def restart(self) -> None:
        """The last frame is a key frame."""
        if self.state:
            self._begin(self.state.last)

    def _begin(self, now: Grey) -> None:
        rows = max(len(now) >> self._quality.finest, 2)
        ones = np.ones((rows, 2 * rows), np.float32)
        self.state = KeyFrame(now, now, sphere_directions(rows, 2 * rows), ones, ones)

    @property
    def uncovered(self) -> float:
        """Share of the sphere, 0..1, that the key frame did not show."""
        if self.state is None:
            return 1.0
        share = _share(self.state.seen)
        return float((row_areas(len(share)) * (1 - share).mean(axis=1)).sum())

    @property
    def travelled_deg(self) -> float:
        """Degrees that points have moved since the key frame, the mean over the sphere."""
        if self.state is None:
            return 0.0
        here = sphere_directions(*self.state.seen.shape)
        far = 2 * np.arcsin(np.clip(length(self.state.direction - here) / 2, 0, 1))
        return float(np.rad2deg((row_areas(len(far)) * far.mean(axis=1)).sum()))

    def moved(self, painted: Rgb, source: Rgb) -> Rgb:
        """What was painted of the key frame, moved to the last frame.

        What the key frame did not show is filled with the source in the tone of the painting
        around it.

        Args:
            painted: (H, W, 3) the key frame's painting.
            source: (H, W, 3) the last frame's source.
        Returns:
            As `painted`.
        """
        if self.state is None:
            raise ValueError("no frame has been tracked")
        moved = _moved_along(painted, self.state.direction)
        share = _share(self.state.seen)
        if share.min() < 1:
            _fill(moved, source, share)
        return moved


def _composed(state: KeyFrame, flow: SphereFlow, now: Grey) -> KeyFrame:
    here = sphere_directions(*state.seen.shape)
    shift = sample(state.direction - here, flow.direction)  # (h, w, 3), smooth over the poles
    direction = unit(flow.direction + shift)
    consistency = np.minimum(sample(state.consistency, flow.direction), flow.confidence)
    whole_way = SphereFlow(direction, consistency, flow.camera)
    seen = confidence(whole_way, now, state.key)
    return KeyFrame(state.key, now, direction, consistency, seen)


def _share(seen: Floats) -> Floats:
    """(h, w) 0..1: how much of the moved painting shows."""
    none, whole = SEEN
    return np.asarray(np.clip((seen - none) / (whole - none), 0, 1), np.float32)


def _moved_along(painted: Rgb, direction: Floats) -> Rgb:
    height, width = painted.shape[:2]
    padded = pole_padded(height, width, dtype=painted.dtype)
    unpadded(padded)[:] = painted
    pad_poles(padded)
    result, shifts = np.empty_like(painted), Shifts(motion(direction, height, width))
    peak = peak_of(painted)

    def step(rows: slice) -> None:  # the bicubic kernel overshoots
        result[rows] = np.minimum(warp_rows(padded, shifts, rows), peak)

    in_bands((height, width), len(direction), step)
    return result


def _fill(moved: Rgb, source: Rgb, share: Floats) -> None:
    """Show the source where `share` (h, w) is below 1, in the tone that the painting has around.

    The tone is the mean difference of painting and source where the painting shows.
    """
    scale = np.float32(peak_of(moved) / peak_of(source))
    size = share.shape[::-1]
    painting, photo = (
        cv2.resize(p, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        for p in (moved, source)
    )
    weight = share[..., None] + np.float32(1e-3)  # (h, w, 1); somewhere all of it is new
    tone = blur(weight * (painting - scale * photo), TONE_RADIUS) / blur(weight, TONE_RADIUS)
    height, width = moved.shape[:2]
    tones, shares = Enlarged(tone, height, width), Enlarged(share, height, width)
    peak = peak_of(moved)

    def step(rows: slice) -> None:
        shown = shares[rows][..., None]  # (rows, W, 1)
        if shown.min() == 1:
            return
        own = moved[rows].astype(np.float32)
        mixed = own + (1 - shown) * (scale * source[rows] + tones[rows] - own)
        moved[rows] = np.clip(mixed.round(), 0, peak)

    in_bands((height, width), len(share), step)
