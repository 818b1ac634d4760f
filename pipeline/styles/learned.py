"""Looks that were learned of pictures: where they are kept, and whether one can be learned."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.looks.style_images import SMALLEST, is_picture, load_style
from pipeline.looks.track import parse_look
from pipeline.nets.vgg_files import check_weights
from pipeline.styles import GALLERY
from vr360 import __version__
from vr360.cache import cache_folder


def pictures_of(written: Sequence[str]) -> list[str]:
    """The pictures among styles as `parse_look` reads them."""
    return sorted({name for name in parse_look(written).styles if is_picture(name)})


def check_pictures(written: Sequence[str], seconds: float, vgg_weights: Path | None) -> None:
    """Ask for whatever learning their looks wants, before anything heavy is loaded.

    Args:
        written, seconds, vgg_weights: as for `pipeline.training.picture.with_learned`.

    Raises:
        StyleImageError: no picture, or nothing to learn in it.
        VideoOpenError, CheckpointError: no weights of VGG to learn by.
    """
    pictures = [Path(name) for name in pictures_of(written)]
    for picture in pictures:
        load_style(picture, SMALLEST)
    if not all(kept_at(picture, seconds).is_file() for picture in pictures):
        check_weights(vgg_weights)


def kept_at(picture: Path, seconds: float) -> Path:
    """Where a picture's look is kept; elsewhere for whatever changes it."""
    digest = hashlib.sha256(picture.read_bytes())
    digest.update(GALLERY.read_bytes())
    digest.update(f"{seconds:g} {__version__}".encode())
    name = re.sub(r"[^\w-]+", "_", picture.stem)[:40]
    return cache_folder() / "styles" / f"{name}-{digest.hexdigest()[:16]}.safetensors"
