"""From the painting to the picture that is written: enlarged, denoised, mixed with its source."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np

from pipeline.preprocess import open_resizer
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.padding import sphere_pad_rgb

REACH = 14  # pixels that non-local means looks around

Dissolve = tuple[tuple[Fraction, float], ...]
"""(seconds from the first frame, share of the painting), rising in time."""


def parse_dissolve(text: str) -> Dissolve:
    """`0=0,2.5=1` : from the source to the painting in two and a half seconds.

    Raises:
        InputError: no such list, times that fall, shares outside 0..1.
    """
    try:
        pairs = [word.split("=") for word in text.split(",")]
        track = tuple((Fraction(time), float(share)) for time, share in pairs)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"--dissolve {text}: give TIME=SHARE,..., as 0=0,2.5=1") from None
    times = [time for time, _ in track]
    if times != sorted(set(times)) or any(not 0 <= share <= 1 for _, share in track):
        raise InputError(f"--dissolve {text}: times must rise and shares lie between 0 and 1")
    return track


def share_at(track: Dissolve, time: Fraction) -> float:
    """Share of the painting at a time: linear between the points, level before and after."""
    if not track:
        return 1.0
    times, shares = zip(*track, strict=True)
    return float(np.interp(float(time), [float(t) for t in times], shares))


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
    padded = np.ascontiguousarray(sphere_pad_rgb(rgb, REACH))
    clean = cv2.fastNlMeansDenoisingColored(padded, None, strength, strength, 5, 2 * REACH - 7)
    return np.asarray(clean[REACH:-REACH, REACH:-REACH], rgb.dtype)
