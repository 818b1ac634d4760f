"""The stills and short clips that looks are tried on, small and in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.painting.stylizer import Stylizer
from pipeline.quality.stability import flow_of_source
from pipeline.source.delivery import Span
from pipeline.source.preprocess import median_blur, open_resizer
from pipeline.source.unfolding import open_unfolding
from pipeline.temporal.cuts import Cuts, left_eye, open_cuts
from vr360.change import Map
from vr360.frame import Frame, Rgb, in_bytes
from vr360.media.probe import probe

MEDIAN = 3
"""Kernel of the blur before the net, as `vr360 stylize` has it."""

REMEMBERED = 2 << 30  # bytes of motion that are kept over all clips


@dataclass
class Clip:
    """The left (or only) eye of a film's first seconds, or of a still.

    Attributes:
        frames: whole equirect spheres (H, W, 3) uint8.
        begins: which of them begin a shot.
        rate: frames a second; 0 for a still.
    """

    path: Path
    frames: Sequence[Rgb]
    begins: Sequence[bool]
    rate: Fraction
    identity: str
    _motions: dict[tuple[int, int], tuple[Map, Map]] = field(default_factory=dict)

    @property
    def is_still(self) -> bool:
        return self.rate == 0

    def motion(self, now: Rgb, earlier: Rgb) -> tuple[Map, Map]:
        """`flow_of_source` between two of the frames: the same for all that is painted on them."""
        key = id(now), id(earlier)
        if key not in self._motions:
            found = flow_of_source(now, earlier)
            if sum(map(_bytes, self._motions.values())) + _bytes(found) > REMEMBERED:
                return found
            self._motions[key] = found
        return self._motions[key]

    def painted(self, stylizer: Stylizer) -> list[Rgb]:
        """The frames, painted one by one; nothing holds them still."""
        painted = []
        for frame, begins in zip(self.frames, self.begins, strict=True):
            if begins:
                stylizer.begin_shot()
            painted += stylizer([median_blur(frame, MEDIAN)], 8)
        return painted


def open_clip(path: Path, size: tuple[int, int], duration: Fraction) -> Clip:
    """Read the first `duration` seconds at (height, width).

    Raises:
        InputError: a file that cannot be read, or is no 360° picture.
    """
    info = probe(path)
    span = Span(duration=duration)
    eye_of = left_eye(info.stereo)
    cuts: Cuts[Frame] = Cuts() if info.is_still else open_cuts("auto", info.rate, eye_of)
    unfold = open_unfolding(info).unfold
    frames, begins, resize = [], [], None
    for frame in cuts.watch(span.frames(info)):
        eye = unfold(eye_of(frame))
        resize = resize or open_resizer((eye.shape[0], eye.shape[1]), size)
        small = resize(in_bytes(eye))
        frames.append(np.ascontiguousarray(small))
        begins.append(frame.begins_shot)
    return Clip(path, frames, begins, info.rate, _identity(frames))


def _identity(frames: Sequence[Rgb]) -> str:
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(frame.tobytes())
    return digest.hexdigest()


def _bytes(maps: tuple[Map, Map]) -> int:
    return sum(values.nbytes for values in maps)
