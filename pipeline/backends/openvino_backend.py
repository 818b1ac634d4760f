"""The net compiled by OpenVINO for the CPU."""

from __future__ import annotations

import openvino as ov
import torch
from torch import Tensor, nn

from pipeline.nets.stylenet import StyleNet
from pipeline.nets.surface import SPHERE, Surface


def cpu_has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself (AVX-512 BF16, AMX)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoBackend:
    """`net` compiled once for each shape and surface; `precision` is `f32` or `bf16`."""

    def __init__(self, net: StyleNet, precision: str = "f32") -> None:
        if precision not in ("f32", "bf16"):
            raise ValueError(f"precision must be f32 or bf16, got {precision}")
        self.name = f"openvino cpu {precision}"
        self.device = torch.device("cpu")
        self._net = net.eval()
        self._precision = precision
        self._requests: dict[tuple[Surface, tuple[int, ...]], ov.InferRequest] = {}

    def __call__(self, rgb: Tensor, surface: Surface = SPHERE) -> Tensor:
        key = surface, tuple(rgb.shape)
        if key not in self._requests:
            self._requests[key] = self._compile(rgb, surface)
        request = self._requests[key]
        request.infer([rgb.contiguous().numpy()], share_inputs=True)
        # The request owns its output and overwrites it next time.
        return torch.from_numpy(request.get_output_tensor().data.copy())

    def _compile(self, rgb: Tensor, surface: Surface) -> ov.InferRequest:
        with torch.no_grad():
            program = torch.export.export(_OnSurface(self._net, surface), (rgb,))
        model = ov.convert_model(program)
        settings = {"INFERENCE_PRECISION_HINT": self._precision, "PERFORMANCE_HINT": "LATENCY"}
        return ov.Core().compile_model(model, "CPU", settings).create_infer_request()


class _OnSurface(nn.Module):
    """The net with its surface bound, so that the traced graph has one input."""

    def __init__(self, net: StyleNet, surface: Surface) -> None:
        super().__init__()
        self.net = net
        self.surface = surface

    def forward(self, rgb: Tensor) -> Tensor:
        painted: Tensor = self.net(rgb, self.surface)
        return painted
