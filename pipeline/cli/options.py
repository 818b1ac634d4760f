"""Arguments and options that several commands take, said once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.choices import Engine, Level, SourceKind, StereoOrAuto, check_device
from pipeline.cli.values import parse_seconds
from vr360.choices import Projection, ToneMap
from vr360.errors import InputError
from vr360.media.presets import PresetName

if TYPE_CHECKING:
    from pipeline.source.delivery import Span


def device_of(word: str) -> str:
    """What `--device` takes: a kind, and which one of several GPUs."""
    try:
        check_device(word)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None
    return word


Input = Annotated[Path, typer.Argument(help="360° film, JPEG or PNG, or folder of frames.")]
Output = Annotated[Path, typer.Argument(help="Film (.mp4, .mov, .mkv), still, or folder to write.")]
Start = Annotated[str, typer.Option(help="Where to begin, in seconds or [H:]M:S.")]
Duration = Annotated[
    str | None, typer.Option(help="How long, in seconds or [H:]M:S. Default: to the end.")
]
Preset = Annotated[
    PresetName | None,
    typer.Option(
        help="What to encode for. Default: by OUTPUT's suffix: .mp4 quest, .mkv archive, "
        ".mov prores."
    ),
]
Codec = Annotated[str | None, typer.Option(help="ffmpeg's encoder instead of the preset's.")]
Crf = Annotated[
    float | None,
    typer.Option(min=0, max=63, help="Quality of that encoder; lower is better."),
]
PixelFormat = Annotated[str | None, typer.Option(help="ffmpeg's pixel format (yuv444p, ...).")]
Speed = Annotated[str | None, typer.Option(help="The encoder's own preset (ultrafast, slow, ...).")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite OUTPUT.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Device = Annotated[
    str,
    typer.Option(
        callback=device_of,
        metavar="[auto|cuda|mps|cpu]",
        help="Device of the net. auto takes the fastest; cuda:1 is the second GPU.",
    ),
]
Cuts = Annotated[
    str,
    typer.Option(
        help="Shot boundaries: auto detects them; none; or a FILE, a frame number or time a line."
    ),
]
From = Annotated[
    Projection | None,
    typer.Option("--from", help="Projection of INPUT, where the file is wrong."),
]
PaintFrom = Annotated[
    SourceKind | None,
    typer.Option("--from", help="Projection of INPUT, where the file is wrong; or one fisheye."),
]
FromFov = Annotated[
    float | None,
    typer.Option(help="Degrees that the circle of --from fisheye spans; 180 by default."),
]
Stereo = Annotated[
    StereoOrAuto,
    typer.Option(
        help="Stereo layout of INPUT: tb (left eye on top), lr (left eye left), rl; auto "
        "is what the file says."
    ),
]
Camera = Annotated[
    str, typer.Option(help="Lenses of dual-fisheye footage: as --camera of vr360 stitch.")
]

HorizonLevel = Annotated[
    Level,
    typer.Option(
        help="Keep the horizon level, frame by frame: gravity by the camera's telemetry (GPMF, "
        "CAMM); picture by upright lines and the horizon seen."
    ),
]
Lock = Annotated[
    bool, typer.Option("--lock", help="With --level: keep the heading too, as where it begins.")
]

WarmUp = Annotated[
    int,
    typer.Option(
        min=0,
        max=240,
        help="Frames painted before each segment of a job, so that several processes can share a "
        "shot; 0 hands the state over.",
    ),
]
EngineKind = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="What paints the segments of a job: this process, or ray, tasks of a Ray cluster "
        "(pip install 'vr360\\[ray]').",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        help="Ray cluster, HOST:PORT or ray://HOST:PORT. Default: RAY_ADDRESS, or a cluster of "
        "this machine alone."
    ),
]

Chapters = Annotated[
    bool,
    typer.Option(help="Take the chapters that follow INPUT too (GS01..., GS02...), as one film."),
]
ToSdr = Annotated[
    ToneMap | None,
    typer.Option(
        help="Deliver PQ or HLG as SDR by a tone map: bt2390 keeps all but highlights, hable is "
        "softer and darker."
    ),
]


def parse_span(start: str, duration: str | None) -> Span:
    """What `Start` and `Duration` say."""
    from pipeline.source.delivery import Span

    first = parse_seconds(start, "--start") or Fraction(0)
    return Span(first, parse_seconds(duration, "--duration"))


@contextmanager
def usage() -> Iterator[None]:
    """What a job refuses while it is made makes no sense on the command line: exit 2.

    The errors of files (no such camera, a style that is none) stay what they are: exit 1.
    """
    try:
        yield
    except InputError as error:
        if type(error) is not InputError:
            raise
        raise typer.BadParameter(str(error)) from None
