"""What to paint, how, and into what: everything that can be chosen of a painted film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from pipeline.choices import (
    CanvasKind,
    EyePainting,
    Flow,
    Level,
    Padding,
    SourceKind,
    Statistics,
    Temporal,
    check_device,
    settle,
)
from pipeline.looks.track import parse_look, parse_smoothness
from pipeline.painting.key_frames import check_paint_every
from pipeline.source.asking import check_asked
from pipeline.source.delivery import Span
from pipeline.source.levelling import check_level
from pipeline.source.preprocess import check_median
from pipeline.source.unfolding import check_paint_width
from pipeline.temporal.smoothing import DEFAULT_SMOOTHNESS
from vr360.choices import ToneMap
from vr360.errors import InputError
from vr360.fisheye.presets import check_camera
from vr360.frame import Stereo
from vr360.media.presets import Overrides, PresetName

PASSES = (1, 2)


@dataclass(frozen=True)
class StylizeJob:
    """One source, its looks, and the film to be made of it; checked when it is made.

    Paths and choices may be given as text too: `StylizeJob("in.mp4", "out.mp4", "starry_night")`.

    Attributes:
        style, strength, stroke: the look over time, as `parse_look` reads it.
        preserve_colour: paint the brightness and keep the film's colours.
        then: looks that paint, one after the other, what the one before has painted.
        preset, encoding: see `vr360.media.presets`; None goes by the output's suffix.
        median: kernel of the blur before the net; 0 is none.
        span: the part wanted.
        size: (height, width) of the result, all eyes included; None keeps the source's.
        paint_width: pixels around the spheres that are painted, whatever the size of the result:
            strokes are as many degrees long as in films of that width. None takes the result's.
        rate: frames a second of the result; None keeps the source's.
        projection, padding, statistics: how the net paints the sphere, see `Stylizer`.
        temporal, smoothness: `flow` holds the film still along the source's motion, by 0 (not at
            all) to 1; `none` paints frame by frame.
        flow: what finds the motion, see `flow_quality`.
        paint_every: the net paints every so manieth frame, and paintings move along the flow to
            those between; `auto` goes by the motion, see `KeyFrames`.
        passes: 2 looks ahead as well, see `LookAhead`; it takes longer, and room on disk.
        eyes: `matched` gives the right eye the left one's painting where both see; `own` its own.
        cuts: `auto`, `none`, or a file that lists them; see `open_cuts`.
        source_projection, source_fov, stereo: what the user knows better than the file; degrees of
            a single fisheye.
        camera: lenses of dual-fisheye footage, see `vr360.fisheye.film`.
        level, lock: a level horizon, and a heading that stays, see `Levelling`.
        chapters: take those that follow the first one too, see `with_chapters`.
        to_sdr: the tone map of HDR that is delivered as SDR; None leaves it HDR.

    Raises:
        InputError: a value that cannot be.
    """

    input: Path
    output: Path
    style: str | Sequence[str]
    strength: str | float = 1.0
    stroke: str | float = 1.0
    then: Sequence[str] = ()
    preserve_colour: bool = False
    preset: PresetName | None = None
    encoding: Overrides = field(default_factory=Overrides)
    median: int = 3
    span: Span = field(default_factory=Span)
    size: tuple[int, int] | None = None
    paint_width: int | None = None
    rate: Fraction | None = None
    projection: CanvasKind = CanvasKind.AUTO
    padding: Padding = Padding.SPHERE
    statistics: Statistics = Statistics.SHOT
    temporal: Temporal = Temporal.FLOW
    smoothness: str | float = DEFAULT_SMOOTHNESS
    passes: int = 1
    flow: Flow = Flow.AUTO
    paint_every: int | str = 1
    eyes: EyePainting = EyePainting.MATCHED
    cuts: str = "auto"
    device: str = "auto"
    source_projection: SourceKind | None = None
    source_fov: float | None = None
    stereo: Stereo | None = None
    camera: str = "auto"
    level: Level = Level.NONE
    lock: bool = False
    chapters: bool = True
    to_sdr: ToneMap | None = None
    force: bool = False

    def __post_init__(self) -> None:
        settle(
            self,
            paths=("input", "output"),
            options={"projection": "--canvas", "source_projection": "--from"},
            preset=PresetName,
            projection=CanvasKind,
            padding=Padding,
            statistics=Statistics,
            temporal=Temporal,
            flow=Flow,
            eyes=EyePainting,
            source_projection=SourceKind,
            stereo=Stereo,
            level=Level,
            to_sdr=ToneMap,
        )
        check_level(self.level, self.lock)
        check_asked(self.source_projection, self.source_fov, self.level)
        for look in self.looks:
            parse_look(*look)
        check_device(self.device)
        check_camera(self.camera)
        check_median(self.median)
        check_paint_width(self.paint_width)
        smoothness = parse_smoothness(self.smoothness)
        if len(smoothness) == 1:  # one number is the same film however it is written
            object.__setattr__(self, "smoothness", smoothness[0][1])
        object.__setattr__(self, "paint_every", check_paint_every(self.paint_every))
        if self.passes not in PASSES:
            raise InputError(f"--passes {self.passes}: give 1 or 2")

    @property
    def looks(self) -> list[tuple[str | Sequence[str], str | float, str | float]]:
        """Style, strength and stroke of the looks that paint, one after the other."""
        first = (self.style, self.strength, self.stroke)
        return [first, *((style, 1.0, self.stroke) for style in self.then)]

    @property
    def paints(self) -> bool:
        """Whether any look ever changes the picture."""
        return not all(parse_look(*look).is_nothing for look in self.looks)

    @property
    def shows_source(self) -> bool:
        """Whether the picture itself ever shows: a look is weaker than 1 for a while."""
        return any(strength < 1 for _, strength in parse_look(*self.looks[0]).strengths)
