"""`vr360 styles`: what can be painted with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from pipeline.cli.console import console, print_json, progress_bar, say
from pipeline.cli.options import AsJson

if TYPE_CHECKING:
    from pipeline.nets.checkpoint import StyleCard

styles = typer.Typer(invoke_without_command=True, add_completion=False)


@styles.callback()
def list_styles(
    context: typer.Context,
    gallery: Path | None = typer.Option(None, help="A gallery FILE instead of the shipped one."),
    sheet: Path | None = typer.Option(
        None, help="JPEG or PNG to write: a scene painted in every style."
    ),
    thumbnails: Path | None = typer.Option(
        None, help="Folder for a NAME.jpg of every style, as `vr360 view` shows them."
    ),
    force: bool = typer.Option(False, "--force", help="Overwrite the sheet."),
    as_json: bool = typer.Option(False, "--json", help="Print the styles' cards as JSON."),
) -> None:
    """List the styles with the paintings they were trained on; `show NAME` tells more of one."""
    from pipeline.nets.checkpoint import load_card
    from pipeline.styles import GALLERY

    if context.invoked_subcommand:
        return
    cards = {card.name: card for card in load_card(gallery or GALLERY).styles}
    _draw(gallery, list(cards), sheet, thumbnails, force)
    if as_json:
        _print_cards(cards)
        return
    table = Table("style", "painting", "artist", "rights", box=None)
    for name, card in cards.items():
        table.add_row(name, *(card.painting.get(k, "") for k in ("title", "artist", "rights")))
    console.print(table)
    for name in cards:
        typer.echo(name)


@styles.command()
def show(
    style: str = typer.Argument(..., help="Name of a shipped style, or FILE, or FILE#NAME."),
    as_json: AsJson = False,
) -> None:
    """Tell all that is known of a style: its painting, its settings, its training."""
    from dataclasses import asdict

    from pipeline.styles import find_card

    card = find_card(style)
    if as_json:
        print_json(asdict(card))
    else:
        typer.echo("\n".join(_lines(asdict(card))))


def _draw(
    gallery: Path | None,
    names: list[str],
    sheet: Path | None,
    thumbnails: Path | None,
    force: bool,
) -> None:
    from pipeline.painting.thumbnails import paint_scene, save_sheet, save_thumbnails
    from vr360.media.targets import check_target

    if sheet is None and thumbnails is None:
        return
    if sheet is not None:
        check_target(sheet, force, None)
    where = {name: f"{gallery}#{name}" if gallery else name for name in names}
    shown = progress_bar(names, len(names))
    painted = {name: paint_scene(where[name]) for name in shown}
    if sheet is not None:
        save_sheet(sheet, painted, force)
        say("sheet    ", str(sheet))
    if thumbnails is not None:
        thumbnails.mkdir(parents=True, exist_ok=True)
        save_thumbnails(thumbnails, painted)
        say("pictures ", str(thumbnails))


def _print_cards(cards: Mapping[str, StyleCard]) -> None:
    from dataclasses import asdict

    print_json({name: asdict(card) for name, card in cards.items()})


def _lines(card: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A card for people; what was left open is left out."""
    for key, value in card.items():
        if isinstance(value, Mapping):
            if value:
                yield f"{indent}{key}"
                yield from _lines(value, indent + "  ")
        elif value not in (None, "", False):
            yield f"{indent}{key:<14}{value}"
