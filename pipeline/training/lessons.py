"""What is asked of the net in a step: pictures, styles, strengths, and what to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from pipeline.looks.style_images import Picture, resized
from pipeline.nets.draftnet import REDUCED
from pipeline.nets.looks import STRENGTHS, STROKES, at_strength, of_stroke
from pipeline.nets.losses import gram
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures
from pipeline.training.data import PhotoFolder
from pipeline.training.optimised import Pair
from pipeline.training.recipe import PIXELS_PER_DEGREE, StyleSource
from pipeline.training.settings import LARGER, TrainSettings
from vr360.errors import StyleImageError

PAIRED = 0.5  # of an optimised sphere's lessons are on its source, the rest on photographs
CLOSEST = 0.5  # share of a picture that a draft lesson shows at least
DRAWN = (1 / 6, 1 / 2, 1 / 3)  # lessons below strength 1, at 1, and at the last
LENGTHS = (STROKES[0], 1.0, STROKES[1])  # of strokes, relative to the style's own
LENGTHS_DRAWN = (1 / 4, 1 / 2, 1 / 4)  # lessons of each

Targets = Mapping[str, Tensor]
"""Gram matrices per layer, (styles, lengths of strokes, C, C)."""


@dataclass(frozen=True)
class Lesson:
    """A style and a strength for each picture of a batch."""

    rgb: Tensor  # (N, 3, S, S)
    wanted: Tensor  # (N, 3, S, S) whose content is asked for
    look: Tensor  # (N, K)
    strengths: Tensor  # (N,)
    weights: Tensor  # (N,) style against content
    targets: Targets  # per layer (N, C, C)
    on_luma: Tensor  # (N,) whether colour is none of its business

    def part(self, place: tuple[slice, slice]) -> Lesson:
        """The same, of a part of the pictures."""
        rgb, wanted = (pictures[..., *place] for pictures in (self.rgb, self.wanted))
        return replace(self, rgb=rgb, wanted=wanted)


@dataclass(frozen=True)
class Course:
    """What there is to learn of the styles, in the order of their looks."""

    settings: TrainSettings
    data: PhotoFolder
    weights: Tensor  # (styles,)
    drafted: Targets  # at the draft's size
    revised: Targets  # at full size
    on_luma: Tensor  # (styles,)
    pairs: Sequence[Sequence[Pair]]  # optimised spheres with their sources, of each style

    @staticmethod
    def of(
        styles: Sequence[StyleSource],
        pairs: Sequence[Sequence[Pair]],
        data: PhotoFolder,
        vgg: VggFeatures,
        settings: TrainSettings,
        device: str,
    ) -> Course:
        return Course(
            settings,
            data,
            torch.tensor([style.weight for style in styles], device=device),
            painted_targets(styles, vgg, settings, device, (1 / REDUCED, LARGER / REDUCED)),
            painted_targets(styles, vgg, settings, device),
            torch.tensor([style.preserve_colour for style in styles], device=device),
            pairs,
        )

    def draft_lesson(self, looks: Tensor, strokes: Tensor, random: np.random.Generator) -> Lesson:
        """Pictures as small as the draft sees them, half to all of them."""
        side = self.settings.crop // REDUCED
        return self._lesson(looks, strokes, random, side, CLOSEST, self.drafted)

    def revision_lesson(
        self, looks: Tensor, strokes: Tensor, random: np.random.Generator
    ) -> Lesson:
        """Whole views at full size."""
        return self._lesson(looks, strokes, random, self.settings.crop, 1.0, self.revised)

    def _lesson(
        self,
        looks: Tensor,
        strokes: Tensor,
        random: np.random.Generator,
        side: int,
        closest: float,
        targets: Targets,
    ) -> Lesson:
        together, device = self.settings.together, looks.device
        groups = self.settings.batch // together
        rgb = self.data.batch(groups, together, side, random, closest).to(device)
        styles = random.integers(len(looks), size=groups).repeat(together)
        drawn = _strengths(groups, random).repeat(together)
        rgb, wanted, paired = self._paired(rgb, styles, random)
        strengths = torch.from_numpy(np.where(paired, 1, drawn)).float().to(device)
        sizes = random.choice(len(LENGTHS), size=groups, p=LENGTHS_DRAWN).repeat(together)
        sizes[paired] = LENGTHS.index(1)  # a sphere painted by hand has its own strokes
        lengths = torch.tensor(LENGTHS, device=device)[sizes]
        return Lesson(
            rgb,
            wanted,
            at_strength(looks[styles], strengths) + of_stroke(strokes[styles], lengths),
            strengths,
            self.weights[styles],
            {name: grams[styles, sizes] for name, grams in targets.items()},
            self.on_luma[styles],
        )

    def _paired(
        self, rgb: Tensor, styles: NDArray[np.int64], random: np.random.Generator
    ) -> tuple[Tensor, Tensor, NDArray[np.bool_]]:
        """What is painted, whose content that is to have, and where that is its optimised self."""
        given, wanted, paired = rgb.clone(), rgb.clone(), np.zeros(len(rgb), bool)
        for n, style in enumerate(styles):
            pairs = self.pairs[style]
            if pairs and random.random() < PAIRED:
                pair = pairs[int(random.integers(len(pairs)))]
                seen = [_fitted(p, rgb.shape[-1]) for p in pair.crop(self.settings.crop, random)]
                given[n], wanted[n] = to_tensor(seen).to(rgb)
                paired[n] = True
        return given, wanted, paired


def _strengths(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Half at the strength of most films, a third at the top.

    With strengths sampled evenly between the last two looks, the last was hardly stronger.
    """
    drawn = (random.uniform(0, 1, count), np.ones(count), np.full(count, STRENGTHS[-1]))
    return np.asarray(np.choose(random.choice(3, size=count, p=DRAWN), drawn), np.float64)


