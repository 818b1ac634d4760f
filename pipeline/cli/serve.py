"""`vr360 serve`: look at a shared folder, or at films, here or with a headset in the same room."""

from __future__ import annotations

from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import typer

from pipeline.cli.console import progress_bar, say
from pipeline.cli.options import usage


def serve(
    paths: list[Path] = typer.Argument(
        ..., metavar="FOLDER|FILM...", help="A folder of vr360 share, or films and stills."
    ),
    port: int = typer.Option(8360, min=0, max=65535, help="0 takes a free one."),
    lan: bool = typer.Option(
        False, "--lan", help="For everyone in the network who has the address: https, with a token."
    ),
    live: bool = typer.Option(
        False, "--live", help="Paint the films while they are watched, in the looks of the gallery."
    ),
    address: str | None = typer.Option(
        None, metavar="IP", help="Of this machine for --lan, where it is in several networks."
    ),
) -> None:
    """Serve films to a browser on this machine, or with --lan to headsets and phones.

    A headset wants https. --lan signs a certificate for itself, so that the headset warns once:
    choose Advanced, then go on. With --live the page has a button that paints: choose a look, a
    blend of two, strength and strokes; this machine paints what is on show at preview size.
    """
    from pipeline.cli.view import Styles
    from viewer.web.serving import ServeJob, serve

    def announce(address: str) -> None:
        say("[bold]address[/bold] ", address)
        if lan:
            from viewer.web.lan import qr_code

            typer.echo(qr_code(address), err=True)
            say("", "the browser warns of the certificate once: Advanced, then go on")
        say("", "Ctrl-C ends it")

    styles = Styles()
    with usage():
        job = ServeJob(tuple(paths), port, lan, address, styles if live else None)
    with suppress(KeyboardInterrupt), closing(styles):
        serve(job, announce, partial(progress_bar, doing="encoding"))
