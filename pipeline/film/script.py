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
MARKED = "poi"
"""A match that goes by the points of interest."""


class Change(StrEnum):
    """How one scene becomes the next."""

    CUT = "cut"
    DISSOLVE = "dissolve"
    FADE = "fade"
    WIPE = "wipe"
    IRIS = "iris"


class Through(StrEnum):
    """What a dissolve passes through."""

    NOTHING = "nothing"
    PAINT = "paint"


class SoundKind(StrEnum):
    """What channels the film's sound is to have."""

    STEREO = "stereo"
    AMBISONIC = "ambisonic"


class Stabilise(StrEnum):
    """What is taken out of how the camera moved."""

    NONE = "none"
    ROTATION = "rotation"


class Cover(StrEnum):
    """What covers the foot of the camera."""

    BLUR = "blur"
    FILL = "fill"
    IMAGE = "image"


@dataclass(frozen=True)
class Nadir:
    """What covers the foot of the camera.

    Attributes:
        size: the angle that it spans, radians.
        file: the picture, of an `image`.
    """

    kind: Cover
    size: float
    file: Path = Path()
    place: Place = ()


@dataclass(frozen=True)
class Transition:
    """How a scene begins, or how the film ends.

    Attributes:
        seconds: its length. A dissolve shows both scenes for so long; a fade darkens the one scene
            for half of it and brightens the other for the rest.
        through: `paint` paints both scenes ever more before a dissolve, and less again after it.
        colour: of a fade.
        yaw, pitch: the film's direction that a wipe comes from, and that an iris opens about;
            angles are measured from it, so that both know no seam.
        feather: of the edge of a wipe or an iris.
        sound: seconds that the sounds cross over in, about its middle; None takes `seconds`.
    """

    kind: Change = Change.CUT
    seconds: Fraction = Fraction(0)
    through: Through = Through.NOTHING
    colour: Colour = BLACK
    sound: Fraction | None = None
    yaw: float = 0.0
    pitch: float = 0.0
    feather: float = 0.1

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
        offset: seconds of the clip at which a recording of its own began; None finds it.
        track: which of its sound tracks, from 0.
        yaw, pitch: radians of the clip that it is heard from; yaw None is from nowhere.
        ambisonic: whether its channels are a sound field (ACN, SN3D); None goes by the file.
    """

    place: Place = ()
    source: Path | None = None
    level: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)
    offset: Fraction | None = Fraction(0)
    track: int = 0
    yaw: Track[float] | None = None
    pitch: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    ambisonic: bool | None = None


@dataclass(frozen=True)
class MaskSpec:
    """A mask as it is written.

    Attributes:
        kind: one of `pipeline.film.mask_reading.KINDS`.
        tracks: what changes over a scene's time: `yaw`, `pitch`, `radius`, `low`, `high`,
            `corners` (pairs of yaw and pitch, radians) and `feather`.
        values: what does not: `file`, `painted`, `formula`, `colour`, `tolerance`, `softness`.
    """

    kind: str
    tracks: Mapping[str, Track[Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    place: Place = ()


@dataclass(frozen=True)
class Layer:
    """A look upon a scene's own, where a mask holds.

    Attributes:
        mask: a formula of masks, see `pipeline.looks.algebra`.
        style, strength, stroke: as those of a `Scene`.
        median: kernel of the blur before this look; None takes the scene's.
    """

    mask: str
    style: Track[str] = field(default_factory=lambda: Track.constant(ORIGINAL))
    strength: Track[float] = field(default_factory=lambda: Track.constant(1.0))
    stroke: Track[float] = field(default_factory=lambda: Track.constant(1.0))
    place: Place = ()
    median: int | None = None

    @property
    def tracks(self) -> dict[str, Track[Any]]:
        """Everything that changes over its time, by its key."""
        return {name: getattr(self, name) for name in ("style", "strength", "stroke")}


@dataclass(frozen=True)
class Scene:
    """A part of a clip, and what becomes of it.

    Attributes:
        source: the clip, or a still.
        start, end: the part of the clip, seconds; `end` None is to its own end.
        style: blends over time, as `parse_look` reads them; `original` is none.
        strength: over time, 0 to 1.5.
        stroke: length of strokes over time, 0.5 to 4.
        yaw, pitch, roll: what direction of the clip lies in the middle of the film's picture.
        stabilise: takes the camera's shake out.
        nadir: covers what lies straight down in the clip.
        poi: yaw of the point of interest in the clip, over time.
        match: yaws of the point of interest in the clip before and in this one, which then lie in
            one direction when this scene begins; `MARKED` takes them from both scenes' `poi`.
        paint: further fields of `StylizeJob`.
        enter: how it begins.
        layers: further looks, each where its mask holds.
        sounds: what is heard.
    """

    name: str
    source: Path
    start: Fraction = Fraction(0)
    end: Fraction | None = None
    style: Track[str] = field(default_factory=lambda: Track.constant(ORIGINAL))
    strength: Track[float] = field(default_factory=lambda: Track.constant(1.0))
    stroke: Track[float] = field(default_factory=lambda: Track.constant(1.0))
    layers: tuple[Layer, ...] = ()
    yaw: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    pitch: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    roll: Track[float] = field(default_factory=lambda: Track.constant(0.0))
    stabilise: Stabilise = Stabilise.NONE
    nadir: Nadir | None = None
    poi: Track[float] | None = None
    match: tuple[float, float] | str | None = None
    paint: Mapping[str, Any] = field(default_factory=dict)
    enter: Transition = field(default_factory=Transition)
    sounds: tuple[Sound, ...] = (Sound(),)
    place: Place = ()

    @property
    def tracks(self) -> dict[str, Track[Any]]:
        """Everything that changes over its time, by its key."""
        names = ("style", "strength", "stroke", "yaw", "pitch", "roll")
        tracks = {name: getattr(self, name) for name in names}
        return tracks | ({"poi": self.poi} if self.poi else {})


@dataclass(frozen=True)
class Flat:
    """A title, a still or a flat clip on the sphere.

    Attributes:
        kind: `text`, `image` or `film`.
        start, seconds: when it is seen, in the film.
        yaw, pitch, roll: its direction in the film, and how it is rolled.
        width: the angle that it spans, radians.
        distance: metres; None lies as far as the sky, the same in both eyes.
        fade_in, fade_out: seconds.
        values: `text`, `colour` and `font`, or `file`.
    """

    kind: str
    start: Fraction
    seconds: Fraction
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    width: float = 0.7
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)
    values: Mapping[str, Any] = field(default_factory=dict)
    place: Place = ()
    distance: float | None = None


@dataclass(frozen=True)
class Script:
    """A whole film.

    Attributes:
        scenes: in their order.
        masks: by their names.
        flats: titles, stills and flat clips, each over those before it.
        size: (height, width) of the picture, all eyes included; None goes by the first scene.
        rate: frames a second; None goes by the first scene.
        end: how the film ends: a cut, or a fade.
        sound: what its channels are; None goes by the recordings.
        loudness: of the whole sound, LUFS (EBU R128); None leaves it as it is mixed.
        preset, encoding: see `vr360.media.presets`.
    """

    scenes: tuple[Scene, ...]
    masks: Mapping[str, MaskSpec] = field(default_factory=dict)
    flats: tuple[Flat, ...] = ()
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    end: Transition = field(default_factory=Transition)
    sound: SoundKind | None = None
    loudness: float | None = None
    preset: str | None = None
    encoding: Overrides = field(default_factory=Overrides)
