"""What a film is made of, as values: scenes, transitions, looks over time, sound.

Times are seconds, directions radians; a scene's times are counted from its own beginning, and its
directions are those of its clip, whichever way the scene is turned in the film.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.film.easing import Track
from pipeline.film.lines import Place
from vr360.media.presets import Overrides

Colour = tuple[float, float, float]
"""R'G'B' in 0..1."""

BLACK: Colour = (0.0, 0.0, 0.0)
ORIGINAL = "original"
"""A style that leaves the picture as it is."""


class Change(StrEnum):
    """How one scene becomes the next."""

    CUT = "cut"
    DISSOLVE = "dissolve"
    FADE = "fade"


class Through(StrEnum):
    """What a dissolve passes through."""

    NOTHING = "nothing"
    PAINT = "paint"


@dataclass(frozen=True)
class Transition:
    """How a scene begins, or how the film ends.

    Attributes:
        seconds: its length. A dissolve shows both scenes for so long; a fade darkens the one scene
            for half of it and brightens the other for the rest.
        through: `paint` paints both scenes ever more before a dissolve, and less again after it.
        colour: of a fade.
        sound: seconds that the sounds cross over in, about its middle; None takes `seconds`.
    """

    kind: Change = Change.CUT
    seconds: Fraction = Fraction(0)
    through: Through = Through.NOTHING
    colour: Colour = BLACK
    sound: Fraction | None = None

    @property
    def overlap(self) -> Fraction:
        """Seconds for which both scenes are seen."""
        return Fraction(0) if self.kind in (Change.CUT, Change.FADE) else self.seconds

    @property
    def sound_seconds(self) -> Fraction:
        """Seconds that the sounds cross over in."""
        usual = Fraction(0) if self.kind is Change.CUT else self.seconds
        return usual if self.sound is None else self.sound


@dataclass(frozen=True)
class Sound:
    """Something that is heard in a scene.

    Attributes:
        source: a film or a sound; None is the scene's own clip.
        level: decibels over the scene's time.
        fade_in, fade_out: seconds.
        offset: seconds of the clip at which a recording of its own began.
        track: which of its sound tracks, from 0.
    """

    place: Place = ()
    source: Path | None = None
    level: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)
    track: int = 0


@dataclass(frozen=True)
class Scene:
    """A part of a clip, and what becomes of it.

    Attributes:
        source: the clip, or a still.
        start, end: the part of the clip, seconds; `end` None is to its own end.
        style: blends over time, as `parse_look` reads them; `original` is none.
        strength: over time, 0 to 1.5.
        yaw, pitch, roll: what direction of the clip lies in the middle of the film's picture.
        paint: further fields of `StylizeJob`.
        enter: how it begins.
        sounds: what is heard.
    """

    name: str
    source: Path
    start: Fraction = Fraction(0)
    end: Fraction | None = None
    style: Track[str] = field(default_factory=lambda: Track.constant(ORIGINAL))
    strength: Track[float] = field(default_factory=lambda: Track.constant(1.0))
    yaw: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    pitch: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    roll: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    paint: Mapping[str, Any] = field(default_factory=dict)
    enter: Transition = field(default_factory=Transition)
    sounds: tuple[Sound, ...] = (Sound(),)
    place: Place = ()

    @property
    def tracks(self) -> dict[str, Track[Any]]:
        """Everything that changes over its time, by its key."""
        names = ("style", "strength", "yaw", "pitch", "roll")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Script:
    """A whole film.

    Attributes:
        scenes: in their order.
        size: (height, width) of the picture, all eyes included; None goes by the first scene.
        rate: frames a second; None goes by the first scene.
        end: how the film ends: a cut, or a fade.
        loudness: of the whole sound, LUFS (EBU R128); None leaves it as it is mixed.
        preset, encoding: see `vr360.media.presets`.
    """

    scenes: tuple[Scene, ...]
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    end: Transition = field(default_factory=Transition)
    loudness: float | None = None
    preset: str | None = None
    encoding: Overrides = field(default_factory=Overrides)
