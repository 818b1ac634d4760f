"""Key frames: which frames the net paints, and what is shown between them.

A frame between two key frames shows the painting of the one before it, moved along the source's
optical flow, see `pipeline.temporal.propagation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.painting.prepared import Prepared
from pipeline.temporal.flow import Quality, Tracked
from pipeline.temporal.propagation import KeyFrame, Propagation
from vr360.errors import InputError
from vr360.frame import Rgb

AUTO = "auto"
LONGEST = 24  # frames from one key frame to the next with `auto`, if nothing else asks for one
FAR_DEG = 3.0  # degrees of motion, the mean over the sphere, that `auto` moves a painting
NEW = 0.04  # share of the sphere that was not in the key frame, at which there is another
LAG = 0.05  # distance of looks, see `Look.distance`, at which there is another


def check_paint_every(every: int | str) -> int | str:
    """How often the net paints: every so manieth frame, or `auto`.

    Raises:
        InputError: neither.
    """
    if every == AUTO:
        return AUTO
    try:
        number = int(every)
    except ValueError:
        number = 0
    if not 1 <= number <= 240:
        raise InputError(f"--paint-every {every}: give a number of frames from 1 to 240, or auto")
    return number


@dataclass
class KeyState:
    """The last key frame: when it was shown, what was painted of it, and where that is now.

    Attributes:
        pts: of the key frame.
        eyes: its painting, (H, W, 3) each.
        frames: since it, itself not among them.
        motion: of each eye.
    """

    pts: Fraction
    eyes: list[Rgb]
    frames: int
    motion: list[KeyFrame]


class KeyFrames:
    """Decides which frames are painted, and moves their paintings to those between.

    Args:
        every: the net paints every so manieth frame; `auto` goes by the motion.
        eyes: in a frame.
        quality: of the optical flow.
    """

    def __init__(self, every: int | str, eyes: int, quality: Quality) -> None:
        self._auto = every == AUTO
        self._every = LONGEST if self._auto else int(every)
        self._motion = [Propagation(quality) for _ in range(eyes)]
        self._last: KeyState | None = None

    @property
    def state(self) -> KeyState | None:
        """All that the next frame depends on; None where it is a key frame by itself."""
        if self._last:
            self._last.motion = [eye.state for eye in self._motion if eye.state]
        return self._last

    @state.setter
    def state(self, state: KeyState | None) -> None:
        self._last = state
        motion = state.motion if state else [None] * len(self._motion)
        for eye, past in zip(self._motion, motion, strict=True):
            eye.state = past

    @property
    def pts(self) -> Fraction | None:
        """When the last key frame was shown."""
        return self._last.pts if self._last else None

    @property
    def frames(self) -> int:
        """Frames since the last key frame, this one among them; 1 where there is none."""
        return self._last.frames if self._last else 1

    def reset(self) -> None:
        """The next frame has nothing to do with those before."""
        self.state = None

    def track(self, frame: Prepared) -> list[Tracked]:
        """Follow each eye to the next frame."""
        if self._last:
            self._last.frames += 1
        return [eye.track(own) for eye, own in zip(self._motion, frame.eyes, strict=True)]

    def moved(self, frame: Prepared, changed: float) -> list[Rgb] | None:
        """The last key frame's painting, moved to this frame; None if this is to be a key frame.

        Args:
            changed: distance of this frame's look from the key frame's.
        """
        if self._last is None or changed > LAG or self._is_due():
            return None
        each = zip(self._motion, self._last.eyes, frame.eyes, strict=True)
        return [eye.moved(painted, source) for eye, painted, source in each]

    def _is_due(self) -> bool:
        if self.frames >= self._every or max(eye.uncovered for eye in self._motion) > NEW:
            return True
        return self._auto and max(eye.travelled_deg for eye in self._motion) > FAR_DEG

    def begin(self, frame: Prepared, eyes: Sequence[Rgb]) -> None:
        """The frame tracked last is a key frame, painted so."""
        for eye in self._motion:
            eye.restart()
        self._last = KeyState(frame.pts, list(eyes), 0, [])
