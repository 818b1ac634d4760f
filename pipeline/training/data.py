"""What a style is learned on: photographs, and spheres seen as films show them."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from pipeline.looks.style_images import Picture, load_picture, pictures_in
from pipeline.nets.tensors import to_tensor
from vr360.cubelayout import unpack_faces
from vr360.errors import StyleImageError
from vr360.geometry import HALF_TURN, rotation
from vr360.projections import CubeMap, Equirect
from vr360.sampling import build_sampler

logger = logging.getLogger(__name__)

FEWEST_PHOTOS = 8  # below this the net learns the photographs instead of the style
HELD_OUT = 10  # every so many photographs
SPHERES = 0.4  # share of pictures that are views of spheres, where there are any


class PhotoFolder:
    """Every readable photograph of a folder, in memory; broken ones are skipped and counted.

    With them go views of the panoramas in another folder: what the net will see of a sphere. Some
    photographs are held out, to look at what was learned on pictures that it was not learned on.

    Raises:
        StyleImageError: no folder, or too few photographs of `smallest` pixels a side.
    """

    def __init__(self, folder: Path, smallest: int, panoramas: Path | None = None) -> None:
        self.smallest = smallest
        self.skipped: list[Path] = []
        photos = [photo for path in pictures_in(folder) if (photo := self._read(path)) is not None]
        if len(photos) < FEWEST_PHOTOS:
            raise StyleImageError(
                f"{folder}: {len(photos)} photographs of at least {smallest} pixels a side; "
                f"training wants {FEWEST_PHOTOS} or more"
            )
        self.held_out = photos[::HELD_OUT]
        self.photos = [photo for n, photo in enumerate(photos) if n % HELD_OUT]
        read = map(self._read, pictures_in(panoramas) if panoramas else [])
        spheres = [panorama for panorama in read if panorama is not None]
        self.spheres = [sphere_views(panorama, n) for n, panorama in enumerate(spheres)]
        if self.skipped:
            names = ", ".join(path.name for path in self.skipped[:3])
            more = " ..." if len(self.skipped) > 3 else ""
            logger.warning(
                "%d pictures skipped, broken or of less than %d pixels a side: %s%s",
                len(self.skipped), smallest, names, more,
            )  # fmt: skip

    def batch(
        self,
        groups: int,
        together: int,
        side: int,
        random: np.random.Generator,
        closest: float = 1.0,
    ) -> Tensor:
        """(groups * together, 3, side, side) in [0, 1], mirrored or not.

        Args:
            together: neighbours whose statistics are shared, as those of a sphere's parts are:
                views of one sphere, or any photographs.
            closest: share of a picture's short side that is seen at least.
        """
        pictures = [picture for _ in range(groups) for picture in self._group(together, random)]
        return to_tensor([_crop(picture, side, closest, random) for picture in pictures])

    def samples(self, count: int, side: int) -> Tensor:
        """(count at most, 3, side, side): the middles of pictures that are held out."""
        return to_tensor([_square(picture, side) for picture in self.held_out[:count]])

    def _group(self, together: int, random: np.random.Generator) -> list[Picture]:
        among = self.photos
        if self.spheres and random.random() < SPHERES:
            among = self.spheres[random.integers(len(self.spheres))]
        return [among[n] for n in random.integers(len(among), size=together)]

    def _read(self, path: Path) -> Picture | None:
        try:
            picture = load_picture(path)
        except StyleImageError:
            picture = None
        if picture is None or min(picture.shape[:2]) < self.smallest:
            self.skipped.append(path)
            return None
        return picture


def _crop(picture: Picture, side: int, closest: float, random: np.random.Generator) -> Picture:
    seen = round(min(picture.shape[:2]) * random.uniform(closest, 1.0))
    top = random.integers(picture.shape[0] - seen + 1)
    left = random.integers(picture.shape[1] - seen + 1)
    patch = _resized(picture[top : top + seen, left : left + seen], side)
    return patch[:, ::-1] if random.random() < 0.5 else patch


def _square(picture: Picture, side: int) -> Picture:
    height, width = picture.shape[:2]
    seen = min(height, width)
    top, left = (height - seen) // 2, (width - seen) // 2
    return _resized(picture[top : top + seen, left : left + seen], side)


def _resized(square: Picture, side: int) -> Picture:
    how = cv2.INTER_AREA if len(square) > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=how), np.uint8)


def sphere_views(panorama: Picture, seed: int) -> list[Picture]:
    """A panorama (or, of a top-bottom pair, its left eye) as the net sees spheres.

    Six cube faces, turned at random, and four patches of the equirect, two of them at the poles.
    """
    panorama = panorama[: panorama.shape[1] // 2]
    height, width = panorama.shape[:2]
    random = np.random.default_rng(seed)
    faces = cube_faces(panorama, *random.uniform(-HALF_TURN, HALF_TURN, 3))
    side = height // 2
    lefts = random.integers(0, width - side, 4)
    tops = [0, height // 4, height // 4, height - side]
    patches = [panorama[y : y + side, x : x + side] for x, y in zip(lefts, tops, strict=True)]
    return faces + patches


def cube_faces(
    panorama: Picture, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0
) -> list[Picture]:
    """Six faces, a quarter as wide as the panorama (H, W, 3), of a cube turned by radians."""
    height, width = panorama.shape[:2]
    cube = CubeMap(width // 4)
    sampler = build_sampler(Equirect(height, width), cube, rotation(yaw, pitch, roll))
    return list(unpack_faces(sampler(panorama), cube.layout))
