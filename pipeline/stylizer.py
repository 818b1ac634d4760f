"""A look, ready to paint: checkpoint, strength, canvas and backend bound into one function of eyes.

Numpy outside, torch inside; one way in, one way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from pipeline.backends import Backend, open_backend
from pipeline.canvas import Canvas, check_layout, choose_canvas, choose_projection
from pipeline.nets.checkpoint import StyleCard, load_style
from pipeline.nets.surface import Surface
from pipeline.styles import find_style
from pipeline.temporal.statistics import ShotStatistics
from pipeline.tensors import to_rgb, to_tensor
from vr360.errors import InputError
from vr360.frame import Rgb, bit_depth

STATISTICS = ("shot", "frame")


class Stylizer:
    """Paints the eyes of one frame after the other; each eye is a whole equirect sphere.

    Args:
        card: what the style says of itself.
        backend: runs the net.
        reach: how far, in pixels, the net looks around a pixel.
        strength: 0 leaves the picture as it is, 1 is the style as trained.
        projection: `equirect` or `cubemap`, how the sphere is laid out for the net; `auto` chooses.
        padding: `sphere` pads in front of every convolution; `wrap` continues the whole picture,
            paints and crops, the way for nets whose padding cannot be replaced.
        statistics: `shot` holds the statistics of the normalisations, `frame` measures each anew.

    Raises:
        InputError: a value that cannot be.
    """

    def __init__(
        self,
        card: StyleCard,
        backend: Backend,
        reach: int,
        *,
        strength: float = 1.0,
        projection: str = "auto",
        padding: str = "sphere",
        statistics: str = "shot",
    ) -> None:
        if not 0 <= strength <= 1:
            raise InputError(f"--strength {strength:g}: give a number from 0 to 1")
        if statistics not in STATISTICS:
            raise InputError(f"--statistics {statistics}: one of {', '.join(STATISTICS)}")
        check_layout(projection, padding)
        self.card = card
        self.backend = backend
        self._reach = reach
        self._strength = strength
        self._projection = projection
        self._padding = padding
        self._shot = ShotStatistics(backend) if statistics == "shot" else None
        self._canvases: dict[tuple[int, ...], Canvas] = {}

    def begin_shot(self) -> None:
        """The next picture belongs to another shot: nothing of this one is kept."""
        if self._shot:
            self._shot.begin_shot()

    def explain(self, width: int) -> str:
        """How eyes of that width are laid out for the net, and why; one sentence for the user."""
        if self._projection != "auto":
            return f"{self._projection}, as asked for"
        return ": ".join(choose_projection(width, self._reach))

    def canvas(self, height: int, width: int, eyes: int) -> Canvas:
        """How `eyes` spheres of this size are laid out."""
        key = height, width, eyes
        if key not in self._canvases:
            self._canvases[key] = choose_canvas(*key, self._projection, self._padding, self._reach)
        return self._canvases[key]

    def __call__(self, eyes: Sequence[Rgb], depth: int | None = None) -> list[Rgb]:
        """Eyes (H, W, 3) of one size -> the same, painted, of `depth` bits (the eyes' own)."""
        depth = depth or bit_depth(eyes[0])
        if self._strength == 0 and depth == bit_depth(eyes[0]):
            return list(eyes)
        canvas = self.canvas(eyes[0].shape[0], eyes[0].shape[1], len(eyes))
        pictures = [picture for eye in eyes for picture in canvas.spread(eye)]
        painted = to_rgb(
            self._paint(to_tensor(pictures, self.backend.device), canvas.surface), depth
        )
        each = len(painted) // len(eyes)
        spheres = [
            canvas.gather(painted[first : first + each]) for first in range(0, len(painted), each)
        ]
        return [_fade(*pair, self._strength) for pair in zip(eyes, spheres, strict=True)]

    def _paint(self, rgb: Tensor, surface: Surface) -> Tensor:
        return self._shot.paint(rgb, surface) if self._shot else self.backend(rgb, surface)


def load_stylizer(
    style: str | Path,
    *,
    strength: float = 1.0,
    device: str = "auto",
    projection: str = "auto",
    padding: str = "sphere",
    statistics: str = "shot",
) -> Stylizer:
    """The shipped style of that name, or the one in a checkpoint file, on the fastest backend.

    Raises:
        CheckpointError: no such style, or a file that is none.
        InputError: a value that cannot be.
    """
    net, card = load_style(find_style(style))
    return Stylizer(
        card,
        open_backend(net, device),
        net.config.reach,
        strength=strength,
        projection=projection,
        padding=padding,
        statistics=statistics,
    )


def _fade(eye: Rgb, painted: Rgb, strength: float) -> Rgb:
    """From the eye to what was painted of it, in the codes of the painted one."""
    if strength == 1:
        return painted
    scale = ((1 << bit_depth(painted)) - 1) / ((1 << bit_depth(eye)) - 1)
    mixed = eye.astype(np.float32) * (scale * (1 - strength)) + painted * np.float32(strength)
    return mixed.round().astype(painted.dtype)
