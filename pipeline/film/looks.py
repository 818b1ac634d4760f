"""A scene's look over its own time, as the keyframes over its clip's time that painting takes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pipeline.film.easing import Easing, Key, Track, at
from pipeline.film.script import ORIGINAL, Layer, Scene, Through, Transition
from pipeline.looks.keyframes import lerp
from pipeline.looks.track import STRONGEST, Shares, parse_look

IDLE = "starry_night"
"""Stands for a style where nothing is ever painted."""


@dataclass(frozen=True)
class Look:
    """What `StylizeJob` and `load_stylizer` take."""

    style: list[str]
    strength: str
    stroke: str


def scene_looks(
    scene: Scene, enters: Fraction, leaves: Fraction, length: Fraction, leave: Transition
) -> Look:
    """The look of a scene.

    Args:
        scene: whose look it is.
        enters, leaves: seconds of the transitions at its two ends.
        length: its seconds.
        leave: the transition at its end.
    """
    strength = scene.strength
    if is_original(scene.style):
        strength = Track.constant(0.0)
    pull = _Pull(
        float(enters) if scene.enter.through is Through.PAINT else 0.0,
        float(leaves) if leave.through is Through.PAINT else 0.0,
        float(length),
    )
    moments = sorted({*strength.moments(), *pull.moments()})
    strengths = [(t, lerp(at(strength, t), STRONGEST, pull.at(t))) for t in moments]
    return Look(
        timed_styles(scene.style, scene.start),
        timed(strengths, scene.start),
        timed_track(scene.stroke, scene.start),
    )


def layer_look(layer: Layer, start: Fraction) -> Look:
    """The look of a layer of a scene that begins so many seconds into its clip."""
    return Look(
        timed_styles(layer.style, start),
        "0" if is_original(layer.style) else timed_track(layer.strength, start),
        timed_track(layer.stroke, start),
    )


def timed_track(track: Track[float], start: Fraction) -> str:
    """A track of numbers, curves in straight pieces, at the times of the clip."""
    return timed([(t, at(track, t)) for t in sorted(set(track.moments()))], start)


def is_original(style: Track[str]) -> bool:
    """Whether nothing is painted."""
    return all(key.value == ORIGINAL for key in style.keys)


def timed_styles(style: Track[str], start: Fraction) -> list[str]:
    """Keyframes of blends, curves in straight pieces, at the times of the clip."""
    if is_original(style):
        return [IDLE]
    if len(style.keys) == 1:
        return [style.keys[0].value]
    shares = Track(tuple(Key(key.seconds, _shares(key.value), key.easing) for key in style.keys))
    return [
        f"{_stamp(t, start)}{_written(shares.mixed(t, _mix))}" for t in sorted(set(style.moments()))
    ]


def timed(strengths: list[tuple[float, float]], start: Fraction) -> str:
    """Keyframes of numbers, at the times of the clip."""
    if len({value for _, value in strengths}) == 1:
        return f"{strengths[0][1]:.6g}"
    return ",".join(f"{_stamp(t, start)}{value:.6g}" for t, value in strengths)


class _Pull:
    """How much of the strongest paint is added for the dissolves at both ends, 0 to 1.

    It grows for as long as the dissolve lasts, stays while both scenes are seen, and goes back.
    """

    def __init__(self, enters: float, leaves: float, length: float) -> None:
        free = max(0.0, length - enters - leaves) / (2 if enters and leaves else 1)
        keys = [(0.0, 0.0)] if not enters else [(0.0, 1.0), (enters, 1.0)]
        if enters:
            keys.append((enters + min(enters, free), 0.0))
        if leaves:
            keys += [(length - leaves - min(leaves, free), 0.0), (length - leaves, 1.0)]
        self._track = _track(keys)

    def at(self, seconds: float) -> float:
        return at(self._track, seconds)

    def moments(self) -> list[float]:
        return list(self._track.moments()) if len(self._track.keys) > 1 else []


def _track(keys: list[tuple[float, float]]) -> Track[float]:
    last = dict(keys)  # where two fall together, the later says what holds
    return Track(tuple(Key(t, last[t], Easing.SMOOTH) for t in sorted(last)))


def _stamp(seconds: float, start: Fraction) -> str:
    return f"{max(0.0, seconds + float(start)):.6f}s:"


def _shares(blend: str) -> Shares:
    return parse_look(blend).at().shares


def _mix(before: Shares, after: Shares, share: float) -> Shares:
    return {
        name: lerp(before.get(name, 0.0), after.get(name, 0.0), share) for name in before | after
    }


def _written(shares: Shares) -> str:
    kept = {name: share for name, share in shares.items() if share > 0}
    whole = sum(kept.values())
    return ",".join(f"{name}:{share / whole:.6f}" for name, share in kept.items())
