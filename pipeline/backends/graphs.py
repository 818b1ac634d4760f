"""Graphs of the net for OpenVINO, kept on disk: tracing one takes far longer than painting a still.

They lie in `$XDG_CACHE_HOME/vr360` (`~/.cache/vr360`), named by everything they are made from, and
may be deleted at any time. Those used last stay, in `ROOM` bytes.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from itertools import accumulate
from pathlib import Path

import openvino as ov
import torch
from torch import Tensor, nn

from pipeline import nets
from vr360 import __version__, cubemap, geometry
from vr360.cache import cache_folder
from vr360.sampling import padding

ROOM = 1 << 30  # bytes; a graph takes 14 MB at 2048x1024, four times as much at twice the width
logger = logging.getLogger(__name__)


def load_graph(net: nn.Module, inputs: tuple[Tensor, ...], name: str) -> ov.Model:
    """The graph of `net` for inputs of these shapes; `name` tells nets of equal weights apart."""
    path = cache_folder() / f"{_digest(net, inputs, name)}.xml"
    try:
        graph = ov.Core().read_model(path)
        path.touch()  # used last
        return graph
    except RuntimeError:  # missing, or damaged: OpenVINO tells them apart by its message alone
        graph = _trace(net, inputs)
    try:
        _save(graph, path)
        _forget_oldest(path.parent)
    except OSError as error:
        logger.info("graph not kept: %s", error)
    return graph


def _trace(net: nn.Module, inputs: tuple[Tensor, ...]) -> ov.Model:
    with torch.no_grad():
        program = torch.export.export(net, inputs)
    return ov.convert_model(program)


def _save(graph: ov.Model, path: Path) -> None:
    """Both files or neither; another process may do the same at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        partial = Path(folder) / path.name
        ov.save_model(graph, partial, compress_to_fp16=False)
        partial.with_suffix(".bin").replace(path.with_suffix(".bin"))
        partial.replace(path)


def _forget_oldest(folder: Path) -> None:
    """Keep those used last that fit; the last one always."""
    graphs = sorted(folder.glob("*.xml"), key=lambda path: path.stat().st_mtime, reverse=True)
    sizes = [path.with_suffix(".bin").stat().st_size for path in graphs]
    for path, total in list(zip(graphs, accumulate(sizes), strict=True))[1:]:
        if total > ROOM:
            path.unlink(missing_ok=True)
            path.with_suffix(".bin").unlink(missing_ok=True)


def _digest(net: nn.Module, inputs: tuple[Tensor, ...], name: str) -> str:
    digest = hashlib.sha256()
    shapes = [tuple(t.shape) for t in inputs]
    digest.update(f"{name} {shapes} {net} {torch.__version__} {ov.__version__}".encode())
    for source in _sources():
        digest.update(source)
    for key, tensor in net.state_dict().items():
        digest.update(key.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def _sources() -> list[bytes]:
    """The code that a graph is traced from; where no files lie beside it, its version."""
    files = sorted(Path(nets.__path__[0]).glob("*.py"))
    files += [Path(module.__file__) for module in (cubemap, geometry, padding) if module.__file__]
    if not all(file.is_file() for file in files):
        return [__version__.encode()]
    return [file.read_bytes() for file in files]
