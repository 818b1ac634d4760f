import numpy as np
import pytest
import torch

from pipeline.nets.blocks import Grid
from pipeline.nets.surface import SPHERE, CubeFaces, Sphere

SIDE = 4
SHAPES = {CubeFaces(): (6, 3, 3), CubeFaces(together=12): (12, 2, 2), SPHERE: (1, 2, 4)}


@pytest.mark.parametrize("surface", SHAPES, ids=str)
def test_blocks_are_padded_as_the_whole_is(surface):
    pictures, rows, columns = SHAPES[surface]
    whole = torch.rand(pictures, 2, rows * SIDE, columns * SIDE)
    padded = surface.pad(whole, 1)
    grid = Grid(surface, pictures, rows, columns)
    for tile in grid.tiles(abreast=2):
        blocks = tile.of(whole.permute(0, 2, 3, 1).contiguous()).permute(0, 3, 1, 2)
        found = tile.surface(SIDE, 1).pad(blocks, 1)
        for n, (picture, row, column) in enumerate(zip(*grid.place(tile.blocks), strict=True)):
            if n < tile.inside:
                y, x = row * SIDE, column * SIDE
                expected = padded[picture, :, y : y + SIDE + 2, x : x + SIDE + 2]
                assert torch.equal(found[n], expected)


def test_every_block_is_inside_one_tile():
    grid = Grid(CubeFaces(), 6, 5, 5)
    tiles = grid.tiles(abreast=2)
    inside = np.concatenate([tile.blocks[: tile.inside] for tile in tiles])
    assert sorted(inside) == list(range(6 * 25))
    assert len({len(tile.blocks) for tile in tiles}) == 1


def test_what_is_put_back_is_what_was_taken():
    whole = torch.rand(6, 8, 8, 3)
    again = torch.zeros_like(whole)
    for tile in Grid(CubeFaces(), 6, 2, 2).tiles(abreast=1):
        tile.put(tile.of(whole), again)
    assert torch.equal(whole, again)


@pytest.mark.parametrize("surface", [CubeFaces(), Sphere()], ids=str)
def test_the_shares_of_tiles_sum_to_the_sphere(surface):
    pictures, rows, columns = SHAPES[surface]
    size = rows * SIDE, columns * SIDE
    weights = surface.weights(torch.zeros(1, 1, *size))
    shares = []
    for tile in Grid(surface, pictures, rows, columns).tiles(abreast=1):
        share, areas = tile.areas(weights, size)
        shares.append(float(share))
        assert areas.sum() == pytest.approx(len(tile.blocks), rel=1e-5)
        assert not areas[tile.inside :].any()
    assert sum(shares) == pytest.approx(1, rel=1e-5)


def test_blocks_know_no_further_than_one_pixel():
    tile = Grid(CubeFaces(), 6, 2, 2).tiles(abreast=2)[0]
    surface = tile.surface(SIDE, 1)
    with pytest.raises(ValueError, match="one pixel"):
        surface.pad(torch.zeros(len(tile.blocks), 1, SIDE, SIDE), 2)
    with pytest.raises(ValueError, match="no table"):
        surface.weights(torch.zeros(len(tile.blocks), 1, SIDE, SIDE))
