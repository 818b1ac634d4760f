"""The net compiled by OpenVINO for the CPU."""

from __future__ import annotations

from typing import Any

import openvino as ov
import torch
from torch import Tensor, nn

from pipeline.backends.graphs import load_graph
from pipeline.nets.moments import Moments
from pipeline.nets.stylenet import StyleNet
from pipeline.nets.surface import SPHERE, Surface


def cpu_has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself (AVX-512 BF16, AMX)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoBackend:
    """`net` compiled once for each shape, surface and way with statistics.

    `precision` is `f32` or `bf16`.
    """

    def __init__(self, net: StyleNet, precision: str = "f32") -> None:
        if precision not in ("f32", "bf16"):
            raise ValueError(f"precision must be f32 or bf16, got {precision}")
        self.name = f"openvino cpu {precision}"
        self.device = torch.device("cpu")
        self._net = net.eval()
        self._precision = precision
        self._requests: dict[tuple[Any, ...], ov.InferRequest] = {}

    def __call__(
        self, rgb: Tensor, surface: Surface = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        inputs = (rgb,) if held is None else (rgb, held)
        return self._run(surface, inputs, measure=False)[0]

    def measure(self, rgb: Tensor, surface: Surface) -> tuple[Tensor, Tensor]:
        painted, moments = self._run(surface, (rgb,), measure=True)
        return painted, moments

    def _run(self, surface: Surface, inputs: tuple[Tensor, ...], measure: bool) -> list[Tensor]:
        inputs = tuple(t.contiguous() for t in inputs)
        key = surface, measure, *(tuple(t.shape) for t in inputs)
        if key not in self._requests:
            net = _OnSurface(self._net, surface, measure)
            self._requests[key] = self._compile(load_graph(net, inputs, f"{surface} {measure}"))
        request = self._requests[key]
        request.infer([t.numpy() for t in inputs], share_inputs=True)
        # The request owns its outputs and overwrites them next time.
        return [torch.from_numpy(tensor.data.copy()) for tensor in request.output_tensors]

    def _compile(self, graph: ov.Model) -> ov.InferRequest:
        settings = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        return ov.Core().compile_model(graph, "CPU", settings).create_infer_request()


class _OnSurface(nn.Module):
    """The net with its surface bound, so that the traced graph has only tensors for inputs."""

    def __init__(self, net: StyleNet, surface: Surface, measure: bool) -> None:
        super().__init__()
        self.net = net
        self.surface = surface
        self.measure = measure

    def forward(self, rgb: Tensor, held: Tensor | None = None) -> tuple[Tensor, ...]:
        moments = Moments(self.surface, held)
        painted: Tensor = self.net(rgb, self.surface, moments)
        return (painted, moments.stacked()) if self.measure else (painted,)
