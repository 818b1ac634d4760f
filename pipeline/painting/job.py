"""What to paint, how, and into what: everything that can be chosen of a painted film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from pipeline.source.delivery import Span
from pipeline.temporal.smoothing import DEFAULT_SMOOTHNESS
from vr360.frame import Projection, Stereo
from vr360.media.presets import Overrides

TEMPORAL = ("flow", "none")
PASSES = (1, 2)
EYES = ("matched", "own")


@dataclass(frozen=True)
class StylizeJob:
    """One source, its looks, and the film to be made of it.

    Attributes:
        style, strength: the look over time, as `parse_look` reads it.
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
        passes: 2 looks ahead as well, see `LookAhead`; it takes longer, and room on disk.
        eyes: `matched` gives the right eye the left one's painting where both see; `own` its own.
        cuts: `auto`, `none`, or a file that lists them; see `open_cuts`.
        source_projection, stereo: what the user knows better than the file.
        camera: lenses of dual-fisheye footage, see `vr360.fisheye.film`.
    """

    input: Path
    output: Path
    style: str | Sequence[str]
    strength: str | float = 1.0
    then: Sequence[str] = ()
    preserve_colour: bool = False
    preset: str | None = None
    encoding: Overrides = field(default_factory=Overrides)
    median: int = 3
    span: Span = field(default_factory=Span)
    size: tuple[int, int] | None = None
    paint_width: int | None = None
    rate: Fraction | None = None
    projection: str = "auto"
    padding: str = "sphere"
    statistics: str = "shot"
    temporal: str = "flow"
    smoothness: float = DEFAULT_SMOOTHNESS
    passes: int = 1
    flow: str = "auto"
    eyes: str = "matched"
    cuts: str = "auto"
    device: str = "auto"
    source_projection: Projection | None = None
    stereo: Stereo | None = None
    camera: str = "auto"
    force: bool = False
