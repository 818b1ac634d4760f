"""How long a style's strokes are at other lengths than its own, by what its own look like enlarged.

Views painted with longer strokes are compared with views painted with the usual ones, brought to a
ladder of sizes: where their textures agree best, strokes are so many times as long. Textures are
Gram matrices of VGG-16, averaged over views, so that what the views show matters little. Their
angle is taken, not their distance: brightness and contrast are no length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.looks.style_images import load_picture, pictures_in, resized
from pipeline.nets.losses import gram
from pipeline.nets.strengths import STROKES
from pipeline.nets.surface import PLANE
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures, fastest_precision, load_vgg16
from pipeline.painting.stylizer import load_stylizer
from pipeline.quality.brushwork import left_eye, views_of
from vr360.frame import Rgb
from vr360.reports import Progress

LAYERS = ("relu2_1", "relu3_1", "relu4_1")
LADDER = np.arange(-6, 6) / 4  # octaves: from a third of the usual size to twice and a fifth
REDUCED = 0.5  # size of the views compared: at the full one, strokes are larger than VGG sees
TURNS_DEG = ((0, 5), (180, 8))  # yaw, pitch

Grams = dict[str, Tensor]
Texture = Callable[[Sequence[Rgb]], Grams]


def measure_stroke_lengths(
    style: str,
    panoramas: Path,
    vgg_weights: Path | None = None,
    progress: Progress[Path] = lambda paths, _: paths,
) -> dict[str, float]:
    """By what `--stroke` asked for: how many times as long as usual strokes are.

    Args:
        style: as `vr360 stylize --style` takes it.
        panoramas: folder of equirect stills; of a top-bottom pair the left eye.
        vgg_weights: see `load_vgg16`.

    Raises:
        CheckpointError: no such style, or no weights.
        StyleImageError: a panorama cannot be read.
    """
    texture = partial(mean_grams, load_vgg16(vgg_weights, LAYERS, fastest_precision()))
    paints = {n: load_stylizer(style, stroke=n, statistics="frame") for n in (1.0, *STROKES)}
    views: dict[float, list[Rgb]] = {length: [] for length in paints}
    paths = pictures_in(panoramas)
    for path in progress(paths, len(paths)):
        sphere = left_eye(load_picture(path))
        for length, paint in paints.items():
            views[length] += views_of(paint([sphere])[0], TURNS_DEG)
    ladder = texture_ladder(texture, views[1.0])
    return {f"{n:g}": times_as_long(texture, views[n], ladder) for n in STROKES}


def texture_ladder(texture: Texture, views: Sequence[Rgb]) -> list[Grams]:
    """Textures of views at every size of `LADDER`."""
    return [texture([resized(v, REDUCED * 2**octave) for v in views]) for octave in LADDER]


def times_as_long(texture: Texture, views: Sequence[Rgb], ladder: Sequence[Grams]) -> float:
    """Size of the ladder's views at which they look most like these, between `LADDER`'s ends."""
    seen = texture([resized(view, REDUCED) for view in views])
    return float(2 ** lowest(LADDER, np.array([_angle(seen, step) for step in ladder])))


def lowest(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Where y is least: of the parabola through the least value and its evenly spaced neighbours;
    an end itself where the least value lies there.
    """
    at = int(y.argmin())
    if at in (0, len(y) - 1):
        return float(x[at])
    before, least, after = y[at - 1 : at + 2]
    shift = (before - after) / (2 * (before - 2 * least + after))
    return float(x[at] + shift * (x[at + 1] - x[at]))


@torch.no_grad()
def mean_grams(vgg: VggFeatures, views: Sequence[Rgb]) -> Grams:
    """By layer: the mean Gram matrix (C, C) of views, each of any size.

    Views go on mirrored: zeros around them would count more in small ones, and tell their size.
    """
    found = [{n: gram(f)[0] for n, f in vgg(to_tensor([view]), PLANE).items()} for view in views]
    return {name: torch.stack([grams[name] for grams in found]).mean(0) for name in found[0]}


def _angle(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    """Sum over layers of 1 - cosine."""
    cosine = partial(torch.nn.functional.cosine_similarity, dim=0)
    return sum(1 - float(cosine(g.flatten(), other[n].flatten())) for n, g in one.items())
