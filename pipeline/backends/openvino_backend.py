"""The net compiled by OpenVINO for the CPU."""

from __future__ import annotations

from threading import Lock
from typing import Any

import openvino as ov
import torch
from torch import Tensor, nn

from pipeline.backends.graphs import load_graph
from pipeline.backends.torch_backend import TorchBackend, revised
from pipeline.nets.blocks import Blocks
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net
from pipeline.nets.surface import PLANE, SPHERE, Surface


def cpu_has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself (AVX-512 BF16, AMX)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoBackend:
    """`net` compiled for each shape and surface, with statistics of its own or held ones.

    `precision` is `f32` or `bf16`. Both ways are traced once, as one graph with a switch, and the
    half that is not needed is cut off. Several threads may paint with it, one after the other.
    """

    def __init__(self, net: Net, precision: str = "f32") -> None:
        if precision not in ("f32", "bf16"):
            raise ValueError(f"precision must be f32 or bf16, got {precision}")
        self.name = f"openvino cpu {precision}"
        self.device = torch.device("cpu")
        self._net = net.eval()
        self._precision = precision
        self._torch = TorchBackend(net)
        self._statistics = _size_of_statistics(net)
        self._requests: dict[tuple[Any, ...], ov.InferRequest] = {}
        self._lock = Lock()  # a request serves one thread; so do its outputs

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: Surface = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        return self._infer(rgb, look, surface, held)[0]

    def measure(
        self, rgb: Tensor, look: Tensor, surface: Surface, first: bool = False
    ) -> tuple[Tensor, Tensor]:
        if first:  # a still, perhaps: tracing would take ten times as long as painting it
            return self._torch.measure(rgb, look, surface)
        painted, moments = self._infer(rgb, look, surface, None)
        return painted, moments

    def _infer(
        self, rgb: Tensor, look: Tensor, surface: Surface, held: Tensor | None
    ) -> list[Tensor]:
        """The painted pictures and, where none are held, the statistics."""
        measures = held is None
        filler = torch.zeros(len(rgb), 2, self._statistics)
        pixels = rgb.permute(0, 2, 3, 1)  # the order that `to_tensor` leaves them in
        inputs = tuple(t.contiguous() for t in (pixels, look, filler if held is None else held))
        with self._lock:
            request = self._request(inputs, surface, measures)
            request.infer([t.numpy() for t in inputs][: 2 if measures else 3], share_inputs=True)
            # The request owns its outputs and overwrites them next time.
            outputs = [torch.from_numpy(out.data.copy()) for out in request.output_tensors]
        return [outputs[0].permute(0, 3, 1, 2), *outputs[1:]]

    def _request(
        self, inputs: tuple[Tensor, ...], surface: Surface, measures: bool
    ) -> ov.InferRequest:
        key = measures, surface, *(tuple(t.shape) for t in inputs)
        if key not in self._requests:
            self._requests[key] = self._compile(inputs, surface, measures)
        return self._requests[key]

    def _compile(
        self, inputs: tuple[Tensor, ...], surface: Surface, measures: bool
    ) -> ov.InferRequest:
        switch = torch.tensor(False)
        net = _Switched(self._net, surface)
        graph = load_graph(net, (*inputs, switch), f"{surface}")
        return compiled(switched(graph, measures), self._precision)


def compiled(graph: ov.Model, precision: str) -> ov.InferRequest:
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    return ov.Core().compile_model(graph, "CPU", settings).create_infer_request()


class OpenVinoRevision:
    """The revision of `net`, compiled for each shape of tiles, see `Revises`."""

    def __init__(self, net: DraftNet, precision: str = "f32") -> None:
        self._net, self._precision = _Revision(net.eval()), precision
        self._requests: dict[tuple[Any, ...], ov.InferRequest] = {}
        self._lock = Lock()

    def __call__(
        self, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, surface: Blocks
    ) -> Tensor:
        inputs = tuple(t.contiguous() for t in (rgb, drafted, look, held, *surface.places.values()))
        key = tuple(tuple(t.shape) for t in inputs)
        with self._lock:
            if key not in self._requests:
                graph = load_graph(self._net, inputs, "revision")
                self._requests[key] = compiled(graph, self._precision)
            request = self._requests[key]
            request.infer([t.numpy() for t in inputs], share_inputs=True)
            return torch.from_numpy(request.output_tensors[0].data.copy())


class _Revision(nn.Module):
    """`revised` with the places as inputs: one graph serves all tiles of one shape."""

    def __init__(self, net: DraftNet) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, *places: Tensor
    ) -> Tensor:
        surface = Blocks({table.shape[-1] - 2: table for table in places})
        return revised(self.net, rgb, drafted, look, held, surface)


class _Switched(nn.Module):
    """The net on a surface: rgb (N, H, W, 3), look, held statistics, whether to measure instead."""

    def __init__(self, net: Net, surface: Surface) -> None:
        super().__init__()
        self.net = net
        self.surface = surface

    def forward(
        self, rgb: Tensor, look: Tensor, held: Tensor, measures: Tensor
    ) -> tuple[Tensor, Tensor]:
        moments = _SwitchedMoments(self.surface, held, measures)
        painted = self.net(rgb.permute(0, 3, 1, 2), look, self.surface, moments)
        return painted.permute(0, 2, 3, 1), moments.used()


class _SwitchedMoments(Moments):
    def __init__(self, surface: Surface, held: Tensor, measures: Tensor) -> None:
        super().__init__(surface, held)
        self._own = Moments(surface)
        self._measures = measures

    def __call__(self, features: Tensor) -> Tensor:
        return torch.where(self._measures, self._own(features), super().__call__(features))

    def used(self) -> Tensor:
        return self._own.used()


def switched(graph: ov.Model, measures: bool) -> ov.Model:
    """A graph of `_Switched` that does one of the two and has no input or output for the other."""
    *_, held, switch = graph.get_parameters()
    for select in [op for op in graph.get_ops() if op.get_type_name() == "Select"]:
        select.output(0).replace(select.input_value(1 if measures else 2))
    graph.remove_parameter(switch)
    if measures:
        graph.remove_parameter(held)
    else:
        graph.remove_result(graph.get_results()[1])
    return graph


@torch.no_grad()
def _size_of_statistics(net: Net) -> int:
    """K: how many channels `net` normalises, counted on the smallest picture."""
    moments, side = Moments(PLANE), 2 * net.geometry.multiple
    net(torch.zeros(1, 3, side, side), net.plain_look(), PLANE, moments)
    return moments.used().shape[-1]
