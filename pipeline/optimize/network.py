"""Which VGG looks at the pictures, and where its weights come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.backends import choose_device
from pipeline.choices import Network, check_device
from pipeline.nets.vgg import VggFeatures, load_vgg, network_in
from pipeline.optimize.settings import (
    PREFERRED_NETWORK,
    USUAL_NETWORK,
    OptimizeSettings,
    check_layers,
)
from vr360.choices import chosen
from vr360.errors import CheckpointError

SMALL = 1 << 19  # pixels up to which memory is cheaper than computing activations twice


@dataclass(frozen=True)
class NetworkChoice:
    """Attributes:
    name: `auto` takes what the file holds; without a file, what the look prefers if it can be had.
    weights: safetensors; None lets torchvision download its own.
    look: name of a preset.
    device: `auto`, `cuda`, `mps` or `cpu`.
    """

    name: str = "auto"
    weights: Path | None = None
    look: str = "painting"
    device: str = "auto"

    def __post_init__(self) -> None:
        chosen(Network, self.name, "--network")
        check_device(self.device)

    def open(self, settings: OptimizeSettings, pixels: int) -> tuple[str, VggFeatures]:
        """The network's name and its features, for pictures of so many pixels.

        Raises:
            CheckpointError: no weights.
            InputError: layers that it lacks.
        """
        if self.name != "auto":
            return self.name, self._load(self.name, settings, pixels)
        if self.weights is not None:
            name = network_in(_present(self.weights))
            return name, self._load(name, settings, pixels)
        preferred = PREFERRED_NETWORK[self.look]
        try:
            return preferred, self._load(preferred, settings, pixels)
        except CheckpointError:
            if preferred == USUAL_NETWORK:
                raise
        return USUAL_NETWORK, self._load(USUAL_NETWORK, settings, pixels)

    def note(self, name: str) -> str:
        """One sentence where the network is not the one that the look prefers, else empty."""
        preferred = PREFERRED_NETWORK[self.look]
        if name == preferred or self.name != "auto":
            return ""
        return f"{self.look} prefers {preferred}, whose weights are not at hand: {name} instead"

    def _load(self, name: str, settings: OptimizeSettings, pixels: int) -> VggFeatures:
        check_layers(settings, name)
        device = choose_device(self.device)
        precision = _precision(settings.precision, device)
        vgg = load_vgg(name, self.weights, settings.layers, precision, pixels > SMALL)
        return vgg.to(device)


def _precision(choice: str, device: str) -> torch.dtype:
    if choice == "auto":
        return torch.bfloat16 if device == "cuda" else torch.float32
    return torch.bfloat16 if choice == "bfloat16" else torch.float32


def _present(path: Path) -> Path:
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; --vgg-weights wants VGG as safetensors")
    return path
