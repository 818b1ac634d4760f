"""`vr360 optimize`: hero frames and short shots, painted by optimisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live
from rich.table import Table

from pipeline.cli.console import console, print_json, say
from pipeline.cli.options import (
    AsJson,
    Codec,
    Crf,
    Duration,
    Force,
    Input,
    Output,
    PixelFormat,
    Speed,
    Start,
    parse_span,
)
from pipeline.cli.values import parse_size, parse_stereo
from vr360.frame import Projection

if TYPE_CHECKING:
    from pipeline.optimize.film import Step
    from pipeline.optimize.job import OptimizeReport

Style = Annotated[Path, typer.Option("--style", help="The painting, JPEG or PNG.")]
Look = Annotated[
    str,
    typer.Option(
        "--preset", help="painting, or animation (flat styles: VGG-19 where it is at hand)."
    ),
]
Network = Annotated[str, typer.Option(help="auto, vgg16 or vgg19.")]
VggWeights = Annotated[
    Path | None,
    typer.Option(help="VGG features as safetensors; without it torchvision downloads its own."),
]
AddBlock = Annotated[
    list[str] | None,
    typer.Option(help="IMAGE:x,y,w,h laid over the style image, in shares of it; repeatable."),
]
StyleScale = Annotated[
    float | None,
    typer.Option(help="The painting's long side as a share of the panorama's width."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the noise in the start.")]
Device = Annotated[str, typer.Option(help="auto, cuda, mps or cpu.")]
Dissolve = Annotated[
    str | None,
    typer.Option(help="Share of the painting over time, as 0s:0,2.5s:1."),
]


def optimize(
    input: Input,
    output: Output,
    style: Style,
    unrealness: float | None = typer.Option(
        None, "--unrealness", "-u", help="u: style counts 10^u times as much as content; 2 to 5."
    ),
    look: Look = "painting",
    network: Network = "auto",
    content_layers: str | None = typer.Option(None, help="LAYER=WEIGHT,...; conv4_2 by default."),
    style_layers: str | None = typer.Option(
        None, help="LAYER=WEIGHT,..., or five weights of conv1_1 to conv5_1; all 1 by default."
    ),
    tv_weight: float | None = typer.Option(
        None, help="Weight of the difference of neighbouring pixels."
    ),
    optimizer: str | None = typer.Option(None, help="adam or lbfgs."),
    learning_rate: float | None = typer.Option(None, help="Of Adam, share of full scale a step."),
    iterations: int | None = typer.Option(
        None, help="At the coarsest scale; 256, of the animation preset 500."
    ),
    scales: int | None = typer.Option(
        None, help="From coarse to fine, each twice as wide; by default from about 512 pixels on."
    ),
    crop: str | None = typer.Option(None, help="x,y,w,h: part of the style image, in shares."),
    add_block: AddBlock = None,
    style_scale: StyleScale = None,
    init: str | None = typer.Option(
        None,
        help="Words joined by commas: independent, previous or flow (where a film's next frame "
        "starts), noise=SHARE (mixed into a start from the source).",
    ),
    flow_weight: float | None = typer.Option(
        None, help="Of the distance to the neighbours' results, moved along the flow; 0 is none."
    ),
    passes: int | None = typer.Option(None, help="Over each shot, back and forth."),
    histogram: str | None = typer.Option(
        None, help="Colours: none, scene (painting to scene) or film (DeepMovie's two steps)."
    ),
    paint_width: int | None = typer.Option(
        None, min=64, help="Paint an eye at so many pixels of width, and enlarge the result."
    ),
    denoise: float = typer.Option(0.0, min=0, help="Non-local means at the end, in codes; 3, say."),
    dissolve: Dissolve = None,
    vgg_weights: VggWeights = None,
    precision: str | None = typer.Option(None, help="Of the network: auto, float32 or bfloat16."),
    part_pixels: int | None = typer.Option(
        None, min=1, help="Most pixels the network sees at once; fewer save memory, take longer."
    ),
    baseline: Path | None = typer.Option(
        None, help="Another painting of the same still: its objective is reported beside."
    ),
    size: str | None = typer.Option(None, help="WxH of the result, all eyes included."),
    start: Start = "0",
    duration: Duration = None,
    cuts: str = typer.Option(
        "auto", help="auto finds them, none, or a FILE with a frame number or time a line."
    ),
    source_projection: Projection | None = typer.Option(
        None, "--from", help="How the sphere lies on INPUT, against what the file says."
    ),
    stereo: str = typer.Option("auto", help="auto, mono, tb, lr or rl."),
    camera: str = typer.Option("auto", help="Lenses of dual-fisheye footage, see vr360 stitch."),
    device: Device = "auto",
    seed: Seed = 0,
    encoding: str | None = typer.Option(None, help="As --preset of vr360 stylize."),
    codec: Codec = None,
    crf: Crf = None,
    pixel_format: PixelFormat = None,
    speed: Speed = None,
    resume: bool = typer.Option(False, "--resume", help="Continue an interrupted run."),
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Paint a 360° still or a short clip by optimisation, frame by frame."""
    from pipeline.looks.style_images import WHOLE, parse_box
    from pipeline.optimize.finish import parse_dissolve
    from pipeline.optimize.job import OptimizeJob, optimize
    from pipeline.optimize.network import NetworkChoice
    from pipeline.optimize.settings import parse_layers, settings_for
    from pipeline.optimize.style_image import StyleImage, parse_block
    from vr360.media.presets import Overrides

    settings = settings_for(
        look,
        unrealness=unrealness,
        content_layers=content_layers and parse_layers(content_layers, "--content-layers"),
        style_layers=style_layers and parse_layers(style_layers, "--style-layers"),
        variation=tv_weight,
        method=optimizer,
        learning_rate=learning_rate,
        iterations=iterations,
        scales=scales,
        style_scale=style_scale,
        flow_weight=flow_weight,
        passes=passes,
        histogram=histogram,
        precision=precision,
        part_pixels=part_pixels,
        seed=seed,
        init=init,
    )
    image = StyleImage(
        style,
        parse_box(crop, "--crop") if crop else WHOLE,
        tuple(parse_block(block) for block in add_block or ()),
    )
    job = OptimizeJob(
        input=input,
        output=output,
        style=image,
        settings=settings,
        network=NetworkChoice(network, vgg_weights, look, device),
        paint_width=paint_width,
        denoise=denoise,
        dissolve=parse_dissolve(dissolve) if dissolve else (),
        baseline=baseline,
        span=parse_span(start, duration),
        size=parse_size(size),
        cuts=cuts,
        source_projection=source_projection,
        stereo=parse_stereo(stereo),
        camera=camera,
        preset=encoding,
        encoding=Overrides(codec, crf, pixel_format, speed),
        resume=resume,
        force=force,
    )
    with showing() as watch:
        report = optimize(job, watch)
    if as_json:
        print_json(as_data(report))
    else:
        summarise(report)


