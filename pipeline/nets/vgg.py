"""VGG-16 and VGG-19 features (Simonyan & Zisserman 2014) for perceptual losses."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from torchvision.models import VGG16_Weights, VGG19_Weights

from pipeline.nets.surface import Surface
from pipeline.nets.vgg_files import check_weights, kept_weights
from pipeline.nets.vgg_layers import CONVOLUTIONS, layer_indices
from vr360.errors import CheckpointError

logger = logging.getLogger(__name__)

CHANNELS = (64, 128, 256, 512, 512)
"""Of the convolutions of each block."""

LAYERS = {"relu1_2": 3, "relu2_2": 8, "relu3_3": 15, "relu4_3": 22}
"""Names of the literature and their indices in torchvision's feature stack."""

Tap = Callable[[str, Tensor], Tensor]
"""(layer, its features) -> what is wanted of them."""

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


def feature_stack(network: str) -> nn.Sequential:
    """Torchvision's `features`, untrained, without the classifier that comes after them."""
    layers: list[nn.Module] = []
    before = 3
    for count, channels in zip(CONVOLUTIONS[network], CHANNELS, strict=True):
        for _ in range(count):
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
            before = channels
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class VggFeatures(nn.Module):
    """rgb (N, 3, H, W) in [0, 1] -> {layer: (N, C, h, w)} for the layers asked for.

    Frozen, and run in `precision`: gradients only pass through.

    Args:
        stack: see `feature_stack`.
        layers: names, see `layer_indices`.
        precision: of the convolutions; features come out as float32.
        network: whose indices the names stand for.
        checkpointed: keep only what lies between the blocks for the backward pass, and compute
            the rest again: a third of the time more, a third of the memory.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        stack: nn.Sequential,
        layers: Sequence[str],
        precision: torch.dtype = torch.float32,
        network: str = "vgg16",
        checkpointed: bool = False,
    ) -> None:
        super().__init__()
        indices = layer_indices(network)
        self.layers = {indices[name]: name for name in layers}
        self.stack = stack[: max(self.layers) + 1].eval().requires_grad_(False)
        self.stack.to(precision).to(memory_format=torch.channels_last)
        self.precision = precision
        self.checkpointed = checkpointed
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1))

    def forward(
        self, rgb: Tensor, surface: Surface | None = None, tap: Tap | None = None
    ) -> dict[str, Tensor]:
        """Features of every layer, or what `tap` makes of them.

        Args:
            rgb: its sides divide by 2 for each pooling before the last layer; W once more on a
                sphere.
            surface: pads in front of every convolution; None pads with zeros, as VGG was trained.
            tap: called while a layer's features are at hand, so that they need not be kept.
        """
        x = ((rgb - self.mean) / self.std).to(self.precision, memory_format=torch.channels_last)
        wanted: dict[str, Tensor] = {}
        for block in self._blocks():
            if self.checkpointed and torch.is_grad_enabled():
                x, tapped = checkpoint(self._run, x, block, surface, tap, use_reentrant=False)
            else:
                x, tapped = self._run(x, block, surface, tap)
            wanted |= tapped
        return wanted

    def _blocks(self) -> list[range]:
        """Layers from one pooling to the next."""
        pools = [i for i, layer in enumerate(self.stack) if isinstance(layer, nn.MaxPool2d)]
        edges = [0, *pools, len(self.stack)]
        return [range(a, b) for a, b in itertools.pairwise(edges)]

    def _run(
        self, x: Tensor, block: range, surface: Surface | None, tap: Tap | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        tapped = {}
        for index in block:
            x = _apply(self.stack[index], x, surface)
            if name := self.layers.get(index):
                features = x.float()
                tapped[name] = tap(name, features) if tap else features
        return x, tapped


def _apply(layer: nn.Module, x: Tensor, surface: Surface | None) -> Tensor:
    if surface is None or not isinstance(layer, nn.Conv2d):
        out: Tensor = layer(x)
        return out
    return F.conv2d(surface.pad(x, 1), layer.weight, layer.bias)


def has_bfloat16(device: str) -> bool:
    """Whether a device computes in bfloat16 itself; elsewhere that is many times slower."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def fastest_precision(device: str = "cpu") -> torch.dtype:
    """bfloat16 where the device computes in it, else float32."""
    return torch.bfloat16 if has_bfloat16(device) else torch.float32


def load_vgg16(
    weights: Path | None, layers: Sequence[str], precision: torch.dtype = torch.float32
) -> VggFeatures:
    """VGG-16, see `load_vgg`."""
    return load_vgg("vgg16", weights, layers, precision)


def load_vgg(
    network: str,
    weights: Path | None,
    layers: Sequence[str],
    precision: torch.dtype = torch.float32,
    checkpointed: bool = False,
) -> VggFeatures:
    """From a safetensors file, or torchvision's own weights when `weights` is None.

    Raises:
        VideoOpenError: no such file.
        CheckpointError: the file is another network, or torchvision's cannot be downloaded.
    """
    check_weights(weights, network)
    with torch.device("meta"):  # weights are read, not drawn
        stack = feature_stack(network)
    try:
        state = load_file(weights) if weights else _torchvision_weights(network)
        stack.load_state_dict({key: w.float() for key, w in state.items()}, assign=True)
    except (OSError, SafetensorError, RuntimeError) as error:
        source = weights or "torchvision's download"
        name = network.replace("vgg", "VGG-")
        raise CheckpointError(
            f"{source}: no {name} weights ({_first_line(error)}); pass --vgg-weights FILE with "
            f"the features of torchvision's {network} as safetensors"
        ) from error
    return VggFeatures(stack, layers, precision, network, checkpointed)


def network_in(weights: Path) -> str:
    """`vgg16` or `vgg19`, by how many convolutions a file holds.

    Raises:
        CheckpointError: neither of the two.
    """
    try:
        with safe_open(weights, framework="pt") as file:
            count = sum(name.endswith(".weight") for name in file.keys())  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{weights}: no VGG weights ({_first_line(error)})") from error
    found = [name for name, blocks in CONVOLUTIONS.items() if sum(blocks) == count]
    if not found:
        raise CheckpointError(f"{weights}: neither VGG-16 nor VGG-19 ({count} convolutions)")
    return found[0]


def _torchvision_weights(network: str) -> Mapping[str, Tensor]:
    if not (kept := kept_weights(network)).is_file():
        logger.warning("fetching the weights of %s (some 550 MB), once, into %s", network, kept)
    weights = VGG16_Weights if network == "vgg16" else VGG19_Weights
    state = weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True)
    prefix = "features."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
