"""The styles that ship with vr360, and where to find any other."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from pipeline.looks.track import Look, parse_look
from pipeline.nets.checkpoint import Gallery, StyleCard, load_card, load_gallery, same_net
from pipeline.nets.looks import at_strength
from pipeline.nets.net import Net
from vr360.errors import CheckpointError

GALLERY = Path(__file__).parent / "gallery.safetensors"
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Palette:
    """A net and the styles it is to paint.

    Attributes:
        styles: looks by name, (strengths, K) each; see `pipeline.nets.looks`.
        preserving: those that were learned on luma and leave the film its colours.
    """

    net: Net
    styles: Mapping[str, Tensor]
    preserving: frozenset[str] = frozenset()

    def values(self, look: Look) -> Tensor:
        """What the look asks of the net: (1, K)."""
        shares = torch.tensor([look.shares[name] for name in look.shares])
        knots = torch.stack([self.styles[name] for name in look.shares])
        blend = (knots * shares[:, None, None]).sum(0)
        return at_strength(blend[None], torch.tensor([look.strength]))

    def colour_kept(self, look: Look) -> float:
        """Share of the film's own colours that the look leaves it, 0 to 1."""
        return sum(share for name, share in look.shares.items() if name in self.preserving)


def open_palette(names: Iterable[str]) -> Palette:
    """The styles of these names, shipped or in a file of one's own (FILE, or FILE#NAME).

    Raises:
        CheckpointError: no such style, or styles that no one net paints.
    """
    found = {name: _find(name) for name in names}
    first, net = next((name, gallery.net) for name, (gallery, _) in found.items())
    for name, (gallery, _) in found.items():
        if not same_net(net, gallery.net):
            raise CheckpointError(
                f"--style {first} and {name}: no blend of styles of two nets; train the one "
                "from the other's gallery (vr360 train --from) without --convolutions"
            )
    styles = {name: gallery.looks[index] for name, (gallery, index) in found.items()}
    cards = {name: gallery.card.styles[index] for name, (gallery, index) in found.items()}
    preserving = {n for n, card in cards.items() if card.settings.get("preserve_colour")}
    return Palette(net, styles, frozenset(preserving))


def load_look(style: str) -> tuple[Net, Tensor]:
    """A style or blend, painted as at the start of a film: the net and what it is asked, (1, K).

    Raises:
        Vr360Error: what `parse_look` and `open_palette` refuse.
    """
    track = parse_look(style)
    palette = open_palette(track.styles)
    return palette.net, palette.values(track.at())


def shipped_styles() -> dict[str, StyleCard]:
    """The shipped styles and their cards, in the order of the gallery."""
    return {card.name: card for card in load_card(GALLERY).styles}


def find_card(style: str) -> StyleCard:
    """The card of a style; raises as `open_palette`."""
    gallery, index = _find(style)
    return gallery.card.styles[index]


def thumbnail(style: str) -> Path:
    """Where the picture of a shipped style lies."""
    return GALLERY.with_name(f"{style}.jpg")


def _find(style: str) -> tuple[Gallery, int]:
    """The gallery that a style is in, and its place there."""
    shipped = _load(GALLERY)
    if style in shipped.card.names:
        return shipped, shipped.card.names.index(style)
    file, _, name = style.partition("#")
    path = Path(file)
    if path.suffix != SUFFIX and not path.is_file():
        _refuse(f"{style}: no such style", style, shipped.card.names)
    gallery = _load(path)
    names = gallery.card.names
    if not name and len(names) > 1:
        raise CheckpointError(f"{path}: holds {', '.join(names)}; say which, as {path}#{names[0]}")
    if name and name not in names:
        _refuse(f"{path}: no style {name} in it", name, names)
    return gallery, names.index(name) if name else 0


def _refuse(what: str, style: str, names: list[str]) -> None:
    near = difflib.get_close_matches(style, names, n=3, cutoff=0.4) or names
    raise CheckpointError(
        f"{what}; did you mean {' or '.join(near)}? `vr360 styles` lists them all"
    )


def _load(path: Path) -> Gallery:
    return _loaded(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=4)
def _loaded(path: Path, changed: int) -> Gallery:
    gallery = load_gallery(path)
    if path != GALLERY and same_net(gallery.net, _load(GALLERY).net):
        return replace(gallery, net=_load(GALLERY).net)  # one object, so that it is opened once
    return gallery