def painted_targets(
    styles: Sequence[StyleSource],
    vgg: VggFeatures,
    settings: TrainSettings,
    device: str,
    scales: Sequence[float] = (1.0,),
) -> dict[str, Tensor]:
    """Gram matrices of the paintings per layer, (styles, len(LENGTHS), C, C).

    Args:
        scales: sizes to average over, relative to that at which a painting is learned.
    """
    each = [
        _painted_grams(style, vgg, device, [length * scale for scale in scales])
        for style in styles
        for length in LENGTHS
    ]
    shape = len(styles), len(LENGTHS)
    stacked = {name: torch.stack([g[name] for g in each]) for name in settings.style_layers}
    return {name: grams.view(*shape, *grams.shape[1:]) for name, grams in stacked.items()}


@torch.no_grad()
def _painted_grams(
    style: StyleSource, vgg: VggFeatures, device: str, scales: Sequence[float]
) -> dict[str, Tensor]:
    """(C, C) per layer, averaged over what there is of the style by how much it counts."""
    total: dict[str, Tensor] = {}
    weight = 0.0
    for scale in scales:
        for picture, counts in zip(style.pictures(scale), style.counts(scale), strict=True):
            shown = torch.ones(1, 1) if counts is None else torch.from_numpy(counts)
            weight += float(shown.mean())
            for name, features in vgg(to_tensor([picture]).to(device)).items():
                share = F.adaptive_avg_pool2d(shown[None, None].to(device), features.shape[-2:])
                total[name] = total.get(name, 0) + gram(features * share.sqrt())[0]
    return {name: grams / weight for name, grams in total.items()}


def _fitted(picture: Picture, side: int) -> Picture:
    return resized(picture, side / len(picture))


def checked_pairs(style: StyleSource, crop: int) -> Sequence[Pair]:
    """The optimised spheres of a style.

    Raises:
        StyleImageError: their faces are smaller than a view of `crop` pixels.
    """
    if style.pairs and style.pixels < crop:
        raise StyleImageError(
            f"{style.name}: scale {style.scale:g} degrees makes faces of {style.pixels} pixels, "
            f"but {crop} are learned at once; give a scale of {crop / PIXELS_PER_DEGREE:g} or more"
        )
    return style.pairs
