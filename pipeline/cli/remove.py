"""`vr360 remove`: back to a plain file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from pipeline.cli.console import say
from pipeline.cli.editing import PATHS, byte_bar, jobs, run, say_stripped


def remove(
    paths: list[Path] = PATHS,
    in_place: bool = typer.Option(
        False,
        "--in-place",
        help="Edit the file where it lies, if possible. A crash then damages it.",
    ),
    strip_location: bool = typer.Option(
        False,
        "--strip-location",
        help="Blank GPS and places in telemetry, tags and photos (MP4, MOV, MKV, JPEG, PNG).",
    ),
    each: bool = typer.Option(False, "--each", help="All paths are inputs."),
    force: bool = typer.Option(False, "--force", help="Overwrite OUTPUT."),
    as_json: bool = typer.Option(False, "--json", help="Print what was written as JSON."),
) -> None:
    """Take all spherical and ambisonic metadata out of films and stills."""
    from vr360 import spherical

    def edit(source: Path, target: Path | None) -> dict[str, Any]:
        with byte_bar(source) as progress:
            spherical.remove(source, target, in_place=in_place, force=force, progress=progress)
        written = target or source
        if strip_location:
            say_stripped(written)
        say("wrote ", f"{written}: no spherical metadata")
        return {"file": str(written), "metadata": None}

    pairs = jobs(paths, each, force)
    if in_place and any(target for _, target in pairs):
        raise typer.BadParameter("--in-place edits the file itself; it takes no OUTPUT")
    run(pairs, edit, as_json)
