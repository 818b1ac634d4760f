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
from numpy.typing import NDArray

from pipeline.looks.style_images import Picture, load_picture
from pipeline.source.preprocess import open_resizer
from pipeline.training.data import cube_faces
from pipeline.training.hero import Hero
from vr360.cubemap import FACES
from vr360.errors import NotEquirectError, StyleImageError
from vr360.frame import Projection
from vr360.media.probe import probe
from vr360.stereo import split_eyes

Floats = NDArray[np.float32]
Place = tuple[slice, slice]

logger = logging.getLogger(__name__)

SLACK = 0.02  # relative difference of aspect ratios that are the same
TRIES = 8  # places looked at for one that counts
BLURRED = 0.5  # of the size it is learned at: a sphere so small has lost its strokes' edges


@dataclass(frozen=True)
class Pair:
    """The faces of a sphere and of its painting, equally large: six (size, size, 3) each.

    Attributes:
        counts: six (size, size), 0 to 1, how much a place counts.
    """

    source: Sequence[Picture]
    painted: Sequence[Picture]
    counts: Sequence[Floats]

    def crop(self, size: int, random: np.random.Generator) -> tuple[Picture, Picture]:
        """A random place of `size` x `size` pixels that counts: as it was, and as it was painted.

        Of `TRIES` random places that one whose pixels count most; the first where all count.
        """
        places = [self._place(size, random) for _ in range(1 if self.whole else TRIES)]
        face, place = max(places, key=lambda at: self.counts[at[0]][at[1]].mean())
        return self.source[face][place], self.painted[face][place]

    @property
    def whole(self) -> bool:
        """Whether all of it counts."""
        return all(counts.min() == 1 for counts in self.counts)

    def _place(self, size: int, random: np.random.Generator) -> tuple[int, Place]:
        face = int(random.integers(len(self.source)))
        top, left = random.integers(len(self.source[face]) - size + 1, size=2)
        return face, np.s_[top : top + size, left : left + size]


def load_pair(hero: Hero, size: int) -> Pair:
    """A painted sphere and what it was painted from, as faces of `size` pixels; left eyes only.

    Raises:
        StyleImageError: not to be read, no whole sphere, two of different shapes, or a mask that is
            black all over.
    """
    pictures = load_picture(hero.source), load_picture(hero.painted)
    _check_shape(hero.source, pictures[0], hero.painted, pictures[1])
    before, after = _left_eye(hero.source, pictures[0]), _left_eye(hero.painted, pictures[1])
    if after.shape[1] < 4 * size * BLURRED:
        logger.warning(
            "%s: painted %d pixels wide but learned at %d, so its strokes blur; optimise it "
            "larger, or give a smaller scale",
            hero.painted, after.shape[1], 4 * size,
        )  # fmt: skip
    return Pair(_faces(before, size), _faces(after, size), _counts(hero, after, size))


def _check_shape(path: Path, rgb: Picture, other: Path, painted: Picture) -> None:
    aspects = [picture.shape[1] / picture.shape[0] for picture in (rgb, painted)]
    if abs(aspects[0] / aspects[1] - 1) > SLACK:
        sizes = [f"{picture.shape[1]}x{picture.shape[0]}" for picture in (rgb, painted)]
        raise StyleImageError(
            f"{path}: {sizes[0]}, but {other} has {sizes[1]} pixels; give the very sphere "
            "that it was painted from, and a mask of its shape"
        )


def _counts(hero: Hero, painted: Picture, size: int) -> list[Floats]:
    if hero.mask is None:
        return [np.ones((size, size), np.float32)] * len(FACES)
    mask = _left_eye(hero.mask, load_picture(hero.mask))
    _check_shape(hero.mask, mask, hero.painted, painted)
    if not mask.any():
        raise StyleImageError(f"{hero.mask}: black all over, so nothing counts; make a part white")
    return [np.asarray(face[..., 1] / np.float32(255)) for face in _faces(mask, size)]


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
