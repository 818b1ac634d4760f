"""A frame of the source on its way to be painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from vr360.frame import Rgb


@dataclass(frozen=True)
class Prepared:
    """A frame of the source, ready to be painted.

    Attributes:
        eyes: whole equirect spheres (H, W, 3), one or two.
        pts, taken, repeats, begins_shot: see `Frame`.
        sharp: the eyes without the blur: what shows where a look is weaker than 1; empty where
            that is what `eyes` holds.
    """

    eyes: list[Rgb]
    pts: Fraction
    taken: Fraction | None = None
    repeats: bool = False
    begins_shot: bool = False
    sharp: list[Rgb] = field(default_factory=list)
