"""Styles as they are asked for: shipped names, blends, files, and paintings to be learned first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.looks.style_images import SMALLEST, Box, is_picture, load_style, pictures_in
from pipeline.looks.track import parse_look
from pipeline.nets.checkpoint import StyleCard, load_gallery
from pipeline.nets.vgg import load_vgg16
from pipeline.styles import GALLERY, SUFFIX, find_card, load_look, shipped_styles, thumbnail
from pipeline.training.recipe import StyleSource
from pipeline.training.train import TrainProgress, TrainSettings, resume_path, train
from vr360.errors import InputError


@dataclass(frozen=True)
class Candidate:
    """A style that will be tried.

    Attributes:
        name: what the page calls it.
        style: what `parse_look` reads; for a painting once it is learned.
        scale: of a painting, degrees; see `StyleSource`.
        painting: the picture it is held against, and the part of it; None where there is none.
        thumbnail: a picture for the page.
    """

    name: str
    style: str
    scale: float | None = None
    painting: Path | None = None
    crop: Box | None = None
    thumbnail: Path | None = None


@dataclass(frozen=True)
class Lessons:
    """How paintings are learned: looks of the shipped net, for so many steps or minutes each."""

    photos: Path | None = None
    vgg_weights: Path | None = None
    iterations: int | None = None
    minutes: float | None = None

    @property
    def settings(self) -> TrainSettings:
        return TrainSettings(iterations=self.iterations, minutes=self.minutes, convolutions=False)


def candidates(
    styles: Sequence[str], scales: Sequence[float], images: Path | None
) -> list[Candidate]:
    """All styles, each painting once at each scale; found to be usable.

    Args:
        images: folder where the paintings of styles lie under the names that their cards give.

    Raises:
        InputError: no such style, no picture, or one that nothing can be learned from.
    """
    found = [one for style in styles for one in _candidates(style, scales, images)]
    names = [(one.name, one.scale) for one in found]
    twice = [name for name, scale in names if names.count((name, scale)) > 1]
    if twice:
        raise InputError(f"{twice[0]}: named twice; name each style once, or rename one of them")
    return found


def check_lessons(lessons: Lessons) -> None:
    """Refuse to learn paintings before anything is done.

    Raises:
        InputError: no photographs or no VGG-16.
    """
    if lessons.photos is None or lessons.vgg_weights is None:
        raise InputError("a painting is learned from photographs: give --photos and --vgg-weights")
    pictures_in(lessons.photos)
    load_vgg16(lessons.vgg_weights, [lessons.settings.content_layer])


def learned_path(candidate: Candidate, lessons: Lessons, folder: Path) -> Path:
    """Where a painting's style will lie; another file for whatever changes it."""
    digest = hashlib.sha256(GALLERY.read_bytes())
    digest.update(Path(candidate.style).read_bytes())
    digest.update(repr((candidate.scale, lessons.settings, lessons.photos)).encode())
    return folder / f"{candidate.name}-{candidate.scale:g}-{digest.hexdigest()[:8]}.safetensors"


def learn(
    candidate: Candidate, lessons: Lessons, out: Path, device: str
) -> Iterator[TrainProgress]:
    """Learn a painting, or go on where it was interrupted.

    Raises:
        InputError: photographs or weights that training cannot use.
    """
    assert candidate.scale is not None
    assert lessons.photos is not None
    out.parent.mkdir(parents=True, exist_ok=True)
    source = StyleSource(candidate.name, Path(candidate.style), scale=candidate.scale)
    yield from train(
        [source],
        out,
        lessons.photos,
        lessons.settings,
        start=load_gallery(GALLERY),
        data_card={},
        vgg_weights=lessons.vgg_weights,
        device=device,
        resume=resume_path(out).is_file(),
    )
    resume_path(out).unlink(missing_ok=True)


def learned(candidate: Candidate, out: Path) -> Candidate:
    """The same, painted with what was learned."""
    return replace(candidate, style=str(out))


def _candidates(style: str, scales: Sequence[float], images: Path | None) -> Iterator[Candidate]:
    if not is_picture(style):
        load_look(style)
        yield _known(style, images)
        return
    path = Path(style)
    load_style(path, SMALLEST)
    for scale in scales:
        yield Candidate(path.stem, style, scale, path, None, path)


def _known(style: str, images: Path | None) -> Candidate:
    names = parse_look(style).styles
    if len(names) > 1:
        return Candidate(style, style)
    card = find_card(names[0])
    painting = _lying_in(images, card) if images else None
    crop = card.settings.get("crop")
    shipped = names[0] in shipped_styles()
    shown = thumbnail(names[0]) if shipped else None
    return Candidate(
        style if shipped else Path(style).name.replace(SUFFIX, ""),
        style,
        painting=painting,
        crop=tuple(crop) if crop else None,
        thumbnail=shown if shown and shown.is_file() else painting,
    )


def _lying_in(images: Path, card: StyleCard) -> Path | None:
    """The painting of a style, if it is there and the same."""
    path = images / card.painting.get("file", "")
    if not path.is_file():
        return None
    same = hashlib.sha256(path.read_bytes()).hexdigest() == card.painting.get("sha256")
    return path if same else None
