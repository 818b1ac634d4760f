"""The options that say what to paint and how, for every command that has a film painted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.choices import (
    CanvasKind,
    EyePainting,
    Flow,
    Level,
    Padding,
    Statistics,
    StereoOrAuto,
    Temporal,
)
from pipeline.cli.console import console
from pipeline.cli.options import (
    Camera,
    Chapters,
    Codec,
    Crf,
    Cuts,
    Device,
    Duration,
    FromFov,
    HorizonLevel,
    Lock,
    PaintFrom,
    PixelFormat,
    Preset,
    Speed,
    Start,
    Stereo,
    ToSdr,
    parse_span,
    usage,
)
from pipeline.cli.values import parse_rate, parse_size, stereo_of

if TYPE_CHECKING:
    from pipeline.source.delivery import Span
    from vr360.frame import VideoInfo

JobOf = Callable[[Path, Path, bool], Any]
"""Input, output and whether it may be replaced -> the `StylizeJob` that the options describe."""


def paints(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a painting, and a `JobOf` as its first argument."""
    own = list(signature(command, eval_str=True).parameters.values())[1:]
    shared = list(signature(painting, eval_str=True).parameters.values())[3:]

    @wraps(command)
    def run(**given: Any) -> None:
        words = {option.name: given.pop(option.name) for option in shared}
        command(partial(painting, **words), **given)

    arguments, rest = own[:2], own[2:]  # INPUT and OUTPUT come before all options
    parameters = [*arguments, *shared, *rest]
    by_name = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in parameters]
    run.__signature__ = Signature(by_name)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def painting(
    input: Path,
    output: Path,
    force: bool,
    *,
    style: list[str] = typer.Option(
        ...,
        help="A shipped style, a FILE, a picture (carpet.jpg), or a blend "
        "(starry_night:0.7,great_wave:0.3); again, with a time in front (4s:the_scream), where "
        "the film changes its style.",
    ),
    strength: str = typer.Option(
        "1", help="0 (the picture as it is) to 1.5; or over time, as in 0s:0.3,2.5s:1."
    ),
    stroke: str = typer.Option(
        "1",
        help="Length of strokes, 0.5 to 4: those of 2 are twice as long, and take the net a "
        "quarter of the time. Or over time, as in 0s:1,4s:2.",
    ),
    then: list[str] = typer.Option(
        [], help="Style or blend that paints the result once more; repeatable."
    ),
    refine: float = typer.Option(
        60,
        min=0,
        max=3600,
        help="Seconds of training after the first guess at a picture's look, which takes half a "
        "minute or more itself; 0 takes the guess.",
    ),
    vgg_weights: Path | None = typer.Option(
        None, help="VGG features as safetensors, to learn pictures by; torchvision's otherwise."
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
    size: str | None = typer.Option(None, help="Size of the result, WxH, all eyes included."),
    paint_width: int | None = typer.Option(
        None,
        min=64,
        max=16384,
        help="Width in pixels at which the sphere is painted, whatever the result's size. Strokes "
        "look as in a film of that width.",
    ),
    rate: str | None = typer.Option(
        None, help="Frames a second of the result, as 30 or 30000/1001. Default: the source's."
    ),
    device: Device = "auto",
    canvas: CanvasKind = typer.Option(
        CanvasKind.AUTO,
        help="Layout of the sphere for the net: whole, or six cube faces; auto chooses.",
    ),
    padding: Padding = typer.Option(
        Padding.SPHERE,
        help="sphere pads each convolution; wrap extends the picture, paints, and crops.",
    ),
    statistics: Statistics = typer.Option(
        Statistics.SHOT, help="Normalise with the statistics of the shot, or of each frame."
    ),
    temporal: Temporal = typer.Option(
        Temporal.FLOW,
        help="flow smooths along the source's motion; none paints frame by frame.",
    ),
    smoothness: str = typer.Option(
        "0.5", help="Amount of temporal smoothing, 0 to 1; or over time, as in 0s:0.5,4s:0.8."
    ),
    flow: Flow = typer.Option(
        Flow.AUTO,
        help="Optical flow: dis; fine (seven times as long; auto takes it for small films); "
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
        help="2 smooths backwards too, so that shots begin steady. Takes time, and "
        "disk beside OUTPUT.",
    ),
    eyes: EyePainting = typer.Option(
        EyePainting.MATCHED,
        help="Stereo: matched gives both eyes one painting; own paints each by itself.",
    ),
    cuts: Cuts = "auto",
    source_projection: PaintFrom = None,
    from_fov: FromFov = None,
    stereo: Stereo = StereoOrAuto.AUTO,
    camera: Camera = "auto",
    level: HorizonLevel = Level.NONE,
    lock: Lock = False,
    chapters: Chapters = True,
    to_sdr: ToSdr = None,
    codec: Codec = None,
    crf: Crf = None,
    pixel_format: PixelFormat = None,
    speed: Speed = None,
) -> Any:
    """The `StylizeJob` that they describe; of a picture as a style its look is learned now."""
    from pipeline.looks.track import parse_look, parse_smoothness
    from pipeline.source.asking import probe_asked
    from pipeline.styles import check_styles
    from pipeline.styles.learned import check_pictures, pictures_of
    from vr360.media.checks import check_files
    from vr360.media.presets import Overrides

    span, wide, even = parse_span(start, duration), parse_size(size), parse_rate(rate)
    with usage():
        parse_look(style, strength, stroke)
        parse_smoothness(smoothness)
    check_files(input, output, preset, force)
    looks = [style, *([look] for look in then)]
    if any(pictures_of(look) for look in looks):
        for look in looks:
            check_pictures(look, refine, vgg_weights)
        info = probe_asked(input, source_projection, from_fov, stereo_of(stereo), even)
        chosen = refine, vgg_weights, device, camera
        looks = [_learned(look, info, span, *chosen) for look in looks]
        style, then = looks[0], [look for (look,) in looks[1:]]
    check_styles(style, *then)

    from pipeline.painting.job import StylizeJob  # and torch: nothing above needs it

    with usage():
        return StylizeJob(
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
            source_fov=from_fov,
            stereo=stereo_of(stereo),
            camera=camera,
            level=level,
            lock=lock,
            chapters=chapters,
            to_sdr=to_sdr,
            force=force,
        )


def _learned(
    look: list[str],
    info: VideoInfo,
    span: Span,
    seconds: float,
    vgg_weights: Path | None,
    device: str,
    camera: str,
) -> list[str]:
    """A look with its pictures replaced by what was learned of them, while a bar shows how far."""
    from pipeline.training.picture import with_learned

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("", total=1.0)
        return with_learned(
            look,
            info,
            span,
            seconds=seconds,
            vgg_weights=vgg_weights,
            device=device,
            camera=camera,
            watch=lambda picture, state: bar.update(
                task, description=f"learning {picture}", completed=state.done
            ),
        )
