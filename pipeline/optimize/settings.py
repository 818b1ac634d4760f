"""What a painting by optimisation is asked to be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.choices import (
    FrameStart,
    Histogram,
    OptimizeKind,
    Optimizer,
    Precision,
    StyleTerm,
    settle,
)
from pipeline.nets.vgg_layers import layer_indices
from vr360.choices import chosen
from vr360.errors import InputError

Layers = tuple[tuple[str, float], ...]
"""(name, weight) pairs."""

GATYS: Layers = tuple((f"conv{n}_1", 1.0) for n in range(1, 6))

PRESETS: dict[str, Mapping[str, Any]] = {
    "painting": {},
    # Flat, cartoon-like styles: the middle layers only, from a mix of noise and content.
    "animation": {
        "unrealness": math.log10(5 / 0.001),  # beta over alpha
        "content_layers": (("conv4_2", 1.0),),
        "style_layers": (("conv2_1", 5.0), ("conv3_1", 5.0)),
        "noise": 0.3,
        "iterations": 500,
    },
}
USUAL_NETWORK = "vgg16"
PREFERRED_NETWORK = {"painting": USUAL_NETWORK, "animation": "vgg19"}


@dataclass(frozen=True)
class OptimizeSettings:
    """Attributes:
    unrealness: u; style counts 10^u times as much as content, see `style_ratio`.
    content_layers, style_layers: and their weights, averaged; weights of 0 are left out.
    style_term: `gram` compares Gram matrices, `transport` the features themselves.
    variation: weight of the mean squared difference of neighbouring pixels.
    method: `adam` or `lbfgs`.
    learning_rate: of Adam, in shares of full scale a step; it falls to zero along half a cosine.
    iterations: at the coarsest scale; each finer one takes half as many, a quarter at least.
    scales: from coarse to fine, each twice as wide; 0 begins at the scale nearest to `COARSEST`.
    style_scale: long side of the painting as a share of the panorama's width, so that strokes
        are as large on the sphere whatever the size.
    noise: share of noise in the start, the rest is the source.
    init: where a film's next frame starts: `independent` of the others, from the `previous`
        result, or from that result moved along the `flow`.
    flow_weight: of the distance to the moved result.
    passes: over each shot, back and forth; from the second on with both neighbours.
    histogram: `none`; `scene` gives the painting the colours of each shot; `film` gives it those
        of the whole film, and each frame the painting's.
    part_pixels: most pixels that the network sees at once, see `parts_of`.
    """

    unrealness: float = 3.5
    content_layers: Layers = (("conv4_2", 1.0),)
    style_layers: Layers = GATYS
    style_term: StyleTerm = StyleTerm.GRAM
    variation: float = 1.0
    method: Optimizer = Optimizer.ADAM
    learning_rate: float = 0.03
    iterations: int = 256
    scales: int = 0
    style_scale: float = 0.5
    noise: float = 0.0
    init: FrameStart = FrameStart.FLOW
    flow_weight: float = 0.0
    passes: int = 1
    histogram: Histogram = Histogram.NONE
    precision: Precision = Precision.AUTO
    part_pixels: int = 1 << 21
    seed: int = 0

    def __post_init__(self) -> None:
        settle(
            self,
            options={"method": "--optimizer"},
            method=Optimizer,
            init=FrameStart,
            histogram=Histogram,
            precision=Precision,
            style_term=StyleTerm,
        )
        _within("--unrealness", self.unrealness, -10, 10)
        _within("--iterations", self.iterations, 1, 100_000)
        _within("--learning-rate", self.learning_rate, 1e-6, 1e6)
        _within("--scales", self.scales, 0, 8)
        _within("--style-scale", self.style_scale, 0.02, 4)
        _within("--init noise", self.noise, 0, 1)
        _within("--tv-weight", self.variation, 0, math.inf)
        _within("--flow-weight", self.flow_weight, 0, math.inf)
        _within("--passes", self.passes, 1, 100)
        if self.style_term == StyleTerm.TRANSPORT and self.method == Optimizer.LBFGS:
            raise InputError("--style-term transport draws anew every step: use --optimizer adam")
        if self.passes > 1 and self.flow_weight == 0:
            raise InputError("--passes: several passes need a --flow-weight above 0 to tie frames")

    @property
    def layers(self) -> list[str]:
        """Every layer that counts, once."""
        both = (*self.content_layers, *self.style_layers)
        return list(dict.fromkeys(name for name, weight in both if weight > 0))

    def for_resuming(self) -> dict[str, Any]:
        """What must not change between two sittings; a gentler learning rate may."""
        return {k: v for k, v in asdict(self).items() if k not in ("learning_rate", "part_pixels")}


def settings_for(look: str, *, init: str | None = None, **given: Any) -> OptimizeSettings:
    """A preset's settings, but for those that are given (not None).

    Args:
        look: name of a preset.
        init: `flow,noise=0.3`, see `OptimizeSettings.init` and `.noise`.

    Raises:
        InputError: an unknown preset, or a value that cannot be.
    """
    preset = PRESETS[chosen(OptimizeKind, look, "--kind")]
    wanted = {name: value for name, value in given.items() if value is not None}
    return OptimizeSettings(**{**preset, **parse_init(init or ""), **wanted})


def parse_init(text: str) -> dict[str, Any]:
    """`flow,noise=0.3` as settings.

    Raises:
        InputError: a word that is neither a start nor noise.
    """
    parsed: dict[str, Any] = {}
    for word in filter(None, text.split(",")):
        match = re.fullmatch(r"noise=(\d*\.?\d+)", word)
        if not match and word not in list(FrameStart):
            raise InputError(f"--init {text}: one of {', '.join(FrameStart)}, and noise=SHARE")
        parsed |= {"noise": float(match[1])} if match else {"init": word}
    return parsed


def parse_layers(text: str, option: str) -> Layers:
    """`conv2_1=5,conv3_1` as pairs; without a number a layer counts 1.

    Five bare numbers are the weights of conv1_1 to conv5_1, as the animation study writes them.

    Raises:
        InputError: an unknown layer, no number, a negative one, or nothing but zeros.
    """
    words = [word.strip() for word in text.strip("[] ").split(",")]
    if len(words) == len(GATYS) and not any("_" in word for word in words):
        words = [f"{name}={word}" for (name, _), word in zip(GATYS, words, strict=True)]
    layers = tuple(_layer(word, option) for word in words)
    if not any(weight for _, weight in layers):
        raise InputError(f"{option} {text}: every weight is 0; give one layer a weight")
    return layers


def parse_numbers(text: str, option: str) -> tuple[float, ...]:
    """`2,3,4.5`.

    Raises:
        InputError: not numbers.
    """
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise InputError(f"{option} {text}: give numbers, as 2,3,4.5") from None


def check_layers(settings: OptimizeSettings, network: str) -> None:
    """Raise InputError for a layer that `network` lacks."""
    known = layer_indices(network)
    for name in settings.layers:
        if name not in known:
            raise InputError(f"{name}: {network} has no such layer; {_known(network)}")


def _layer(word: str, option: str) -> tuple[str, float]:
    match = re.fullmatch(r"(?:conv|relu)(\d)_(\d)(?:=(\d*\.?\d+))?", word)
    name = f"conv{match[1]}_{match[2]}" if match else ""
    if not match or name not in layer_indices("vgg19"):
        raise InputError(f"{option} {word}: no layer and weight as conv3_1=5; {_known('vgg19')}")
    return name, float(match[3] or 1)


def _known(network: str) -> str:
    names = [name for name in layer_indices(network) if name.startswith("conv")]
    return f"{network} has {', '.join(names)}"


def _within(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputError(f"{option} {value:g}: give a number from {low:g} to {high:g}")
