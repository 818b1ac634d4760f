"""When a recording of its own began, found by what it and the clip's own sound have in common."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from pipeline.film.hearing import RATE, Samples

_CLEAR = 10.0  # standard deviations that the best place must stand out by


def find_offset(clip: Samples, recording: Samples) -> Fraction | None:
    """Seconds of the clip at which the recording began; None where nothing fits clearly.

    Generalised cross-correlation with phase transform (Knapp, Carter 1976): every frequency weighs
    alike, so that another microphone's colour and level do not matter.

    Args:
        clip, recording: (N, channels) at `RATE`.
    """
    ours, theirs = clip.mean(axis=1), recording.mean(axis=1)
    size = 1 << (len(ours) + len(theirs)).bit_length()
    cross = np.fft.rfft(ours, size) * np.conj(np.fft.rfft(theirs, size))
    fits = np.fft.irfft(cross / np.maximum(np.abs(cross), 1e-9), size)
    best = int(np.argmax(fits))
    if not fits[best] > _CLEAR * fits.std():  # silence fits nowhere
        return None
    return Fraction(best - size if best > size // 2 else best, RATE)
