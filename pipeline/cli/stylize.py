"""`vr360 stylize`: the whole way, from the camera's file to the headset's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from pipeline.choices import (
    CanvasKind,
    EyePainting,
    Flow,
    Jobs,
    Padding,
    Statistics,
    StereoOrAuto,
    Temporal,
)
from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import (
    AsJson,
    Camera,
    Codec,
    Crf,
    Cuts,
    Device,
    Duration,
    Force,
    From,
    Input,
    Output,
    PixelFormat,
    Preset,
    Speed,
    Start,
    Stereo,
    parse_span,
    usage,
)
from pipeline.cli.values import parse_rate, parse_size, stereo_of

if TYPE_CHECKING:
    from pipeline.stylize import StylizeReport


def stylize(
    input: Input,
    output: Output,
    style: list[str] = typer.Option(
        ...,
        help="A shipped style, a FILE, or a blend (starry_night:0.7,great_wave:0.3); again, "
        "with a time in front (4s:the_scream), where the film changes its style.",
    ),
    strength: str = typer.Option(
        "1", help="0 (the picture as it is) to 1.5; or over time, as in 0s:0.3,2.5s:1."
    ),
    stroke: str = typer.Option(
        "1", help="Length of strokes, 0.5 to 2; or over time, as in 0s:0.5,4s:2."
    ),
    then: list[str] = typer.Option(
        [], help="A style or blend that paints the result once more; may be repeated."
    ),
    preserve_colour: bool = typer.Option(
        False, "--preserve-colour", help="Paint brightness alone: the film keeps its colours."
    ),
    preset: Preset = None,
    median: int = typer.Option(
        3, min=0, max=31, help="Kernel of the median blur before the net, odd; 0 is none."
    ),
    start: Start = "0",
    duration: Duration = None,
    size: str | None = typer.Option(None, help="WxH of the result, all eyes included."),
    paint_width: int | None = typer.Option(
        None,
        min=64,
        max=16384,
        help="Pixels around the sphere while it is painted, whatever the result's size: strokes "
        "look as in a film of that width.",
    ),
    rate: str | None = typer.Option(
        None, help="Frames a second of the result, as 30 or 30000/1001; the source's by default."
    ),
    device: Device = "auto",
    canvas: CanvasKind = typer.Option(
        CanvasKind.AUTO, help="How the net sees the sphere: whole, or as six faces; auto chooses."
    ),
    padding: Padding = typer.Option(
        Padding.SPHERE, help="sphere: in front of every convolution. wrap: extend, paint, crop."
    ),
    statistics: Statistics = typer.Option(
        Statistics.SHOT, help="Normalise by what the whole shot looks like, or by each frame alone."
    ),
    temporal: Temporal = typer.Option(
        Temporal.FLOW,
        help="flow: hold the film still along the source's motion. none: frame by frame.",
    ),
    smoothness: float = typer.Option(
        0.5, min=0, max=1, help="How still flow holds it: 0 (not at all) to 1."
    ),
    flow: Flow = typer.Option(
        Flow.AUTO,
        help="What finds the motion: dis; fine (takes seven times as long; auto: in small films); "
        "raft (wants a GPU; fetches its weights once).",
    ),
    paint_every: str = typer.Option(
        "1",
        metavar="N|auto",
        help="Paint every Nth frame with the net and move its strokes along the flow between; "
        "auto goes by the motion.",
    ),
    passes: int = typer.Option(
        1,
        min=1,
        max=2,
        help="2 looks ahead too: shots begin steady; needs time, and room beside OUTPUT.",
    ),
    eyes: EyePainting = typer.Option(
        EyePainting.MATCHED,
        help="Stereo: matched paints alike what both eyes see; own, each for itself.",
    ),
    cuts: Cuts = "auto",
    source_projection: From = None,
    stereo: Stereo = StereoOrAuto.AUTO,
    camera: Camera = "auto",
    codec: Codec = None,
    crf: Crf = None,
    pixel_format: PixelFormat = None,
    speed: Speed = None,
    jobs: Jobs = typer.Option(
        Jobs.AUTO,
        "--job",
        help="Keep what is painted in OUTPUT.job, so that a run that was killed goes on; auto: "
        "films above a minute.",
    ),
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Paint a 360° film, still or folder of frames in a style."""
    from pipeline.looks.track import parse_look
    from pipeline.styles import check_styles
    from vr360.media.checks import check_files
    from vr360.media.presets import Overrides

    span, wide, even = parse_span(start, duration), parse_size(size), parse_rate(rate)
    with usage():
        parse_look(style, strength, stroke)
    check_files(input, output, preset, force)
    check_styles(style, *then)

    from pipeline.jobs.job import is_long, stylize_in_segments
    from pipeline.stylize import StylizeJob, stylize  # and torch: nothing above needs it

    with usage():
        job = StylizeJob(
            input=input,
            output=output,
            style=style,
            strength=strength,
            stroke=stroke,
            then=then,
            preserve_colour=preserve_colour,
            preset=preset,
            encoding=Overrides(codec, crf, pixel_format, speed),
            median=median,
            span=span,
            size=wide,
            paint_width=paint_width,
            rate=even,
            projection=canvas,
            padding=padding,
            statistics=statistics,
            temporal=temporal,
            smoothness=smoothness,
            flow=flow,
            paint_every=paint_every,
            passes=passes,
            eyes=eyes,
            cuts=cuts,
            device=device,
            source_projection=source_projection,
            stereo=stereo_of(stereo),
            camera=camera,
            force=force,
        )
    if jobs is Jobs.ALWAYS or (jobs is Jobs.AUTO and is_long(job)):
        report = stylize_in_segments(job, progress_bar)
    else:
        report = stylize(job, progress_bar)
    if as_json:
        print_json(as_data(report))
    else:
        summarise(report)


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
