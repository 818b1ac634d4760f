"""`vr360 share`: a folder that shows films in every browser and headset."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli.console import progress_bar, say
from pipeline.cli.options import usage

if TYPE_CHECKING:
    from viewer.web.pictures import View


def share(
    films: list[Path] | None = typer.Argument(
        None, metavar="FILM...", help="360° films and stills."
    ),
    folder: Path = typer.Argument(
        ..., metavar="OUT", help="Folder to make, or one shared before to bring up to date."
    ),
    compare: Path | None = typer.Option(None, help="Original of the one FILM, for a wipe."),
    path: Path | None = typer.Option(
        None, help="View path (JSON, of vr360 view) to follow until the viewer looks elsewhere."
    ),
    title: str | None = typer.Option(None, help="Of the page; by default the film's name."),
    view: str = typer.Option(
        "0,0,90", metavar="YAW,PITCH,FOV", help="Where the viewer looks at first, degrees."
    ),
    poster: float | None = typer.Option(
        None, min=0.0, help="Seconds into the film of the picture that stands before it plays."
    ),
    max_width: int = typer.Option(
        3840, min=256, max=8192, help="Pixels across the version that every browser plays."
    ),
) -> None:
    """Make a folder that plays FILMs in every browser, on phones and in headsets.

    Any web server can serve it, `vr360 serve` too. What phones or browsers may not play gets a
    version in H.264 beside it; versions that are made already are kept. Nothing is fetched from
    elsewhere.
    """
    if not films:
        raise typer.BadParameter(f"name a folder to make, as in: vr360 share {folder} site")
    with usage():
        from viewer.web.site import ShareJob, share

        looking = parse_view(view)
        job = ShareJob(tuple(films), folder, compare, path, title, looking, poster, max_width)
    shared = share(job, partial(progress_bar, doing="encoding"))
    for note in shared.notes:
        say("film  ", note)
    for page in shared.pages if len(shared.pages) == 1 else ():
        say("page  ", str(page))
    if len(shared.pages) > 1:
        say("page  ", f"{folder / 'index.html'}, of {len(shared.pages)} films")
    say("", f"look at it: vr360 serve {folder}")


def parse_view(text: str) -> View:
    """`YAW,PITCH,FOV` in degrees; what is left out is 0, 0 and 90."""
    from viewer.web.pictures import View

    try:
        yaw, pitch, fov = (*map(float, text.split(",")), *(0.0, 90.0)[text.count(",") :])
    except ValueError:
        raise typer.BadParameter(
            f"--view {text}: give YAW,PITCH,FOV in degrees, as 90,0,80"
        ) from None
    if not (-360 <= yaw <= 360 and -90 <= pitch <= 90 and 20 <= fov <= 150):
        raise typer.BadParameter(f"--view {text}: pitch lies within ±90, fov within 20 to 150")
    return View(yaw, pitch, fov)
