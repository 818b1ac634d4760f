"""Draft and revision: the sphere is painted small, where large shapes are in sight, then revised.

A net sees as far as its convolutions reach. At a quarter of the size the draft sees a third of the
sphere and can lay out what a painter lays out first; at full size the revision adds the brush as a
residual, from the source's detail and the draft's features (Lin et al. 2021, "Drafting and
Revision: Laplacian Pyramid Network for Fast High-Quality Artistic Style Transfer"). One net paints
every style: what its convolutions put out is scaled and shifted as the look at hand says (Dumoulin,
Shlens, Kudlur 2016).

Every reduction is an area mean or blurred first (Zhang 2019, "Making Convolutional Networks
Shift-Invariant Again"), every enlargement bilinear: the other ways leave their stride as a grid in
flat sky (Odena et al. 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.nets.layers import (
    Conv,
    Residual,
    Stem,
    UpConv,
    affine,
    channels_first,
    channels_last,
    convolved,
    enlarging_taps,
    normalise,
    shuffled,
    unshuffled,
)
from pipeline.nets.looks import Modulation, plain_look
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net, NetGeometry
from pipeline.nets.placed import Placed
from pipeline.nets.surface import SPHERE, Surface

REDUCED = 4  # the draft is so many times smaller than the picture
STRIDE = 8 * REDUCED  # rolls by multiples of it commute with the net
MULTIPLE = 2 * STRIDE  # widths: the half turn over a pole must be whole at the coarsest level
SKETCHED = 16  # channels of the draft at its own size
HALF, FULL = 16, 8  # channels of the revision on the way up


@dataclass(frozen=True)
class DraftConfig:
    """What rebuilds a net from a checkpoint.

    Attributes:
        half, quarter, eighth: channels at those shares of the draft's size.
        half_blocks, quarter_blocks, eighth_blocks: residual blocks there.
        detail: channels of the revision, at the draft's size.
        detail_blocks: residual blocks there.
    """

    half: int = 32
    quarter: int = 64
    eighth: int = 112
    half_blocks: int = 1
    quarter_blocks: int = 3
    eighth_blocks: int = 3
    detail: int = 32
    detail_blocks: int = 1

    def __post_init__(self) -> None:
        widths = (self.half, self.quarter, self.eighth, self.detail)
        blocks = (self.half_blocks, self.quarter_blocks, self.eighth_blocks, self.detail_blocks)
        if not all(1 <= n <= 512 for n in widths) or not all(1 <= n <= 32 for n in blocks):
            raise ValueError(f"channels 1..512 and blocks 1..32, got {self}")

    @property
    def modulated(self) -> list[int]:
        """Channels of every convolution that a look decides about, in the net's order."""
        return [*self.drafting, *self.revising]

    @property
    def normalised(self) -> int:
        """Channels that the revision normalises."""
        return self.detail * (1 + 2 * self.detail_blocks)

    @property
    def revision_reach(self) -> int:
        """As `NetGeometry.reach`, with the draft as given."""
        return REDUCED * (2 * self.detail_blocks + 2) + 3

    @property
    def drafting(self) -> list[int]:
        """`modulated`, of the draft."""
        return [
            self.half,
            self.quarter,
            self.eighth,
            *[self.eighth] * (2 * self.eighth_blocks),
            *[self.quarter] * (1 + 2 * self.quarter_blocks),
            *[self.half] * (1 + 2 * self.half_blocks),
            SKETCHED,
            3,
        ]

    @property
    def revising(self) -> list[int]:
        """`modulated`, of the revision."""
        return [*[self.detail] * (1 + 2 * self.detail_blocks), HALF, 3]


class Reduce(nn.Module):
    """Binomial blur and every second pixel, then a 3x3 convolution."""

    blur: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = Conv(inputs, outputs)
        row = torch.tensor([1.0, 3.0, 3.0, 1.0])
        kernel = (torch.outer(row, row) / 64).expand(inputs, 1, -1, -1).contiguous()
        self.register_buffer("blur", kernel, persistent=False)

    def forward(self, x: Tensor, surface: Surface) -> Tensor:
        padded = surface.pad(channels_first(x), 1)
        small = F.conv2d(padded, self.blur.to(x.dtype), stride=2, groups=x.shape[-1])
        out: Tensor = self.conv(channels_last(small), surface)
        return out


