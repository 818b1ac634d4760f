"""`[masks.NAME]` -> a `MaskSpec`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import radians
from pathlib import Path
from typing import Any

from pipeline.film.easing import Track
from pipeline.film.script import MaskSpec
from pipeline.film.table import Problems, Table, number, seconds, text, track, truth
from pipeline.film.values import angle, colour
from pipeline.looks.algebra import names_in, parse_mask
from pipeline.looks.masks import LumaKey, Mask
from vr360.errors import InputError

KINDS = (
    *("circle", "band", "polygon", "sky", "moving", "near"),
    *("luma", "colour", "file", "painted", "is"),
)
FARTHEST = 20  # metres: the eyes see it but a fifth of a degree apart
BUILT_IN = {"sky": MaskSpec("sky"), "moving": MaskSpec("moving")}
"""Masks that are there without being written."""


def read_masks(table: Table, file: Callable[[Any], Path]) -> dict[str, MaskSpec]:
    """All masks of a film; what is wrong is noted."""
    found = dict(BUILT_IN)
    for name in table.names():
        mask = table.table(name)
        found[name] = _mask(mask, file)
        mask.close()
        if not name.isidentifier():
            table.wrong(name, "name a mask by letters, digits and _")
    return found


def check_formulas(masks: Mapping[str, MaskSpec], problems: Problems) -> None:
    """Note formulas that cannot be read, that name what is not there, or themselves."""
    for name, mask in masks.items():
        if mask.kind == "is":
            _check(mask.values["formula"], masks, (*mask.place, "is"), problems)
            if name in all_names(mask.values["formula"], masks):
                problems.add((*mask.place, "is"), f"is: {name} cannot be made of itself")


def check_formula(formula: str, masks: Mapping[str, MaskSpec]) -> str:
    """The formula, if it can be read and all its masks are there; InputError otherwise."""
    nothing: Mask = LumaKey(0, 1)
    parse_mask(formula, dict.fromkeys(masks, nothing))
    return formula


def _check(formula: str, masks: Mapping[str, MaskSpec], place: Any, problems: Problems) -> None:
    try:
        check_formula(formula, masks)
    except InputError as error:
        problems.add(place, f"{place[-1]}: {error}")


def all_names(formula: str, masks: Mapping[str, MaskSpec]) -> set[str]:
    """Masks that a formula is made of, over all steps."""
    found: set[str] = set()
    left = names_in(formula)
    while left - found:
        name = (left - found).pop()
        found.add(name)
        if name in masks and masks[name].kind == "is":
            left |= names_in(masks[name].values["formula"])
    return found


def _mask(table: Table, file: Callable[[Any], Path]) -> MaskSpec:
    kinds = [kind for kind in KINDS if table.has(kind)]
    if len(kinds) != 1:
        table.names()
        table.wrong("", f"one of {', '.join(KINDS)} says what a mask is")
        return MaskSpec("circle", _still(yaw=0.0, pitch=0.0, radius=0.1, feather=0.0))
    tracks = {"feather": table.get("feather", track(_degrees(0, 90)), Track.constant(0.0))}
    values: dict[str, Any] = {}
    _READERS[kinds[0]](table, tracks, values, file)
    return MaskSpec(kinds[0], tracks, values, table.place)


def _still(**values: float) -> dict[str, Track[Any]]:
    return {name: Track.constant(value) for name, value in values.items()}


TracksRead = dict[str, Track[Any]]
Values = dict[str, Any]


def _circle(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    tracks["radius"] = table.need("circle", track(_degrees(0, 180)), Track.constant(0.1))
    tracks["yaw"] = table.get("yaw", track(angle(3600)), Track.constant(0.0))
    tracks["pitch"] = table.get("pitch", track(angle(90)), Track.constant(0.0))


def _band(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    read = _keyframed(_pair(_degrees(-90, 90)))
    tracks["band"] = table.need("band", read, Track.constant((-0.1, 0.1)))


def _polygon(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    corners = table.need("polygon", _keyframed(_corners), Track.constant(((0.0, 0.0),) * 3))
    if len({len(key.value) for key in corners.keys}) > 1:
        table.wrong("polygon", "all keyframes need as many corners")
        corners = Track.constant(corners.keys[0].value)
    tracks["corners"] = corners


def _found(kind: str) -> Callable[[Table, TracksRead, Values, Any], None]:
    """A mask that is found by itself: `sky = true`."""

    def read(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
        if not table.need(kind, truth, True):
            table.wrong(kind, f"write {kind} = true")

    return read


def _near(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    values["metres"] = table.need("near", number(0.3, FARTHEST, "metres"), 3.0)


def _luma(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    values["range"] = table.need("luma", _pair(number(0, 1)), (0.0, 1.0))
    values["softness"] = table.get("softness", number(0, 1), 0.05)


def _colour(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    values["colour"] = table.need("colour", colour, (0.0, 0.0, 0.0))
    values["tolerance"] = table.get("tolerance", number(0, 2), 0.2)
    values["softness"] = table.get("softness", number(0, 1), 0.1)


def _file(table: Table, tracks: TracksRead, values: Values, file: Callable[[Any], Path]) -> None:
    values["file"] = table.need("file", file, Path())


def _painted(table: Table, tracks: TracksRead, values: Values, file: Callable[[Any], Path]) -> None:
    def each(value: Any) -> tuple[tuple[Fraction, Path], ...]:
        good = isinstance(value, list) and value
        if not good or not all(isinstance(key, list) and len(key) == 2 for key in value):
            raise InputError('give seconds of the clip and files, as [[0, "mask.png"]]')
        keys = tuple((seconds(time), file(name)) for time, name in value)
        if [time for time, _ in keys] != sorted({time for time, _ in keys}):
            raise InputError("painted masks come in the order of their times")
        return keys

    none: tuple[tuple[Fraction, Path], ...] = ()
    values["painted"] = table.need("painted", each, none)


def _is(table: Table, tracks: TracksRead, values: Values, file: Any) -> None:
    values["formula"] = table.need("is", text, "sky")


_READERS: dict[str, Callable[[Table, TracksRead, Values, Callable[[Any], Path]], None]] = {
    "circle": _circle,
    "band": _band,
    "polygon": _polygon,
    "sky": _found("sky"),
    "moving": _found("moving"),
    "near": _near,
    "luma": _luma,
    "colour": _colour,
    "file": _file,
    "painted": _painted,
    "is": _is,
}


def _degrees(low: float, high: float) -> Callable[[Any], float]:
    read = number(low, high, "degrees")
    return lambda value: radians(read(value))


def _pair(read: Callable[[Any], float]) -> Callable[[Any], tuple[float, float]]:
    def pair(value: Any) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2:
            raise InputError(f"{value!r}: give the lower and the upper value, as [0, 10]")
        low, high = read(value[0]), read(value[1])
        if low >= high:
            raise InputError(f"{value!r}: the lower value comes first")
        return low, high

    return pair


def _keyframed(read: Callable[[Any], Any]) -> Callable[[Any], Track[Any]]:
    """What reads one list of values, or keyframes of such lists: `[[0, [1, 2]], [3, [4, 5]]]`."""

    def tracked(value: Any) -> Track[Any]:
        timed = isinstance(value, list) and all(
            isinstance(key, list) and len(key) in (2, 3) and isinstance(key[1], list)
            for key in value
        )
        return track(read)(value) if timed else Track.constant(read(value))

    return tracked


def _corners(value: Any) -> tuple[tuple[float, float], ...]:
    good = isinstance(value, list) and len(value) >= 3
    if not good or not all(isinstance(each, list) and len(each) == 2 for each in value):
        raise InputError(f"{value!r}: give three corners and more, each as [yaw, pitch]")
    return tuple((angle(3600)(yaw), angle(90)(pitch)) for yaw, pitch in value)
