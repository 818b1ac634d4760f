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
from rich.table import Table

from pipeline.choices import (
    Histogram,
    Network,
    OptimizeKind,
    Optimizer,
    Precision,
    StereoOrAuto,
    StyleTerm,
)
from pipeline.cli.console import live_table, print_json, say
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
from pipeline.cli.values import parse_size, stereo_of

if TYPE_CHECKING:
    from pipeline.optimize.film import Step
    from pipeline.optimize.job import OptimizeReport

Style = Annotated[Path, typer.Option("--style", help="The painting, JPEG or PNG.")]
Kind = Annotated[
    OptimizeKind,
    typer.Option(
        help="Kind of style image. animation is for flat styles and takes VGG-19 "
        "where it is at hand."
    ),
]
Vgg = Annotated[
    Network, typer.Option(help="Whose features are compared; auto takes what --vgg-weights holds.")
]
VggWeights = Annotated[
    Path | None,
    typer.Option(help="VGG features as safetensors. Default: torchvision downloads them."),
]
AddBlock = Annotated[
    list[str] | None,
    typer.Option(help="IMAGE:x,y,w,h laid over the style image, in shares of it; repeatable."),
]
StyleScale = Annotated[
    float | None,
    typer.Option(
        min=0.02, max=4, help="The painting's long side as a share of the panorama's width."
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Random seed of the noise in the initial picture.")]
Dissolve = Annotated[
    str | None,
    typer.Option(help="Opacity of the painting over time, as 0s:0,2.5s:1."),
]


def optimize(
    input: Input,
    output: Output,
    style: Style,
    unrealness: float | None = typer.Option(
        None,
        "--unrealness",
        "-u",
        min=-10,
        max=10,
        help="Log10 of style weight over content weight; 2 to 5.",
    ),
    kind: Kind = OptimizeKind.PAINTING,
    network: Vgg = Network.AUTO,
    content_layers: str | None = typer.Option(None, help="LAYER=WEIGHT,...; conv4_2 by default."),
    style_layers: str | None = typer.Option(
        None, help="LAYER=WEIGHT,..., or five weights of conv1_1 to conv5_1; all 1 by default."
    ),
    style_term: StyleTerm | None = typer.Option(
        None,
        help="gram compares which features come together, transport the features themselves, which "
        "keeps strokes whole. Default: gram.",
    ),
    tv_weight: float | None = typer.Option(None, min=0, help="Weight of the total variation."),
    optimizer: Optimizer | None = typer.Option(None, help="Optimiser. Default: adam."),
    learning_rate: float | None = typer.Option(
        None, min=1e-6, max=1e6, help="Step size of Adam, as a share of full scale."
    ),
    iterations: int | None = typer.Option(
        None,
        min=1,
        max=100_000,
        help="Gradient steps at the coarsest scale. Default: 256; for animation 500.",
    ),
    scales: int | None = typer.Option(
        None,
        min=0,
        max=8,
        help="Scales from coarse to fine, each twice as wide. Default: from about 512 pixels on.",
    ),
    crop: str | None = typer.Option(None, help="Part of the style image, x,y,w,h as shares."),
    add_block: AddBlock = None,
    style_scale: StyleScale = None,
    init: str | None = typer.Option(
        None,
        help="Words joined by commas: independent, previous or flow (where a film's next frame "
        "starts), noise=SHARE (mixed into a start from the source).",
    ),
    flow_weight: float | None = typer.Option(
        None,
        min=0,
        help="Weight of the distance to the neighbours' results, moved along the flow; 0 is none.",
    ),
    passes: int | None = typer.Option(
        None, min=1, max=100, help="Number of forward and backward passes over each shot."
    ),
    histogram: Histogram | None = typer.Option(
        None,
        help="Match colours: scene, painting to scene; film, the two steps of DeepMovie.",
    ),
    paint_width: int | None = typer.Option(
        None,
        min=64,
        max=16384,
        help="Width in pixels at which an eye is painted; the result is enlarged.",
    ),
    denoise: float = typer.Option(
        0.0, min=0, help="Strength of the final non-local-means filter in 8-bit codes, as 3."
    ),
    dissolve: Dissolve = None,
    vgg_weights: VggWeights = None,
    precision: Precision | None = typer.Option(
        None, help="Number format that the network computes in. Default: auto."
    ),
    part_pixels: int | None = typer.Option(
        None,
        min=1,
        help="Most pixels that the network takes at once. Fewer save memory and take longer.",
    ),
    baseline: Path | None = typer.Option(
        None, help="Another painting of the same still; reports its objective too."
    ),
    size: str | None = typer.Option(None, help="Size of the result, WxH, all eyes included."),
    start: Start = "0",
    duration: Duration = None,
    cuts: Cuts = "auto",
    source_projection: From = None,
    stereo: Stereo = StereoOrAuto.AUTO,
    camera: Camera = "auto",
    device: Device = "auto",
    seed: Seed = 0,
    preset: Preset = None,
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
    from pipeline.nets.vgg_files import check_weights
    from pipeline.optimize.finish import parse_dissolve
    from pipeline.optimize.settings import parse_layers, settings_for
    from pipeline.optimize.style_image import StyleImage, parse_block
    from vr360.media.checks import check_files
    from vr360.media.containers import check_readable
    from vr360.media.presets import Overrides

    span, wide = parse_span(start, duration), parse_size(size)
    with usage():
        settings = settings_for(
            kind,
            unrealness=unrealness,
            content_layers=content_layers and parse_layers(content_layers, "--content-layers"),
            style_layers=style_layers and parse_layers(style_layers, "--style-layers"),
            style_term=style_term,
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
        opacity = parse_dissolve(dissolve) if dissolve else ()
    check_files(input, output, preset, force)
    for path in filter(None, (style, baseline)):
        check_readable(path)
    check_weights(vgg_weights, network)

    from pipeline.optimize.job import OptimizeJob, optimize  # and torch: nothing above needs it
    from pipeline.optimize.network import NetworkChoice

    with usage():
        job = OptimizeJob(
            input=input,
            output=output,
            style=image,
            settings=settings,
            network=NetworkChoice(network, vgg_weights, kind, device),
            paint_width=paint_width,
            denoise=denoise,
            dissolve=opacity,
            baseline=baseline,
            span=span,
            size=wide,
            cuts=cuts,
            source_projection=source_projection,
            stereo=stereo_of(stereo),
            camera=camera,
            preset=preset,
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
    with live_table() as live:

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
