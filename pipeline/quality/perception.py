"""How near a film is to its painting and to its source, as VGG-16 sees them.

Style and content losses of Johnson et al. 2016 on the six views of a cube, a quarter turn wide
each, so that the poles are seen as a viewer sees them and count once. Each is divided by what no
painting at all would give: the style loss by that of the source, the content loss by the mean
square of the source's features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.looks.style_images import load_style
from pipeline.nets.losses import gram, style_loss
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import LAYERS, VggFeatures, load_vgg16
from pipeline.quality.together import Moment
from pipeline.temporal.views import sample
from vr360.frame import Rgb
from vr360.geometry import HALF_TURN, perspective_directions, rotation

FRAMES = 4
"""Frames looked at, evenly spaced over the film."""

CONTENT = "relu3_3"
LARGEST = 512  # pixels of a view; as training sees pictures
PAINTING = 512  # long side of the painting, as training takes it by default
QUARTER = HALF_TURN / 2
LOOKS = [(0, 0), (QUARTER, 0), (2 * QUARTER, 0), (-QUARTER, 0), (0, QUARTER), (0, -QUARTER)]


@dataclass(frozen=True)
class PerceptionFigures:
    """Attributes:
    style_loss: distance of Gram matrices from the painting's, the source's distance being 1.
    content_loss: mean squared distance from the source's features, over their mean square.
    style_loss_ratio, content_loss_ratio: divided by the baseline's.
    """

    style_loss: float | None
    content_loss: float | None
    style_loss_ratio: float | None = None
    content_loss_ratio: float | None = None


def open_perception(painting: Path, weights: Path | None, frames: int) -> PerceptionMeter:
    """A meter for films of about `frames` frames.

    Raises:
        CheckpointError: no VGG-16.
        StyleImageError: no painting.
    """
    return PerceptionMeter(
        load_vgg16(weights, list(LAYERS)), load_style(painting, PAINTING), frames
    )


class PerceptionMeter:
    """Takes moments one by one and looks at every n-th.

    Args:
        painting: (H, W, 3) uint8; without one there is no style loss.
        frames: how many moments will come, about.
    """

    def __init__(self, vgg: VggFeatures, painting: Rgb | None, frames: int) -> None:
        self._vgg = vgg
        with torch.no_grad():
            seen = {} if painting is None else vgg(to_tensor([painting]))
            self._targets = {name: gram(features) for name, features in seen.items()}
        self._every = max(1, frames // FRAMES)
        self._count = 0
        self._rows: list[list[float]] = []  # style and content: source, film, baseline

    @torch.no_grad()
    def see(self, moment: Moment) -> None:
        self._count += 1
        if (self._count - 1) % self._every:
            return
        source = self._features(moment.source)
        power = float(source[CONTENT].square().mean())
        row = [self._style(source)]
        for rgb in (moment.film, moment.baseline):
            if rgb is not None:
                features = self._features(rgb)
                gap = float((features[CONTENT] - source[CONTENT]).square().mean())
                row += [self._style(features), gap / power if power else 0.0]
        self._rows.append(row)

    @property
    def figures(self) -> PerceptionFigures:
        if not self._rows:
            return PerceptionFigures(None, None)
        bare, style, content, *baseline = np.mean(self._rows, axis=0)
        ratios = [_over(a, b) for a, b in zip((style, content), baseline, strict=False)]
        return PerceptionFigures(_over(style, bare), float(content), *ratios)

    def _features(self, rgb: Rgb) -> Mapping[str, Tensor]:
        return _all_of(self._vgg, sample(rgb, _looks(rgb.shape[1])))

    def _style(self, features: Mapping[str, Tensor]) -> float:
        return float(style_loss(features, self._targets).mean()) if self._targets else 0.0


def _all_of(vgg: VggFeatures, views: NDArray[np.float32]) -> Mapping[str, Tensor]:
    """Features (6, C, h, w) of views (6 S, S, 3)."""
    size = views.shape[1]
    pictures = torch.from_numpy(views.reshape(-1, size, size, 3)).permute(0, 3, 1, 2) / 255
    parts = [vgg(picture[None]) for picture in pictures]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _looks(width: int) -> NDArray[np.float32]:
    """Directions (6 S, S, 3) of the views; in their middle as fine as the picture's equator."""
    size = min(LARGEST, 8 * max(4, round(width / HALF_TURN / 8)))
    plane = perspective_directions(size, size, QUARTER)
    plane /= np.linalg.norm(plane, axis=2, keepdims=True)
    return np.concatenate([plane @ rotation(*look).T for look in LOOKS]).astype(np.float32)


def _over(value: float, base: float) -> float | None:
    return float(value / base) if base > 0 else None
