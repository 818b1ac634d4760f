"""Pictures in square blocks: a part of a sphere, padded as the whole of it is.

The pictures of a batch lie on a grid of blocks. A tile is a rectangle of them with the blocks
around it, whichever faces these lie on, each the right way up for its own face. To a net they are
a batch of small pictures, each of which goes on in its true neighbours. So what it makes of the
rectangle is, with held statistics, what it makes of the whole, as long as it reaches no further
than a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.nets.placed import Placed
from pipeline.nets.surface import PlacesPixels

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tile:
    """Some blocks of a grid.

    Attributes:
        grid: all blocks.
        blocks: (N,) numbers of those of the tile: first `inside` that it is for, then what lies
            around them, and repetitions up to the size of the grid's largest tile.
        inside: see there.
    """

    grid: Grid
    blocks: Numbers
    inside: int

    def of(self, pixels: Tensor) -> Tensor:
        """The blocks (N, b, b, C) of pictures (P, H, W, C)."""
        picture, row, column = self.grid.place(self.blocks)
        return self.grid.split(pixels)[picture, row, :, column]

    def put(self, blocks: Tensor, pixels: Tensor) -> None:
        """Write those inside to their places in pictures (P, H, W, C)."""
        picture, row, column = self.grid.place(self.blocks[: self.inside])
        self.grid.split(pixels)[picture, row, :, column] = blocks[: self.inside]

    def areas(self, weights: Tensor, size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        """Which share of the sphere lies inside, and the areas of the pixels as `Placed` has them.

        Args:
            weights: of one picture of this (height, width), see `Surface.weights`.
        """
        whole = weights.expand(1, 1, *size)[0, 0].float()
        _, row, column = self.grid.place(self.blocks)
        side = size[0] // self.grid.rows
        split = whole.reshape(self.grid.rows, side, self.grid.columns, side)
        areas = split[row, :, column].clone()  # (N, b, b)
        areas[self.inside :] = 0
        total = areas.sum()
        return total / self.grid.pictures, (areas * (len(areas) / total))[..., None]

    def surface(self, side: int, levels: int) -> Placed:
        """What its blocks lie on at so many sides, each half of the one before."""
        return Placed([self.places(side >> n) for n in range(levels)])

    def places(self, side: int) -> Tensor:
        """See `Placed`; what lies beyond the tile is any pixel."""
        grid = self.grid
        picture, row, column = grid.place(self.blocks)
        along = np.arange(-1, side + 1)
        y = row[:, None, None] * side + along[:, None]  # (N, b + 2, 1)
        x = column[:, None, None] * side + along  # (N, 1, b + 2)
        height, width = grid.rows * side, grid.columns * side
        found = grid.surface.pixels(picture[:, None, None], y, x, height, width)
        place, x = np.divmod(found, width)
        picture, y = np.divmod(place, height)
        owner = (picture * grid.rows + y // side) * grid.columns + x // side
        at = (self._position[owner] * side + y % side) * side + x % side
        return torch.from_numpy(at.astype(np.int32))

    @cached_property
    def _position(self) -> Numbers:
        """Where each block of the grid lies in the tile."""
        position = np.zeros(self.grid.count, np.int64)
        position[self.blocks[::-1]] = np.arange(len(self.blocks))[::-1]
        return position


@dataclass(frozen=True)
class Grid:
    """All blocks of a batch of pictures, numbered picture by picture and row by row."""

    surface: PlacesPixels
    pictures: int
    rows: int
    columns: int

    @property
    def count(self) -> int:
        return self.pictures * self.rows * self.columns

    def place(self, blocks: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Picture, row and column."""
        place, column = np.divmod(blocks, self.columns)
        picture, row = np.divmod(place, self.rows)
        return picture, row, column

    def split(self, pixels: Tensor) -> Tensor:
        """(P, H, W, C) -> (P, rows, b, columns, b, C), a view."""
        side = pixels.shape[1] // self.rows
        return pixels.view(self.pictures, self.rows, side, self.columns, side, -1)

    def tiles(self, abreast: int) -> list[Tile]:
        """All blocks, each inside one tile of at most `abreast` times as many."""
        found = [self._tile(*place) for place in self._rectangles(abreast)]
        largest = max(len(blocks) for blocks, _ in found)
        return [Tile(self, np.resize(blocks, largest), inside) for blocks, inside in found]

    def _rectangles(self, abreast: int) -> Iterator[tuple[int, Numbers, Numbers]]:
        rows = np.array_split(np.arange(self.rows), -(-self.rows // abreast))
        columns = np.array_split(np.arange(self.columns), -(-self.columns // abreast))
        yield from product(range(self.pictures), rows, columns)

    def _tile(self, picture: int, rows: Numbers, columns: Numbers) -> tuple[Numbers, int]:
        """The blocks inside and around a rectangle, and how many of them are inside."""
        y = np.arange(rows[0] - 1, rows[-1] + 2)[:, None]
        x = np.arange(columns[0] - 1, columns[-1] + 2)
        wide = self.surface.pixels(np.array(picture), y, x, self.rows, self.columns)
        inside = wide[1:-1, 1:-1].ravel()
        around = np.setdiff1d(wide, inside)
        return np.concatenate([inside, around]), len(inside)
