"""What of a painting a sphere is to have: its Gram matrices, or its features themselves.

A sphere may be looked at part by part. So a texture says what it keeps of a part, how parts are
joined, and how far what was joined lies from the painting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from pipeline.choices import StyleTerm
from pipeline.nets.losses import gram
from pipeline.nets.surface import PLANE
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize.faces import Part

SAMPLES = 2048  # features of a layer that are compared at a time
MOST = 1 << 17  # features of a painting that are kept to draw from, a layer

FLAT = Part(PLANE, lambda rgb: rgb)
"""A painting: all of a plane."""


class Texture(Protocol):
    """A painting, as it is seen in some layers."""

    def kept(self, name: str, features: Tensor, part: Part, draw: int) -> Tensor:
        """What is kept of a part's features (N, C, h, w), as one vector.

        Args:
            draw: any number; the same one keeps the same.
        """

    def distance(self, name: str, parts: Sequence[Tensor], draw: int) -> Tensor:
        """How far what was kept of all parts of a sphere lies from the painting."""


@dataclass(frozen=True)
class GramTexture:
    """Squared distance of Gram matrices over the square of the painting's (Gatys et al. 2015).

    Attributes:
        grams: (C, C) of the painting, by layer.
    """

    grams: dict[str, Tensor]

    def kept(self, name: str, features: Tensor, part: Part, draw: int) -> Tensor:
        return gram(by_area(features, part)).sum(0).flatten()

    def distance(self, name: str, parts: Sequence[Tensor], draw: int) -> Tensor:
        wanted = self.grams[name].flatten()
        return (torch.stack(list(parts)).sum(0) - wanted).square().sum() / wanted.square().sum()


@dataclass(frozen=True)
class TransportTexture:
    """Relaxed earth mover's distance of features, and the distance of their means and covariances.

    Every feature of the sphere is to be like one of the painting's, and every one of the painting's
    is to be found on the sphere; the larger of the two means of cosine distances counts (Kolkin,
    Salavon, Shakhnarovich 2019, "Style Transfer by Relaxed Optimal Transport and Self-Similarity").
    So a stroke is taken as it is; Gram matrices only ask which features come together. The cosine
    knows no magnitude, the moments do.

    Attributes:
        features: (n, C) of the painting, by layer.
    """

    features: dict[str, Tensor]

    def kept(self, name: str, features: Tensor, part: Part, draw: int) -> Tensor:
        """Features at places drawn by the area that they cover."""
        count, _, height, width = features.shape
        areas = (part.surface.weights(features) * part.share).expand(count, 1, height, width)
        places = _drawn(areas.flatten(), round(SAMPLES * float(areas.sum())), draw)
        return features.permute(0, 2, 3, 1).flatten(0, 2)[places].flatten()

    def distance(self, name: str, parts: Sequence[Tensor], draw: int) -> Tensor:
        painting = self.features[name]
        even = torch.ones(len(painting), device=painting.device)
        painting = painting[_drawn(even, SAMPLES, draw)]
        sphere = torch.cat([part.view(-1, painting.shape[1]) for part in parts])
        return _transport(sphere, painting) + _moments_apart(sphere, painting)


@torch.no_grad()
def texture_of(
    term: StyleTerm, vgg: VggFeatures, painting: Tensor, layers: Sequence[str]
) -> Texture:
    """The texture of a painting (1, 3, h, w), a flat picture."""

    def tap(name: str, features: Tensor) -> Tensor:
        if name not in layers:
            return features.new_zeros(())
        if term == StyleTerm.TRANSPORT:
            flat = features[0].flatten(1).T
            some = torch.randperm(len(flat), generator=torch.Generator().manual_seed(0))
            return flat[some[:MOST].to(flat.device)]
        return gram(by_area(features, FLAT))[0]

    seen = {name: kept for name, kept in vgg(painting, PLANE, tap).items() if name in layers}
    return TransportTexture(seen) if term == StyleTerm.TRANSPORT else GramTexture(seen)


def by_area(features: Tensor, part: Part) -> Tensor:
    """Features whose plain mean square is the part's share of the mean square over the sphere."""
    height, width = features.shape[-2:]
    return features * (part.surface.weights(features) * (part.share * height * width)).sqrt()


def _drawn(chances: Tensor, count: int, draw: int) -> Tensor:
    """So many different places, the likelier the greater their chance."""
    random = torch.Generator().manual_seed(draw)
    most = int((chances > 0).sum())
    places = torch.multinomial(chances.cpu(), min(max(count, 1), most), generator=random)
    return places.to(chances.device)


def _transport(a: Tensor, b: Tensor) -> Tensor:
    """Relaxed earth mover's distance of (n, C) and (m, C) by cosines, 0 to 2."""
    unit = torch.nn.functional.normalize
    apart = 1 - unit(a, dim=1) @ unit(b, dim=1).T
    return torch.maximum(apart.amin(1).mean(), apart.amin(0).mean())


def _moments_apart(a: Tensor, b: Tensor) -> Tensor:
    """Mean absolute difference of means and covariances, over the mean size of the latter's."""
    pairs = zip(_moments(a), _moments(b), strict=True)
    gaps = [(own - wanted).abs().mean() / wanted.abs().mean() for own, wanted in pairs]
    return gaps[0] + gaps[1]


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    mean = features.mean(0)
    centred = features - mean
    return mean, centred.T @ centred / len(features)
