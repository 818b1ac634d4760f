"""A look, ready to paint: checkpoint, strength and backend bound into one function of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.backends import Backend, open_backend
from pipeline.nets.checkpoint import StyleCard, load_style
from pipeline.nets.stylenet import MULTIPLE, STRIDE
from pipeline.nets.surface import SPHERE, ExtendedSphere
from pipeline.styles import find_style
from vr360.errors import InputError
from vr360.padding import sphere_pad

FEATHER = 32  # pixels over which the two ends of an extended picture fade into each other


@dataclass(frozen=True)
class Stylizer:
    """Paints spheres of any even width.

    Attributes:
        reach: how far, in pixels, the net looks around a pixel.
        strength: 0 leaves the picture as it is, 1 is the style as trained.
        padding: `sphere` pads in front of every convolution; `wrap` extends the whole picture,
            paints and crops, the way for nets whose padding cannot be replaced.
    """

    card: StyleCard
    backend: Backend
    reach: int
    strength: float = 1.0
    padding: str = "sphere"

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise InputError(f"--strength {self.strength:g}: give a number from 0 to 1")
        if self.padding not in ("sphere", "wrap"):
            raise InputError(f"--padding {self.padding}: one of sphere, wrap")

    def __call__(self, rgb: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] on `backend.device` -> the same; each of N is a sphere."""
        if self.strength == 0:
            return rgb
        painted = self._paint(rgb)
        return painted if self.strength == 1 else torch.lerp(rgb, painted, self.strength)

    def _paint(self, rgb: Tensor) -> Tensor:
        height, width = rgb.shape[-2:]
        divides = height % STRIDE == 0 and width % MULTIPLE == 0
        if divides and self.padding == "sphere":
            return self.backend(rgb, SPHERE)
        return paint_extended(self.backend, rgb, self.reach)


def load_stylizer(
    style: str | Path, *, strength: float = 1.0, device: str = "auto", padding: str = "sphere"
) -> Stylizer:
    """The shipped style of that name, or the one in a checkpoint file, on the fastest backend.

    Raises:
        CheckpointError: no such style, or a file that is none.
        InputError: a strength, padding or device that cannot be.
    """
    net, card = load_style(find_style(style))
    return Stylizer(card, open_backend(net, device), net.config.reach, strength, padding)


def paint_extended(backend: Backend, rgb: Tensor, reach: int) -> Tensor:
    """Continue the picture over its edges by the net's reach, paint it, crop it back.

    The method of the Berkeley 360° film. It also fits sizes that the net's stride does not divide:
    nothing that the net pads by itself survives the crop.
    """
    height, width = rgb.shape[-2:]
    margin = -(-(reach + FEATHER) // STRIDE) * STRIDE
    margin = min(margin, (height - MULTIPLE) // STRIDE * STRIDE)
    extended = sphere_pad(rgb, margin + MULTIPLE)[..., MULTIPLE:, MULTIPLE:]
    total_height = 2 * margin + height + -height % STRIDE
    total_width = 2 * margin + width + -width % MULTIPLE
    surface = ExtendedSphere(height, width, margin, total_height, total_width)
    painted = backend(extended[..., :total_height, :total_width], surface)
    rows = painted[..., margin : margin + height, :]
    return _join_at_seam(rows[..., margin : margin + width], rows[..., margin + width :])


def _join_at_seam(painted: Tensor, beyond: Tensor) -> Tensor:
    """Begin with what was painted beyond the right edge and fade into `painted`.

    Where the stride does not divide the width, the two differ a little: the net's blocks fall
    elsewhere. The fade leaves no step at ±180°.
    """
    feather = min(FEATHER, beyond.shape[-1])
    ramp = (torch.arange(feather, device=painted.device) + 0.5) / feather
    begin = torch.lerp(beyond[..., :feather], painted[..., :feather], ramp)
    return torch.cat([begin, painted[..., feather:]], dim=-1)
