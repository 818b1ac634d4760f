"""From masks as they are written to masks that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.film.easing import Track, at
from pipeline.film.playing import Playing
from pipeline.film.script import MaskSpec
from pipeline.looks.algebra import names_in, parse_mask
from pipeline.looks.keyframes import Time, lerp
from pipeline.looks.masks import (
    ColourKey,
    Feathered,
    Floats,
    LumaKey,
    Mask,
    Seen,
    Shape,
    in_band,
    in_circle,
    in_polygon,
)
from pipeline.looks.sky import Sky
from pipeline.source.preprocess import open_resizer
from vr360.change import luma
from vr360.errors import InputError
from vr360.frame import Projection, Rgb, Stereo, VideoInfo
from vr360.geometry import Array, lonlat_to_xyz
from vr360.media.probe import probe


def open_masks(
    formula: str, specs: Mapping[str, MaskSpec], start: Fraction
) -> Callable[[Sequence[Rgb], Time], list[Floats]]:
    """What layers ask: the eyes of a frame and its time in the clip -> a mask for each eye.

    Args:
        formula: of masks.
        specs: all masks, by name.
        start: seconds of the clip where the scene begins.
    """
    mask = open_formula(formula, specs)

    def masks(eyes: Sequence[Rgb], clip_seconds: Time) -> list[Floats]:
        own = float(clip_seconds) - float(start)
        return [mask(Seen(eye, own, n, float(clip_seconds))) for n, eye in enumerate(eyes)]

    return masks


def open_formula(formula: str, specs: Mapping[str, MaskSpec]) -> Mask:
    """The mask of a formula; each mask in it is opened once."""
    known = {name: _open(specs[name], specs) for name in names_in(formula)}
    return parse_mask(formula, known)


def files_of(formula: str, specs: Mapping[str, MaskSpec]) -> set[Path]:
    """Files that decide about a formula's mask."""
    found: set[Path] = set()
    for name in names_in(formula):
        if specs[name].kind == "file":
            found.add(specs[name].values["file"])
        elif specs[name].kind == "is":
            found |= files_of(specs[name].values["formula"], specs)
    return found


def _open(spec: MaskSpec, specs: Mapping[str, MaskSpec]) -> Mask:
    if spec.kind in _OUTLINES:
        outline = _OUTLINES[spec.kind]
        still = all(track.is_constant for track in spec.tracks.values())
        feather = spec.tracks["feather"]
        return Shape(lambda t, d: outline(spec.tracks, t, d), lambda t: at(feather, t), still)
    mask = _plain(spec, specs)
    feather_radians = at(spec.tracks["feather"], 0.0) if "feather" in spec.tracks else 0.0
    return Feathered(mask, feather_radians) if feather_radians else mask


def _plain(spec: MaskSpec, specs: Mapping[str, MaskSpec]) -> Mask:
    values = spec.values
    if spec.kind == "sky":
        return Sky()
    if spec.kind == "luma":
        low, high = values["range"]
        return LumaKey(low, high, values["softness"])
    if spec.kind == "colour":
        return ColourKey(values["colour"], values["tolerance"], values["softness"])
    if spec.kind == "file":
        return FileMask(values["file"])
    return open_formula(values["formula"], specs)


Tracks = Mapping[str, Track[Any]]


def _circle(tracks: Tracks, seconds: float, directions: Array) -> Array:
    yaw, pitch, radius = (at(tracks[name], seconds) for name in ("yaw", "pitch", "radius"))
    return in_circle(directions, yaw, pitch, radius)


def _band(tracks: Tracks, seconds: float, directions: Array) -> Array:
    low, high = tracks["band"].mixed(seconds, _mix_pairs)
    return in_band(directions, low, high)


def _polygon(tracks: Tracks, seconds: float, directions: Array) -> Array:
    corners = np.array(tracks["corners"].mixed(seconds, _mix_corners))
    return in_polygon(directions, lonlat_to_xyz(corners[:, 0], corners[:, 1]))


_OUTLINES = {"circle": _circle, "band": _band, "polygon": _polygon}


def _mix_pairs(before: Any, after: Any, share: float) -> tuple[float, ...]:
    return tuple(lerp(b, a, share) for b, a in zip(before, after, strict=True))


def _mix_corners(before: Any, after: Any, share: float) -> tuple[tuple[float, ...], ...]:
    return tuple(_mix_pairs(b, a, share) for b, a in zip(before, after, strict=True))


def probe_mask(path: Path) -> VideoInfo:
    """A grey still or film as a mask.

    Raises:
        InputError: it cannot be read, or is no sphere.
    """
    info = probe(path, Projection.EQUIRECT, Stereo.MONO)
    if info.width != 2 * info.height:
        raise InputError(f"{path}: {info.width}x{info.height} is no mask of a sphere; make it 2:1")
    return info


class FileMask:
    """The brightness of a still, or of the frame of a film that lies at the clip's time."""

    def __init__(self, path: Path) -> None:
        self._info = probe_mask(path)
        self._playing = Playing(self._info)

    def __call__(self, seen: Seen) -> Floats:
        height, width = seen.size
        resize = open_resizer((self._info.height, self._info.width), (height, width))
        return luma(resize(self._playing(seen.clip_seconds))).clip(0, 1)
