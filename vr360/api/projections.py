"""Spheres laid out anew: films converted and stitched, and pictures in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vr360.api.arguments import File, Seconds, as_radians, as_rotation, as_span, as_word
from vr360.choices import CubeLayout, Interpolation, chosen

if TYPE_CHECKING:
    from pipeline.convert import ConvertReport
    from pipeline.source.delivery import Progress
    from pipeline.stitch import StitchReport
    from vr360.sampling.projector import Projector


def convert(
    source: File,
    output: File,
    *,
    to: str = "equirect",
    layout: str | None = None,
    fov_deg: float | None = None,
    source_projection: str = "auto",
    source_layout: str | None = None,
    source_fov_deg: float | None = None,
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    start: Seconds = 0,
    duration: Seconds | None = None,
    force: bool = False,
    progress: Progress = lambda frames, _: frames,
    **options: Any,
) -> ConvertReport:
    """Convert a film, a still or a folder of frames from one projection to another.

    Args:
        to: `equirect`, `cubemap`, `equi-angular`, `half-equirect`, `dual-fisheye`, `rectilinear`.
        layout: of cube faces: `c3x2`, `cbmp`, `c6x1`, `cross`, `eac`, or `faces`, six pictures.
        fov_deg: degrees that a fisheye's circle (190) or a flat view's width (90) spans.
        source_projection, source_layout, source_fov_deg: the same of the source; `auto` is what
            the file says.
        yaw_deg, pitch_deg, roll_deg: where the new front lies: right, up, turned clockwise.
        start, duration, force, progress: as for `stylize`.
        options: further fields of `pipeline.convert.ConvertJob`: `size`, `stereo`, `preset`, ...

    Returns:
        Size, metadata and frames of the result.

    Raises:
        Vr360Error: anything about the input or the output that stands in the way.

    Example:
        >>> report = vr360.convert("panorama.png", "ahead.png", to="rectilinear", fov_deg=100)
        >>> report.as_dict()["projection"], report.metadata
        ('rectilinear', None)
    """
    from pipeline.choices import FaceLayout, PictureKind
    from pipeline.convert import ConvertJob, Side
    from pipeline.convert import convert as rewrite

    kind = chosen(PictureKind, to, "--to")
    given = chosen(PictureKind, source_projection, "--from")
    job = ConvertJob(
        Path(source),
        Path(output),
        Side(
            given, as_word(FaceLayout, source_layout, "--from-layout"), as_radians(source_fov_deg)
        ),
        Side(kind, as_word(FaceLayout, layout, "--layout"), as_radians(fov_deg)),
        as_rotation(yaw_deg, pitch_deg, roll_deg),
        span=as_span(start, duration),
        force=force,
        **options,
    )
    return rewrite(job, progress)


def stitch(
    source: File,
    output: File,
    *,
    camera: str = "auto",
    calibrate: bool = False,
    start: Seconds = 0,
    duration: Seconds | None = None,
    force: bool = False,
    progress: Progress = lambda frames, _: frames,
    **options: Any,
) -> StitchReport:
    """Make one equirect film of the two fisheyes of a 360° camera.

    Args:
        camera: a preset, a Hugin project (.pto), `ideal-190` for ideal lenses, or `auto`.
        calibrate: refine the camera by what both lenses see; `auto` does where it can.
        start, duration, force, progress: as for `stylize`.
        options: further fields of `pipeline.stitch.StitchJob`: `size`, `preset`, `save_camera`, ...

    Returns:
        Size, frames, the camera and how it was refined.

    Raises:
        Vr360Error: anything about the input, the camera or the output that stands in the way.

    Example:
        >>> _ = vr360.convert("panorama.png", "lenses.png", to="dual-fisheye")
        >>> report = vr360.stitch("lenses.png", "sphere.png", camera="ideal-190")
        >>> report.width == 2 * report.height
        True
    """
    from pipeline.stitch import StitchJob
    from pipeline.stitch import stitch as join
    from vr360.fisheye.film import Footage

    span = as_span(start, duration)
    footage = Footage(camera, calibrate, start=span.start, duration=span.duration)
    return join(StitchJob(Path(source), Path(output), footage, force=force, **options), progress)


def load_projection(
    to: str,
    *,
    size: tuple[int, int] | None = None,
    layout: str | None = None,
    fov_deg: float | None = None,
    source_projection: str = "equirect",
    source_layout: str | None = None,
    source_fov_deg: float | None = None,
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    interpolation: str = "cubic",
) -> Projector:
    """A change of projection as a function of pictures: rgb -> rgb, of one eye each.

    Args:
        size: (height, width) of the result; None is as fine as the picture.
        interpolation: `linear`, `cubic`, or `lanczos`, sharper and slower.
        to, layout, fov_deg, source_projection, source_layout, source_fov_deg, yaw_deg, pitch_deg,
            roll_deg: as for `convert`.

    Returns:
        `view(rgb)`: (H, W, C) uint8, uint16 or float32 in, the same type out.

    Raises:
        InputError: a word that is none, or a size that contradicts a projection.

    Example:
        >>> view = vr360.load_projection("rectilinear", size=(90, 160), fov_deg=100, yaw_deg=30)
        >>> with vr360.open("panorama.png") as still:
        ...     views = [view(frame.rgb) for frame in still]
        >>> views[0].shape
        (90, 160, 3)
    """
    from pipeline.choices import PictureKind
    from vr360.sampling.projector import Projector

    return Projector(
        chosen(PictureKind, source_projection, "--from"),
        chosen(PictureKind, to, "--to"),
        size=size,
        source_layout=as_word(CubeLayout, source_layout, "--from-layout"),
        target_layout=as_word(CubeLayout, layout, "--layout"),
        source_fov=as_radians(source_fov_deg),
        target_fov=as_radians(fov_deg),
        turn=as_rotation(yaw_deg, pitch_deg, roll_deg),
        interpolation=chosen(Interpolation, interpolation, "--interpolation"),
    )
