"""The net compiled by OpenVINO for the CPU."""

from __future__ import annotations

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

    `precision` is `f32` or `bf16`. Statistics are measured by torch: a shot asks for them so rarely
    that a second graph would take longer to trace than it saves, and a still is painted at once.
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

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: Surface = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        inputs = tuple(t.contiguous() for t in (rgb, look, held) if t is not None)
        key = surface, *(tuple(t.shape) for t in inputs)
        if key not in self._requests:
            graph = load_graph(_OnSurface(self._net, surface), inputs, str(surface))
            self._requests[key] = self._compile(graph)
        request = self._requests[key]
        request.infer([t.numpy() for t in inputs], share_inputs=True)
        # The request owns its output and overwrites it next time.
        return torch.from_numpy(request.get_output_tensor().data.copy())

    def measure(self, rgb: Tensor, look: Tensor, surface: Surface) -> tuple[Tensor, Tensor]:
        return self._torch.measure(rgb, look, surface)

    def _compile(self, graph: ov.Model) -> ov.InferRequest:
        settings = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        return ov.Core().compile_model(graph, "CPU", settings).create_infer_request()


class _OnSurface(nn.Module):
    """The net with its surface bound, so that the traced graph has only tensors for inputs."""

    def __init__(self, net: Net, surface: Surface) -> None:
        super().__init__()
        self.net = net
        self.surface = surface

    def forward(self, rgb: Tensor, look: Tensor, held: Tensor | None = None) -> Tensor:
        painted: Tensor = self.net(rgb, look, self.surface, Moments(self.surface, held))
        return painted
