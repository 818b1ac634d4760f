"""The sound of the valley: wind, birds, and a bell whose strokes stand on exact samples."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN

RATE = 48000
BELL_SECONDS = (1.0, 2.0)  # the first stroke, and the time from one to the next
CHIRPS = (
    (0.35, -0.6),
    (0.52, -0.6),
    (1.62, 0.7),
    (1.74, 0.7),
    (1.86, 0.7),
    (2.55, 0.1),
    (3.5, -0.3),
)

Samples = NDArray[np.float64]


def bell_samples(count: int) -> NDArray[np.int64]:
    """First sample of each stroke in a sound of `count` samples."""
    first, every = (round(s * RATE) for s in BELL_SECONDS)
    return np.arange(first, count, every)


def soundtrack(count: int) -> NDArray[np.int16]:
    """(count, 2) samples at 48 kHz; the same at every call."""
    sound = _wind(count)
    chirps = [(at + 4 * turn, pan) for turn in range(count // (4 * RATE) + 1) for at, pan in CHIRPS]
    for number, (at, pan) in enumerate(chirps):
        _add(sound, round(at * RATE), _chirp(number) * 0.10, pan)
    for start in bell_samples(count):
        _add(sound, int(start), _bell() * 0.45, 0.0)
    return np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def _wind(count: int) -> Samples:
    """Two unlike channels of soft, low noise that swells and falls."""
    rng = np.random.default_rng(8)
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.exp(-frequency / 420) * frequency / (frequency + 60)
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal((2, count))) * shape, count)
    t = np.arange(count) / RATE
    swell = 0.6 + 0.25 * np.sin(FULL_TURN * 0.21 * t) + 0.15 * np.sin(FULL_TURN * 0.47 * t + 1)
    return np.ascontiguousarray((noise / noise.std() * swell * 0.035).T)


def _chirp(number: int) -> Samples:
    t = np.arange(int(0.09 * RATE)) / RATE
    low, high = 2600 + 170 * (number % 4), 4300 + 210 * (number % 3)
    pitch = low + (high - low) * np.sin(FULL_TURN / 4 * t / t[-1]) ** 2
    swell = np.sin(FULL_TURN / 2 * t / t[-1]) ** 2
    return np.asarray(np.sin(FULL_TURN * np.cumsum(pitch) / RATE) * swell)


def _bell() -> Samples:
    """Struck at its first sample, at full strength: the onset is what sync is measured by."""
    t = np.arange(int(0.8 * RATE)) / RATE
    parts = ((880, 1.0, 5), (1866, 0.5, 8), (2640, 0.35, 12), (4750, 0.3, 30))
    tones = [a * np.cos(FULL_TURN * f * t) * np.exp(-fall * t) for f, a, fall in parts]
    return np.asarray(sum(tones) / 2.15 * (1 - t / t[-1]))


def _add(sound: Samples, start: int, tone: Samples, pan: float) -> None:
    part = tone[: max(0, len(sound) - start)]
    sound[start : start + len(part), 0] += part * np.sqrt((1 - pan) / 2)
    sound[start : start + len(part), 1] += part * np.sqrt((1 + pan) / 2)


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
