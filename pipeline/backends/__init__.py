"""Where the net runs: torch (CUDA, MPS, CPU) or OpenVINO (CPU), from the same checkpoint.

A backend is a function of pictures, a look and the surface they lie on: (N, 3, H, W) float in
[0, 1] on `backend.device`, and (1, K), see `pipeline.nets.looks`; the same pictures, painted.
Statistics of the normalisations are measured on the pictures, or
`held` from before: (N or 1, 2, K), as `measure` returns them.
"""

from __future__ import annotations

from functools import lru_cache, partial

import torch

from pipeline.backends.backend import Backend
from pipeline.backends.openvino_backend import (
    OpenVinoBackend,
    OpenVinoRevision,
    cpu_has_bfloat16,
)
from pipeline.backends.tiled import TiledBackend
from pipeline.backends.torch_backend import TorchBackend, TorchRevision
from pipeline.choices import check_device
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.net import Net
from vr360.errors import InputError
from vr360.memory import keep_freed_memory


def choose_device(device: str) -> str:
    """`auto` is the fastest device at hand; `cuda:1` is the second GPU.

    Raises:
        InputError: the device asked for is not there.
    """
    check_device(device)
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next((name for name, there in present.items() if there), "cpu")
    kind, _, number = device.partition(":")
    if not present.get(kind, True) or int(number or 0) >= max(1, torch.cuda.device_count()):
        raise InputError(f"--device {device}: not found on this machine; use --device cpu or auto")
    return device


@lru_cache(maxsize=4)
def open_backend(net: Net, device: str = "auto") -> Backend:
    """The fastest way to run `net` on `device`; opened once, however many looks it paints.

    OpenVINO on the CPU, in bfloat16 where the processor has it: several times faster than torch
    there (`make bench`); large spheres in tiles. On a GPU torch in float16, all spheres whole. For
    the CPU's sake the whole process is told to keep freed memory, see `vr360.memory`.
    """
    device = choose_device(device)
    if device == "cpu":
        keep_freed_memory()
        precision = "bf16" if cpu_has_bfloat16() else "f32"
        on_cpu = partial(OpenVinoBackend, precision=precision)
        if not isinstance(net, DraftNet):
            return on_cpu(net)
        return TiledBackend(net, on_cpu, OpenVinoRevision(net, precision), TorchRevision(net))
    return TorchBackend(net, device, torch.float16)


__all__ = [
    "Backend",
    "OpenVinoBackend",
    "TiledBackend",
    "TorchBackend",
    "choose_device",
    "open_backend",
]
