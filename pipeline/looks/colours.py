"""Giving one picture the colours of others, channel by channel.

DeepMovie (Anderson et al. 2016) does it in two steps: the style image gets the colours of the whole
film, then each frame gets the style image's. So the palette follows the light of the film and not
that of the painting.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vr360.frame import Rgb, peak_of
from vr360.geometry import row_areas

LEVELS = 257  # shares of the area at which a distribution is kept

Palette = NDArray[np.float64]
"""(3, LEVELS): for each channel the value, 0..1, below which 0, 1/256, ... of the area lie."""


def sphere_palette(spheres: Sequence[Rgb]) -> Palette:
    """Of equirect pictures together; a row counts by the area it covers."""
    areas = np.concatenate(
        [np.repeat(row_areas(len(rgb)) / rgb.shape[1], rgb.shape[1]) for rgb in spheres]
    )
    return _palette(np.concatenate([_unit(rgb) for rgb in spheres]), areas)


def picture_palette(rgb: Rgb) -> Palette:
    """Of a flat picture."""
    values = _unit(rgb)
    return _palette(values, np.ones(len(values)))


def recoloured(rgb: Rgb, own: Palette, wanted: Palette) -> Rgb:
    """A picture whose palette is `own` -> the same with the palette `wanted`."""
    peak = peak_of(rgb)
    channels = [np.interp(rgb[..., c] / peak, _rising(own[c]), wanted[c]) * peak for c in range(3)]
    return np.stack(channels, axis=-1).round().astype(rgb.dtype)


def _unit(rgb: Rgb) -> NDArray[np.float64]:
    return rgb.reshape(-1, 3) / peak_of(rgb)


def _palette(values: NDArray[np.float64], areas: NDArray[np.float64]) -> Palette:
    shares = np.linspace(0, 1, LEVELS)
    rows = []
    for channel in values.T:
        order = np.argsort(channel, kind="stable")
        below = np.cumsum(areas[order])
        rows.append(np.interp(shares, (below - areas[order] / 2) / below[-1], channel[order]))
    return np.stack(rows)


def _rising(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps of no height made ever so small, so that a value has one place."""
    return values + np.arange(len(values)) * 1e-9