@contextmanager
def showing() -> Iterator[Callable[[Step], None]]:
    """A table of where the run stands, on stderr."""
    began: list[tuple[float, float]] = []
    with Live(console=console, refresh_per_second=2) as live:

        def watch(step: Step) -> None:
            began.append((monotonic(), step.done))
            del began[1:-1]
            live.update(_table(step, _left(began)))

        yield watch


def _left(marks: list[tuple[float, float]]) -> str:
    """Time left, by the speed of this sitting."""
    (first, from_share), (now, share) = marks[0], marks[-1]
    if share <= from_share:
        return "-"
    seconds = (now - first) / (share - from_share) * (1 - share)
    return str(timedelta(seconds=round(seconds)))


def _table(step: Step, left: str) -> Table:
    table = Table("frame", "pass", "width", "iteration", "done", "left", *step.terms, box=None)
    table.add_row(
        f"{step.frame}/{step.frames}",
        str(step.round),
        str(step.width),
        f"{step.iteration}/{step.iterations}",
        f"{step.done:.0%}",
        left,
        *(f"{value:.4g}" for value in step.terms.values()),
    )
    return table


def summarise(report: OptimizeReport) -> None:
    """What was done, for a person."""
    height, width = report.size
    frames = "one sphere" if report.frames == 1 else f"{report.frames} frames"
    say("painted  ", f"{frames} at {width}x{height} in {report.seconds:.1f} s, {report.network}")
    if report.note:
        say("network  ", report.note)
    say("loss     ", _terms(report.terms))
    if report.plateau:
        say("plateau  ", f"within 1 % of that from iteration {report.plateau} on")
    for name, terms in (report.baseline or {}).items():
        say(f"{name:9}", _terms(terms))
    say("result   ", str(report.output))


def _terms(terms: dict[str, float]) -> str:
    parts = ", ".join(f"{name} {value:.4g}" for name, value in terms.items())
    return f"{sum(terms.values()):.4g} ({parts})"


def as_data(report: OptimizeReport) -> dict[str, Any]:
    """The summary for a script."""
    return asdict(report)
