"""The `vr360` command: one file per sub-command, and the only place that catches errors.

stdout carries data, stderr messages and progress. Exit 0; 1 for what we refuse, in one line; 2 for
a command line that makes no sense.
"""

from __future__ import annotations

import logging
import sys

import typer

from pipeline.cli.console import say
from pipeline.cli.convert import convert
from pipeline.cli.demo import demo
from pipeline.cli.discover import discover
from pipeline.cli.explore import explore
from pipeline.cli.inject import inject
from pipeline.cli.inspect import inspect
from pipeline.cli.measure import measure
from pipeline.cli.memory import keep_freed_memory
from pipeline.cli.optimize import optimize
from pipeline.cli.remove import remove
from pipeline.cli.signals import clean_up_when_ended
from pipeline.cli.stitch import stitch
from pipeline.cli.styles import styles
from pipeline.cli.stylize import stylize
from pipeline.cli.train import train
from pipeline.cli.view import view
from vr360 import __version__
from vr360.errors import Vr360Error

app = typer.Typer(
    name="vr360",
    help="360° footage in, a painted, steady, headset-ready film out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    stylize,
    stitch,
    convert,
    demo,
    view,
    train,
    discover,
    optimize,
    explore,
    measure,
    inspect,
    inject,
    remove,
):
    app.command()(command)
app.add_typer(styles, name="styles")


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; the process ends here."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    keep_freed_memory()
    clean_up_when_ended()
    try:
        app()
    except Vr360Error as error:
        say("[red]error:[/red] ", str(error))
        sys.exit(1)