class Draft(nn.Module):
    """rgb (N, 3, h, w) -> features (N, SKETCHED, h, w) and what they show before the sigmoid."""

    def __init__(self, config: DraftConfig) -> None:
        super().__init__()
        half, quarter, eighth = config.half, config.quarter, config.eighth
        self.stem = Stem(2, 0, half)
        self.to_quarter, self.to_eighth = Reduce(half, quarter), Reduce(quarter, eighth)
        self.at_eighth = _blocks(eighth, config.eighth_blocks)
        self.from_eighth = UpConv(eighth, quarter)
        self.at_quarter = _blocks(quarter, config.quarter_blocks)
        self.from_quarter = UpConv(quarter, half)
        self.at_half = _blocks(half, config.half_blocks)
        self.from_half = UpConv(half, SKETCHED)
        self.to_rgb = Conv(SKETCHED, 3)

    def forward(
        self, rgb: Tensor, surface: Surface, moments: Moments, look: Modulation
    ) -> tuple[Tensor, Tensor]:
        x = unshuffled(channels_last(rgb) - 0.5, 2)
        half = torch.relu(normalise(self.stem(x, surface), moments, look))
        quarter = torch.relu(normalise(self.to_quarter(half, surface), moments, look))
        x = torch.relu(normalise(self.to_eighth(quarter, surface), moments, look))
        for block in self.at_eighth:
            x = block(x, surface, moments, look)
        x = quarter + torch.relu(normalise(self.from_eighth(x, surface), moments, look))
        for block in self.at_quarter:
            x = block(x, surface, moments, look)
        x = half + torch.relu(normalise(self.from_quarter(x, surface), moments, look))
        for block in self.at_half:
            x = block(x, surface, moments, look)
        x = torch.relu(affine(self.from_half(x, surface), *look(SKETCHED)))
        shown = affine(self.to_rgb(x, surface), *look(3))
        return channels_first(x), channels_first(shown)


class Revision(nn.Module):
    """What the full size adds to a draft: rgb (N, 3, H, W) -> a residual before the sigmoid."""

    def __init__(self, config: DraftConfig) -> None:
        super().__init__()
        self.stem = Stem(REDUCED, SKETCHED, config.detail)
        self.body = _blocks(config.detail, config.detail_blocks)
        self.to_half, self.to_full = UpConv(config.detail, HALF), UpConv(HALF, FULL)
        self.to_rgb = Conv(FULL, 3)

    def forward(
        self, rgb: Tensor, sketch: Tensor, surface: Surface, moments: Moments, look: Modulation
    ) -> tuple[Tensor, Tensor]:
        """The residual, and the features (N, detail, H / 4, W / 4) that it comes from."""
        x = self.features(rgb, sketch, surface, moments, look)
        y = torch.relu(affine(self.to_half(x, surface), *look(HALF)))
        y = torch.relu(self.to_full(y, surface))
        residual = affine(self.to_rgb(y, surface), *look(3))
        return channels_first(residual), channels_first(x)

    def features(
        self, rgb: Tensor, sketch: Tensor, surface: Surface, moments: Moments, look: Modulation
    ) -> Tensor:
        """All that is normalised on the way, (N, H / 4, W / 4, detail)."""
        own = unshuffled(channels_last(rgb), REDUCED).to(sketch.dtype) - 0.5
        x = torch.cat([own, channels_last(sketch)], dim=-1)
        x = torch.relu(normalise(self.stem(x, surface), moments, look))
        for block in self.body:
            x = block(x, surface, moments, look)
        return x


