"""The styles that ship with vr360, and where to find any other.

torch is imported where a net is opened: whether there is such a style is known before.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.looks.track import Look, parse_look
from pipeline.nets.cards import StyleCard, load_style_cards
from vr360.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.nets.checkpoint import Gallery
    from pipeline.nets.net import Net

GALLERY = Path(__file__).parent / "gallery.safetensors"
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Palette:
    """A net and the styles it is to paint.

    Attributes:
        styles: looks by name, (strengths, K) each; see `pipeline.nets.looks`.
        strokes: what short and long strokes add to them, (2, K) each.
        preserving: those that were learned on luma and leave the film its colours.
    """

    net: Net
    styles: Mapping[str, Tensor]
    strokes: Mapping[str, Tensor]
    preserving: frozenset[str] = frozenset()

    def values(self, look: Look) -> Tensor:
        """What the look asks of the net: (1, K)."""
        import torch

        from pipeline.nets.looks import at_strength, of_stroke

        shares = torch.tensor([look.shares[name] for name in look.shares])[:, None, None]
        knots = torch.stack([self.styles[name] for name in look.shares])
        blend = at_strength((knots * shares).sum(0)[None], torch.tensor([look.strength]))
        if look.stroke == 1:
            return blend
        strokes = torch.stack([self.strokes[name] for name in look.shares])
        return blend + of_stroke((strokes * shares).sum(0)[None], torch.tensor([look.stroke]))

    def colour_kept(self, look: Look) -> float:
        """Share of the film's own colours that the look leaves it, 0 to 1."""
        return sum(share for name, share in look.shares.items() if name in self.preserving)


def open_palette(names: Iterable[str]) -> Palette:
    """The styles of these names, shipped or in a file of one's own (FILE, or FILE#NAME).

    Raises:
        CheckpointError: no such style, or styles that no one net paints.
    """
    from pipeline.nets.checkpoint import same_net

    found = {name: _find(name) for name in names}
    first, net = next((name, gallery.net) for name, (gallery, _) in found.items())
    for name, (gallery, _) in found.items():
        if not same_net(net, gallery.net):
            raise CheckpointError(
                f"--style {first} and {name}: no blend of styles of two nets; train the one "
                "from the other's gallery (vr360 train --gallery) without --convolutions"
            )
    styles = {name: gallery.looks[index] for name, (gallery, index) in found.items()}
    strokes = {name: gallery.strokes[index] for name, (gallery, index) in found.items()}
    cards = {name: gallery.card.styles[index] for name, (gallery, index) in found.items()}
    preserving = {n for n, card in cards.items() if card.settings.get("preserve_colour")}
    return Palette(net, styles, strokes, frozenset(preserving))


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
    return {card.name: card for card in load_style_cards(GALLERY)}


def find_card(style: str) -> StyleCard:
    """The card of a style; raises as `open_palette`."""
    path, index = _place(style)
    return load_style_cards(path)[index]


def check_styles(*looks: str | Path | Sequence[str]) -> None:
    """Raise CheckpointError for a style that is not there; opens no net.

    Args:
        looks: what `parse_look` reads.
    """
    for look in looks:
        for name in parse_look(look).styles:
            _place(name)


def thumbnail(style: str) -> Path:
    """Where the picture of a shipped style lies."""
    return GALLERY.with_name(f"{style}.jpg")


def _find(style: str) -> tuple[Gallery, int]:
    """The gallery that a style is in, and its place there."""
    path, index = _place(style)
    return _load(path), index


def _place(style: str) -> tuple[Path, int]:
    """The file of the gallery that a style is in, and its place there."""
    shipped = list(shipped_styles())
    if style in shipped:
        return GALLERY, shipped.index(style)
    file, _, name = style.partition("#")
    path = Path(file)
    if path.suffix != SUFFIX and not path.is_file():
        guess = _guess(style, shipped)
        raise CheckpointError(
            f"{style}: no such style; {guess}`vr360 styles` lists those that ship"
        )
    names = [card.name for card in load_style_cards(path)]
    if not name and len(names) > 1:
        raise CheckpointError(f"{path}: holds {', '.join(names)}; say which, as {path}#{names[0]}")
    if name and name not in names:
        guess = _guess(name, names)
        raise CheckpointError(f"{path}: no style {name} in it; {guess}it holds {', '.join(names)}")
    return path, names.index(name) if name else 0


def _guess(style: str, names: list[str]) -> str:
    """Names that are near to a mistyped one, as a question; none is a guess at all."""
    near = difflib.get_close_matches(style, names, n=3)
    return f"did you mean {' or '.join(near)}? " if near else ""


def _load(path: Path) -> Gallery:
    return _loaded(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=4)
def _loaded(path: Path, changed: int) -> Gallery:
    from pipeline.nets.checkpoint import load_gallery, same_net

    gallery = load_gallery(path)
    if path != GALLERY and same_net(gallery.net, _load(GALLERY).net):
        return replace(gallery, net=_load(GALLERY).net)  # one object, so that it is opened once
    return gallery
