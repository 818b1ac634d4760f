"""Cards of styles: what a gallery's file says of itself, read without opening its net.

A safetensors file begins with the length of its header (8 bytes, little-endian) and the header,
JSON; whatever its author wrote stands there under `__metadata__`.
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vr360.errors import CheckpointError

KIND = "vr360-gallery"
VERSION = 1
_LARGEST_HEADER = 100_000_000  # bytes, as in the format's own reader


@dataclass(frozen=True)
class StyleCard:
    """What a film maker may ask of a style.

    Attributes:
        painting: title, artist, year, rights and sha256 of the style image.
        settings: how the painting was cut and scaled, and its weight.
        training: how the look came about, where it is younger than the net.
    """

    name: str
    painting: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


def load_style_cards(path: Path) -> tuple[StyleCard, ...]:
    """The cards of a gallery's styles, in the order of their looks.

    Raises:
        CheckpointError: missing, pickled, truncated, not a gallery of ours, or of a newer version.
    """
    check_unpickled(path)
    header = _header(path)
    check_kind(path, header, KIND)
    fields = parse_card(path, header)
    try:
        return tuple(StyleCard(**style) for style in fields["styles"])
    except (KeyError, TypeError) as error:
        raise unreadable(path, error) from error


def parse_card(path: Path, header: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a gallery's card.

    Raises:
        CheckpointError: of a newer version, or damaged.
    """
    try:
        if int(header.get("version", 0)) > VERSION:
            raise CheckpointError(
                f"{path}: written by a newer vr360; update with pip install -U vr360"
            )
        fields: dict[str, Any] = json.loads(header["card"])
        if isinstance(fields, dict) and "kind" not in fields:
            raise CheckpointError(
                f"{path}: of an earlier vr360, whose net is no longer painted with; train the "
                "style anew with `vr360 train`, or take one of `vr360 styles`"
            )
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(path, error) from error
    return fields


def unreadable(path: Path, error: Exception) -> CheckpointError:
    """What to raise for a card that lacks something."""
    return CheckpointError(f"{path}: the gallery's card cannot be read ({error})")


def check_kind(path: Path, header: Mapping[str, str], kind: str) -> None:
    """Raise CheckpointError for a file of another kind."""
    if header.get("kind") != kind:
        found = header.get("kind", "no kind at all")
        raise CheckpointError(f"{path}: a {kind} file is wanted, this one holds {found}")


def check_unpickled(path: Path) -> None:
    """Raise CheckpointError for no file, and for a pickled one: opening it can run code."""
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file")
    with path.open("rb") as file:
        start = file.read(9)
    # zip (torch.save since 1.6) or a bare pickle stream; safetensors begin with the length of
    # their header, which may be any two bytes, and the header, eight bytes on, is JSON
    pickled = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
    if start[:2] in pickled and start[8:] != b"{":
        raise CheckpointError(
            f"{path}: a pickled checkpoint, which can run code when opened; "
            "vr360 reads safetensors only, so train the style anew with `vr360 train`"
        )


def _header(path: Path) -> Mapping[str, str]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _LARGEST_HEADER:
                raise ValueError("no header")
            header: Mapping[str, str] = json.loads(file.read(length)).get("__metadata__", {})
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{path}: not a safetensors file, or truncated ({error}); fetch or train it again"
        ) from error
    return header
