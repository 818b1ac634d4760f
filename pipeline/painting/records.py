"""Values made of dataclasses, lists, numbers and pictures, as safetensors and back.

Arrays and tensors become tensors of the file, the rest a JSON tree in its header. Only dataclasses
that the reader names are built, so a file can hold nothing but data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.nets.checkpoint import load_tensors, save_tensors
from vr360.errors import CheckpointError

Tree = Any
"""What JSON knows."""


def save_record(path: Path, value: Any, kind: str, version: int) -> None:
    """Write a value; a crash half-way leaves the former file.

    Raises:
        CheckpointError: it cannot be written.
        ValueError: something in it is neither data nor a dataclass.
    """
    tensors: dict[int, Tensor] = {}
    tree = _packed(value, tensors)
    header = {"kind": kind, "version": str(version), "value": json.dumps(tree)}
    save_tensors(path, {str(n): tensor for n, tensor in enumerate(tensors.values())}, header)


def load_record(path: Path, kind: str, version: int, known: Iterable[type]) -> Any:
    """The value in a file.

    Args:
        known: the dataclasses that it may be made of.

    Raises:
        CheckpointError: missing, damaged, of another kind or version.
    """
    tensors, header = load_tensors(path, kind)
    if header.get("version") != str(version):
        raise CheckpointError(f"{path}: of another version of vr360; begin anew without it")
    try:
        stored = _Stored(tensors, cache(lambda name: tensors[name].numpy()))
        return _unpacked(json.loads(header["value"]), stored, {c.__name__: c for c in known})
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged ({error}); begin anew without it") from error


def _packed(value: Any, tensors: dict[int, Tensor]) -> Tree:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Fraction):
        return {"fraction": [value.numerator, value.denominator]}
    if isinstance(value, np.ndarray | Tensor):
        return _stored(value, tensors)
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_packed(item, tensors) for item in value]}
    if is_dataclass(value):
        parts = {f.name: _packed(getattr(value, f.name), tensors) for f in fields(value)}
        return {"record": type(value).__name__, "fields": parts}
    raise ValueError(f"cannot be saved: {type(value).__name__}")


def _stored(value: np.ndarray | Tensor, tensors: dict[int, Tensor]) -> Tree:
    """One that is met twice, as the average's last output is, is stored once."""
    kind = "tensor" if isinstance(value, Tensor) else "array"
    if id(value) not in tensors:
        whole = (
            value if isinstance(value, Tensor) else torch.from_numpy(np.ascontiguousarray(value))
        )
        tensors[id(value)] = whole.detach().cpu().clone(memory_format=torch.contiguous_format)
    return {kind: str(list(tensors).index(id(value)))}


class _Stored(NamedTuple):
    """What a file holds, by name: one that is mentioned twice is the same object."""

    tensors: Mapping[str, Tensor]
    array: Callable[[str], np.ndarray]


def _unpacked(tree: Tree, stored: _Stored, known: Mapping[str, type]) -> Any:
    if not isinstance(tree, dict):
        return tree
    match tree:
        case {"fraction": [above, below]}:
            return Fraction(above, below)
        case {"tensor": name}:
            return stored.tensors[name]
        case {"array": name}:
            return stored.array(name)
        case {"list": items}:
            return [_unpacked(item, stored, known) for item in items]
        case {"tuple": items}:
            return tuple(_unpacked(item, stored, known) for item in items)
        case {"record": name, "fields": parts}:
            return known[name](**{k: _unpacked(v, stored, known) for k, v in parts.items()})
    raise ValueError("no value of ours")
