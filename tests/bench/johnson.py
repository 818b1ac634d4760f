"""The transformer net of Johnson et al. 2016 with instance normalisation (Ulyanov et al. 2016), in
the size that PyTorch's fast neural style example made usual. For time weights do not matter; for
quality it is trained: `python -m tests.bench.johnson PAINTING PHOTOS PANORAMAS WEIGHTS OUT`."""

import math
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from safetensors.torch import save_file
from torch import Tensor, nn

from pipeline.nets.losses import (
    even_style_loss,
    gram,
    normalised,
    relative_content_loss,
    total_variation,
)
from pipeline.nets.vgg import fastest_precision, load_vgg16
from pipeline.training.data import PhotoFolder
from pipeline.training.recipe import StyleSource
from pipeline.training.train import LEAST, TrainSettings, painted_targets
from tests.bench.perception import own_strokes


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


class Johnson(nn.Module):
    """rgb (N, 3, H, W) in [0, 1] -> the same, painted."""

    def __init__(self) -> None:
        super().__init__()
        self.net = johnson_net()

    def forward(self, rgb: Tensor) -> Tensor:
        return torch.sigmoid(self.net(rgb - 0.5))


def train_johnson(
    painting: Path, photos: Path, panoramas: Path, weights: Path, steps: int
) -> Johnson:
    """The painting's style, learned with the losses of a gallery's training but for those that
    hold it still: nothing stands between this net and the painting."""
    settings = TrainSettings()
    data = PhotoFolder(photos, LEAST, panoramas)
    vgg = load_vgg16(weights, settings.style_layers, fastest_precision())
    source = StyleSource("painting", painting)
    targets = own_strokes(painted_targets([source], vgg, settings, "cpu"))
    net = Johnson().train()
    adam = torch.optim.Adam(net.parameters())
    for step in track(range(steps), "training"):
        left = 0.5 * (1 + math.cos(math.pi * step / steps))
        adam.param_groups[0]["lr"] = settings.learning_rate * left
        rgb = data.batch(settings.batch, 1, LEAST, np.random.default_rng([0, step]))
        painted = net(rgb)
        seen = vgg(painted)
        with torch.no_grad():
            wanted = normalised(vgg(rgb)[settings.content_layer])
        content = relative_content_loss(normalised(seen[settings.content_layer]), wanted)
        grams = {name: gram(seen[name]) for name in targets}
        loss = (
            settings.content_weight * content.mean()
            + settings.style_weight * even_style_loss(grams, targets).mean()
            + settings.tv_weight * total_variation(painted)
        )
        adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        adam.step()
    return net.eval()


if __name__ == "__main__":
    parser = ArgumentParser(description=train_johnson.__doc__)
    for name in ("painting", "photos", "panoramas", "weights", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    given = vars(parser.parse_args())
    out = given.pop("out")
    save_file(train_johnson(**given).state_dict(), out)
