"""The net compiled by OpenVINO for the CPU."""

from __future__ import annotations

from threading import Lock
from typing import Any

import openvino as ov
import torch
from torch import Tensor, nn

from pipeline.backends.graphs import load_graph
from pipeline.backends.torch_backend import TorchBackend
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net
from pipeline.nets.surface import SPHERE, Surface


def cpu_has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself (AVX-512 BF16, AMX)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoBackend:
    """`net` compiled once for each shape and surface, with statistics of its own or held ones.

    `precision` is `f32` or `bf16`. A shot that keeps its look measures so rarely that torch does
    it: another graph would take longer to trace than it saves. While a look changes, each frame is
    measured, by a graph of its own. Several threads may paint with it, one after the other.
    """

    def __init__(self, net: Net, precision: str = "f32") -> None:
        if precision not in ("f32", "bf16"):
            raise ValueError(f"precision must be f32 or bf16, got {precision}")
        self.name = f"openvino cpu {precision}"
        self.device = torch.device("cpu")
        self._net = net.eval()
        self._precision = precision
        self._torch = TorchBackend(net)
        self._requests: dict[tuple[Any, ...], ov.InferRequest] = {}
        self._lock = Lock()  # a request serves one thread; so do its outputs

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: Surface = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        inputs = (rgb, look) if held is None else (rgb, look, held)
        return self._infer(_OnSurface, inputs, surface)[0]

    def measure(
        self, rgb: Tensor, look: Tensor, surface: Surface, often: bool = False
    ) -> tuple[Tensor, Tensor]:
        if not often:
            return self._torch.measure(rgb, look, surface)
        painted, moments = self._infer(_Measuring, (rgb, look), surface)
        return painted, moments

    def _infer(
        self, kind: type[_OnSurface], given: tuple[Tensor, ...], surface: Surface
    ) -> list[Tensor]:
        inputs = tuple(t.contiguous() for t in given)
        with self._lock:
            request = self._request(kind, inputs, surface)
            request.infer([t.numpy() for t in inputs], share_inputs=True)
            # The request owns its outputs and overwrites them next time.
            return [torch.from_numpy(tensor.data.copy()) for tensor in request.output_tensors]

    def _request(
        self, kind: type[_OnSurface], inputs: tuple[Tensor, ...], surface: Surface
    ) -> ov.InferRequest:
        key = kind, surface, *(tuple(t.shape) for t in inputs)
        if key not in self._requests:
            graph = load_graph(kind(self._net, surface), inputs, f"{kind.__name__} {surface}")
            self._requests[key] = self._compile(graph)
        return self._requests[key]

    def _compile(self, graph: ov.Model) -> ov.InferRequest:
        settings = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        return ov.Core().compile_model(graph, "CPU", settings).create_infer_request()


class _OnSurface(nn.Module):
    """The net with its surface bound, so that the traced graph has only tensors for inputs."""

    def __init__(self, net: Net, surface: Surface) -> None:
        super().__init__()
        self.net = net
        self.surface = surface

    def forward(self, rgb: Tensor, look: Tensor, held: Tensor | None = None) -> Any:
        return self.net(rgb, look, self.surface, Moments(self.surface, held))


class _Measuring(_OnSurface):
    """The same, and the statistics that it has normalised with."""

    def forward(self, rgb: Tensor, look: Tensor, held: Tensor | None = None) -> Any:
        moments = Moments(self.surface, held)
        return self.net(rgb, look, self.surface, moments), moments.used()
