"""`vr360 plan`: what a film will take, before it is begun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.choices import StereoOrAuto, Temporal
from pipeline.cli.console import print_json, say
from pipeline.cli.options import (
    AsJson,
    Device,
    Duration,
    From,
    Input,
    Preset,
    Start,
    Stereo,
    parse_span,
    usage,
)
from pipeline.cli.values import parse_size, stereo_of

if TYPE_CHECKING:
    from pipeline.jobs.forecast import Forecast


def plan(
    input: Input,
    output: Path = typer.Argument(
        Path("film.mp4"), help="The film that it would become; its suffix decides. Not written."
    ),
    style: list[str] = typer.Option(..., help="As --style of vr360 stylize."),
    strength: str = typer.Option("1", help="As --strength of vr360 stylize."),
    size: str | None = typer.Option(None, help="WxH of the result, all eyes included."),
    paint_width: int | None = typer.Option(
        None, min=64, max=16384, help="Pixels around the sphere while it is painted."
    ),
    start: Start = "0",
    duration: Duration = None,
    temporal: Temporal = typer.Option(Temporal.FLOW, help="As --temporal of vr360 stylize."),
    source_projection: From = None,
    stereo: Stereo = StereoOrAuto.AUTO,
    preset: Preset = None,
    device: Device = "auto",
    workers: int = typer.Option(
        1, min=1, max=10_000, help="Machines like this one that share the work."
    ),
    price: float | None = typer.Option(
        None, min=0, help="Of one machine for an hour, in any currency: tells the cost."
    ),
    as_json: AsJson = False,
) -> None:
    """Tell the time, memory, disk and cost of a film, after ten seconds of painting."""
    span, wide = parse_span(start, duration), parse_size(size)

    from pipeline.jobs.forecast import forecast
    from pipeline.painting.job import StylizeJob

    with usage():
        job = StylizeJob(
            input=input,
            output=output,
            style=style,
            strength=strength,
            preset=preset,
            span=span,
            size=wide,
            paint_width=paint_width,
            temporal=temporal,
            device=device,
            source_projection=source_projection,
            stereo=stereo_of(stereo),
            force=True,
        )
    found = forecast(job, workers, price)
    if as_json:
        print_json(found.as_data())
    else:
        summarise(found)


def summarise(found: Forecast) -> None:
    """The forecast, for a person."""
    from pipeline.jobs.stop import megabytes

    say("film     ", f"{found.frames} frames; {found.tried} of them were painted to find out")
    say("speed    ", f"{found.fps:.2f} fps")
    steps = {
        "load": found.loading,
        "find cuts": found.scanning,
        "paint": found.painting,
        "assemble": found.assembling,
    }
    each = ", ".join(f"{name} {clock(seconds)}" for name, seconds in steps.items())
    say("time     ", f"{clock(found.seconds)} ({each})")
    if found.workers > 1:
        say("         ", f"{clock(found.seconds_shared)} with {found.workers} machines like this")
    say("memory   ", f"{found.memory / 1e9:.1f} GB")
    say("disk     ", f"{megabytes(found.film)}, and {megabytes(found.folder)} until it is done")
    if found.cost is not None:
        say("cost     ", f"{found.cost:.2f}")


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
