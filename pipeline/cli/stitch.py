"""`vr360 stitch`: from the two fisheyes of a 360° camera to one equirect picture."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.choices import Level
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
    ToSdr,
    parse_span,
    usage,
)
from pipeline.cli.values import parse_size

if TYPE_CHECKING:
    from pipeline.stitch import StitchReport


def stitch(
    input: Input,
    output: Output,
    camera: str = typer.Option(
        "auto",
        help="gear360-2016, gear360-2017, theta, insta360, ideal-FOV (degrees of each lens, as "
        "ideal-195), or a Hugin project (.pto). auto takes the preset whose lenses agree best in "
        "this footage and calibrates it.",
    ),
    calibrate: bool = typer.Option(
        False, "--calibrate", help="Refine the camera on the overlap of the lenses."
    ),
    save_camera: Path | None = typer.Option(
        None, help="Write the camera, refined or not, as a Hugin project (.pto) for next time."
    ),
    swap: bool = typer.Option(False, "--swap", help="Exchange the two lens pictures."),
    turned: str = typer.Option(
        "0,0",
        help="Degrees clockwise by which the left and the right lens picture are turned, "
        "in quarter turns: 90,-90.",
    ),
    yaw: float = typer.Option(0.0, help="Yaw of the camera: degrees to the right."),
    pitch: float = typer.Option(0.0, help="Pitch of the camera: degrees upwards."),
    roll: float = typer.Option(0.0, help="Roll of the camera: degrees clockwise."),
    level: HorizonLevel = Level.NONE,
    lock: Lock = False,
    chapters: Chapters = True,
    to_sdr: ToSdr = None,
    size: str | None = typer.Option(
        None, help="Size of the result, WxH, 2:1. Default: as wide as INPUT."
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
    """Stitch dual-fisheye footage of a 360° camera into an equirect film.

    Light and colour of the lenses are matched and the seam is placed where it shows least, once for
    the whole film. With --calibrate the overlap error before and after is reported: the angle
    between the directions in which both lenses see a point, and the difference of their pictures
    in grey levels of 255.
    """
    from pipeline.stitch import StitchJob, stitch
    from vr360.fisheye.camera import level as upright
    from vr360.fisheye.film import Footage
    from vr360.media.presets import Overrides

    span = parse_span(start, duration)
    with usage():
        footage = Footage(
            camera=camera,
            calibrate=calibrate,
            swap=swap,
            quarters=parse_quarters(turned),
            turn=upright(yaw, pitch, roll),
            start=span.start,
            duration=span.duration,
        )
        job = StitchJob(
            input=input,
            output=output,
            footage=footage,
            size=parse_size(size),
            level=level,
            lock=lock,
            chapters=chapters,
            to_sdr=to_sdr,
            preset=preset,
            encoding=Overrides(codec, crf, pixel_format, speed),
            save_camera=save_camera,
            force=force,
        )
    report = stitch(job, partial(progress_bar, doing="stitching"))
    if as_json:
        print_json(as_data(report))
    else:
        summarise(report)


def parse_quarters(text: str) -> tuple[int, int]:
    """`90,-90` as clockwise quarter turns (1, -1)."""
    match = re.fullmatch(r"\s*([-+]?\d+)\s*,\s*([-+]?\d+)\s*", text)
    if not match or int(match[1]) % 90 or int(match[2]) % 90:
        raise typer.BadParameter(f"--turned {text}: two multiples of 90 degrees, as 90,-90")
    return int(match[1]) // 90, int(match[2]) // 90


def summarise(report: StitchReport) -> None:
    """What was read, done and written, for a person."""
    source = report.source
    say("source   ", f"{source.path}: {source.width}x{source.height}")
    for note in source.notes:
        say("         ", note)
    say("camera   ", f"{report.camera}: {report.camera_source}")
    if report.calibration is not None:
        for when, error in (
            ("before", report.calibration.before),
            ("after", report.calibration.after),
        ):
            say(
                "overlap  ",
                f"{when} calibration {error.rms_deg:.2f}° ({error.rms_pixels:.1f} pixels) RMS, "
                f"{error.median_deg:.2f}° median of {error.matches} points; "
                f"{error.grey_levels:.1f} grey levels RMS",
            )
    speed = report.frames / report.seconds
    say("stitched ", f"{report.frames} frames in {report.seconds:.1f} s, {speed:.2f} fps")
    say("film     ", f"{report.output}: {report.width}x{report.height}")


def as_data(report: StitchReport) -> dict[str, Any]:
    """The summary for a script."""
    calibration = report.calibration
    return {
        "output": str(report.output),
        "width": report.width,
        "height": report.height,
        "frames": report.frames,
        "seconds": report.seconds,
        "camera": report.camera,
        "camera_source": report.camera_source,
        "overlap_before": asdict(calibration.before) if calibration else None,
        "overlap_after": asdict(calibration.after) if calibration else None,
    }
