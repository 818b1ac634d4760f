"""The words of the viewer that its command line offers; nothing heavy is imported for them."""

from __future__ import annotations

from enum import StrEnum


class View(StrEnum):
    """How the sphere is shown."""

    RECTILINEAR = "rectilinear"
    PLANET = "planet"
    FLAT = "flat"


class Eyes(StrEnum):
    """Which eyes are shown."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "side-by-side"
    ANAGLYPH = "anaglyph"
