"""What can be chosen of a training run, and the choices that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.nets.draftnet import REDUCED, STRIDE, DraftConfig
from pipeline.nets.vgg_layers import CONVOLUTIONS
from vr360.errors import InputError

BESIDE = 0.1  # of their rate, which looks take that move together with the convolutions
LARGER = 1.5  # paintings are learned at their size and at so many times it, for the draft


@dataclass(frozen=True)
class TrainSettings:
    """One training run.

    Steps are on the draft and on the revision in turn. A draft lesson is half to all of a picture,
    reduced to what the draft sees of a view; a revision lesson is a part of a view at full size.
    Every term is a ratio without unit: 1 is about as far as a photograph is from a painting.

    Attributes:
        iterations: steps to take; a run of so many steps is the same whenever it is repeated.
        minutes: instead of `iterations`, the time to use; the learning rate falls with the clock,
            so two runs differ a little.
        crop: pixels a side of a view, some 90° of a film 2048 pixels wide; a multiple of `STRIDE`.
        part: pixels a side of what a revision lesson paints of it; a multiple of 4.
        batch: pictures a step, in groups of `together` with one look and shared statistics, as
            the parts of a sphere have them.
        network: whose features are compared, `vgg16` or `vgg19`.
        style_layers, style_weight: Gram matrices, each layer over its own square.
        depth_weight: of the last of these layers over the first, see `layer_weights`. Deep layers
            see large forms, and come near a painting last.
        content_layer, content_weight: features without their mean and deviation: where things are.
        detail_layer, detail_weight: features as they are, over their own square.
        tv_weight: of differences between neighbouring pixels.
        temporal_weight: of the squared difference between a moved picture painted and the painted
            picture moved; feature_weight: of the same for the net's features, relative to their
            spread. What does not move along flickers, and what depends on where the net's blocks
            fall is a grid in flat sky.
        grid_weight: of the energy that repeats with the net's blocks; see `grid_energy`.
        draft_weight: of the squared difference between the revised picture, reduced, and its draft.
        learning_rate: of the convolutions, at the start; it falls to zero along half a cosine.
        look_rate: of looks that learn alone; beside the convolutions they take `BESIDE` of it.
        convolutions: train them as well, not the looks alone.
    """

    iterations: int | None = 4000
    minutes: float | None = None
    crop: int = 448
    part: int = 160
    batch: int = 4
    together: int = 2
    network: str = "vgg16"
    style_layers: tuple[str, ...] = ("relu1_2", "relu2_1", "relu3_1", "relu4_1")
    content_layer: str = "relu4_1"
    detail_layer: str = "relu3_3"
    style_weight: float = 40.0
    depth_weight: float = 2.0
    content_weight: float = 1.0
    detail_weight: float = 0.25
    tv_weight: float = 1.0
    temporal_weight: float = 60.0
    feature_weight: float = 0.03
    grid_weight: float = 500.0
    draft_weight: float = 100.0
    learning_rate: float = 2e-3
    look_rate: float = 3e-2
    convolutions: bool = True
    seed: int = 0
    net: DraftConfig = field(default_factory=DraftConfig)

    def __post_init__(self) -> None:
        if (self.iterations is None) == (self.minutes is None):
            raise ValueError("give either iterations or minutes")
        if self.network not in CONVOLUTIONS:
            raise InputError(f"--network {self.network}: one of {', '.join(CONVOLUTIONS)}")
        if self.crop % STRIDE or self.crop < 2 * STRIDE:
            raise ValueError(f"crop: a multiple of {STRIDE}, {2 * STRIDE} or more; got {self.crop}")
        if self.part % REDUCED or not STRIDE <= self.part <= self.crop:
            raise ValueError(f"part: a multiple of {REDUCED}, {STRIDE} to crop; got {self.part}")
        if self.together < 1 or self.batch % self.together:
            raise ValueError(f"batch: a multiple of together; got {self.batch}, {self.together}")

    @property
    def layer_weights(self) -> dict[str, float]:
        """Of each of `style_layers`: in geometric steps about 1, the last `depth_weight` times the
        first.
        """
        last = len(self.style_layers) - 1
        return {
            name: self.depth_weight ** ((n - last / 2) / max(last, 1))
            for n, name in enumerate(self.style_layers)
        }


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "painting": {},
    # Features this early know where every edge lies, so the picture's own detail stays.
    "photo": {"detail_layer": "relu2_2", "detail_weight": 1.0},
    # A drawing has little texture: its outlines and flat colours live in the blocks that the
    # animation study weighs [0, 5, 5, 0, 0] over conv1_1 to conv5_1. Without detail asked for,
    # outlines are redrawn, as a draughtsman would.
    "animation": {"style_layers": ("relu2_1", "relu2_2", "relu3_1"), "detail_weight": 0.0},
}
"""What each `ImageKind` changes in `TrainSettings`."""
