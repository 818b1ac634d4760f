"""A net as a graph for OpenVINO in which all that a film decides is an input, even the weights.

So one graph of an architecture serves all that are trained of it, and all surfaces; where it is
traced with its sides left open, pictures of all sizes, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import openvino as ov
import torch
from openvino import opset13
from torch import Tensor, nn
from torch.export import Dim
from torch.func import functional_call

from pipeline.nets.draftnet import DraftNet, revised
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net
from pipeline.nets.placed import Placed

MOST = 1 << 16  # pictures; pixels along the side of one where it is coarsest


class Whole(nn.Module):
    """A net with two ways in one graph: it holds statistics, or measures, see `switched`."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, rgb: Tensor, look: Tensor, held: Tensor, measures: Tensor, surface: Placed
    ) -> tuple[Tensor, Tensor]:
        """Pictures (N, H, W, 3), painted, and the statistics (1, 2, K)."""
        moments = _SwitchedMoments(surface, held, measures)
        painted = self.net(rgb.permute(0, 3, 1, 2), look, surface, moments)
        return painted.permute(0, 2, 3, 1), moments.used()


class _SwitchedMoments(Moments):
    def __init__(self, surface: Placed, held: Tensor, measures: Tensor) -> None:
        super().__init__(surface, held)
        self._own = Moments(surface)
        self._measures = measures

    def __call__(self, features: Tensor) -> Tensor:
        return torch.where(self._measures, self._own(features), super().__call__(features))

    def used(self) -> Tensor:
        return self._own.used()


class Revising(nn.Module):
    """The revision of tiles, see `revised`."""

    def __init__(self, net: DraftNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, surface: Placed
    ) -> Tensor:
        return revised(self.net, rgb, drafted, look, held, surface)


def trace(
    module: nn.Module, inputs: Sequence[Tensor], surface: Placed, sides_open: bool = False
) -> ov.Model:
    """The graph of `module(*inputs, surface)`.

    Its parameters are the inputs, the places and areas of the surface, and the module's weights.

    Args:
        sides_open: for any number of pictures and any sides that the coarsest table divides. It
            takes several times as long. Inputs of four axes are pictures (N, H, W, C).
    """
    given = list(inputs), list(surface.places), list(surface.areas), list(module.parameters())
    shapes = (*_open_shapes(inputs, surface), [None] * len(given[-1])) if sides_open else None
    with torch.no_grad():
        program = torch.export.export(_Functional(module), given, dynamic_shapes=shapes)
    return ov.convert_model(program)


def fill(graph: ov.Model, inputs: Sequence[Tensor], constants: Sequence[Tensor]) -> None:
    """Give the first parameters the sizes of `inputs`, and put `constants` in place of the rest."""
    parameters = graph.get_parameters()[len(inputs) :]
    for parameter, tensor in zip(parameters, constants, strict=True):
        constant = opset13.constant(tensor.detach().contiguous().numpy())
        parameter.output(0).replace(constant.output(0))
        graph.remove_parameter(parameter)
    graph.reshape({n: list(tensor.shape) for n, tensor in enumerate(inputs)})


def switched(graph: ov.Model, measures: bool) -> ov.Model:
    """A graph of `Whole` that does one of the two and has no input or output for the other."""
    *_, held, switch = graph.get_parameters()
    for select in [op for op in graph.get_ops() if op.get_type_name() == "Select"]:
        select.output(0).replace(select.input_value(1 if measures else 2))
    graph.remove_parameter(switch)
    if measures:
        graph.remove_parameter(held)
    else:
        graph.remove_result(graph.get_results()[1])
    return graph


class _Functional(nn.Module):
    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._module = (module,)  # no part of this one: its weights are inputs
        self._names = [name for name, _ in module.named_parameters()]

    def forward(
        self,
        inputs: list[Tensor],
        places: list[Tensor],
        areas: list[Tensor],
        weights: list[Tensor],
    ) -> Any:
        named = dict(zip(self._names, weights, strict=True))
        return functional_call(self._module[0], named, (*inputs, Placed(places, areas)))


def _open_shapes(inputs: Sequence[Tensor], surface: Placed) -> tuple[Any, ...]:
    """All sides as multiples of those of the coarsest picture."""
    coarsest = min(surface.places, key=lambda table: table.shape[2])
    count, *units = (Dim(name, min=2, max=MOST) for name in ("count", "height", "width"))

    def sides(table: Tensor, margin: int) -> dict[int, Any]:
        times = [(table.shape[n] - margin) // (coarsest.shape[n] - 2) for n in (1, 2)]
        each = [t * unit + margin for t, unit in zip(times, units, strict=True)]
        return {0: count, 1: each[0], 2: each[1]}

    return (
        [sides(tensor, 0) if tensor.dim() == 4 else None for tensor in inputs],
        [sides(table, 2) for table in surface.places],
        [sides(table, 0) for table in surface.areas],
    )
