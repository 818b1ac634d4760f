"""`vr360 stylize`: the whole way, from the camera's file to the headset's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import (
    AsJson,
    Codec,
    Crf,
    Duration,
    Force,
    Input,
    Output,
    PixelFormat,
    Preset,
    Speed,
    Start,
    parse_span,
)
from pipeline.cli.values import parse_rate, parse_size, parse_stereo
from vr360.frame import Projection

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
    then: list[str] = typer.Option(
        [], help="A style or blend that paints the result once more; may be repeated."
    ),
    preserve_colour: bool = typer.Option(
        False, "--preserve-colour", help="Paint brightness alone: the film keeps its colours."
    ),
    preset: Preset = None,
    median: int = typer.Option(3, help="Kernel of the median blur before the net; 0 is none."),
    start: Start = "0",
    duration: Duration = None,
    size: str | None = typer.Option(None, help="WxH of the result, all eyes included."),
    paint_width: int | None = typer.Option(
        None,
        help="Pixels around the sphere while it is painted, whatever the result's size: strokes "
        "look as in a film of that width.",
    ),
    rate: str | None = typer.Option(
        None, help="Frames a second of the result, as 30 or 30000/1001; the source's by default."
    ),
    device: str = typer.Option("auto", help="auto, cuda, mps or cpu."),
    projection: str = typer.Option(
        "auto", help="How the net sees the sphere: equirect, or cubemap (six faces); auto chooses."
    ),
    padding: str = typer.Option(
        "sphere", help="sphere: in front of every convolution. wrap: extend, paint, crop."
    ),
    statistics: str = typer.Option(
        "shot", help="Normalise by what the whole shot looks like, or by each frame alone."
    ),
    temporal: str = typer.Option(
        "flow", help="flow: hold the film still along the source's motion. none: frame by frame."
    ),
    smoothness: float = typer.Option(0.5, help="How still flow holds it: 0 (not at all) to 1."),
    flow: str = typer.Option(
        "auto",
        help="What finds the motion: dis; fine (takes seven times as long; auto: in small films); "
        "raft (wants a GPU; fetches its weights once).",
    ),
    passes: int = typer.Option(
        1, help="2 looks ahead too: shots begin steady; needs time, and room beside OUTPUT."
    ),
    eyes: str = typer.Option(
        "matched", help="Stereo: matched paints alike what both eyes see; own, each for itself."
    ),
    cuts: str = typer.Option(
        "auto", help="auto finds them, none, or a FILE with a frame number or time a line."
    ),
    source_projection: Projection | None = typer.Option(
        None, "--from", help="How the sphere lies on INPUT, against what the file says."
    ),
    stereo: str = typer.Option(
        "auto", help="auto (what the file says), mono, tb, lr or rl: how the eyes lie on INPUT."
    ),
    camera: str = typer.Option(
        "auto", help="Lenses of dual-fisheye footage: as --camera of vr360 stitch."
    ),
    codec: Codec = None,
    crf: Crf = None,
    pixel_format: PixelFormat = None,
    speed: Speed = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Paint a 360° film, still or folder of frames in a style."""
    from pipeline.stylize import StylizeJob, stylize
    from vr360.media.presets import Overrides

    job = StylizeJob(
        input=input,
        output=output,
        style=style,
        strength=strength,
        then=then,
        preserve_colour=preserve_colour,
        preset=preset,
        encoding=Overrides(codec, crf, pixel_format, speed),
        median=median,
        span=parse_span(start, duration),
        size=parse_size(size),
        paint_width=paint_width,
        rate=parse_rate(rate),
        projection=projection,
        padding=padding,
        statistics=statistics,
        temporal=temporal,
        smoothness=smoothness,
        flow=flow,
        passes=passes,
        eyes=eyes,
        cuts=cuts,
        device=device,
        source_projection=source_projection,
        stereo=parse_stereo(stereo),
        camera=camera,
        force=force,
    )
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
