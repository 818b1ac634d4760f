"""What a painted sphere is to be: near its source in content, near a painting in style.

Gatys, Ecker, Bethge 2015, on the sphere: the network sees the faces of a cube, each of which goes
on in its neighbours, and every feature counts by the area it covers. Both terms are relative, so
that one ratio serves every layer and network: a content layer's squared distance is divided by the
source's own square, what a style layer keeps by the painting's (`pipeline.optimize.textures`);
layers are averaged by their weights.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.nets.surface import SPHERE
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize.faces import Part
from pipeline.optimize.textures import Texture, by_area

UNIT = 1e-2
"""Style over content at unrealness 0 and `REFERENCE_WIDTH`: Come Swim's 2 to 5 then span what the
film found usable."""

REFERENCE_WIDTH = 1024

Kept = dict[str, Tensor]
"""What a texture keeps of a part, by layer."""


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
        painting: as the layers of style see it.
        source: (1, 3, H, W), whose content is wanted.
        parts: see `parts_of`.
        expected: of the neighbouring frames.
    """

    def __init__(
        self,
        vgg: VggFeatures,
        weights: Weights,
        painting: Texture,
        source: Tensor,
        parts: Sequence[Part],
        expected: Sequence[Expected] = (),
    ) -> None:
        self.weights = weights
        self._vgg = vgg
        self._painting = painting
        self._parts = parts
        self._expected = expected
        self._content_share = _shares(weights.content)
        self._style_share = _shares(weights.style)
        self._wanted = [self._wanted_content(source, part) for part in parts]
        self._power = {name: sum(_power(w[name]) for w in self._wanted) for name in weights.content}

    def __call__(self, rgb: Tensor) -> tuple[dict[str, float], Tensor]:
        """The weighted terms, and the gradient of their sum (1, 3, H, W)."""
        leaf = rgb.detach().requires_grad_()
        # Drawn by the picture: a run that is resumed goes on as it would have.
        draw = zlib.crc32(leaf.detach().cpu().numpy().tobytes())
        several = self._all_kept(leaf, draw) if len(self._parts) > 1 else None
        terms = dict.fromkeys(("content", "style"), 0.0)
        for number, (part, wanted) in enumerate(zip(self._parts, self._wanted, strict=True)):
            kept, content = self._look(leaf, part, wanted, draw)
            style, slopes = self._style(several or [kept], draw)
            torch.autograd.backward([content, *kept.values()], [None, *slopes[number].values()])
            terms["content"] += float(content.detach())
            terms["style"] = style
        for name, term in self._pixel_terms(leaf).items():
            term.backward()  # type: ignore[no-untyped-call]
            terms[name] = float(term.detach())
        if leaf.grad is None:
            raise ValueError("no term depends on the picture")
        return terms, leaf.grad

    @torch.no_grad()
    def _all_kept(self, rgb: Tensor, draw: int) -> list[Kept]:
        pairs = zip(self._parts, self._wanted, strict=True)
        return [self._look(rgb, part, wanted, draw)[0] for part, wanted in pairs]

    def _look(
        self, rgb: Tensor, part: Part, wanted: Mapping[str, Tensor], draw: int
    ) -> tuple[Kept, Tensor]:
        """What a part's texture keeps of it, and its share of the content term."""

        def tap(name: str, features: Tensor) -> Tensor:
            return self._summary(name, features, part, wanted, draw)

        found = self._vgg(part.cut(rgb), part.surface, tap)
        content = rgb.new_zeros(())
        for name, share in self._content_share.items():
            content = content + found[name][-1] * (share / self._power[name])
        kept = {
            n: found[n][:-1] if n in self._content_share else found[n] for n in self._style_share
        }
        return kept, content

    def _summary(
        self, name: str, features: Tensor, part: Part, wanted: Mapping[str, Tensor], draw: int
    ) -> Tensor:
        """All that is kept of a layer: by the texture, then the squared content distance."""
        parts = []
        if name in self._style_share:
            parts.append(self._painting.kept(name, features, part, draw))
        if name in self._content_share:
            parts.append((by_area(features, part) - wanted[name]).square().sum().view(1))
        return torch.cat(parts)

    def _style(self, kept: Sequence[Kept], draw: int) -> tuple[float, list[Kept]]:
        """The style term of the whole sphere, and its slope by what is kept of each part."""
        leaves = [{n: t.detach().requires_grad_() for n, t in part.items()} for part in kept]
        total = torch.zeros(())
        for name, share in self._style_share.items():
            apart = self._painting.distance(name, [part[name] for part in leaves], draw)
            total = total + self.weights.ratio * share * apart.cpu()
        if total.requires_grad:
            total.backward()  # type: ignore[no-untyped-call]
        slopes = [{n: _slope(leaf) for n, leaf in part.items()} for part in leaves]
        return float(total.detach()), slopes

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
            return by_area(features, part) if wanted else features.new_zeros(())

        wanted: dict[str, Tensor] = self._vgg(part.cut(source), part.surface, tap)
        return wanted


def sphere_variation(rgb: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, down and across, seam and poles included."""
    beyond = SPHERE.pad(rgb, 1)
    down = (beyond[..., 2:, 1:-1] - rgb).square()
    across = (beyond[..., 1:-1, 2:] - rgb).square()
    return ((down + across) * SPHERE.weights(rgb)).sum() / 3


def _slope(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def _power(features: Tensor) -> float:
    return float(features.square().sum())


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items() if weight > 0}
