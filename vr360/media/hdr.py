"""High dynamic range: what a film says of its mastering, and PQ painted by way of HLG.

HLG's codes look like those of an ordinary film, so nets paint them as they are. PQ's do not: a
painter's white, taken for a PQ code, would shine with 10,000 cd/m². PQ is painted as HLG of
1,000 cd/m² and turned back, both by tables. Brighter highlights come back as 1,000 cd/m².

Source: Rec. ITU-R BT.2100-2, tables 4 and 5. Each channel goes by itself through the OOTF, which
the recommendation applies to luminance: exact for greys, and invertible for all colours.
"""

from __future__ import annotations

import struct
from functools import cache

import av
import numpy as np
from av.sidedata.sidedata import Type

from vr360.frame import Rgb, peak_at
from vr360.geometry import Array

PQ, HLG = "smpte2084", "arib-std-b67"
PEAK = 1000.0  # cd/m² of HLG's white
GAMMA = 1.2  # of the OOTF at that peak
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_MASTERING = struct.Struct("=22i")  # AVMasteringDisplayMetadata
_CHROMATICITY, _LUMINANCE = 50_000, 10_000  # steps of H.265's SEI messages


def pq_to_light(code: Array) -> Array:
    """cd/m² of PQ codes 0..1."""
    power = np.power(np.asarray(code, float), 1 / _M2)
    light: Array = 10_000 * np.power(np.maximum(power - _C1, 0) / (_C2 - _C3 * power), 1 / _M1)
    return light


def light_to_pq(light: Array) -> Array:
    """Inverse of `pq_to_light`."""
    power = np.power(np.asarray(light, float) / 10_000, _M1)
    code: Array = np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)
    return code


def hlg_to_light(code: Array) -> Array:
    """cd/m² of HLG codes 0..1 on a display of `PEAK`."""
    code = np.asarray(code, float)
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - _C) / _A) + _B) / 12)
    light: Array = PEAK * np.power(scene, GAMMA)
    return light


def light_to_hlg(light: Array) -> Array:
    """Inverse of `hlg_to_light`; what is brighter than `PEAK` becomes white."""
    scene = (np.clip(np.asarray(light, float), 0, PEAK) / PEAK) ** (1 / GAMMA)
    bright = _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C
    code: Array = np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)
    return code


@cache
def _table(to_hlg: bool) -> Rgb:
    top = peak_at(10)
    codes = np.arange(top + 1) / top
    made = light_to_hlg(pq_to_light(codes)) if to_hlg else light_to_pq(hlg_to_light(codes))
    return np.rint(made * top).clip(0, top).astype(np.uint16)


def pq_as_hlg(rgb: Rgb) -> Rgb:
    """(H, W, 3) 10-bit HLG codes of PQ ones."""
    return _table(True)[rgb]


def hlg_as_pq(rgb: Rgb) -> Rgb:
    """(H, W, 3) 10-bit PQ codes of HLG ones."""
    return _table(False)[rgb]


def mastering_of(frame: av.VideoFrame) -> tuple[str, str]:
    """Mastering display and light levels of a decoded frame, as x265 takes them; empty if not said.

    `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)` in steps of H.265's SEI messages, and `MaxCLL,MaxFALL`.
    """
    mastering = _side_data(frame, Type.MASTERING_DISPLAY_METADATA)
    levels = _side_data(frame, Type.CONTENT_LIGHT_LEVEL)
    known = len(mastering) >= _MASTERING.size
    display = _display(_MASTERING.unpack_from(mastering)) if known else ""
    light = ",".join(map(str, struct.unpack_from("=2I", levels))) if len(levels) >= 8 else ""
    return display, light


def _side_data(frame: av.VideoFrame, kind: Type) -> bytes:
    found = frame.side_data.get(kind)  # type: ignore[call-overload]
    return bytes(found) if found is not None else b""


def _display(numbers: tuple[int, ...]) -> str:
    fractions = list(zip(numbers[:20:2], numbers[1:20:2], strict=True))
    if not all(numbers[20:]) or not all(below for _, below in fractions):
        return ""
    x_y = [round(above * _CHROMATICITY / below) for above, below in fractions[:8]]
    low, high = (round(above * _LUMINANCE / below) for above, below in fractions[8:])
    red, green, blue, white = (f"({x_y[i]},{x_y[i + 1]})" for i in (0, 2, 4, 6))
    return f"G{green}B{blue}R{red}WP{white}L({high},{low})"
