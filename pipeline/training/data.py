"""What a style is learned from: the painting, photographs, and spheres seen as films show them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vr360.cubelayout import unpack_faces
from vr360.errors import StyleImageError
from vr360.geometry import HALF_TURN, rotation
from vr360.media.stills import is_whole
from vr360.projections import CubeMap, Equirect
from vr360.sampling import build_sampler

logger = logging.getLogger(__name__)

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
WITH_ALPHA = {".png", ".webp", ".tif", ".tiff"}
FEWEST_PHOTOS = 8  # below this the net learns the photographs instead of the style
SMALLEST = 64  # pixels a side of a painting that still has strokes
NARROWEST = 32  # pixels a side as it is learned; the deepest features are an eighth as large
BORDER = 0.02  # share of each side of a painting that is canvas edge or frame

Picture = NDArray[np.uint8]
Crop = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a picture."""


def load_picture(path: Path) -> Picture:
    """(H, W, 3) uint8 R'G'B' of any picture OpenCV reads; grey is widened, alpha dropped.

    Raises:
        StyleImageError: missing, cut short, too large, or not a picture.
    """
    if not path.is_file():
        raise StyleImageError(f"{path}: no such file; give a painting as JPEG or PNG")
    bgr = _decoded(path, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _decoded(path: Path, how: int) -> NDArray[Any]:
    data = path.read_bytes()
    if not is_whole(data):
        raise StyleImageError(f"{path}: the picture is cut short; copy the file again")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    except cv2.error as error:
        raise StyleImageError(
            f"{path}: too large to be read (OpenCV takes 2^30 pixels where memory has room); "
            "scale it down to a few thousand pixels a side"
        ) from error
    if picture is None:
        raise StyleImageError(f"{path}: not a picture that can be read; give a JPEG or PNG")
    return picture


def load_style(path: Path, long_side: int, crop: Crop | None = None) -> Picture:
    """A painting for training, cut, then scaled to `long_side` pixels.

    The scale decides the size of the strokes: at 640 pixels a stroke of the painting is as many
    pixels long in a film as it is in the painting at that size. Where a painting is transparent,
    white shows, as paper would.

    Raises:
        StyleImageError: not a picture, or too small, too narrow or of one colour after the cut.
    """
    painting = cut_painting(_on_paper(path, load_picture(path)), crop)
    height, width = painting.shape[:2]
    scale = long_side / max(height, width, 1)
    if min(height, width) < SMALLEST or min(height, width) * scale < NARROWEST:
        raise StyleImageError(
            f"{path}: {width}x{height} is too small or too narrow to learn from: {SMALLEST} "
            f"pixels a side at least, and {NARROWEST} when the long side is scaled to {long_side}"
        )
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(painting, None, fx=scale, fy=scale, interpolation=interpolation)
    if scaled.std(axis=(0, 1)).max() < 1:
        raise StyleImageError(f"{path}: of one colour; there is no style in it to learn")
    return np.asarray(scaled, np.uint8)


def cut_painting(painting: Picture, crop: Crop | None) -> Picture:
    """The part of a painting that is learned from; without `crop` all but its edge."""
    height, width = painting.shape[:2]
    left, top, right, bottom = crop or (BORDER, BORDER, 1 - BORDER, 1 - BORDER)
    return painting[round(top * height) : round(bottom * height),
                    round(left * width) : round(right * width)]  # fmt: skip


def _on_paper(path: Path, painting: Picture) -> Picture:
    """White where the file is transparent: the colours that hide there were never meant."""
    if path.suffix.lower() not in WITH_ALPHA:
        return painting
    whole = _decoded(path, cv2.IMREAD_UNCHANGED)
    if whole.ndim < 3 or whole.shape[2] != 4 or whole.shape[:2] != painting.shape[:2]:
        return painting
    alpha = whole[..., 3:] / np.float32(np.iinfo(whole.dtype).max)
    if alpha.min() == 1:
        return painting
    logger.warning("%s: where it is transparent, white is learned; --crop leaves that out", path)
    return np.asarray((painting * alpha + 255 * (1 - alpha)).round(), np.uint8)


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


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name.

    Raises:
        StyleImageError: no such folder.
    """
    if not folder.is_dir():
        raise StyleImageError(f"{folder}: no such folder; a folder of pictures is wanted")
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)


def sphere_views(panorama: Picture, seed: int) -> list[Picture]:
    """A panorama (or, of a top-bottom pair, its left eye) as the net sees spheres.

    Six cube faces, turned at random, and four patches of the equirect, two of them at the poles.
    """
    panorama = panorama[: panorama.shape[1] // 2]
    height, width = panorama.shape[:2]
    random = np.random.default_rng(seed)
    yaw, pitch, roll = random.uniform(-HALF_TURN, HALF_TURN, 3)
    cube = CubeMap(width // 4)
    sampler = build_sampler(Equirect(height, width), cube, rotation(yaw, pitch, roll))
    faces = list(unpack_faces(sampler(panorama), cube.layout))
    side = height // 2
    lefts = random.integers(0, width - side, 4)
    tops = [0, height // 4, height // 4, height - side]
    patches = [panorama[y : y + side, x : x + side] for x, y in zip(lefts, tops, strict=True)]
    return faces + patches


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
