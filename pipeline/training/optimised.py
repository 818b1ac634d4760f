"""A sphere that `vr360 optimize` painted, as what a style is learned from.

Strokes on an equirect are stretched towards the poles, so textures come from the faces of a cube.
The sphere that was painted also shows where each stroke belongs. No painting can show that.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.looks.style_images import Picture, load_picture
from pipeline.source.preprocess import open_resizer
from pipeline.training.data import cube_faces
from vr360.errors import NotEquirectError, StyleImageError
from vr360.frame import Projection
from vr360.media.probe import probe
from vr360.stereo import split_eyes

logger = logging.getLogger(__name__)

SLACK = 0.02  # relative difference of aspect ratios that are the same
BLURRED = 0.5  # of the size it is learned at: a sphere so small has lost its strokes' edges


@dataclass(frozen=True)
class Pair:
    """The faces of a sphere and of its painting, equally large: six (size, size, 3) each."""

    source: Sequence[Picture]
    painted: Sequence[Picture]

    def crop(self, size: int, random: np.random.Generator) -> tuple[Picture, Picture]:
        """A random place of `size` x `size` pixels: as it was, and as it was painted."""
        face = int(random.integers(len(self.source)))
        top, left = random.integers(len(self.source[face]) - size + 1, size=2)
        place = np.s_[top : top + size, left : left + size]
        return self.source[face][place], self.painted[face][place]


def load_pair(painted: Path, source: Path, size: int) -> Pair:
    """A painted sphere and what it was painted from, as faces of `size` pixels; left eyes only.

    Raises:
        StyleImageError: not to be read, no whole sphere, or two of different shapes.
    """
    pictures = load_picture(source), load_picture(painted)
    aspects = [rgb.shape[1] / rgb.shape[0] for rgb in pictures]
    if abs(aspects[0] / aspects[1] - 1) > SLACK:
        sizes = [f"{rgb.shape[1]}x{rgb.shape[0]}" for rgb in pictures]
        raise StyleImageError(
            f"{source}: {sizes[0]}, but {painted} has {sizes[1]} pixels; give the very sphere "
            "that it was painted from"
        )
    before, after = _left_eye(source, pictures[0]), _left_eye(painted, pictures[1])
    if after.shape[1] < 4 * size * BLURRED:
        logger.warning(
            "%s: painted %d pixels wide but learned at %d, so its strokes blur; optimise it "
            "larger, or give a smaller scale",
            painted, after.shape[1], 4 * size,
        )  # fmt: skip
    return Pair(_faces(before, size), _faces(after, size))


def _left_eye(path: Path, rgb: Picture) -> Picture:
    try:
        info = probe(path)
    except NotEquirectError:
        info = None
    if info is None or info.projection is not Projection.EQUIRECT:
        raise StyleImageError(f"{path}: no whole sphere, as vr360 optimize paints; give one")
    return np.asarray(split_eyes(rgb, info.stereo)[0], np.uint8)


def _faces(sphere: Picture, size: int) -> list[Picture]:
    fitted = open_resizer(sphere.shape[:2], (2 * size, 4 * size))(sphere)
    return cube_faces(np.asarray(fitted, np.uint8))
