"""From the painting to the picture that is written: enlarged, denoised, mixed with its source."""

from __future__ import annotations

import numpy as np

from pipeline.looks.keyframes import Keyframes, Time, between, lerp, parse_keyframes
from pipeline.source.preprocess import open_resizer
from vr360.errors import InputError
from vr360.filters import non_local_means
from vr360.frame import Rgb

TEMPLATE, SEARCH = 5, 21  # pixels: sides of the patches compared, and of where they are looked for

Dissolve = Keyframes[float]
"""Seconds from the first frame, and the share of the painting."""


def parse_dissolve(text: str) -> Dissolve:
    """`0s:0,2.5s:1`: from the source to the painting in two and a half seconds.

    Raises:
        InputError: no such list, two shares for one moment, shares outside 0..1.
    """
    return parse_keyframes(text.split(","), _share, "--dissolve")


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InputError(f"--dissolve {text}: give shares from 0 to 1, as 0s:0,2.5s:1")
    return share


def share_at(track: Dissolve, time: Time) -> float:
    """Share of the painting at a time; all of it without keyframes."""
    return between(track, time, lerp) if track else 1.0


def finished(painted: Rgb, source: Rgb, denoise: float, share: float) -> Rgb:
    """The painting at its source's size, denoised, over its source.

    Come Swim painted at 1024 pixels, enlarged to 2048 and denoised: the network's finest noise is
    gone, the brush strokes stay.

    Args:
        painted: (h, w, 3) of the depth of `source`.
        source: (H, W, 3).
        denoise: strength of non-local means (Buades, Coll, Morel 2005) in 8-bit codes; 0 is none.
        share: of the painting; the rest is the source.
    """
    large = open_resizer(painted.shape[:2], source.shape[:2])(painted)
    if denoise > 0:
        large = denoised(large, denoise)
    if share == 1:
        return large
    mixed = source + share * (large.astype(np.float32) - source)
    return np.asarray(mixed.round(), large.dtype)


def denoised(rgb: Rgb, strength: float) -> Rgb:
    """Non-local means of one equirect eye (H, W, 3) uint8, seam and poles included."""
    return non_local_means(rgb, strength, TEMPLATE, SEARCH)
