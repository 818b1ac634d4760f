"""What can be chosen of a training run, and the choices that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.nets.stylenet import NetConfig
from pipeline.nets.vgg import CONVOLUTIONS, REFERENCE_RMS
from vr360.errors import InputError

BESIDE = 0.1  # of their rate, which looks take that move together with the convolutions
SMALLEST_CROP = 68  # pixels that `grid_energy` needs to see one patch whole


@dataclass(frozen=True)
class TrainSettings:
    """One training run.

    Attributes:
        iterations: steps to take; a run of so many steps is the same whenever it is repeated.
        minutes: instead of `iterations`, the time to use; the learning rate falls with the clock,
            so two runs differ a little.
        crop, batch: photographs a step, `batch` of `crop` x `crop` pixels; crop a multiple of 4.
        network: whose features are compared, `vgg16` or `vgg19`.
        content_weight, style_weight, tv_weight: at strength 1, found with VGG scaled to
            `REFERENCE_RMS`.
        temporal_weight: of the squared difference between a moved picture painted and the painted
            picture moved, for half of the batch; feature_weight: of the same for the net's
            features, relative to their spread. What does not move along flickers, and what depends
            on where the net's blocks fall is a grid in flat sky.
        grid_weight: of the energy that repeats with the net's stride, in photographs and in made
            skies, where nothing hides it; see `grid_energy`.
        learning_rate: of the convolutions, at the start; it falls to zero along half a cosine.
        look_rate: of looks that learn alone; beside the convolutions they take `BESIDE` of it.
        convolutions: train them as well, not the looks alone.
    """

    iterations: int | None = 4000
    minutes: float | None = None
    crop: int = 256
    batch: int = 2
    network: str = "vgg16"
    content_layer: str = "relu3_3"
    style_layers: tuple[str, ...] = ("relu1_2", "relu2_2", "relu3_3")
    content_weight: float = 1.0
    style_weight: float = 5e6
    tv_weight: float = 2e5
    temporal_weight: float = 4e7
    feature_weight: float = 1e4
    grid_weight: float = 1e9
    learning_rate: float = 1e-3
    look_rate: float = 3e-2
    convolutions: bool = True
    seed: int = 0
    net: NetConfig = field(default_factory=NetConfig)

    def __post_init__(self) -> None:
        if (self.iterations is None) == (self.minutes is None):
            raise ValueError("give either iterations or minutes")
        if self.network not in CONVOLUTIONS:
            raise InputError(f"--network {self.network}: one of {', '.join(CONVOLUTIONS)}")
        if self.crop % 4 or self.crop < SMALLEST_CROP:
            raise ValueError(f"crop: a multiple of 4, {SMALLEST_CROP} or more; got {self.crop}")


def _content_at(layer: str) -> dict[str, Any]:
    """Content compared there; weighted so that features equally far off cost the same."""
    scale = REFERENCE_RMS[TrainSettings.content_layer] / REFERENCE_RMS[layer]
    return {"content_layer": layer, "content_weight": scale**2}


PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The layers of Johnson et al. 2016 but for relu4_3: as they sum them, it has three millionths.
    "painting": {},
    # Features this early know where every edge lies, so the picture's own detail stays.
    "photo": _content_at("relu2_2"),
    # A drawing has little texture: its outlines and flat colours live in the layers that the
    # animation study weighs [0, 5, 5, 0, 0] over conv1_1 to conv5_1. Content from deeper lets
    # outlines be redrawn, as a draughtsman would.
    "animation": {**_content_at("relu4_3"), "style_layers": ("relu2_2", "relu3_3")},
}
"""What each `ImageKind` changes in `TrainSettings`."""
