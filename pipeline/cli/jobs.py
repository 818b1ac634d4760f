"""`vr360 jobs`: films that were begun and are not there yet."""

from __future__ import annotations

from pathlib import Path

import typer

from pipeline.cli.command import Command, Commands, epilog
from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import AsJson, Force

jobs = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Go on with long films that were broken off, or clear them away.",
    epilog=epilog(("vr360 jobs show film.mp4.job", "vr360 jobs resume film.mp4.job")),
)
Folder = typer.Argument(..., metavar="FOLDER", help="OUTPUT.job, beside the film it is for.")


@jobs.command(cls=Command)
def show(folder: Path = Folder, as_json: AsJson = False) -> None:
    """Tell how much of a film is painted, and how long the rest will take."""
    from pipeline.jobs.job import status

    found = status(folder)
    if as_json:
        print_json(found)
        return
    say("film     ", str(found["output"]))
    say("painted  ", f"{found['done']} of {found['frames']} frames, {found['segments']} segments")
    if found["seconds_left"] is not None:
        say("left     ", f"{found['seconds_left']:.0f} s at {found['fps']:.2f} fps")


@jobs.command(cls=Command)
def resume(folder: Path = Folder, force: Force = False) -> None:
    """Go on with a film, with the settings that it was begun with."""
    from pipeline.jobs.job import resume as go_on

    say("film     ", str(go_on(folder, progress_bar, force).output))


@jobs.command(cls=Command)
def clean(folder: Path = Folder) -> None:
    """Remove a job and all that it has painted; the source and finished films stay."""
    from pipeline.jobs.job import remove

    remove(folder)
