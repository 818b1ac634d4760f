"""What a painted sphere is to be: near its source in content, near a painting in style.

Gatys, Ecker, Bethge 2015, on the sphere: the network sees the faces of a cube, each of which goes
on in its neighbours, and every feature counts by the area it covers. Both terms are relative, so
that one ratio serves every layer and network: a content layer's squared distance is divided by the
source's own square, a style layer's by that of the painting's Gram matrix; layers are averaged by
their weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.nets.losses import gram
from pipeline.nets.surface import PLANE, SPHERE
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize.faces import Part

UNIT = 1e-2
"""Style over content at unrealness 0 and `REFERENCE_WIDTH`: Come Swim's 2 to 5 then span what the
film found usable."""

REFERENCE_WIDTH = 1024

Grams = dict[str, Tensor]

FLAT = Part(PLANE, lambda rgb: rgb)
"""A painting: all of a plane."""


def style_ratio(unrealness: float, width: int) -> float:
    """Weight of style against content, 10^u; halving the picture's size halves it.

    Joshi, Stewart, Shapiro 2017 ("Bringing Impressionism to Life with Neural Style Transfer in
    Come Swim"): so a small preview predicts the large result.
    """
    return float(UNIT * 10.0**unrealness * width / REFERENCE_WIDTH)


@dataclass(frozen=True)
class Weights:
    """How much each term counts.

    Attributes:
        content, style: by layer, averaged; only their proportions matter.
        ratio: of style to content.
        variation: of the mean squared difference of neighbouring pixels.
        flow: of the squared distance to what the neighbouring frames' results lead to expect.
    """

    content: Mapping[str, float]
    style: Mapping[str, float]
    ratio: float
    variation: float = 0.0
    flow: float = 0.0


@dataclass(frozen=True)
class Expected:
    """What a neighbouring frame's result leads to expect: its picture (1, 3, H, W), moved along,
    and how far that can be trusted (1, 1, H, W), 0..1.
    """

    rgb: Tensor
    trust: Tensor


class Objective:
    """Value and gradient at a picture (1, 3, H, W) in [0, 1].

    Args:
        vgg: with the layers of `weights`.
        weights: of the terms.
        painted: Gram matrices of the painting, see `painting_grams`.
        source: (1, 3, H, W), whose content is wanted.
        parts: see `parts_of`.
        expected: of the neighbouring frames.
    """

    def __init__(
        self,
        vgg: VggFeatures,
        weights: Weights,
        painted: Grams,
        source: Tensor,
        parts: Sequence[Part],
        expected: Sequence[Expected] = (),
    ) -> None:
        self.weights = weights
        self._vgg = vgg
        self._painted = painted
        self._parts = parts
        self._expected = expected
        self._content_share = _shares(weights.content)
        self._style_share = _shares(weights.style)
        self._wanted = [self._wanted_content(source, part) for part in parts]
        self._power = {name: sum(_power(w[name]) for w in self._wanted) for name in weights.content}

    def __call__(self, rgb: Tensor) -> tuple[dict[str, float], Tensor]:
        """The weighted terms, and the gradient of their sum (1, 3, H, W)."""
        leaf = rgb.detach().requires_grad_()
        grams = self._all_grams(leaf) if len(self._parts) > 1 else None
        terms = dict.fromkeys(("content", "style"), 0.0)
        for part, wanted in zip(self._parts, self._wanted, strict=True):
            seen, content = self._look(leaf, part, wanted)
            style, slopes = self._style(grams or seen)
            torch.autograd.backward([content, *seen.values()], [None, *slopes])
            terms["content"] += float(content.detach())
            terms["style"] = style
        for name, term in self._pixel_terms(leaf).items():
            term.backward()  # type: ignore[no-untyped-call]
            terms[name] = float(term.detach())
        if leaf.grad is None:
            raise ValueError("no term depends on the picture")
        return terms, leaf.grad

    @torch.no_grad()
    def _all_grams(self, rgb: Tensor) -> Grams:
        totals: Grams = {}
        for part, wanted in zip(self._parts, self._wanted, strict=True):
            for name, value in self._look(rgb, part, wanted)[0].items():
                totals[name] = totals[name] + value if name in totals else value
        return totals

    def _look(self, rgb: Tensor, part: Part, wanted: Mapping[str, Tensor]) -> tuple[Grams, Tensor]:
        """A part's Gram matrices, and its share of the content term."""

        def tap(name: str, features: Tensor) -> Tensor:
            return self._summary(name, _by_area(features, part), wanted)

        found = self._vgg(part.cut(rgb), part.surface, tap)
        content = rgb.new_zeros(())
        for name, share in self._content_share.items():
            content = content + found[name][-1] * (share / self._power[name])
        sizes = {name: len(self._painted[name]) for name in self._style_share}
        grams = {n: found[n][: size * size].view(size, size) for n, size in sizes.items()}
        return grams, content

    def _summary(self, name: str, features: Tensor, wanted: Mapping[str, Tensor]) -> Tensor:
        """All that is kept of a layer: its Gram matrix, flat, then the squared content distance."""
        parts = []
        if name in self._style_share:
            parts.append(gram(features).sum(0).flatten())
        if name in self._content_share:
            parts.append((features - wanted[name]).square().sum().view(1))
        return torch.cat(parts)

    def _style(self, grams: Grams) -> tuple[float, list[Tensor]]:
        """The style term of the whole sphere, and its slope by each Gram matrix."""
        total, slopes = 0.0, []
        for name, share in self._style_share.items():
            gap = grams[name].detach() - self._painted[name]
            scale = self.weights.ratio * share / float(self._painted[name].square().sum())
            total += scale * float(gap.square().sum())
            slopes.append(2 * scale * gap)
        return total, slopes

    def _pixel_terms(self, rgb: Tensor) -> dict[str, Tensor]:
        terms = {}
        if self.weights.variation:
            terms["variation"] = self.weights.variation * sphere_variation(rgb)
        if self.weights.flow and self._expected:
            areas = SPHERE.weights(rgb)
            gaps = [((rgb - e.rgb).square() * e.trust * areas).sum() / 3 for e in self._expected]
            terms["flow"] = self.weights.flow * sum(gaps[1:], gaps[0]) / len(gaps)
        return terms

    @torch.no_grad()
    def _wanted_content(self, source: Tensor, part: Part) -> dict[str, Tensor]:
        def tap(name: str, features: Tensor) -> Tensor:
            wanted = name in self._content_share
            return _by_area(features, part) if wanted else features.new_zeros(())

        wanted: dict[str, Tensor] = self._vgg(part.cut(source), part.surface, tap)
        return wanted


@torch.no_grad()
def painting_grams(vgg: VggFeatures, painting: Tensor, layers: Sequence[str]) -> Grams:
    """Gram matrices (C, C) of a painting (1, 3, h, w), a flat picture, averaged over its area."""

    def tap(name: str, features: Tensor) -> Tensor:
        used = name in layers
        return gram(_by_area(features, FLAT))[0] if used else features.new_zeros(())

    return {name: g for name, g in vgg(painting, PLANE, tap).items() if name in layers}


def sphere_variation(rgb: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, down and across, seam and poles included."""
    beyond = SPHERE.pad(rgb, 1)
    down = (beyond[..., 2:, 1:-1] - rgb).square()
    across = (beyond[..., 1:-1, 2:] - rgb).square()
    return ((down + across) * SPHERE.weights(rgb)).sum() / 3


def _by_area(features: Tensor, part: Part) -> Tensor:
    """Features whose plain mean square is the part's share of the mean square over the sphere."""
    height, width = features.shape[-2:]
    return features * (part.surface.weights(features) * (part.share * height * width)).sqrt()


def _power(features: Tensor) -> float:
    return float(features.square().sum())


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items() if weight > 0}
