"""The `vr360` command: one file per sub-command.

stdout carries data, stderr messages and progress. Exit 0; 1 for what we refuse, in one line; 2,
before any work, for a command line that makes no sense. Errors of the one tree end here. Commands
import what they need when they run: help and refusals wait for no library.
"""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from pipeline.cli.command import Command, Commands
from pipeline.cli.console import say
from pipeline.cli.convert import convert
from pipeline.cli.demo import demo
from pipeline.cli.discover import discover
from pipeline.cli.doctor import doctor
from pipeline.cli.explore import explore
from pipeline.cli.film import film
from pipeline.cli.inject import inject
from pipeline.cli.inspect import inspect
from pipeline.cli.jobs import jobs
from pipeline.cli.measure import measure
from pipeline.cli.optimize import optimize
from pipeline.cli.plan import plan
from pipeline.cli.remove import remove
from pipeline.cli.serve import serve
from pipeline.cli.share import share
from pipeline.cli.signals import clean_up_when_ended
from pipeline.cli.stitch import stitch
from pipeline.cli.styles import styles
from pipeline.cli.stylize import stylize
from pipeline.cli.train import train
from pipeline.cli.view import view
from vr360 import __version__
from vr360.errors import Vr360Error
from vr360.memory import keep_freed_memory

app = typer.Typer(
    name="vr360",
    cls=Commands,
    help="360° footage in, a painted, steady, headset-ready film out.",
    no_args_is_help=True,
    epilog="Every command has worked examples: vr360 COMMAND --help.",
    pretty_exceptions_enable=False,
)
for command in (
    stylize,
    film,
    plan,
    stitch,
    convert,
    demo,
    view,
    share,
    serve,
    train,
    discover,
    optimize,
    explore,
    measure,
    inspect,
    inject,
    remove,
    doctor,
):
    app.command(cls=Command)(command)
app.add_typer(styles, name="styles")
app.add_typer(jobs, name="jobs")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; the process ends here."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    keep_freed_memory()
    clean_up_when_ended()
    try:
        app(prog_name="vr360")
    except Vr360Error as error:
        say("[red]error:[/red] ", str(error))
        sys.exit(1)
