"""`vr360 jobs`: films that were begun and are not there yet."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.choices import Engine
from pipeline.cli.command import Command, Commands, epilog
from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import Address, AsJson, EngineKind, Force
from pipeline.cli.plan import clock
from pipeline.cli.signals import stopping_at_a_frame
from pipeline.cli.stylize import engine_of
from vr360.errors import InputError

if TYPE_CHECKING:
    from pipeline.jobs.status import Row, Status

EXAMPLES = (
    "vr360 jobs list",
    "vr360 jobs show film.mp4.job",
    "vr360 jobs resume film.mp4.job",
    "vr360 jobs work film.mp4.job",
)
jobs = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Look at long films in the making, go on with them, share the work, or clear them away.",
    epilog=epilog(EXAMPLES),
)
JobFolder = typer.Argument(..., metavar="FOLDER", help="OUTPUT.job, beside the film it is for.")
WIDTH = 60  # characters of a segment map's line
MARKS = {"done": "█", "painting": "▒", "held": "░", "part": "▄", "waiting": "·"}


@jobs.command("list", cls=Command)
def list_(
    place: Path = typer.Argument(Path(), metavar="PLACE", help="Where to look, folders below too."),
    as_json: AsJson = False,
) -> None:
    """List the jobs below a folder: how far each is, and how long it will take."""
    from pipeline.jobs.status import jobs_in, status

    found = []
    for folder in jobs_in(place):
        try:
            found.append(status(folder))
        except InputError as error:  # one that is damaged hides no other
            say("[red]damaged[/red]  ", str(error))
    if as_json:
        print_json([job.as_data() for job in found])
        return
    for job in found:
        say("", f"{job.folder}  {_share(job)}  {_doing(job)}")
    if not found:
        say("", f"no jobs below {place.absolute()}")


@jobs.command(cls=Command)
def show(folder: Path = JobFolder, as_json: AsJson = False) -> None:
    """Show a job: a map of its segments, frames, speed, time left, who is at work, room."""
    from pipeline.jobs.status import status
    from pipeline.jobs.stop import megabytes

    found = status(folder)
    if as_json:
        print_json(found.as_data())
        return
    say("film     ", found.output)
    say("painted  ", _share(found))
    say("now      ", _doing(found))
    for line in found.workers or [f"go on with: {found.again}"]:
        say("         ", line)
    say("room     ", f"{megabytes(found.size)} here, {megabytes(found.free)} left on the disk")
    for number, line in enumerate(segment_map(found.rows)):
        say("segments " if number == 0 else "         ", line)
    say("         ", "█ done  ▒░ being painted  ▄ paused within  · to come")


@jobs.command(cls=Command)
def resume(
    folder: Path = JobFolder,
    engine: EngineKind = Engine.HERE,
    address: Address = None,
    force: Force = False,
) -> None:
    """Go on with a film, with the settings that it was begun with."""
    from pipeline.jobs.job import JobOptions
    from pipeline.jobs.job import resume as go_on

    scanning = partial(progress_bar, doing="finding cuts")
    with stopping_at_a_frame() as stop:
        painting = engine_of(engine, address)
        options = JobOptions(stop=stop, scanning=scanning, engine=painting)
        report = go_on(folder, progress_bar, options, force)
    say("film     ", str(report.output))


@jobs.command(cls=Command)
def work(folder: Path = JobFolder) -> None:
    """Help to paint a job that another process assembles, here or on a shared disk."""
    from pipeline.jobs.job import help_out

    with stopping_at_a_frame() as stop:
        help_out(folder, progress_bar, stop)
    say("", f"all is painted; if nobody is assembling it: vr360 jobs resume {folder}")


@jobs.command(cls=Command)
def pause(folder: Path = JobFolder) -> None:
    """Ask all who work on a job to stop after the frame in hand."""
    from pipeline.jobs.status import pause as ask

    say("", f"asked {', '.join(ask(folder))} to stop; go on with: vr360 jobs resume {folder}")


@jobs.command(cls=Command)
def verify(folder: Path = JobFolder) -> None:
    """Compare every segment with its checksum; nothing is changed."""
    from pipeline.jobs.status import verify as compare

    faults = compare(folder)
    for fault in faults:
        say("[red]damaged[/red]  ", fault)
    if faults:
        raise typer.Exit(1)
    say("", f"{folder}: all that is painted is whole")


@jobs.command(cls=Command)
def clean(folder: Path = JobFolder) -> None:
    """Remove a job and all that it has painted; the source and finished films stay."""
    from pipeline.jobs.job import remove

    remove(folder)


def segment_map(rows: list[Row]) -> list[str]:
    """A film from its first frame to its last in lines of characters, by what is painted."""
    frames = rows[-1].first + rows[-1].frames
    places = min(frames, WIDTH)
    marks = [_mark(rows, place * frames // places) for place in range(places)]
    return ["".join(marks)]


def _mark(rows: list[Row], frame: int) -> str:
    row = next(row for row in reversed(rows) if row.first <= frame)
    if frame - row.first < row.painted:
        return MARKS[row.state]
    return MARKS["held"] if row.state == "painting" else MARKS["waiting"]


def _share(job: Status) -> str:
    done = sum(row.state == "done" for row in job.rows)
    share = f"{100 * job.done / job.frames:.0f} %"
    segments = f"{done} of {len(job.rows)} segments"
    return f"{job.done} of {job.frames} frames ({share}), {segments}"


def _doing(job: Status) -> str:
    if job.paused:
        return "asked to pause"
    if not job.workers:
        return "nobody is at work on it"
    if job.fps is None or job.seconds_left is None:
        return "painting its first frames"
    return f"{job.fps:.2f} fps, {clock(job.seconds_left)} left"
