"""The transformer net of Johnson et al. 2016 with instance normalisation (Ulyanov et al. 2016), in
the size that PyTorch's fast neural style example made usual. Its weights do not matter for time."""

import torch
from torch import Tensor, nn


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    return [nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, stride)]


def _layer(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    norm = nn.InstanceNorm2d(outputs, affine=True)
    return [*_conv(inputs, outputs, kernel, stride), norm, nn.ReLU(inplace=True)]


class _Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        norm = nn.InstanceNorm2d(128, affine=True)
        self.path = nn.Sequential(*_layer(128, 128, 3), *_conv(128, 128, 3), norm)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.path(x)


def johnson_net() -> nn.Module:
    """32-64-128 channels, five residual blocks, two nearest-neighbour upsamplings."""
    torch.manual_seed(0)
    up = nn.Upsample(scale_factor=2, mode="nearest")
    return nn.Sequential(
        *_layer(3, 32, 9),
        *_layer(32, 64, 3, 2),
        *_layer(64, 128, 3, 2),
        *(_Residual() for _ in range(5)),
        up,
        *_layer(128, 64, 3),
        up,
        *_layer(64, 32, 3),
        *_conv(32, 3, 9),
    ).eval()
