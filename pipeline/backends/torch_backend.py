"""The net as torch runs it; the reference that other backends are tested against."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from pipeline.nets.stylenet import StyleNet
from pipeline.nets.surface import SPHERE, Surface


class TorchBackend:
    """`net` on one torch device in one precision.

    Statistics of the normalisation are sums over millions of pixels; below float32 autocast keeps
    them in float32.
    """

    def __init__(
        self,
        net: StyleNet,
        device: str = "cpu",
        precision: torch.dtype = torch.float32,
    ) -> None:
        self.name = f"torch {device} {str(precision).removeprefix('torch.')}"
        self.device = torch.device(device)
        self._net = copy.deepcopy(net).to(self.device)
        self._net.to(memory_format=torch.channels_last)
        self._precision = precision

    @torch.inference_mode()
    def __call__(self, rgb: Tensor, surface: Surface = SPHERE) -> Tensor:
        with torch.autocast(
            self.device.type, self._precision, enabled=self._precision != torch.float32
        ):
            painted: Tensor = self._net(rgb.to(memory_format=torch.channels_last), surface)
        return painted.float()
