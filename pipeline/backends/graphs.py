"""Graphs of nets for OpenVINO: tracing one takes far longer than painting a still.

The graphs of the shipped styles' net are part of the package, see `pipeline.backends.shipping`.
Other nets are traced once for each size. Their graphs lie in `$XDG_CACHE_HOME/vr360`
(`~/.cache/vr360`) and may be deleted at any time; those used last stay, in `ROOM` bytes. Every
graph is named by all that it is made from.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import tempfile
import tokenize
import zlib
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import openvino as ov
import torch
from torch import Tensor, nn

from pipeline.backends import tracing
from pipeline.nets import layers, looks, moments, placed
from pipeline.nets.placed import Placed
from vr360 import __version__
from vr360.cache import cache_folder

ROOM = 1 << 26  # bytes; a graph takes 100 kB
SHIPPED = Path(__file__).parent / "shipped"
MARKS = {tokenize.INDENT: ">", tokenize.DEDENT: "<"}
logger = logging.getLogger(__name__)


def load_graph(
    module: nn.Module, inputs: Sequence[Tensor], surface: Placed, one_surface: bool = True
) -> ov.Model:
    """The graph of `module(*inputs, surface)` with its weights and for these sizes.

    Args:
        one_surface: whether the surface is always this one; if not, its places are inputs as well.
    """
    graph = _read(SHIPPED / f"{architecture(module)}.zip") or _kept(module, inputs, surface)
    given = [*inputs, *surface.places, *surface.areas, *module.parameters()]
    count = len(inputs) if one_surface else len(inputs) + len(surface.places)
    tracing.fill(graph, given[:count], given[count:])
    return graph


def architecture(module: nn.Module) -> str:
    """A digest of the code and the layers that a net is traced from, whatever its weights."""
    digest = hashlib.sha256(f"{module}".encode())
    for source in _sources(module):
        digest.update(source.encode())
    return digest.hexdigest()[:16]


def write(graph: ov.Model, path: Path) -> None:
    """All or nothing; another process may do the same at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        ov.save_model(graph, Path(folder) / "graph.xml", compress_to_fp16=False)
        partial = Path(folder) / path.name
        with ZipFile(partial, "w", ZIP_DEFLATED) as archive:
            for suffix in ("xml", "bin"):
                archive.write(Path(folder) / f"graph.{suffix}", f"graph.{suffix}")
        partial.replace(path)


def _read(path: Path) -> ov.Model | None:
    """None where it is missing, damaged, or of a later OpenVINO."""
    try:
        with ZipFile(path) as archive:
            parts = [archive.read(f"graph.{suffix}") for suffix in ("xml", "bin")]
        return ov.Core().read_model(*parts)
    except (OSError, EOFError, BadZipFile, zlib.error, KeyError, RuntimeError):
        return None


def _kept(module: nn.Module, inputs: Sequence[Tensor], surface: Placed) -> ov.Model:
    """The graph for these sizes: kept from before, or traced."""
    shapes = [tuple(t.shape) for t in (*inputs, *surface.places, *surface.areas)]
    made_by = f"{architecture(module)} {shapes} {torch.__version__} {ov.__version__}"
    path = cache_folder() / f"{hashlib.sha256(made_by.encode()).hexdigest()}.zip"
    if graph := _read(path):
        with suppress(OSError):  # a cache that others own
            path.touch()  # used last
        return graph
    graph = tracing.trace(module, inputs, surface)
    try:
        write(graph, path)
        _forget_oldest(path.parent)
    except OSError as error:
        logger.info("graph not kept: %s", error)
    return graph


def _forget_oldest(folder: Path) -> None:
    """Keep those used last that fit; the last one always, none of a version that kept `.xml`."""
    for path in [*folder.glob("*.xml"), *folder.glob("*.bin")]:
        path.unlink(missing_ok=True)
    graphs = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    sizes = accumulate(path.stat().st_size for path in graphs)
    for path, total in list(zip(graphs, sizes, strict=True))[1:]:
        if total > ROOM:
            path.unlink(missing_ok=True)


def _sources(module: nn.Module) -> list[str]:
    """The code that a graph is traced from; where no files lie beside it, its version."""
    classes = {kind for part in module.modules() for kind in type(part).__mro__}
    nets = {sys.modules[kind.__module__] for kind in classes if issubclass(kind, nn.Module)}
    ours = {m for m in nets if not m.__name__.startswith("torch.")}
    modules = {*ours, layers, looks, moments, placed, tracing}
    named = sorted(modules, key=lambda module: module.__name__)
    files = [Path(module.__file__ or "") for module in named]
    if not all(file.is_file() for file in files):
        return [__version__]
    return [_code(file) for file in files]


def _code(file: Path) -> str:
    """What a file does, without what it says: its tokens, alike in every version of Python."""
    lines: list[list[str]] = [[]]
    with tokenize.open(file) as text:
        for token in tokenize.generate_tokens(text.readline):
            if token.type == tokenize.NEWLINE:
                lines.append([])
            elif token.type not in (tokenize.COMMENT, tokenize.NL):
                lines[-1].append(MARKS.get(token.type, token.string))
    return "\n".join("".join(line) for line in lines if not _is_docstring(line))


def _is_docstring(line: list[str]) -> bool:
    words = [word for word in line if word not in MARKS.values()]
    return len(words) == 1 and words[0].endswith(('"', "'"))
