"""`vr360 plan`: what a film will take, before it is begun."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import AsJson, Input, WarmUp
from pipeline.cli.painting import JobOf, paints

if TYPE_CHECKING:
    from pipeline.jobs.forecast import Forecast


@paints
def plan(
    job_of: JobOf,
    input: Input,
    output: Path = typer.Argument(
        Path("film.mp4"), help="The film that it would become; its suffix decides. Not written."
    ),
    workers: int = typer.Option(
        1, min=1, max=10_000, help="Machines like this one that share the work."
    ),
    warm_up: WarmUp = 0,
    price: float | None = typer.Option(
        None, min=0, help="Of one machine for an hour, in any currency: tells the cost."
    ),
    as_json: AsJson = False,
) -> None:
    """Tell the time, memory, disk and cost of a film, after ten seconds of painting."""
    job = job_of(input, output, True)

    from pipeline.jobs.forecast import forecast

    scanning = partial(progress_bar, doing="finding cuts")
    found = forecast(job, workers, price, warm_up=warm_up, scanning=scanning)
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
        share = f"{100 * found.efficiency:.0f} % of their painting is the film"
        say("shared   ", f"{clock(found.seconds_shared)} by {found.workers} machines, {share}")
        say("         ", f"best with --segment {found.length}")
    say("memory   ", f"{found.memory / 1e9:.1f} GB")
    say("disk     ", f"{megabytes(found.film)}, and {megabytes(found.folder)} until it is done")
    if found.cost is not None:
        say("cost     ", f"{found.cost:.2f}")


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, as 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
