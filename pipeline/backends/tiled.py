"""Large pictures in bounded memory: the draft whole, for it is small, the revision tile by tile.

With held statistics a tile is what it would be in the whole picture, to rounding. Of the largest
pictures they are measured tile by tile as well, one normalisation after the other: what each sees
depends on those before it.
Which pictures are painted so goes by their size alone, so films are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from pipeline.backends.backend import Backend
from pipeline.nets.blocks import Grid, Tile
from pipeline.nets.draftnet import REDUCED, SKETCHED, DraftNet, Sketch, shrunk
from pipeline.nets.looks import Modulation
from pipeline.nets.moments import Moments, moments_of
from pipeline.nets.net import Net
from pipeline.nets.placed import Placed
from pipeline.nets.surface import SPHERE, CubeFaces, PlacesPixels, Sphere, Surface
from vr360.memory import release_freed_memory

LARGEST = 10_000_000  # pixels that are painted whole; the faces of 5184x2592 have 9.8
LARGEST_AT_ONCE = 20_000_000  # pixels whose statistics are measured at once, in 50 bytes each
SIDES = 64, 32  # pixels of blocks; the first that divides the pictures
WIDEST = 640  # pixels of a tile at most, without what lies around: 1024 took twice the memory for a
# tenth less work
LEVELS = 3  # sizes at which the revision pads: its own, a half, a quarter
KEPT = 120  # tiles whose places are kept from frame to frame, 3.4 MB each: those of an 8K pair


class Revises(Protocol):
    """The revision of a tile: pixels (N, b, b, C) in, (N, b, b, 3) out."""

    def __call__(
        self, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, surface: Placed
    ) -> Tensor: ...

    def release(self) -> None:
        """Hand back what is kept in memory between two tiles."""


class PaintsAlways(Backend, Protocol):
    """A backend that paints whatever it measures."""

    def measure(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels, first: bool = False
    ) -> tuple[Tensor, Tensor]: ...

    def release(self) -> None:
        """Hand back what is kept in memory between two pictures."""


class TiledBackend:
    """Paints large pictures tile by tile, others whole.

    Args:
        net: what is painted with.
        open_whole: a backend for a net.
        revise: its revision on the same device.
        first: that of the first frame of a shot, or of a still, see `Backend.measure`.
    """

    def __init__(
        self,
        net: DraftNet,
        open_whole: Callable[[Net], PaintsAlways],
        revise: Revises,
        first: Revises | None = None,
    ) -> None:
        self._net, self._revise, self._first = net, revise, first or revise
        self._whole, self._draft = open_whole(net), open_whole(Sketch(net))
        self.name, self.device = self._whole.name, self._whole.device
        self._look = 2 * sum(net.config.drafting)

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        tiles = _tiles(self._net, rgb, surface)
        if not tiles:
            return self._whole(rgb, look, surface, held)
        if held is None:
            drafted, held = self._measured(rgb, look, surface, tiles)
        else:
            own = held[..., : -self._net.config.normalised]
            drafted = self._draft(_reduced(rgb), look, surface, own)
            self._release()
        return self._painted(rgb, drafted, look, held, tiles, self._revise)

    def measure(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels, first: bool = False
    ) -> tuple[Tensor | None, Tensor]:
        tiles = _tiles(self._net, rgb, surface)
        if not tiles:
            return self._whole.measure(rgb, look, surface, first)
        drafted, held = self._measured(rgb, look, surface, tiles, first)
        if not first:
            return None, held
        return self._painted(rgb, drafted, look, held, tiles, self._first), held

    def _measured(
        self,
        rgb: Tensor,
        look: Tensor,
        surface: PlacesPixels,
        tiles: Sequence[Tile],
        first: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """The draft, and the statistics of draft and revision."""
        drafted, moments = self._draft.measure(_reduced(rgb), look, surface, first)
        self._release()
        revised = self._moments(rgb, drafted, look, surface, tiles)
        release_freed_memory()
        return drafted, torch.cat([moments, revised.expand(len(moments), -1, -1)], 2)

    def _release(self) -> None:
        """Of large pictures the draft's layers would be more than a tile takes."""
        self._draft.release()
        release_freed_memory()

    @torch.inference_mode()
    def _moments(
        self,
        rgb: Tensor,
        drafted: Tensor,
        look: Tensor,
        surface: PlacesPixels,
        tiles: Sequence[Tile],
    ) -> Tensor:
        """What the revision normalises by, (1, 2, K)."""
        count, _, height, width = rgb.shape
        if count * height * width > LARGEST_AT_ONCE:
            return self._in_passes(rgb, drafted, look, surface, tiles)
        moments, after = Moments(surface), Modulation(look[:, self._look :])
        self._net.revision.features(rgb, drafted[:, :SKETCHED], surface, moments, after)
        return moments.used()[:1]

    def _in_passes(
        self,
        rgb: Tensor,
        drafted: Tensor,
        look: Tensor,
        surface: PlacesPixels,
        tiles: Sequence[Tile],
    ) -> Tensor:
        """The same tile by tile: each pass finds what the next normalisation needs."""
        known = rgb.new_zeros(1, 2, 0)
        while known.shape[2] < self._net.config.normalised:
            found = [self._found(tile, rgb, drafted, look, surface, known) for tile in tiles]
            shares = torch.stack([share for share, _ in found])[:, None]  # (tiles, 1)
            means, variances = torch.stack([moments for _, moments in found]).unbind(1)
            mean = (shares * means).sum(0)
            variance = (shares * (variances + (means - mean).square())).sum(0)
            known = torch.cat([known, torch.stack([mean, variance])[None]], 2)
        return known

    def _found(
        self,
        tile: Tile,
        rgb: Tensor,
        drafted: Tensor,
        look: Tensor,
        surface: PlacesPixels,
        known: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The share of the sphere in a tile, and there the moments (2, C) that come next."""
        own, sketched = tile.of(rgb.permute(0, 2, 3, 1)), tile.of(_pixels(drafted))
        share, areas = tile.areas(surface.weights(drafted), drafted.shape[-2:])
        blocks = replace(_surface(tile, own.shape[1]), areas=[areas])
        moments = NextMoments(blocks, known)
        net = self._net.revision
        first, second = (pixels.permute(0, 3, 1, 2) for pixels in (own, sketched[..., :SKETCHED]))
        with suppress(EnoughError):
            net.features(first, second, blocks, moments, Modulation(look[:, self._look :]))
        assert moments.found is not None
        return share, moments.found

    def _painted(
        self,
        rgb: Tensor,
        drafted: Tensor,
        look: Tensor,
        held: Tensor,
        tiles: Sequence[Tile],
        revise: Revises,
    ) -> Tensor:
        pixels, sketched = rgb.permute(0, 2, 3, 1), _pixels(drafted)
        out = torch.empty_like(pixels)
        own = held[:1, :, -self._net.config.normalised :]
        for tile in tiles:
            parts = tile.of(pixels), tile.of(sketched)
            surface = _surface(tile, parts[0].shape[1])
            tile.put(revise(*parts, look[:, self._look :], own, surface), out)
        revise.release()
        release_freed_memory()
        return out.permute(0, 3, 1, 2)


class EnoughError(Exception):
    """What was asked for is measured; the rest of the net need not run."""


class NextMoments(Moments):
    """Uses what is known, (1, 2, k); `found` (2, C) is what comes behind it.

    Raises:
        EnoughError: when it is found.
    """

    def __init__(self, surface: Surface, known: Tensor) -> None:
        super().__init__(surface, known)
        self.found: Tensor | None = None
        self._left = known.shape[2]

    def __call__(self, features: Tensor) -> Tensor:
        if self._left:
            self._left -= features.shape[1]
            return super().__call__(features)
        self.found = moments_of(features, self._surface)[0]
        raise EnoughError


def _tiles(net: DraftNet, rgb: Tensor, surface: PlacesPixels) -> list[Tile]:
    """Those of large pictures; none where they are painted whole."""
    count, _, height, width = rgb.shape
    if count * height * width <= LARGEST or not isinstance(surface, CubeFaces | Sphere):
        return []
    reach = net.config.revision_reach
    sides = [s for s in SIDES if s >= reach and not (height % s or width % s)]
    if not sides or surface.together != count:
        return []
    return _tiles_of(surface, count, height, width, sides[0])


@lru_cache(maxsize=4)
def _tiles_of(
    surface: CubeFaces | Sphere, count: int, height: int, width: int, side: int
) -> list[Tile]:
    return Grid(surface, count, height // side, width // side).tiles(WIDEST // side)


@lru_cache(maxsize=KEPT)
def _surface(tile: Tile, side: int) -> Placed:
    return tile.surface(side, LEVELS)


def _reduced(rgb: Tensor) -> Tensor:
    """What the draft sees; picture by picture, for it is made by way of copies."""
    return torch.cat([shrunk(one, REDUCED) for one in rgb[:, None]])


def _pixels(features: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, H, W, C), together in memory."""
    return features.permute(0, 2, 3, 1).contiguous()
