"""Recipes: which paintings a gallery is made of, and how each is looked at; TOML.

[starry_night]
image = "starry_night.jpg"
title = "The Starry Night"
crop = [0.02, 0.02, 0.96, 0.96]
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.looks.colours import picture_palette, recoloured
from pipeline.looks.style_images import Box, Picture, is_inside, load_style, resized
from pipeline.nets.checkpoint import StyleCard
from pipeline.training.hero import Hero
from pipeline.training.optimised import Floats, Pair, load_pair
from pipeline.training.reference import reference_palette
from vr360.change import luma
from vr360.errors import StyleImageError

PIXELS_PER_DEGREE = 2048 / 360  # of the films that strokes are sized for
LARGEST = 360.0  # degrees: once around
FILES = {"image", "match"}  # fields of a `StyleSource` that name one


@dataclass(frozen=True)
class StyleSource:
    """A painting and how it is looked at.

    Attributes:
        name: letters, digits, _ and -, as it is said to `vr360 stylize --style`.
        crop: the part that is learned from; None leaves out the edge alone.
        scale: degrees on the sphere that the long side of that part spans, in films 2048 pixels
            wide; larger makes larger strokes.
        weight: style against content, relative to `TrainSettings.style_weight`.
        match: a film or picture whose colours the painting takes on before it is learned.
        preserve_colour: learned on luma alone; what is painted with it keeps its own colours.
        optimised_from: where `image` is a sphere painted by `vr360 optimize`, it and others of one
            look with what they were painted from; `scale` is then that of a face of the cube, 90 as
            it is.

    Raises:
        StyleImageError: a value that cannot be.
    """

    name: str
    image: Path
    title: str = ""
    artist: str = ""
    year: str = ""
    rights: str = ""
    crop: Box | None = None
    scale: float = 90.0
    weight: float = 1.0
    match: Path | None = None
    preserve_colour: bool = False
    optimised_from: tuple[Hero, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-]+", self.name):
            raise StyleImageError(f"style name {self.name!r}: letters, digits, _ and - only")
        if not 0 < self.scale <= LARGEST:
            raise StyleImageError(f"{self.name}: scale {self.scale} degrees; 0 to {LARGEST:g}")
        if not 0 <= self.weight < float("inf"):
            raise StyleImageError(f"{self.name}: weight {self.weight}; 0 or more")
        if self.crop is not None and not _is_crop(self.crop):
            raise StyleImageError(
                f"{self.name}: crop {self.crop}; x, y, width and height are shares of the picture, "
                "0 to 1, and lie inside it"
            )
        if self.optimised_from and (self.crop or self.match):
            raise StyleImageError(
                f"{self.name}: crop and match are for paintings; an optimised sphere is learned "
                "whole and in its own colours"
            )

    @property
    def pixels(self) -> int:
        """Long side at which the painting is learned."""
        return round(self.scale * PIXELS_PER_DEGREE)

    def pictures(self, scale: float = 1.0) -> list[Picture]:
        """What is learned from, in its colours: the painting, cut and scaled, or the faces of the
        optimised spheres.

        Args:
            scale: size, relative to that at which the painting is learned.

        Raises:
            StyleImageError, VideoOpenError, NotEquirectError: an image or film of no use.
        """
        if self.pairs:
            pictures = [resized(face, scale) for pair in self.pairs for face in pair.painted]
        else:
            pictures = [resized(self._painting(max(scale, 1)), min(scale, 1))]
        return [_grey(picture) for picture in pictures] if self.preserve_colour else pictures

    def counts(self, scale: float = 1.0) -> list[Floats | None]:
        """How much each place of `pictures` counts, (h, w) from 0 to 1; None is all alike."""
        if not self.pairs:
            return [None]
        faces = [(pair.whole, face) for pair in self.pairs for face in pair.counts]
        return [None if whole else _scaled(face, scale) for whole, face in faces]

    @cached_property
    def pairs(self) -> list[Pair]:
        """The optimised spheres and their sources; raises as `load_pair`."""
        return [load_pair(hero, self.pixels) for hero in self.optimised_from]

    def _painting(self, scale: float) -> Picture:
        painting: Picture = load_style(self.image, round(self.pixels * scale), self.crop)
        if self.match is None:
            return painting
        return recoloured(painting, picture_palette(painting), reference_palette(self.match))

    def as_data(self) -> dict[str, Any]:
        """Every field as JSON knows it; files by their names."""
        paths = {name: getattr(self, name) for name in FILES}
        named = {name: path.name if path else None for name, path in paths.items()}
        heroes = [{n: path.name for n, path in h.files.items()} for h in self.optimised_from]
        return asdict(self) | named | {"optimised_from": heroes}

    def card(self, training: dict[str, Any] | None = None) -> StyleCard:
        """What the gallery says of the style."""
        data = self.as_data()
        painting = {key: data[key] for key in ("title", "artist", "year", "rights")}
        painting |= {"file": data["image"], "sha256": _sha256(self.image)}
        if self.optimised_from:
            painting["optimised_from"] = [
                {n: {"file": path.name, "sha256": _sha256(path)} for n, path in hero.files.items()}
                for hero in self.optimised_from
            ]
        chosen = ("crop", "scale", "weight", "match", "preserve_colour")
        return StyleCard(self.name, painting, {key: data[key] for key in chosen}, training or {})


def _scaled(counts: Floats, scale: float) -> Floats:
    return np.asarray(cv2.resize(counts, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _grey(picture: Picture) -> Picture:
    return (luma(picture)[..., None].repeat(3, 2) * 255).round().astype("uint8")


def _is_crop(crop: Any) -> bool:
    try:
        return is_inside(crop)
    except (TypeError, ValueError):
        return False


def load_recipe(path: Path, images: Path | None = None) -> list[StyleSource]:
    """The styles of a recipe; its images and films lie in `images`, or beside it.

    Raises:
        StyleImageError: no recipe, or a style in it that cannot be understood.
    """
    try:
        styles = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StyleImageError(f"{path}: no recipe of styles ({error})") from error
    if not styles:
        raise StyleImageError(f"{path}: no style in it; write [name] and image = FILE")
    return [_source(path, name, style, images or path.parent) for name, style in styles.items()]


def _source(path: Path, name: str, style: Any, images: Path) -> StyleSource:
    known = {field.name for field in fields(StyleSource)} - {"name"}
    if not isinstance(style, dict) or "image" not in style or set(style) - known:
        raise StyleImageError(
            f"{path}: [{name}] wants `image` and may have {', '.join(sorted(known - {'image'}))}"
        )
    values = dict(style)
    try:
        for key in FILES & set(values):
            values[key] = images / values[key]
        values["optimised_from"] = _heroes(values, images)
        if "crop" in values:
            values["crop"] = tuple(values["crop"])
        return StyleSource(name, **values)
    except TypeError as error:
        raise StyleImageError(
            f"{path}: [{name}] has a value of the wrong kind ({error})"
        ) from error


def _heroes(values: dict[str, Any], images: Path) -> tuple[Hero, ...]:
    """`optimised_from` of a recipe: one text as `Hero.parse` reads it, or a list of them."""
    told = values.get("optimised_from", [])
    texts = [told] if isinstance(told, str) else told
    return tuple(Hero.parse(text, values["image"], images) for text in texts)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
