"""Painting one sphere, coarse to fine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures
from pipeline.optimize.descent import Descent, NotANumberError, Terms
from pipeline.optimize.faces import STRIDE, parts_of, reach
from pipeline.optimize.neighbours import Moved
from pipeline.optimize.objective import (
    Expected,
    Objective,
    Weights,
    style_ratio,
)
from pipeline.optimize.poles import even
from pipeline.optimize.settings import OptimizeSettings
from pipeline.optimize.style_image import scaled
from pipeline.optimize.textures import Texture, texture_of
from pipeline.optimize.workspace import Workspace
from pipeline.source.preprocess import open_resizer
from pipeline.temporal.planar import Floats
from vr360.frame import Rgb

COARSEST = 512  # pixels of width at which automatic scales begin
FEWEST = 64  # pixels of width that the deeper layers need
REFINING = 0.3  # of the learning rate, where a neighbour's result is to be kept but for details
LEAST_SHARE = 4  # finer scales take at least 1 / 4 of the iterations

WatchIterations = Callable[[int, int, int, Terms], None]
"""Told of every step: width, iteration, iterations of that scale, terms."""


@dataclass(frozen=True)
class Task:
    """One sphere to be painted.

    Attributes:
        key: its name in the workspace.
        source: (H, W, 3), of any size.
        painting: (h, w, 3) uint8, whose style it gets.
        size: (height, width) to paint at, see `working_size`.
        start: (height, width, 3) float32 to begin with, at that size only; None begins with the
            source, from coarse to fine.
        expected: what the neighbouring frames' results lead to expect, at that size.
        seed: of the noise in the start.
    """

    key: str
    source: Rgb
    painting: Rgb
    size: tuple[int, int]
    start: Floats | None = None
    expected: Sequence[Moved] = field(default=())
    seed: int = 0


class SpherePainter:
    """Paints spheres with one network and one set of settings; textures of paintings are kept."""

    def __init__(self, vgg: VggFeatures, network: str, settings: OptimizeSettings, device: str):
        self._vgg = vgg
        self._halo = reach(network, settings.layers)
        self._settings = settings
        self._device = torch.device(device)
        self._textures: dict[tuple[int, int], tuple[Rgb, Texture]] = {}

    def paint(self, task: Task, work: Workspace, watch: WatchIterations) -> Tensor:
        """(1, 3, height, width) in [0, 1]; goes on with what the workspace holds of it.

        Raises:
            NotANumberError: the objective overflowed; the last good picture is the preview.
        """
        rgb: Tensor | None = None
        steps = schedule(self._settings, task.size[1], fresh=task.start is None)
        for width, iterations in steps:
            key = f"{task.key}-{width}"
            done = work.result(key)
            if done is None:
                done = work.keep(key, self._scale(task, width, iterations, rgb, work, watch))
            rgb = done
        for width, _ in steps:
            work.drop(f"{task.key}-{width}")
        if rgb is None:
            raise ValueError("no scale to paint at")
        return rgb

    def objective(self, task: Task, width: int) -> Objective:
        """What a picture of that width is measured by."""
        settings, size = self._settings, (_height(task.size, width), width)
        weights = Weights(
            dict(settings.content_layers),
            dict(settings.style_layers),
            style_ratio(settings.unrealness, width),
            settings.variation,
            settings.flow_weight,
        )
        return Objective(
            self._vgg,
            weights,
            self._texture(task.painting, width),
            self._tensor(task.source, size),
            parts_of(*size, self._halo, settings.part_pixels, str(self._device)),
            [self._expected(moved) for moved in task.expected if width == task.size[1]],
        )

    def _scale(
        self,
        task: Task,
        width: int,
        iterations: int,
        coarser: Tensor | None,
        work: Workspace,
        watch: WatchIterations,
    ) -> Tensor:
        settings, key = self._settings, f"{task.key}-{width}"
        start = self._start(task, width, coarser)
        objective = self.objective(task, width)

        def evaluate(rgb: Tensor) -> tuple[Terms, Tensor]:
            terms, gradient = objective(rgb)
            return terms, even(gradient)

        rate = settings.learning_rate * (1 if task.start is None else REFINING)
        descent = Descent(evaluate, start, settings.method, rate, iterations)
        work.restore(key, descent)
        try:
            for terms in descent.steps():
                watch(width, descent.iteration, iterations, terms)
                work.watch(key, descent)
        except NotANumberError as error:
            work.save(key, descent)
            work.show(descent.rgb)
            raise NotANumberError(
                f"{error} of {width} pixels: a weight or --learning-rate is too high; the last "
                f"good state is kept in {work.folder}; --resume goes on with a lower rate"
            ) from None
        return even(descent.rgb).clamp(0, 1)

    def _start(self, task: Task, width: int, coarser: Tensor | None) -> Tensor:
        size = _height(task.size, width), width
        if task.start is not None:
            return _planes(task.start).to(self._device)
        if coarser is not None:
            rgb = coarser[0].permute(1, 2, 0).numpy()
            larger = open_resizer(rgb.shape[:2], size)(np.ascontiguousarray(rgb))
            return _planes(larger).clamp(0, 1).to(self._device)
        noise = self._settings.noise
        random = torch.Generator().manual_seed(task.seed)
        white = torch.rand(1, 3, *size, generator=random).to(self._device)
        return torch.lerp(self._tensor(task.source, size), even(white), noise)

    def _texture(self, painting: Rgb, width: int) -> Texture:
        key = id(painting), width
        if key not in self._textures:
            small = scaled(painting, round(width * self._settings.style_scale))
            names = [name for name, weight in self._settings.style_layers if weight > 0]
            seen = to_tensor([small], self._device)
            texture = texture_of(self._settings.style_term, self._vgg, seen, names)
            self._textures[key] = painting, texture  # held, so that no other one gets its id
        return self._textures[key][1]

    def _tensor(self, rgb: Rgb, size: tuple[int, int]) -> Tensor:
        return to_tensor([open_resizer(rgb.shape[:2], size)(rgb)], self._device)

    def _expected(self, moved: Moved) -> Expected:
        trust = torch.from_numpy(moved.trust)[None, None]
        return Expected(_planes(moved.rgb).to(self._device), trust.to(self._device))


def schedule(settings: OptimizeSettings, width: int, fresh: bool) -> list[tuple[int, int]]:
    """(width, iterations) of each scale, coarse to fine.

    Args:
        settings: say how many.
        width: of the finest.
        fresh: it begins with the source; what begins with another result keeps to the finest.
    """
    count = settings.scales or 1 + max(0, round(np.log2(width / COARSEST)))
    halvings = reversed(range(count if fresh else 1))
    shares = (min(2**n, LEAST_SHARE) for n in range(count))
    widths = (_fitting(width / 2**n) for n in halvings)
    return [(w, -(-settings.iterations // s)) for w, s in zip(widths, shares, strict=False)]


def working_size(height: int, width: int, most: int | None = None) -> tuple[int, int]:
    """(height, width) nearest to a picture's that the network's poolings divide.

    Args:
        height: of the picture.
        width: of the picture.
        most: of the width; None keeps the picture's.
    """
    wide = _fitting(min(width, most or width))
    return _height((height, width), wide), wide


def _fitting(width: float) -> int:
    return max(FEWEST, round(width / (2 * STRIDE)) * 2 * STRIDE)


def _height(size: tuple[int, int], width: int) -> int:
    return max(STRIDE, round(width * size[0] / size[1] / STRIDE) * STRIDE)


def _planes(rgb: Floats) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].contiguous()
