"""`vr360 styles`: what can be painted with."""

from __future__ import annotations

import typer
from rich.table import Table

from pipeline.cli.console import console, print_json


def styles(
    as_json: bool = typer.Option(False, "--json", help="Print the styles' cards as JSON."),
) -> None:
    """List the shipped styles with the paintings they were trained on."""
    from dataclasses import asdict

    from pipeline.styles import shipped_styles

    cards = shipped_styles()
    if as_json:
        print_json({name: asdict(card) for name, card in cards.items()})
        return
    table = Table("style", "painting", "artist", "rights", box=None)
    for name, card in cards.items():
        table.add_row(name, *(card.painting.get(k, "") for k in ("title", "artist", "rights")))
    console.print(table)
    for name in cards:
        typer.echo(name)
