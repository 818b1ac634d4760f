"""Tiling noise and textures with a pyramid, so that every look-up is cheap and free of aliases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
"""float32 by convention; numpy's stubs widen it at every operation, so they are not told."""


def f32(values: Any) -> Floats:
    """As a float32 array."""
    return np.asarray(values, np.float32)


LINE = 4096  # cv2.remap refuses pictures of 32767 and more on a side: flat lists are folded


def spectral_noise(size: int, seed: int, power: Any) -> Floats:
    """(size, size) tiling Gaussian noise, mean 0 and deviation 1.

    `power` gives the amplitude at a wave number in cycles per tile.
    """
    rng = np.random.default_rng(seed)
    wave = np.fft.fftfreq(size, 1 / size)[:, None], np.fft.rfftfreq(size, 1 / size)[None]
    wave_number = np.hypot(*wave)
    wave_number[0, 0] = 1
    amplitude = power(wave_number)
    amplitude[0, 0] = 0
    spectrum = np.fft.rfft2(rng.standard_normal((size, size))) * amplitude
    noise = np.fft.irfft2(spectrum, (size, size))
    return np.asarray(noise / noise.std(), np.float32)


def band_noise(size: int, cycles: float, seed: int) -> Floats:
    """Noise of one octave: about `cycles` bumps across the tile."""
    return spectral_noise(size, seed, lambda k: np.exp(-(((k - cycles) / (0.35 * cycles)) ** 2)))


def fractal_noise(size: int, lowest: float, seed: int, fall: float = 1.7) -> Floats:
    """Noise of many octaves, from `lowest` cycles per tile upward, amplitude ~ k ** -fall."""
    return spectral_noise(size, seed, lambda k: np.where(k < lowest, 0, k**-fall))


def remap(image: NDArray[Any], x: Floats, y: Floats) -> NDArray[Any]:
    """Bilinear samples of (H, W[, C]) at flat lists of pixel positions (N,), edges held."""
    count = x.size
    if 0 < count <= LINE:
        flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
        x, y = (a.reshape(1, count).astype(np.float32, copy=False) for a in (x, y))
        return cv2.remap(image, x, y, flags, borderMode=border).reshape(count, *image.shape[2:])
    rows = max(1, -(-count // LINE))
    maps = np.zeros((2, rows * LINE), np.float32)
    maps[0, :count] = x
    maps[1, :count] = y
    map_x, map_y = maps.reshape(2, rows, LINE)
    flags = cv2.INTER_LINEAR
    out = cv2.remap(image, map_x, map_y, flags, borderMode=cv2.BORDER_REPLICATE)
    return out.reshape(rows * LINE, *image.shape[2:])[:count]


@dataclass(frozen=True)
class Texture:
    """A tiling texture that covers `period` metres, with levels of half the size each.

    Attributes:
        levels: pictures (S + 1, S + 1[, C]) float32; the last row and column repeat the first.
    """

    levels: tuple[Floats, ...]
    period: float

    @classmethod
    def tiled(cls, image: Floats, period: float) -> Texture:
        levels = []
        while image.shape[0] >= 4:
            levels.append(np.pad(image, [(0, 1), (0, 1)] + [(0, 0)] * (image.ndim - 2), "wrap"))
            quads = image.reshape(image.shape[0] // 2, 2, image.shape[1] // 2, 2, *image.shape[2:])
            image = np.ascontiguousarray(quads.mean((1, 3)), np.float32)
        return cls(tuple(levels), period)

    def sample(self, x: Floats, z: Floats, footprint: Floats | float = 0.0) -> Floats:
        """Values (N[, C]) at metres (x, z), averaged over about `footprint` metres."""
        texel = self.period / (self.levels[0].shape[0] - 1)
        footprint = np.broadcast_to(np.asarray(footprint, np.float32), x.shape)
        level = np.log2(np.maximum(footprint / texel, 1))
        level = np.minimum(level, len(self.levels) - 1.001)
        low = level.astype(np.int32)
        mix = (level - low).astype(np.float32)
        out = np.empty((x.size, *self.levels[0].shape[2:]), np.float32)
        for number in range(len(self.levels) - 1):
            here = np.flatnonzero(low == number)
            if here.size == 0:
                continue
            fine, coarse = (self._at(n, x[here], z[here]) for n in (number, number + 1))
            weight = mix[here].reshape(-1, *[1] * (out.ndim - 1))
            out[here] = fine + (coarse - fine) * weight
        return out

    def _at(self, number: int, x: Floats, z: Floats) -> Floats:
        image = self.levels[number]
        size = image.shape[0] - 1
        u, v = x / self.period, z / self.period
        # a level's texel covers 2 ** number texels of the first: its centre lies half of it in
        shift = 0.5 - 0.5 / 2**number * 1.0 if number else 0.0
        u, v = ((a - np.floor(a)) * size - shift for a in (u, v))
        u, v = (np.where(a < 0, a + size, a) for a in (u, v))
        return remap(image, u, v)


def smoothstep(low: float, high: float, x: Any) -> Any:
    s = np.clip((x - low) / (high - low), 0, 1)
    return s * s * (3 - 2 * s)


def normalise(v: Floats) -> Floats:
    length = np.sqrt(np.einsum("...i,...i->...", v, v))[..., None]
    return np.asarray(v / np.maximum(length, 1e-9), np.float32)
