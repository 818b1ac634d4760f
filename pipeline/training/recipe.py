"""Recipes: which paintings a gallery is made of, and how each is looked at; TOML.

[starry_night]
image = "starry_night.jpg"
title = "The Starry Night"
crop = [0.02, 0.02, 0.98, 0.98]
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pipeline.nets.checkpoint import StyleCard
from pipeline.training.data import Crop
from vr360.errors import StyleImageError

PIXELS_PER_DEGREE = 2048 / 360  # of the films that strokes are sized for


@dataclass(frozen=True)
class StyleSource:
    """A painting and how it is looked at.

    Attributes:
        crop: the part that is learned from; None leaves out the edge alone.
        scale: degrees on the sphere that the long side of that part spans, in films 2048 pixels
            wide; larger makes larger strokes.
        weight: style against content, relative to `TrainSettings.style_weight`.
    """

    name: str
    image: Path
    title: str = ""
    artist: str = ""
    year: str = ""
    rights: str = ""
    crop: Crop | None = None
    scale: float = 90.0
    weight: float = 1.0

    @property
    def pixels(self) -> int:
        """Long side at which the painting is learned."""
        return round(self.scale * PIXELS_PER_DEGREE)

    def card(self, training: dict[str, Any] | None = None) -> StyleCard:
        """What the gallery says of the style."""
        painting = {key: getattr(self, key) for key in ("title", "artist", "year", "rights")}
        painting |= {"file": self.image.name, "sha256": _sha256(self.image)}
        settings = {"crop": self.crop, "scale": self.scale, "weight": self.weight}
        return StyleCard(self.name, painting, settings, training or {})


def load_recipe(path: Path, images: Path | None = None) -> list[StyleSource]:
    """The styles of a recipe; its images lie in `images`, or beside it.

    Raises:
        StyleImageError: no recipe, or a style in it that cannot be understood.
    """
    try:
        styles = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise StyleImageError(f"{path}: no recipe of styles ({error})") from error
    return [_source(path, name, style, images or path.parent) for name, style in styles.items()]


def _source(path: Path, name: str, style: Any, images: Path) -> StyleSource:
    known = {field.name for field in fields(StyleSource)} - {"name"}
    if not isinstance(style, dict) or "image" not in style or set(style) - known:
        raise StyleImageError(
            f"{path}: [{name}] wants `image` and may have {', '.join(sorted(known - {'image'}))}"
        )
    values = dict(style)
    if "crop" in values:
        values["crop"] = tuple(values["crop"])
    return StyleSource(name, images / values.pop("image"), **values)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
