"""SDR of HDR: PQ and HLG in BT.2020 become BT.709 by a named tone map.

bt2390   the EETF of Report ITU-R BT.2390-11, 5.4.1: a Hermite spline in PQ, on the largest of R, G
         and B, from the source's peak down to reference white. Below its knee light is kept.
hable    Hable's filmic curve (*Uncharted 2*, GDC 2010), as FFmpeg's `tonemap` has it: darker.

Reference white, 203 cd/m² (Report ITU-R BT.2408), is SDR's white. Colours that BT.709 lacks are cut
off at its edge.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from vr360.choices import ToneMap
from vr360.errors import InputError
from vr360.frame import Colour, Rgb, VideoInfo, peak_at
from vr360.geometry import Array
from vr360.media.hdr import GAMMA, PEAK, PQ, hlg_to_light, light_to_pq, pq_to_light

Floats = NDArray[np.float32]
REFERENCE_WHITE = 203.0
_STEPS = 4096
_LUMA = np.array([0.2627, 0.6780, 0.0593], np.float32)
_TO_709 = np.array(  # BT.2087-0, of linear light
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def as_sdr(info: VideoInfo, tone_map: ToneMap | None) -> VideoInfo:
    """The source as it is delivered: read as what it is, then mapped; as it is without a map.

    Raises:
        InputError: it is SDR already.
    """
    if tone_map is None:
        return info
    if not info.colour.is_hdr:
        raise InputError(
            f"{info.path}: is neither PQ nor HLG ({info.colour.transfer}), so there is nothing to "
            "map; leave --to-sdr out"
        )
    peak = peak_of(info.colour)
    note = f"tone-mapped to SDR ({tone_map}), 8 bit BT.709, from a peak of {peak:g} cd/m²"
    colour = Colour(matrix=info.colour.matrix, range=info.colour.range)
    notes = (*info.notes, note)
    return replace(info, colour=colour, bit_depth=8, tone_map=tone_map, hdr=info, notes=notes)


def peak_of(colour: Colour) -> float:
    """The brightest light, cd/m²: MaxCLL's, else the mastering display's, else 1,000."""
    if colour.transfer != PQ:
        return PEAK
    level = float(colour.light.partition(",")[0] or 0)
    display = float(colour.mastering.rpartition("L(")[2].partition(",")[0] or 0) / 10_000
    found = level or display or PEAK
    return float(np.clip(found, REFERENCE_WHITE, 10_000))


def tone_mapped(rgb: Rgb, transfer: str, peak: float, tone_map: ToneMap) -> Rgb:
    """(H, W, 3) uint8 BT.709 of 10-bit codes of PQ or HLG in BT.2020.

    Args:
        rgb: (H, W, 3) uint16 codes.
        transfer: ffmpeg's name of it.
        peak: the brightest light of the source, cd/m².
        tone_map: the curve.
    """
    light = _light(rgb, transfer)
    gain = _looked_up(_gains(peak, tone_map), light.max(axis=-1))
    linear = (light * gain[..., None]) @ _TO_709.T
    fine = np.sqrt(np.clip(linear, 0, 1))  # finer in the dark than light itself
    return np.asarray(_encoded()[np.rint(fine * (_STEPS - 1)).astype(np.intp)])


def _light(rgb: Rgb, transfer: str) -> Floats:
    """(H, W, 3) cd/m² on the display; HLG's OOTF goes by luminance (BT.2100-2, table 5)."""
    light = np.asarray(_table(transfer)[rgb], np.float32)
    if transfer == PQ:
        return light
    luminance = np.maximum(light @ _LUMA, 1e-6)[..., None]
    return np.asarray(PEAK * luminance ** np.float32(GAMMA - 1) * light, np.float32)


@cache
def _table(transfer: str) -> Floats:
    """Of each code: light of PQ, the scene's light of HLG, 0..1."""
    codes = np.arange(peak_at(10) + 1) / peak_at(10)
    scene = (hlg_to_light(codes) / PEAK) ** (1 / GAMMA)
    return np.asarray(pq_to_light(codes) if transfer == PQ else scene, np.float32)


def _looked_up(table: Floats, light: Floats) -> Floats:
    """From a table whose steps are even in the fourth root of light up to 10,000 cd/m²."""
    root = np.sqrt(np.sqrt(np.minimum(light / np.float32(10_000), 1))) * np.float32(_STEPS - 1)
    below = np.minimum(root.astype(np.intp), _STEPS - 2)
    return np.asarray(table[below] + (root - below) * (table[below + 1] - table[below]), np.float32)


@cache
def _gains(peak: float, tone_map: ToneMap) -> Floats:
    """What light of each index is multiplied by, reference white becoming 1."""
    light = 10_000 * (np.arange(_STEPS) / (_STEPS - 1)) ** 4
    light[0] = light[1] / 16
    light = np.minimum(light, peak)
    return np.asarray(_CURVES[tone_map](light, peak) / light, np.float32)


def bt2390(light: Array, peak: float) -> Array:
    """SDR's light, 0..1, of cd/m² up to `peak`: Report ITU-R BT.2390-11, 5.4.1, black at 0."""
    top = light_to_pq(np.array(peak))
    code, most = light_to_pq(light) / top, float(light_to_pq(np.array(REFERENCE_WHITE)) / top)
    knee = 1.5 * most - 0.5
    t = (code - knee) / max(1 - knee, 1e-9)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee)
    spline += (-2 * t**3 + 3 * t**2) * most
    return pq_to_light(np.where(code < knee, code, spline) * top) / REFERENCE_WHITE


def hable(light: Array, peak: float) -> Array:
    """SDR's light, 0..1, of cd/m² up to `peak`, with the constants of FFmpeg's `tonemap`."""

    def curve(x: Array) -> Array:
        above = x * (0.15 * x + 0.05) + 0.004
        return above / (x * (0.15 * x + 0.5) + 0.06) - 0.02 / 0.3

    return curve(light / REFERENCE_WHITE) / curve(np.array(peak / REFERENCE_WHITE))


_CURVES = {ToneMap.BT2390: bt2390, ToneMap.HABLE: hable}


@cache
def _encoded() -> NDArray[np.uint8]:
    """8-bit codes of the square root of light 0..1, for a display of BT.1886 (gamma 2.4)."""
    root = np.arange(_STEPS) / (_STEPS - 1)
    return np.rint(255 * root ** (2 / 2.4)).astype(np.uint8)
