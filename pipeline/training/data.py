"""What a style is learned on: photographs, and spheres seen as films show them."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import torch
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


class PhotoFolder:
    """Every readable photograph of a folder, in memory; broken ones are skipped and counted.

    With them go views of the panoramas in another folder: what the net will see of a sphere.

    Raises:
        StyleImageError: no folder, or too few photographs for crops of `crop` pixels.
    """

    def __init__(self, folder: Path, crop: int, panoramas: Path | None = None) -> None:
        self.crop = crop
        self.photos: list[Picture] = []
        self.skipped: list[Path] = []
        read = map(self._read, pictures_in(folder))
        self.photos += [photo for photo in read if photo is not None]
        if len(self.photos) < FEWEST_PHOTOS:
            raise StyleImageError(
                f"{folder}: {len(self.photos)} photographs of at least {crop} pixels a side; "
                f"training wants {FEWEST_PHOTOS} or more"
            )
        for path in pictures_in(panoramas) if panoramas else []:
            if (panorama := self._read(path)) is not None:
                self.photos += sphere_views(panorama, len(self.photos))
        if self.skipped:
            names = ", ".join(path.name for path in self.skipped[:3])
            more = " ..." if len(self.skipped) > 3 else ""
            logger.warning(
                "%d pictures skipped, broken or of less than %d pixels a side: %s%s",
                len(self.skipped), crop, names, more,
            )  # fmt: skip

    def batch(self, size: int, random: np.random.Generator) -> Tensor:
        """(size, 3, crop, crop) in [0, 1]: random photographs, scales, places, mirrored or not."""
        crops = [self._crop(random) for _ in range(size)]
        return to_tensor(crops)

    def _read(self, path: Path) -> Picture | None:
        try:
            picture = load_picture(path)
        except StyleImageError:
            picture = None
        if picture is None or min(picture.shape[:2]) < self.crop:
            self.skipped.append(path)
            return None
        return picture

    def _crop(self, random: np.random.Generator) -> Picture:
        photo = self.photos[random.integers(len(self.photos))]
        smallest = self.crop / min(photo.shape[:2])
        side = round(self.crop / random.uniform(smallest, 1.0))
        top = random.integers(photo.shape[0] - side + 1)
        left = random.integers(photo.shape[1] - side + 1)
        patch = photo[top : top + side, left : left + side]
        patch = np.asarray(cv2.resize(patch, (self.crop,) * 2, interpolation=cv2.INTER_AREA))
        return patch[:, ::-1] if random.random() < 0.5 else patch


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


def random_sky(size: int, random: np.random.Generator) -> Tensor:
    """(1, 3, size, size) in [0, 1]: two colours that fade into each other, and a camera's noise."""
    colours = torch.from_numpy(random.uniform(0, 1, (2, 3, 1, 1))).float()
    angle = random.uniform(0, 2 * np.pi)
    x = torch.linspace(-0.5, 0.5, size)
    ramp = (np.cos(angle) * x + np.sin(angle) * x[:, None]) * random.uniform(0, 1.4) + 0.5
    noise = torch.from_numpy(random.standard_normal((3, size, size))).float()
    sky = torch.lerp(colours[0], colours[1], ramp.clamp(0, 1)) + noise * random.uniform(0, 3) / 255
    return sky.clamp(0, 1)[None]
