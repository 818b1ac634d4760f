"""From masks as they are written to masks that can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.film.easing import Track, at
from pipeline.film.following import Followed
from pipeline.film.mask_files import FileMask, still_mask
from pipeline.film.moving import Moving
from pipeline.film.near import Near
from pipeline.film.script import MaskSpec
from pipeline.film.watching import Watched
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
)
from pipeline.looks.memory import Remembers
from pipeline.looks.sky import Sky
from pipeline.painting.layers import Layer
from vr360.frame import Rgb
from vr360.geometry import Array, lonlat_to_xyz
from vr360.polygons import in_polygon


def open_masks(formula: str, specs: Mapping[str, MaskSpec], clip: Watched) -> Layer:
    """The masks of a layer that shows the clip itself; `replace` gives it a look.

    Args:
        formula: of masks.
        specs: all masks, by name.
        clip: of the scene.
    """
    remembering: list[Remembers] = []
    mask = open_formula(formula, specs, clip, remembering)

    def masks(eyes: Sequence[Rgb], clip_seconds: Time) -> list[Floats]:
        own = float(clip_seconds) - float(clip.placed.start)
        others = list(reversed(eyes)) if len(eyes) == 2 else [None]
        return [
            mask(Seen(eye, own, n, float(clip_seconds), other))
            for n, (eye, other) in enumerate(zip(eyes, others, strict=True))
        ]

    return Layer(None, masks, remembering)


def open_formula(
    formula: str, specs: Mapping[str, MaskSpec], clip: Watched, remembering: list[Remembers]
) -> Mask:
    """The mask of a formula; each mask in it is opened once.

    Args:
        remembering: takes those that remember, always in the same order.
    """
    names = sorted(names_in(formula))
    known = {name: _open(specs[name], specs, clip, remembering) for name in names}
    return parse_mask(formula, known)


def files_of(formula: str, specs: Mapping[str, MaskSpec]) -> set[Path]:
    """Files that decide about a formula's mask."""
    found: set[Path] = set()
    for name in names_in(formula):
        if specs[name].kind == "file":
            found.add(specs[name].values["file"])
        elif specs[name].kind == "painted":
            found |= {file for _, file in specs[name].values["painted"]}
        elif specs[name].kind == "is":
            found |= files_of(specs[name].values["formula"], specs)
    return found


def _open(
    spec: MaskSpec, specs: Mapping[str, MaskSpec], clip: Watched, remembering: list[Remembers]
) -> Mask:
    if spec.kind in _OUTLINES:
        outline = _OUTLINES[spec.kind]
        still = all(track.is_constant for track in spec.tracks.values())
        feather = spec.tracks["feather"]
        return Shape(lambda t, d: outline(spec.tracks, t, d), lambda t: at(feather, t), still)
    mask = _plain(spec, specs, clip, remembering)
    feather_radians = at(spec.tracks["feather"], 0.0) if "feather" in spec.tracks else 0.0
    return Feathered(mask, feather_radians) if feather_radians else mask


def _plain(
    spec: MaskSpec, specs: Mapping[str, MaskSpec], clip: Watched, remembering: list[Remembers]
) -> Mask:
    values = spec.values
    if spec.kind in _REMEMBERING:
        found = _REMEMBERING[spec.kind](values, clip)
        remembering.append(found)
        return found
    if spec.kind == "near":
        return Near(values["metres"])
    if spec.kind == "luma":
        low, high = values["range"]
        return LumaKey(low, high, values["softness"])
    if spec.kind == "colour":
        return ColourKey(values["colour"], values["tolerance"], values["softness"])
    if spec.kind == "file":
        return FileMask(values["file"])
    return open_formula(values["formula"], specs, clip, remembering)


def _followed(values: Mapping[str, Any], clip: Watched) -> Followed:
    return Followed([(time, still_mask(file)) for time, file in values["painted"]], clip)


_REMEMBERING: Mapping[str, Callable[[Mapping[str, Any], Watched], Sky | Moving | Followed]] = {
    "sky": lambda values, clip: Sky(),
    "moving": lambda values, clip: Moving(clip),
    "painted": _followed,
}


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
