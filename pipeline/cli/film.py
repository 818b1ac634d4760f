"""`vr360 film`: a film of several scenes from one file that tells of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import AsJson, Force
from pipeline.cli.signals import stopping_at_a_frame
from pipeline.cli.values import parse_rate

if TYPE_CHECKING:
    from pipeline.film.film import Checked, FilmReport


def film(
    script: Path = typer.Argument(
        ..., metavar="FILM.toml", help="Scenes, looks, transitions and sound of the film."
    ),
    output: Path | None = typer.Argument(
        None, help="Film to write (.mp4, .mov, .mkv); with --check, --sheet, --to it is not made."
    ),
    check: bool = typer.Option(
        False, "--check", help="Say all that is wrong with FILM.toml, and how long the film is."
    ),
    preview: bool = typer.Option(
        False, "--preview", help="A quarter as wide and as high, with its sound."
    ),
    scene: str | None = typer.Option(None, help="Make this scene alone, without transitions."),
    sheet: Path | None = typer.Option(
        None, help="Write one picture with a frame of each scene and transition (.png, .jpg)."
    ),
    edl: Path | None = typer.Option(
        None, "--from", help="Write FILM.toml from the cuts of an EDL or .otio file, and stop."
    ),
    timeline: Path | None = typer.Option(
        None, "--to", help="Write the scenes as .otio or .edl, a marker at each, for other editors."
    ),
    clips: Path | None = typer.Option(
        None, help="Folder with the clips that --from names; by default the one of its file."
    ),
    rate: str = typer.Option("24", help="Frames a second of the file of --from, as 30000/1001."),
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Make a film from scenes: cut, dissolved, painted and turned as FILM.toml tells.

    Finished scenes are kept in OUTPUT.film, so that a scene that has changed is painted alone.
    Everything that is wrong with the file is said at once, each with its line, before painting.
    """
    frames = parse_rate(rate) or Fraction(24)
    if edl:
        import_cuts(edl, script, clips or edl.parent, frames)
        return
    if output is None and not (check or sheet or timeline):
        raise typer.BadParameter("OUTPUT is missing; or give --check, --sheet or --to")
    from pipeline.film.reading import check_scenes

    check_scenes(script)

    from pipeline.film.film import FilmJob, make_film
    from pipeline.film.film import check as checked_film

    if check:
        summarise_check(checked_film(script, preview, scene), as_json)
    if sheet:
        from pipeline.film.sheet import write_sheet

        write_sheet(script, sheet, scene, force)
    if timeline:
        from pipeline.film.timelines import write_timeline

        write_timeline(checked_film(script, preview, scene).film, timeline, force)
    if output is None or check or sheet or timeline:
        return
    with stopping_at_a_frame() as stop:
        report = make_film(FilmJob(script, output, preview, scene, force), progress_bar, stop)
    if as_json:
        print_json(report.as_dict())
    else:
        summarise(report)


def import_cuts(edl: Path, script: Path, clips: Path, frames: Fraction) -> None:
    """Write a film's file from the cuts of an EDL."""
    from pipeline.film.cuts import read_cuts, write_script

    cuts = write_script(read_cuts(edl, frames), script, clips, frames)
    say("written  ", f"{script}: {len(cuts)} scenes; now give them styles, and --check")
    for cut in cuts:
        if cut.note:
            say("note     ", f"{cut.name}: {cut.note}")


def summarise(report: FilmReport) -> None:
    """What was painted and written, for a person."""
    say("scenes   ", ", ".join(report.scenes))
    say("painted  ", ", ".join(report.painted) or "none: all were kept from before")
    speed = report.frames / report.seconds
    say("made     ", f"{report.frames} frames in {report.seconds:.1f} s, {speed:.2f} fps")
    say("film     ", f"{report.output}: {report.width}x{report.height}")
    for note in report.notes:
        say("note     ", note)


def summarise_check(checked: Checked, as_json: bool) -> None:
    """Where each scene lies."""
    data = as_data(checked)
    if as_json:
        print_json(data)
        return
    for scene in data["scenes"]:
        say("scene    ", f"{scene['from']:8.2f} s to {scene['to']:.2f} s  {scene['name']}")
    picture = f"{data['width']}x{data['height']}, {data['stereo']}, {data['rate']} frames/s"
    say("film     ", f"{data['seconds']:.2f} s, {data['frames']} frames, {picture}")
    for note in data["notes"]:
        say("note     ", note)


def as_data(checked: Checked) -> dict[str, Any]:
    """The same for a script."""
    film = checked.film
    height, width = film.picture
    return {
        "scenes": [
            {
                "name": placed.scene.name,
                "from": float(placed.first / film.rate),
                "to": float(placed.after / film.rate),
                "sounds": sum(heard.placed is placed for heard in checked.sounds),
            }
            for placed in film.scenes
        ],
        "frames": film.frames,
        "seconds": float(film.frames / film.rate),
        "rate": str(film.rate),
        "height": height,
        "width": width,
        "stereo": film.stereo.value,
        "notes": checked.notes,
    }
