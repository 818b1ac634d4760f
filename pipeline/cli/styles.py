"""`vr360 styles`: what can be painted with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from pipeline.cli.command import Command, Commands, epilog
from pipeline.cli.console import console, print_json, progress_bar, say
from pipeline.cli.options import AsJson

if TYPE_CHECKING:
    from pipeline.nets.cards import StyleCard

styles = typer.Typer(
    cls=Commands,
    invoke_without_command=True,
    add_completion=False,
    epilog=epilog(("vr360 styles", "vr360 styles show starry_night", "vr360 styles --sheet s.png")),
)


@styles.callback()
def list_styles(
    context: typer.Context,
    gallery: Path | None = typer.Option(None, help="Gallery FILE. Default: the shipped one."),
    sheet: Path | None = typer.Option(
        None, help="JPEG or PNG to write: a scene painted in every style."
    ),
    thumbnails: Path | None = typer.Option(
        None, help="Folder for a NAME.jpg of every style, as `vr360 view` shows them."
    ),
    drawings: Path | None = typer.Option(
        None, help="Folder for a NAME.png of every style image that vr360 draws itself."
    ),
    force: bool = typer.Option(False, "--force", help="Overwrite the sheet."),
    as_json: bool = typer.Option(False, "--json", help="Print the styles' cards as JSON."),
) -> None:
    """List the styles and their paintings; `show NAME` tells more about one."""
    from pipeline.nets.cards import load_style_cards
    from pipeline.styles import GALLERY

    if context.invoked_subcommand:
        return
    if drawings is not None:
        _save_drawings(drawings)
        return
    cards = {card.name: card for card in load_style_cards(gallery or GALLERY)}
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


@styles.command(cls=Command)
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
    from vr360.media.targets import check_target

    if sheet is None and thumbnails is None:
        return
    if sheet is not None:
        check_target(sheet, force, None)

    from pipeline.painting.thumbnails import paint_scene, save_sheet, save_thumbnails

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


def _save_drawings(folder: Path) -> None:
    from pipeline.styles.drawings import DRAWINGS
    from vr360.media.stills import encoded, store

    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in DRAWINGS.items():
        store(folder / f"{name}.png", encoded(draw(), ".png"))
    say("drawings ", str(folder))


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
