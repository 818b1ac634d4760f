"""Known motions for training: what the camera does between two frames of a film.

Nothing but the motion may change in a painting when the picture moves (ReCoNet: Gao et al. 2018;
ReReVST: Wang et al. 2020). Drawn at random, a motion is known without any flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

MOVE = 8  # pixels; strokes must hold over what a steady pan moves in a frame
TURN, ZOOM = 0.03, 0.03  # radians and share: a walk's shake
SHAKEN = 0.5  # share of pictures that turn and zoom
EXPOSURE, NOISE = 0.03, 3 / 255  # what a camera adds, at most, and the median leaves
MARGIN = (
    16  # pixels, of small pictures an eighth, at the edge that know too little of what is beyond
)


@dataclass(frozen=True)
class Motion:
    """What moves each picture of a batch.

    Attributes:
        matrices: turn, zoom and move, as `affine_grid` takes them: (N, 2, 3).
        size: pixels a side of the pictures.
    """

    matrices: Tensor
    size: int

    @staticmethod
    def random(count: int, size: int, random: np.random.Generator, move: int = MOVE) -> Motion:
        """Motions of pictures of `size` pixels a side, by `move` pixels at most.

        Moves are of whole pixels: where nothing turns, nothing is interpolated, and what differs is
        the net's doing. With a net that works on blocks of pixels, most of it is where those fall.
        """
        shaken = random.random(count) < SHAKEN
        turn = random.uniform(-TURN, TURN, count) * shaken
        zoom = random.uniform(-ZOOM, ZOOM, count) * shaken
        x, y = random.integers(-move, move + 1, (2, count)) * 2 / size
        cos, sin = (1 + zoom) * np.cos(turn), (1 + zoom) * np.sin(turn)
        rows = np.stack([[cos, -sin, x], [sin, cos, y]])  # (2, 3, N)
        return Motion(torch.from_numpy(rows).float().permute(2, 0, 1), size)

    def __call__(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) of any resolution -> the same, moved."""
        grid = self._grid(pictures)
        return F.grid_sample(pictures, grid, "bicubic", "reflection", align_corners=False)

    def inside(self, pictures: Tensor) -> Tensor:
        """(N, 1, H, W): 1 where a moved picture shows what lies well inside the crop, else 0."""
        edge = 1 - 2 * min(MARGIN, self.size // 8) / self.size
        grid = self._grid(pictures)
        here = F.affine_grid(torch.eye(2, 3)[None].to(grid), list(pictures[:1].shape), False)
        seen = (grid.abs().amax(-1) < edge) & (here.abs().amax(-1) < edge)
        return seen[:, None].to(pictures.dtype)

    def within(self, top: int, left: int, size: int) -> Motion:
        """The same motion, of a square part of the pictures."""
        corner = torch.tensor([left, top]).to(self.matrices)
        centre = (2 * corner + size) / self.size - 1  # of the part, in -1..1 of the whole
        linear, shift = self.matrices[:, :, :2], self.matrices[:, :, 2]
        moved = (linear @ centre + shift - centre) * (self.size / size)
        return Motion(torch.cat([linear, moved[..., None]], dim=2), size)

    def _grid(self, pictures: Tensor) -> Tensor:
        return F.affine_grid(self.matrices.to(pictures), list(pictures.shape), False)


def as_filmed(rgb: Tensor, random: np.random.Generator) -> Tensor:
    """The same pictures (N, 3, H, W), exposed a little otherwise and with a camera's noise."""
    exposure = 1 + random.uniform(-EXPOSURE, EXPOSURE, (len(rgb), 1, 1, 1))
    noise = random.standard_normal(rgb.shape, np.float32) * random.uniform(0, NOISE)
    return (rgb * torch.from_numpy(exposure).to(rgb) + torch.from_numpy(noise).to(rgb)).clamp(0, 1)
