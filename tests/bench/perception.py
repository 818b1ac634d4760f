"""How near paintings are to their painting and to their photograph, on photographs held out.

Training that is to be judged here leaves these out: of the photographs by name, every fourth of the
first two hundred. `python -m tests.bench.perception PHOTOS OUT` links the others into OUT.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from pipeline.looks.style_images import load_picture, pictures_in
from pipeline.nets.losses import even_style_loss, gram
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import fastest_precision, load_vgg16
from pipeline.training.lessons import LENGTHS
from pipeline.training.recipe import StyleSource
from pipeline.training.train import TrainSettings, painted_targets

Paint = Callable[[Tensor], Tensor]
HELD_OUT = 50
SIDE = 256
CONTENT = "relu3_3"


def held_out(folder: Path) -> list[Path]:
    return pictures_in(folder)[::4][:HELD_OUT]


def load_photos(paths: Sequence[Path]) -> list[Tensor]:
    """The middles of photographs, (1, 3, SIDE, SIDE) each."""
    return [to_tensor([_middle(load_picture(path))]) for path in paths]


def _middle(rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = rgb[top : top + side, left : left + side]
    return cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


class Judge:
    """Style and content losses as training has them, of a photograph and of what is made of it."""

    def __init__(self, weights: Path, photos: Sequence[Tensor]) -> None:
        self.photos = photos
        layers = (*TrainSettings().style_layers, CONTENT)
        self._vgg = load_vgg16(weights, layers, fastest_precision())

    def target(self, source: StyleSource) -> dict[str, Tensor]:
        """What training aims at: of the part of the painting that is learned."""
        return own_strokes(painted_targets([source], self._vgg, TrainSettings(), "cpu"))

    @torch.no_grad()
    def losses(self, paint: Paint, *targets: dict[str, Tensor]) -> tuple[float, ...]:
        """Content loss (over the photographs' own mean square), and a style loss per target."""
        rows = []
        for rgb in self.photos:
            features, own = self._vgg(paint(rgb)), self._vgg(rgb)[CONTENT]
            content = (features[CONTENT] - own).square().mean() / own.square().mean()
            grams = {name: gram(seen) for name, seen in features.items()}
            styles = [even_style_loss(grams, target) for target in targets]
            rows.append([float(content), *map(float, styles)])
        return tuple(np.mean(rows, axis=0))


def own_strokes(targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Gram matrices (styles, C, C) of the paintings as large as they are learned."""
    return {name: grams[:, LENGTHS.index(1)] for name, grams in targets.items()}


if __name__ == "__main__":
    photos, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True)
    for path in set(pictures_in(photos)) - set(held_out(photos)):
        (out / path.name).symlink_to(path.resolve())
