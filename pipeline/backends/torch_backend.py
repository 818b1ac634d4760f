"""The net as torch runs it; the reference that other backends are tested against."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from pipeline.nets.draftnet import DraftNet, revised
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net
from pipeline.nets.placed import Placed
from pipeline.nets.surface import SPHERE, Surface


class TorchBackend:
    """`net` on one torch device in one precision; below float32 the statistics stay float32."""

    def __init__(
        self,
        net: Net,
        device: str = "cpu",
        precision: torch.dtype = torch.float32,
    ) -> None:
        self.name = f"torch {device} {str(precision).removeprefix('torch.')}"
        self.device = torch.device(device)
        self._net = copy.deepcopy(net).to(self.device)
        self._net.to(memory_format=torch.channels_last)
        self._precision = precision

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: Surface = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        return self._run(rgb, look, surface, Moments(surface, held))

    def measure(
        self, rgb: Tensor, look: Tensor, surface: Surface, first: bool = False
    ) -> tuple[Tensor, Tensor]:
        moments = Moments(surface)
        painted = self._run(rgb, look, surface, moments)
        return painted, moments.used()

    def release(self) -> None:
        """Nothing is kept between two pictures."""

    @torch.inference_mode()
    def _run(self, rgb: Tensor, look: Tensor, surface: Surface, moments: Moments) -> Tensor:
        with torch.autocast(
            self.device.type, self._precision, enabled=self._precision != torch.float32
        ):
            painted: Tensor = self._net(
                rgb.to(memory_format=torch.channels_last), look.to(rgb), surface, moments
            )
        return painted.float()


class TorchRevision:
    """The revision of `net` as torch runs it, see `Revises`."""

    def __init__(self, net: DraftNet, device: str = "cpu", precision: torch.dtype = torch.float32):
        self._net = copy.deepcopy(net).to(device)
        self._net.to(memory_format=torch.channels_last)
        self._precision = precision

    @torch.inference_mode()
    def __call__(
        self, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, surface: Placed
    ) -> Tensor:
        low = self._precision != torch.float32
        with torch.autocast(rgb.device.type, self._precision, enabled=low):
            return revised(self._net, rgb, drafted, look.to(rgb), held, surface).float()

    def release(self) -> None:
        """Nothing is kept between two pictures."""
