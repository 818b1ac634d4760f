"""Galleries on disk: one net, the looks of its styles, and a readable card, as safetensors.

The card is JSON in the file's header: what each style was painted after, how the net was trained,
from which data under which licence, by which version of the code. Pickled files are refused:
opening one runs whatever its author put in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from pipeline.nets.cards import (
    KIND,
    VERSION,
    check_kind,
    check_unpickled,
    parse_card,
    unreadable,
)
from pipeline.nets.cards import StyleCard as StyleCard
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.looks import STRENGTHS, STROKES
from pipeline.nets.net import Net
from pipeline.nets.stylenet import StyleNet
from vr360 import __version__
from vr360.errors import CheckpointError
from vr360.partial import write_whole

NETS: Mapping[str, type[Net]] = {net.kind: net for net in (DraftNet, StyleNet)}
"""The nets that a gallery may hold, by their kind."""


@dataclass(frozen=True)
class GalleryCard:
    """What a gallery says of itself.

    Attributes:
        kind: of the net, see `NETS`.
        net: every field of its configuration.
        styles: in the order of their looks.
        data: pictures and feature weights the training used, and their licences.
        settings: every setting of the training run.
        losses: the last smoothed value of each loss.
    """

    kind: str
    net: Mapping[str, Any]
    styles: tuple[StyleCard, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    losses: Mapping[str, float] = field(default_factory=dict)
    code_version: str = __version__

    @classmethod
    def of(cls, net: Net, styles: tuple[StyleCard, ...], **told: Any) -> GalleryCard:
        """The card of a net and its styles; `told` are the fields below them."""
        return cls(net.kind, asdict(net.config), styles, **told)

    @property
    def names(self) -> list[str]:
        return [style.name for style in self.styles]


@dataclass(frozen=True)
class Gallery:
    """A net and the looks that it paints.

    Attributes:
        looks: (styles, strengths, K), at the strengths of `pipeline.nets.looks.STRENGTHS`.
        strokes: (styles, 2, K), what strokes of half and of twice the length add to them.
    """

    net: Net
    looks: Tensor
    strokes: Tensor
    card: GalleryCard


def save_gallery(path: Path, gallery: Gallery) -> None:
    """Write a gallery; a crash half-way leaves the former file."""
    tensors = {f"net.{name}": t for name, t in gallery.net.state_dict().items()}
    tensors["looks"] = gallery.looks
    tensors["strokes"] = gallery.strokes
    tensors = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    header = {"kind": KIND, "version": str(VERSION), "card": json.dumps(asdict(gallery.card))}
    save_tensors(path, tensors, header)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Safetensors through a partial file, so that a full disk never costs the last good one."""
    try:
        write_whole(path, save(dict(tensors), metadata=dict(header)))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be written ({error}); is the disk full?") from error


def load_tensors(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and header of one of our safetensors files.

    Raises:
        CheckpointError: missing, pickled, truncated, or of another kind.
    """
    check_unpickled(path)
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            # Copies, which lie as torch lays out its own: sums may differ by where vectors begin.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path}: not a safetensors file, or truncated ({error}); fetch or train it again"
        ) from error
    check_kind(path, header, kind)
    return tensors, header


def load_card(path: Path) -> GalleryCard:
    """The card alone; raises as `load_gallery`."""
    return _parse_card(path, load_tensors(path, KIND)[1])


def load_gallery(path: Path) -> Gallery:
    """The gallery in a file: float32, on the CPU, the net in eval mode.

    Raises:
        CheckpointError: not a gallery of ours, damaged, or of a newer version.
    """
    tensors, header = load_tensors(path, KIND)
    card = _parse_card(path, header)
    net = _build(path, card)
    weights = {k[4:]: t.float() for k, t in tensors.items() if k.startswith("net.")}
    try:
        net.load_state_dict(weights)
        looks = tensors["looks"].float()
        looks = looks.view(len(card.styles), len(STRENGTHS), net.look_size)
        strokes = tensors["strokes"].float().view(len(looks), len(STROKES), net.look_size)
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(
            f"{path}: its weights do not fit the net its card describes; fetch or train it again"
        ) from error
    return Gallery(net.eval().requires_grad_(False), looks, strokes, card)


def same_net(one: Net, other: Net) -> bool:
    """Whether two galleries can blend their looks: their convolutions are equal."""
    if one.kind != other.kind or one.config != other.config:
        return False
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def _build(path: Path, card: GalleryCard) -> Net:
    if card.kind not in NETS:
        raise CheckpointError(
            f"{path}: holds a net of the kind {card.kind!r}, which this vr360 does not know; "
            "update with pip install -U vr360"
        )
    try:
        return NETS[card.kind].from_config(card.net)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: the gallery's card cannot be read ({error})") from error


def _parse_card(path: Path, header: Mapping[str, str]) -> GalleryCard:
    fields = parse_card(path, header)
    try:
        styles = tuple(StyleCard(**style) for style in fields["styles"])
        return GalleryCard(**(fields | {"styles": styles}))
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(path, error) from error
