"""The same sampling on a torch device: the same positions, the same neighbours, the same kernel.

torch's bicubic kernel is that of cv2 (Keys, a = -0.75); positions here are not rounded to 1/32 of a
pixel.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vr360.choices import Interpolation
from vr360.cubelayout import face_grid
from vr360.cubemap import FACES
from vr360.frame import Rgb
from vr360.sampling.footprint import RowAverage
from vr360.sampling.padding import sphere_pad
from vr360.sampling.sampler import Sampler
from vr360.sampling.surround import COLUMNS, MARGIN, CubeSurround, EquirectSurround

_MODES = {Interpolation.LINEAR: "bilinear", Interpolation.CUBIC: "bicubic"}


class DeviceSampler:
    """A `Sampler` for tensors.

    Raises:
        ValueError: an interpolation that torch has not (`LANCZOS`).
    """

    def __init__(self, sampler: Sampler, device: torch.device | str = "cpu") -> None:
        if sampler.interpolation not in _MODES:
            raise ValueError(f"torch has no {sampler.interpolation} interpolation")
        self._mode = _MODES[sampler.interpolation]
        self._times = sampler.footprint.supersampling
        self._surround = sampler.surround
        self._source = sampler.source
        x, y = (np.concatenate(bands) for bands in zip(*sampler.positions(), strict=True))
        self._places = torch.from_numpy(np.stack([x, y], axis=-1)).to(device)
        if isinstance(sampler.surround, CubeSurround):
            rims = sampler.surround.rims
            self._rims = tuple(_stacked(*maps).to(device) for maps in (rims.inside, rims.true))

    def __call__(self, rgb: Tensor) -> Tensor:
        """Resample pictures.

        Args:
            rgb: (N, C, H, W) of the source's size, floating point, on the sampler's device.

        Returns:
            (N, C, H, W) of the target's size; 0 where nothing is seen. Not clipped: sharp kernels
            reach beyond the range of the source.
        """
        if rgb.shape[-2:] != (self._source.height, self._source.width):
            size = f"{self._source.height}x{self._source.width}"
            raise ValueError(f"built for pictures of {size}, got {tuple(rgb.shape)}")
        fine = _look_up(self._extend(rgb), self._places, self._mode)
        return F.avg_pool2d(fine, self._times) if self._times > 1 else fine

    def _extend(self, rgb: Tensor) -> Tensor:
        if isinstance(self._surround, EquirectSurround):
            averaged = _average_rows(rgb, self._surround.rows)
            return sphere_pad(averaged, self._surround.margin)
        if isinstance(self._surround, CubeSurround):
            return self._cube_canvas(rgb, self._surround)
        return F.pad(rgb, (MARGIN,) * 4, mode="replicate")

    def _cube_canvas(self, rgb: Tensor, around: CubeSurround) -> Tensor:
        size, cell = around.source.size, around.cell
        canvas = rgb.new_zeros(*rgb.shape[:2], 2 * cell, COLUMNS * cell)
        cells = [
            canvas[..., row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            for row, column in (divmod(index, COLUMNS) for index in range(len(FACES)))
        ]
        for place, target in zip(face_grid(around.source.layout).places, cells, strict=True):
            rows = slice(place.row * size, (place.row + 1) * size)
            columns = slice(place.column * size, (place.column + 1) * size)
            upright = torch.rot90(rgb[..., rows, columns], place.quarter_turns, (-2, -1))
            target[..., MARGIN:-MARGIN, MARGIN:-MARGIN] = upright
        for places, mode in zip(self._rims, ("bilinear", "bicubic"), strict=True):
            rims = _look_up(canvas, places, mode).chunk(len(FACES), dim=-2)
            for rim, target in zip(rims, cells, strict=True):
                _set_rim(target, rim)
        return canvas


def _set_rim(cell: Tensor, rim: Tensor) -> None:
    top, bottom, left, right = rim.chunk(4, dim=-2)
    cell[..., :MARGIN, :], cell[..., -MARGIN:, :] = top, bottom
    cell[..., :MARGIN], cell[..., -MARGIN:] = left.mT, right.mT


def _stacked(x: Rgb, y: Rgb) -> Tensor:
    return torch.from_numpy(np.stack([x, y], axis=-1).astype(np.float32))


def _look_up(canvas: Tensor, places: Tensor, mode: str) -> Tensor:
    """(N, C, h, w) at pixel coordinates (h, w, 2); black off the canvas."""
    height, width = canvas.shape[-2:]
    span = torch.tensor([width, height], dtype=places.dtype, device=places.device)
    grid = ((places + 0.5) / span * 2 - 1).to(canvas.dtype)
    grid = grid.expand(len(canvas), *grid.shape)
    return F.grid_sample(canvas, grid, mode, padding_mode="zeros", align_corners=False)


def _average_rows(rgb: Tensor, runs: tuple[RowAverage, ...]) -> Tensor:
    averaged = rgb.clone() if runs else rgb
    for run in runs:
        band, reach = rgb[..., run.start : run.stop, :], run.width // 2
        ring = torch.cat([band[..., -reach:], band, band[..., :reach]], dim=-1)
        averaged[..., run.start : run.stop, :] = F.avg_pool2d(ring, (1, run.width), stride=1)
    return averaged