class DraftNet(Net):
    """A draft of the picture reduced four times, and what the full size adds to it."""

    kind: ClassVar[str] = "draft"
    config: DraftConfig

    def __init__(self, config: DraftConfig) -> None:
        super().__init__()
        self.config = config
        self.draft = Draft(config)
        self.revision = Revision(config)

    @classmethod
    def from_config(cls, fields: Mapping[str, Any]) -> Self:
        return cls(DraftConfig(**fields))

    @property
    def geometry(self) -> NetGeometry:
        config = self.config
        # A 3x3 convolution reaches one of its pixels further, and so does an enlargement.
        draft = sum(
            size * (2 + 2 * blocks + 1)
            for size, blocks in (
                (8, config.eighth_blocks),
                (4, config.quarter_blocks),
                (2, config.half_blocks),
            )
        )
        reach = REDUCED * (draft + 3 + 2 * config.detail_blocks + 3) + 8
        return NetGeometry(STRIDE, MULTIPLE, reach)

    @property
    def look_size(self) -> int:
        """A scale and a shift for each channel that takes them."""
        return 2 * sum(self.config.modulated)

    def plain_look(self) -> Tensor:
        return plain_look(self.config.modulated)

    def paint(
        self,
        rgb: Tensor,
        looks: Tensor,
        surface: Surface = SPHERE,
        moments: Moments | None = None,
    ) -> tuple[Tensor, Tensor]:
        moments, look = moments or Moments(surface), Modulation(looks)
        sketch, shown = self.draft(shrunk(rgb, REDUCED), surface, moments, look)
        return self.revise(rgb, sketch, shown, surface, moments, look)

    def revise(
        self,
        rgb: Tensor,
        sketch: Tensor,
        shown: Tensor,
        surface: Surface,
        moments: Moments,
        look: Modulation,
    ) -> tuple[Tensor, Tensor]:
        """What `paint` gives, from a draft; `look` goes on behind it."""
        residual, features = self.revision(rgb, sketch, surface, moments, look)
        wide = enlarged(shown, surface)
        painted = torch.sigmoid(channels_last(wide) + channels_last(residual))
        return channels_first(painted), features


class Sketch(Net):
    """The draft of a net as a net of its own, for pictures that are small already.

    It takes the whole net's looks, and gives what `DraftNet.revise` takes: (N, SKETCHED + 3, h, w).
    """

    kind: ClassVar[str] = "sketch"
    config: DraftConfig

    def __init__(self, net: DraftNet) -> None:
        super().__init__()
        self.config, self.draft, self._whole = net.config, net.draft, net.geometry

    @classmethod
    def from_config(cls, fields: Mapping[str, Any]) -> Self:
        return cls(DraftNet.from_config(fields))

    @property
    def geometry(self) -> NetGeometry:
        sizes = self._whole.stride, self._whole.multiple, self._whole.reach
        return NetGeometry(*(size // REDUCED for size in sizes))

    @property
    def look_size(self) -> int:
        return 2 * sum(self.config.modulated)

    def plain_look(self) -> Tensor:
        return plain_look(self.config.modulated)

    def paint(
        self,
        rgb: Tensor,
        looks: Tensor,
        surface: Surface = SPHERE,
        moments: Moments | None = None,
    ) -> tuple[Tensor, Tensor]:
        moments = moments or Moments(surface)
        sketch, shown = self.draft(rgb, surface, moments, Modulation(looks))
        return torch.cat([sketch, shown], 1), sketch


def enlarged(draft: Tensor, surface: Surface) -> Tensor:
    """(N, C, h, w) -> (N, C, 4 h, 4 w), bilinear."""
    channels, row = draft.shape[1], enlarging_taps(REDUCED, 1)[..., 0].to(draft)
    taps = torch.einsum("ya,xb,oi->yxoiab", row, row, torch.eye(channels).to(draft))
    wide = convolved(surface.pad(draft, 1), taps.flatten(0, 2))
    return channels_first(shuffled(wide, REDUCED))


def shrunk(rgb: Tensor, times: int) -> Tensor:
    """(N, C, H, W) -> (N, C, H / times, W / times), area means."""
    share = torch.eye(rgb.shape[1]).repeat(times**2, 1).to(rgb) / times**2
    return channels_first(unshuffled(channels_last(rgb), times) @ share)


def revised(
    net: DraftNet, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, surface: Placed
) -> Tensor:
    """A tile of blocks: pixels (N, b, b, 3), its draft (N, b / 4, b / 4, C) -> (N, b, b, 3)."""
    first, second = (pixels.permute(0, 3, 1, 2) for pixels in (rgb, drafted))
    sketch, shown = second[:, :SKETCHED], second[:, SKETCHED:]
    moments = Moments(surface, held)
    painted, _ = net.revise(first, sketch, shown, surface, moments, Modulation(look))
    return painted.permute(0, 2, 3, 1)


def _blocks(channels: int, count: int) -> nn.ModuleList:
    return nn.ModuleList(Residual(channels) for _ in range(count))
