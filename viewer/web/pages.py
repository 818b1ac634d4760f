"""The pages of a shared folder: a player for each film, and a gallery where there are several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

from viewer.web.script import asset

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""Content Security Policy: nothing from elsewhere, nothing inline."""


@dataclass(frozen=True)
class Card:
    """A film in a gallery: where it is, its name, a line about it, its picture."""

    page: str
    title: str
    line: str
    picture: str


def player_page(show: dict[str, Any], card: str, line: str) -> str:
    """The page of one film or still."""
    return Template(asset("player.html")).substitute(
        policy=escape(POLICY),
        title=escape(show["title"]),
        kind="website" if show["still"] else "video.other",
        card=escape(card),
        poster=escape(show["poster"]),
        description=escape(line),
        show=json.dumps(show).replace("<", "\\u003c"),
    )


def gallery_page(title: str, cards: Sequence[Card]) -> str:
    """The page that leads to several films."""
    items = "\n".join(_item(card) for card in cards)
    return Template(asset("gallery.html")).substitute(
        policy=escape(POLICY),
        title=escape(title),
        card=escape(cards[0].picture),
        cards=items,
    )


def _item(card: Card) -> str:
    picture = f'<img src="{escape(card.picture)}" alt="" width="1200" height="630" loading="lazy">'
    words = f"<h2>{escape(card.title)}</h2><p>{escape(card.line)}</p>"
    return f'<li><a class="card" href="{escape(card.page)}">{picture}{words}</a></li>'
