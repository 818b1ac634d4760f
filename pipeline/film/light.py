"""Mixing pictures in linear light, as two projectors on one screen would.

R'G'B' codes are taken for what a display makes of them: the power 2.4 of Rec. ITU-R BT.1886.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.film.script import Colour
from vr360.frame import Rgb, peak_of

GAMMA = 2.4
Floats = NDArray[np.float32]


def to_light(rgb: Rgb) -> Floats:
    """(H, W, 3) codes -> float32 in 0..1, proportional to light."""
    return _curve(peak_of(rgb), np.iinfo(rgb.dtype).bits)[rgb]


def to_codes(light: Floats, like: Rgb) -> Rgb:
    """The inverse of `to_light`, in the type of `like`."""
    peak = peak_of(like)
    codes = np.power(light.clip(0, 1), 1 / GAMMA) * peak
    return np.asarray(np.rint(codes), like.dtype)


def mix(first: Rgb, second: Rgb, share: float | Floats) -> Rgb:
    """`first` at a share of 0, `second` at 1, and the sum of their lights in between.

    Args:
        first, second: (H, W, 3) of one type.
        share: of `second`: a number, or (H, W) in 0..1.
    """
    if isinstance(share, int | float) and share in (0, 1):
        return second if share else first
    weight = np.asarray(share, np.float32)[..., None]
    ours = to_light(first)
    return to_codes(ours + weight * (to_light(second) - ours), first)


def mix_colour(rgb: Rgb, colour: Colour, share: float) -> Rgb:
    """The picture at a share of 0, one colour at 1."""
    if share == 0:
        return rgb
    even = np.power(np.array(colour, np.float32), np.float32(GAMMA))
    ours = to_light(rgb)
    return to_codes(ours + np.float32(share) * (even - ours), rgb)


@lru_cache(maxsize=4)
def _curve(peak: int, bits: int) -> Floats:
    codes = np.arange(1 << bits, dtype=np.float32).clip(0, peak) / peak
    return np.power(codes, np.float32(GAMMA))
