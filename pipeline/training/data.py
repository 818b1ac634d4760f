"""Photographs and paintings for training."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vr360.errors import StyleImageError

logger = logging.getLogger(__name__)

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
FEWEST_PHOTOS = 8  # below this the net learns the photographs instead of the style

Picture = NDArray[np.uint8]


def load_picture(path: Path) -> Picture:
    """(H, W, 3) uint8 R'G'B' of any picture OpenCV reads; grey is widened, alpha dropped.

    Raises:
        StyleImageError: missing or not a picture.
    """
    if not path.is_file():
        raise StyleImageError(f"{path}: no such file; give a painting as JPEG or PNG")
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise StyleImageError(f"{path}: not a picture that can be read; give a JPEG or PNG")
    return np.ascontiguousarray(bgr[..., ::-1]).astype(np.uint8)


def load_style(path: Path, long_side: int, border: float) -> Picture:
    """A painting for training: `border` (share of each side) cut off, then scaled.

    The scale decides the size of the strokes: at 640 pixels a stroke of the painting is as many
    pixels long in a film as it is in the painting at that size.
    """
    painting = load_picture(path)
    height, width = painting.shape[:2]
    if min(height, width) < 64:
        raise StyleImageError(f"{path}: {width}x{height} is too small to learn from (64 at least)")
    down, across = round(height * border), round(width * border)
    painting = painting[down : height - down, across : width - across]
    scale = long_side / max(painting.shape[:2])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(painting, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8
    )


class PhotoFolder:
    """Every readable photograph of a folder, in memory; broken ones are skipped and counted.

    Raises:
        StyleImageError: no folder, or too few photographs for crops of `crop` pixels.
    """

    def __init__(self, folder: Path, crop: int) -> None:
        if not folder.is_dir():
            raise StyleImageError(f"{folder}: no such folder; --photos wants a folder of pictures")
        self.crop = crop
        self.photos: list[Picture] = []
        self.skipped: list[Path] = []
        for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES):
            self._load(path)
        if self.skipped:
            logger.warning("%d photographs skipped: broken or too small", len(self.skipped))
        if len(self.photos) < FEWEST_PHOTOS:
            raise StyleImageError(
                f"{folder}: {len(self.photos)} photographs of at least {crop} pixels a side; "
                f"training wants {FEWEST_PHOTOS} or more"
            )

    def batch(self, size: int, random: np.random.Generator) -> Tensor:
        """(size, 3, crop, crop) in [0, 1]: random photographs, scales, places, mirrored or not."""
        crops = [self._crop(random) for _ in range(size)]
        return to_tensor(crops)

    def _load(self, path: Path) -> None:
        try:
            photo = load_picture(path)
        except StyleImageError:
            self.skipped.append(path)
            return
        if min(photo.shape[:2]) < self.crop:
            self.skipped.append(path)
            return
        self.photos.append(photo)

    def _crop(self, random: np.random.Generator) -> Picture:
        photo = self.photos[random.integers(len(self.photos))]
        smallest = self.crop / min(photo.shape[:2])
        side = round(self.crop / random.uniform(smallest, 1.0))
        top = random.integers(photo.shape[0] - side + 1)
        left = random.integers(photo.shape[1] - side + 1)
        patch = photo[top : top + side, left : left + side]
        patch = np.asarray(cv2.resize(patch, (self.crop,) * 2, interpolation=cv2.INTER_AREA))
        return patch[:, ::-1] if random.random() < 0.5 else patch


def random_sky(size: int, random: np.random.Generator) -> Tensor:
    """(1, 3, size, size) in [0, 1]: two colours that fade into each other, and a camera's noise."""
    colours = torch.from_numpy(random.uniform(0, 1, (2, 3, 1, 1))).float()
    angle = random.uniform(0, 2 * np.pi)
    x = torch.linspace(-0.5, 0.5, size)
    ramp = (np.cos(angle) * x + np.sin(angle) * x[:, None]) * random.uniform(0, 1.4) + 0.5
    noise = torch.from_numpy(random.standard_normal((3, size, size))).float()
    sky = torch.lerp(colours[0], colours[1], ramp.clamp(0, 1)) + noise * random.uniform(0, 3) / 255
    return sky.clamp(0, 1)[None]


def to_tensor(pictures: Sequence[Picture]) -> Tensor:
    """(N, 3, H, W) float in [0, 1] of equally large pictures."""
    stacked = torch.from_numpy(np.stack([np.ascontiguousarray(p) for p in pictures]))
    return stacked.permute(0, 3, 1, 2).float() / 255
