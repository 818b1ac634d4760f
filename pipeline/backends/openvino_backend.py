"""The net compiled by OpenVINO for the CPU."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Any

import openvino as ov
import torch
from torch import Tensor

from pipeline.backends.graphs import load_graph
from pipeline.backends.needs import needs
from pipeline.backends.torch_backend import TorchBackend
from pipeline.backends.tracing import Revising, Whole, switched
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.net import Net
from pipeline.nets.placed import Placed
from pipeline.nets.surface import SPHERE, PlacesPixels


def cpu_has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 itself (AVX-512 BF16, AMX)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoBackend:
    """`net` compiled for each shape and surface, with statistics of its own or held ones.

    `precision` is `f32` or `bf16`. Pictures that do not share their statistics are painted one
    after the other. Several threads may paint with it, one after the other.
    """

    def __init__(self, net: Net, precision: str = "f32") -> None:
        if precision not in ("f32", "bf16"):
            raise ValueError(f"precision must be f32 or bf16, got {precision}")
        self.name = f"openvino cpu {precision}"
        self.device = torch.device("cpu")
        self._net = Whole(net.eval())
        self._precision = precision
        self._torch = TorchBackend(net)
        self._needs = needs(net)
        self._requests: dict[tuple[Any, ...], ov.InferRequest] = {}
        self._lock = Lock()  # a request serves one thread; so do its outputs

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels = SPHERE, held: Tensor | None = None
    ) -> Tensor:
        return self._painted(rgb, look, surface, held)[0]

    def measure(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels, first: bool = False
    ) -> tuple[Tensor, Tensor]:
        if first:  # a still, perhaps: compiling takes longer than painting it
            return self._torch.measure(rgb, look, surface)
        painted, moments = self._painted(rgb, look, surface, None)
        return painted, moments

    def release(self) -> None:
        """Hand back the memory of all layers, which is kept otherwise until the next picture."""
        with self._lock:
            _release(self._requests.values())

    def _painted(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels, held: Tensor | None
    ) -> list[Tensor]:
        """The painted pictures and, where none are held, the statistics."""
        each = surface.together
        parts = [
            self._infer(rgb[n : n + each], _rows(look, n, each), surface, _row(held, n))
            for n in range(0, len(rgb), each)
        ]
        if len(parts) == 1:
            return parts[0]
        painted, *measured = zip(*parts, strict=True)
        shared = [[row.expand(each, -1, -1) for row in rows] for rows in measured]
        return [torch.cat(list(rows)) for rows in (painted, *shared)]

    def _infer(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels, held: Tensor | None
    ) -> list[Tensor]:
        pixels = rgb.permute(0, 2, 3, 1)  # the order that `to_tensor` leaves them in
        inputs = [t.contiguous() for t in (pixels, look, held) if t is not None]
        with self._lock:
            request = self._request(inputs, surface, measures=held is None)
            request.infer([t.numpy() for t in inputs], share_inputs=True)
            # The request owns its outputs and overwrites them next time.
            outputs = [torch.from_numpy(out.data.copy()) for out in request.output_tensors]
        return [outputs[0].permute(0, 3, 1, 2), *outputs[1:]]

    def _request(
        self, inputs: list[Tensor], surface: PlacesPixels, measures: bool
    ) -> ov.InferRequest:
        key = measures, surface, *(tuple(t.shape) for t in inputs)
        if key not in self._requests:
            self._requests[key] = self._compile(inputs, surface, measures)
        return self._requests[key]

    def _compile(
        self, inputs: list[Tensor], surface: PlacesPixels, measures: bool
    ) -> ov.InferRequest:
        filler = torch.zeros(1, 2, self._needs.normalised)
        given = *inputs[:2], filler, torch.tensor(False)
        placed = self._needs.placed(surface, *inputs[0].shape[:3])
        graph = load_graph(self._net, given, placed)
        return compiled(switched(graph, measures), self._precision)


def _rows(look: Tensor, first: int, count: int) -> Tensor:
    """Of the looks of all pictures those of some, or the one that all have."""
    return look if len(look) == 1 else look[first : first + count]


def _row(held: Tensor | None, picture: int) -> Tensor | None:
    """What is held for a picture and those that share it, (1, 2, K)."""
    return None if held is None else held[picture % len(held)][None]


def compiled(graph: ov.Model, precision: str) -> ov.InferRequest:
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    return ov.Core().compile_model(graph, "CPU", settings).create_infer_request()


def _release(requests: Iterable[ov.InferRequest]) -> None:
    for request in requests:
        request.get_compiled_model().release_memory()


class OpenVinoRevision:
    """The revision of `net`, compiled for each shape of tiles, see `Revises`."""

    def __init__(self, net: DraftNet, precision: str = "f32") -> None:
        self._net, self._precision = Revising(net.eval()), precision
        self._requests: dict[tuple[Any, ...], ov.InferRequest] = {}
        self._lock = Lock()

    def __call__(
        self, rgb: Tensor, drafted: Tensor, look: Tensor, held: Tensor, surface: Placed
    ) -> Tensor:
        inputs = [t.contiguous() for t in (rgb, drafted, look, held)]
        key = tuple(tuple(t.shape) for t in inputs)
        with self._lock:
            if key not in self._requests:
                graph = load_graph(self._net, inputs, surface, one_surface=False)
                self._requests[key] = compiled(graph, self._precision)
            request = self._requests[key]
            request.infer([t.numpy() for t in (*inputs, *surface.places)], share_inputs=True)
            return torch.from_numpy(request.output_tensors[0].data.copy())

    def release(self) -> None:
        """As `OpenVinoBackend.release`."""
        with self._lock:
            _release(self._requests.values())
