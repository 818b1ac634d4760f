"""`vr360 convert`: from one projection to another, turned if wanted."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from pipeline.choices import FaceLayout, Level, PictureKind, StereoOrAuto
from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import (
    AsJson,
    Chapters,
    Codec,
    Crf,
    Duration,
    Force,
    HorizonLevel,
    Input,
    Lock,
    Output,
    PixelFormat,
    Preset,
    Speed,
    Start,
    Stereo,
    ToSdr,
    parse_span,
    usage,
)
from pipeline.cli.values import parse_size, stereo_of
from vr360.choices import Interpolation

if TYPE_CHECKING:
    from pipeline.convert import ConvertReport, Side


def convert(
    input: Input,
    output: Output,
    from_: PictureKind = typer.Option(
        PictureKind.AUTO, "--from", help="Projection of INPUT; auto is what the file says."
    ),
    to: PictureKind = typer.Option(PictureKind.EQUIRECT, "--to", help="Projection of OUTPUT."),
    layout: FaceLayout | None = typer.Option(
        None,
        help="Cube-face layout of OUTPUT. Default: eac for equi-angular, cbmp (as the "
        "metadata means) for "
        "cubemap films and c3x2 (as FFmpeg has it) for stills. faces: six pictures F.png, R.png, "
        "B.png, L.png, U.png, D.png in a folder.",
    ),
    from_layout: FaceLayout | None = typer.Option(
        None, help="Cube-face layout of INPUT. Default: cbmp where its metadata says cubemap."
    ),
    fov: float | None = typer.Option(
        None,
        min=1,
        max=360,
        help="Field of view of OUTPUT in degrees: of each of two fisheyes (190), one "
        "(180), a flat view (90) or a little planet (240).",
    ),
    from_fov: float | None = typer.Option(
        None, min=1, max=360, help="Field of view of INPUT in degrees, as for --fov."
    ),
    yaw: float = typer.Option(0.0, help="Turn the new front to the right, degrees."),
    pitch: float = typer.Option(0.0, help="Turn the new front up, degrees."),
    roll: float = typer.Option(0.0, help="Turn the new view clockwise, degrees."),
    size: str | None = typer.Option(
        None, help="Size of OUTPUT, WxH, all eyes included. Default: as fine as INPUT."
    ),
    level: HorizonLevel = Level.NONE,
    lock: Lock = False,
    chapters: Chapters = True,
    to_sdr: ToSdr = None,
    stereo: Stereo = StereoOrAuto.AUTO,
    interpolation: Interpolation = typer.Option(
        Interpolation.CUBIC, help="linear, cubic, or lanczos: sharper and about four times slower."
    ),
    start: Start = "0",
    duration: Duration = None,
    preset: Preset = None,
    codec: Codec = None,
    crf: Crf = None,
    pixel_format: PixelFormat = None,
    speed: Speed = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Convert between projections: equirect, cube maps, VR180, fisheyes, flat views, planets.

    Sound, times and bit depth are kept, ambisonic sound turns with the picture, and the metadata
    says what OUTPUT is. Dual fisheye here means ideal lenses; for a camera's footage use `vr360
    stitch`.
    """
    from pipeline.convert import ConvertJob, convert
    from vr360.geometry import rotation
    from vr360.media.presets import Overrides

    if to is PictureKind.AUTO:
        raise typer.BadParameter("--to auto: name the projection that is wanted")
    span = parse_span(start, duration)
    with usage():
        job = ConvertJob(
            input=input,
            output=output,
            source=as_side(from_, from_layout, from_fov, "--from"),
            target=as_side(to, layout, fov, "--to"),
            turn=rotation(math.radians(yaw), math.radians(pitch), math.radians(roll)),
            size=parse_size(size),
            stereo=stereo_of(stereo),
            span=span,
            level=level,
            lock=lock,
            chapters=chapters,
            to_sdr=to_sdr,
            interpolation=interpolation,
            preset=preset,
            encoding=Overrides(codec, crf, pixel_format, speed),
            force=force,
        )
    report = convert(job, partial(progress_bar, doing="converting"))
    if as_json:
        print_json(as_data(report))
    else:
        summarise(report)


def as_side(kind: PictureKind, layout: FaceLayout | None, fov: float | None, option: str) -> Side:
    """One side of the conversion; layouts belong to cubes and fields of view to lenses."""
    from pipeline.convert import Side

    cube = kind in (PictureKind.CUBEMAP, PictureKind.EQUI_ANGULAR)
    lenses = PictureKind.DUAL_FISHEYE, PictureKind.FISHEYE
    lens = kind in (*lenses, PictureKind.RECTILINEAR, PictureKind.LITTLE_PLANET)
    known = kind is not PictureKind.AUTO
    if layout is not None and known and not cube:
        raise typer.BadParameter(f"{option} {kind.value} has no faces to lay out")
    if fov is not None and known and not lens:
        other = "--from-fov" if option == "--to" else "--fov"
        raise typer.BadParameter(f"{option} {kind.value} has no field of view; is {other} meant?")
    return Side(kind, layout, math.radians(fov) if fov is not None else None)


def summarise(report: ConvertReport) -> None:
    """What was read, done and written, for a person."""
    source, done = report.source, report.rewritten
    say("source   ", f"{source.path}: {source.width}x{source.height}, {source.reason}")
    for note in source.notes:
        say("         ", note)
    if done.resampling.repeated or done.resampling.dropped:
        say(
            "         ",
            f"uneven frame rate made even: {done.resampling.repeated} frames repeated, "
            f"{done.resampling.dropped} dropped",
        )
    speed = done.frames / done.seconds
    say("converted", f" {done.frames} frames in {done.seconds:.1f} s, {speed:.2f} fps")
    if report.metadata is None:
        say("metadata ", "none: such a file has no name for this layout")
    say("result   ", f"{report.output}: {report.width}x{report.height}")


def as_data(report: ConvertReport) -> dict[str, Any]:
    """The summary for a script."""
    done = report.rewritten
    return {
        "output": str(report.output),
        "width": report.width,
        "height": report.height,
        "frames": done.frames,
        "seconds": done.seconds,
        "fps": done.frames / done.seconds,
        "to": str(report.projection),
        "metadata": report.metadata is not None,
        "stereo": report.source.stereo.value,
        "stage_seconds": done.stage_seconds,
    }
