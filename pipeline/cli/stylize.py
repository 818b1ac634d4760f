"""`vr360 stylize`: the whole way, from the camera's file to the headset's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from pipeline.choices import Engine, Jobs
from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import Address, AsJson, EngineKind, Force, Input, Output, WarmUp
from pipeline.cli.painting import JobOf, paints
from pipeline.cli.signals import stopping_at_a_frame
from pipeline.cli.values import parse_bytes

if TYPE_CHECKING:
    from pipeline.painting.job import StylizeJob
    from pipeline.stylize import StylizeReport


@paints
def stylize(
    job_of: JobOf,
    input: Input,
    output: Output,
    jobs: Jobs = typer.Option(
        Jobs.AUTO,
        "--job",
        help="Paint into OUTPUT.job, so that a run that was stopped goes on; auto: films above a "
        "minute. keep leaves it there, and the next run paints only what has changed.",
    ),
    warm_up: WarmUp = 0,
    segment: int = typer.Option(
        240,
        min=12,
        max=2400,
        help="Frames of a job's segments at most: what a killed run loses; fewer where large "
        "frames would not fit into memory. vr360 plan --workers tells what shares out best.",
    ),
    engine: EngineKind = Engine.HERE,
    address: Address = None,
    memory: str | None = typer.Option(
        None,
        metavar="SIZE",
        help="Memory that painting may take, as 4G; what would take more is refused before it "
        "begins. Without it a machine that has less left is told of.",
    ),
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Paint a 360° film, still or folder of frames in a style."""
    shared = engine is not Engine.HERE
    if shared and jobs is Jobs.NEVER:
        raise typer.BadParameter(f"--engine {engine} paints jobs, and --job never makes none")
    room = parse_bytes(memory, "--memory")
    job = job_of(input, output, force)

    from pipeline.painting.asked import probe_source
    from pipeline.painting.memory import check_memory

    info = probe_source(job)
    from pipeline.jobs.forecast import held_memory
    from pipeline.jobs.job import is_long
    from pipeline.stylize import stylize

    long = jobs is Jobs.AUTO and is_long(job, info)
    in_segments = shared or long or jobs in (Jobs.ALWAYS, Jobs.KEEP)
    if room is not None or not shared:  # others have memory of their own
        held = held_memory(job, info, segment, jobs is Jobs.KEEP) if in_segments else 0
        check_memory(job, info, room, held)
    if in_segments:
        report = as_a_job(job, warm_up, segment, jobs is Jobs.KEEP, engine, address)
    else:
        report = stylize(job, progress_bar)
    if as_json:
        print_json(as_data(report))
    else:
        summarise(report)


def as_a_job(
    job: StylizeJob, warm_up: int, segment: int, keep: bool, engine: Engine, address: str | None
) -> StylizeReport:
    """Paint a film that can be stopped and gone on with."""
    from pipeline.jobs.job import JobOptions, stylize_in_segments

    scanning = partial(progress_bar, doing="finding cuts")
    with stopping_at_a_frame() as stop:
        painting = engine_of(engine, address)
        options = JobOptions(segment, warm_up, keep, stop, scanning, painting)
        return stylize_in_segments(job, progress_bar, options)


def engine_of(engine: Engine, address: str | None) -> Callable[..., Any]:
    """What paints the segments of a job."""
    from pipeline.jobs.work import paint

    if engine is Engine.HERE:
        return paint
    from pipeline.jobs.on_ray import ray_engine

    return ray_engine(address)


def summarise(report: StylizeReport) -> None:
    """What was read, done and written, for a person."""
    source, count = report.source, report.resampling
    say("source   ", f"{source.path}: {source.width}x{source.height}, {source.reason}")
    for note in source.notes:
        say("         ", note)
    if count.repeated or count.dropped:
        say(
            "         ",
            f"uneven frame rate made even: {count.repeated} frames repeated, "
            f"{count.dropped} dropped",
        )
    say("layout   ", report.layout)
    if source.is_still:
        say("painted  ", f"in {report.seconds:.1f} s, {report.backend}")
        say("still    ", str(report.output))
        return
    speed = report.frames / report.seconds
    say(
        "painted  ",
        f"{report.frames} frames in {report.seconds:.1f} s, {speed:.2f} fps, {report.backend}",
    )
    busy = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.stage_seconds.items())
    say("stages   ", f"{busy} (side by side)")
    say("film     ", str(report.output))


def as_data(report: StylizeReport) -> dict[str, Any]:
    """The summary for a script."""
    return {
        "output": str(report.output),
        "frames": report.frames,
        "seconds": report.seconds,
        "fps": report.frames / report.seconds,
        "backend": report.backend,
        "layout": report.layout,
        "projection": report.source.projection.value,
        "stereo": report.source.stereo.value,
        "reason": report.source.reason,
        "repeated": report.resampling.repeated,
        "dropped": report.resampling.dropped,
        "stage_seconds": report.stage_seconds,
    }
