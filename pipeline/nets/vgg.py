"""VGG-16 features (Simonyan & Zisserman 2014) for the perceptual loss.

ReLU features are positively homogeneous: multiplying a layer's output by a constant loses nothing.
Every layer is therefore scaled to the root mean square that `REFERENCE_RMS` gives, so that one set
of loss weights serves the Caffe-trained weights and torchvision's own alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import VGG16_Weights, vgg16

from vr360.errors import CheckpointError

LAYERS = {"relu1_2": 3, "relu2_2": 8, "relu3_3": 15, "relu4_3": 22}
"""Names of the literature and their indices in torchvision's feature stack."""

REFERENCE_RMS = {"relu1_2": 224.0, "relu2_2": 344.0, "relu3_3": 351.0, "relu4_3": 61.0}
"""Root mean square of each layer that the loss weights of this project were found with: the
Caffe-trained weights on 40 photographs."""

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class VggFeatures(nn.Module):
    """rgb (N, 3, H, W) in [0, 1] -> {layer: (N, C, h, w)} for the layers asked for.

    Frozen, and run in bfloat16 where `precision` says so: gradients only pass through.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        stack: nn.Sequential,
        layers: Sequence[str],
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.layers = {LAYERS[name]: name for name in layers}
        self.stack = stack[: max(self.layers) + 1].eval().requires_grad_(False)
        self.stack.to(precision).to(memory_format=torch.channels_last)
        self.precision = precision
        self.scales = dict.fromkeys(layers, 1.0)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1))

    def forward(self, rgb: Tensor) -> dict[str, Tensor]:
        x = ((rgb - self.mean) / self.std).to(self.precision, memory_format=torch.channels_last)
        features = {}
        for index, layer in enumerate(self.stack):
            x = layer(x)
            if name := self.layers.get(index):
                features[name] = x.float() * self.scales[name]
        return features

    @torch.no_grad()
    def calibrate(self, photos: Tensor) -> None:
        """Scale each layer to `REFERENCE_RMS` over photos (N, 3, H, W) in [0, 1]."""
        self.scales = dict.fromkeys(self.scales, 1.0)
        for name, features in self(photos).items():
            self.scales[name] = REFERENCE_RMS[name] / float(features.square().mean().sqrt())


def load_vgg16(
    weights: Path | None, layers: Sequence[str], precision: torch.dtype = torch.float32
) -> VggFeatures:
    """VGG-16 from a safetensors file, or torchvision's own weights when `weights` is None.

    Raises:
        CheckpointError: the file is not VGG-16, or torchvision's weights cannot be downloaded.
    """
    with torch.device("meta"):  # else a second goes by until weights are drawn that nobody wants
        stack = vgg16(weights=None).features
    try:
        state = load_file(weights) if weights else _torchvision_weights()
        stack.load_state_dict({key: value.float() for key, value in state.items()}, assign=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        source = weights or "torchvision's download"
        raise CheckpointError(
            f"{source}: no VGG-16 weights ({_first_line(error)}); pass --vgg-weights FILE with "
            "the features of torchvision's vgg16 as safetensors"
        ) from error
    return VggFeatures(stack, layers, precision)


def _torchvision_weights() -> dict[str, Tensor]:
    state = VGG16_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    prefix = "features."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
