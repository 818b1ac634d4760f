"""`vr360 discover`: which look for this film?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.cli.console import console, say
from pipeline.cli.demo import SAMPLE
from pipeline.cli.options import Device, usage
from pipeline.cli.values import parse_numbers, parse_seconds, parse_size

if TYPE_CHECKING:
    from pipeline.discover.sweep import Discovery

MINUTES = 5.0


def discover(
    styles: list[str] = typer.Argument(
        ..., help="Shipped styles, blends (starry_night:0.7,great_wave:0.3), FILEs, or paintings."
    ),
    out: Path = typer.Option(..., help="Folder for index.html and discover.json."),
    on: list[Path] = typer.Option(
        [], help="Film or still to try them on; repeatable. Default: the sample clip."
    ),
    strength: str = typer.Option("1", help="Style strengths, 0 to 1.5, as in 0.5,1,1.5."),
    stroke: str = typer.Option("1", help="Stroke lengths, 0.5 to 4, as in 0.5,1,2."),
    scale: str = typer.Option(
        "90", help="Degrees that a painting spans on the sphere, as in 60,90,120."
    ),
    size: str = typer.Option("512x256", help="Size of the trial clips, WxH."),
    duration: str = typer.Option("1", help="Seconds of each film."),
    iterations: int | None = typer.Option(None, min=1, help="Training steps for each painting."),
    minutes: float | None = typer.Option(
        None, min=0.01, help="Training minutes for each painting, instead of steps (5)."
    ),
    photos: Path | None = typer.Option(None, help="Folder of photographs to train on."),
    vgg_weights: Path | None = typer.Option(
        None, help="VGG-16 features as safetensors: for paintings, and to score style and content."
    ),
    images: Path | None = typer.Option(
        None, help="Folder of the paintings that known styles were learned from."
    ),
    device: Device = "auto",
) -> None:
    """Try looks on test clips and lay them side by side on one page.

    Called again with the same --out it does what is missing, and adds what is new.
    """
    from pipeline.styles import check_styles
    from vr360.media.containers import check_readable
    from vr360.media.targets import PICTURE_SUFFIXES

    if iterations is not None and minutes is not None:
        raise typer.BadParameter("--iterations and --minutes: give one of the two")
    minutes = None if iterations else minutes or MINUTES
    strengths, scales = parse_numbers(strength, "--strength"), parse_numbers(scale, "--scale")
    strokes = parse_numbers(stroke, "--stroke")
    wide, seconds = parse_size(size), parse_seconds(duration, "--duration")
    for path in on:
        check_readable(path)
    check_styles(*(style for style in styles if Path(style).suffix.lower() not in PICTURE_SUFFIXES))

    from pipeline.discover.candidates import Lessons
    from pipeline.discover.page import PAGE
    from pipeline.discover.sweep import Discovery, Sweep

    with usage():
        sweep = Sweep(
            styles,
            on or [SAMPLE],
            out,
            strengths=strengths,
            strokes=strokes,
            scales=scales,
            size=wide or Sweep.size,
            duration=Sweep.duration if seconds is None else seconds,
            images=images,
            lessons=Lessons(photos, vgg_weights, iterations, minutes),
            device=device,
        )
    discovery = Discovery(sweep)
    try:
        _watch(discovery)
    finally:
        say("page     ", str(out / PAGE))
    for look in discovery.record.data()["ranking"]:
        faults = "; ".join(look["faults"])
        scaled = f" {look['scale']:g}°" if look["scale"] else ""
        asked = f"{look['style']}{scaled} {look['strength']:g} {look['stroke']:g}"
        typer.echo(f"{look['rank']:3} {asked}  {faults}")


def _watch(discovery: Discovery) -> None:
    """Run it with a bar: looks done, and the time left."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, speed_estimate_period=24 * 3600) as bar:
        task = bar.add_task("opening", total=None)
        for step in discovery.run(lambda doing: bar.update(task, description=doing)):
            if step.done == 0:
                bar.reset(task)
            bar.update(task, completed=step.done, total=step.total)
