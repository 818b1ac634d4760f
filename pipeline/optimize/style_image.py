"""The picture whose style is taken: cropped, and built up with blocks of other pictures.

Come Swim's painters worked on the style image rather than on the weights: a crop that shows the
strokes, larger blocks of a colour or texture that was too rare in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.looks.style_images import WHOLE, Box, cut, load_painting, parse_box
from vr360.errors import InputError, StyleImageError
from vr360.frame import Rgb

SMALLEST = 32  # pixels a side below which the deeper layers see nothing
FLAT = 1.0  # codes of spread below which a picture is one colour


@dataclass(frozen=True)
class Block:
    """A picture to be laid over a part of the style image."""

    path: Path
    box: Box


@dataclass(frozen=True)
class StyleImage:
    """Where the style comes from.

    Attributes:
        path: JPEG or PNG.
        crop: the part that is used.
        blocks: laid over that part, in order.
    """

    path: Path
    crop: Box = WHOLE
    blocks: tuple[Block, ...] = ()

    def load(self) -> Rgb:
        """(h, w, 3) uint8, cropped and with its blocks, in its own size.

        Raises:
            StyleImageError: missing, no picture, too small, or of one colour.
        """
        picture = cut(load_painting(self.path), self.crop).copy()
        if min(picture.shape[:2]) < SMALLEST:
            raise StyleImageError(
                f"{self.path}: {picture.shape[1]}x{picture.shape[0]} pixels are used of it, "
                f"{SMALLEST} a side are wanted; give a larger picture or crop"
            )
        for block in self.blocks:
            inside = cut(picture, block.box)  # a view
            size = inside.shape[1::-1]
            picture_of = load_painting(block.path)
            inside[:] = cv2.resize(picture_of, size, interpolation=cv2.INTER_AREA)
        if float(picture.reshape(-1, 3).std(axis=0).max()) < FLAT:
            raise StyleImageError(f"{self.path}: one colour all over has no style; give a painting")
        return picture


def scaled(painting: Rgb, long_side: int) -> Rgb:
    """With a long side of so many pixels, at least as many as the network needs."""
    scale = max(long_side / max(painting.shape[:2]), SMALLEST / min(painting.shape[:2]))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = [max(SMALLEST, round(side * scale)) for side in painting.shape[1::-1]]
    return np.asarray(cv2.resize(painting, size, interpolation=interpolation), np.uint8)


def parse_block(text: str) -> Block:
    """`texture.jpg:0.5,0,0.5,0.3`."""
    path, colon, box = text.rpartition(":")
    if not colon:
        raise InputError(f"--add-block {text}: give IMAGE:x,y,w,h, as sky.jpg:0.5,0,0.5,0.3")
    return Block(Path(path), parse_box(box, "--add-block"))
