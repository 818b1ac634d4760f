"""The public names: what the command line does, from Python.

Files are given as text or `Path`. Pictures are numpy arrays (H, W, 3), R'G'B' as encoded: uint8,
or uint16 with 10-bit codes 0 to 1023. Sizes are (height, width) in pixels, all eyes included.
Times are seconds, angles degrees. Options are called as on the command line; a message that names
`--smoothness` is about `smoothness`. What the user, a file or the disk is to blame for raises
`vr360.errors.Vr360Error`; a call that makes no sense raises `ValueError` or `TypeError`.

Nothing is loaded before a name is called: this file alone in vr360 imports `pipeline`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vr360.choices import CubeLayout, Interpolation, Projection, Stereo, chosen

if TYPE_CHECKING:
    from pipeline.convert import ConvertReport
    from pipeline.optimize.film import Step
    from pipeline.optimize.job import OptimizeReport
    from pipeline.painting.pictures import PicturePainter
    from pipeline.quality.figures import Figures
    from pipeline.source.delivery import Progress, Span
    from pipeline.stitch import StitchReport
    from pipeline.stylize import StylizeReport
    from pipeline.training.one_style import TrainReport
    from pipeline.training.train import TrainProgress
    from vr360.media.film import Film
    from vr360.sampling.projector import Projector
    from vr360.spherical import Report
    from vr360.spherical.edited import Edited

__all__ = [
    "convert",
    "inject",
    "inspect",
    "load_projection",
    "load_style",
    "measure",
    "open",
    "optimize",
    "remove",
    "stitch",
    "stylize",
    "train",
]

File = str | os.PathLike[str]
Seconds = float | Fraction
Word = TypeVar("Word", bound=StrEnum)


def stylize(
    source: File,
    output: File,
    *,
    style: str | Sequence[str],
    strength: str | float = 1.0,
    stroke: str | float = 1.0,
    start: Seconds = 0,
    duration: Seconds | None = None,
    force: bool = False,
    progress: Progress = lambda frames, _: frames,
    **options: Any,
) -> StylizeReport:
    """Paint a film, a JPEG or PNG panorama, or a folder of frames.

    Args:
        style: a shipped style, a FILE, a blend (`"starry_night:0.7,great_wave:0.3"`), or several
            that follow each other (`["harvest", "4s:cafe_terrace"]`).
        strength: 0 is the picture itself, 1 is usual, 1.5 the most; or over time,
            `"0s:0.3,2.5s:1"`.
        stroke: length of strokes, 0.5 to 2 times those of the style; or over time.
        start, duration: the part wanted; None is to the end.
        force: replace `output`.
        progress: passes frames on and shows how far they are.
        options: further fields of `pipeline.painting.job.StylizeJob`: `preset`, `size`,
            `smoothness`, `preserve_colour`, `device`, ...

    Returns:
        Frames, seconds, the backend, and what was found out about the source.

    Raises:
        Vr360Error: anything about the input, the style or the output that stands in the way;
            nothing half-done is left.

    Example:
        >>> report = vr360.stylize("clip.mp4", "film.mp4", style="starry_night", duration=0.25)
        >>> report.frames
        6
        >>> report.as_dict()["output"]
        'film.mp4'
    """
    from pipeline.stylize import StylizeJob
    from pipeline.stylize import stylize as paint

    span = _span(start, duration)
    look = style, strength, stroke
    job = StylizeJob(Path(source), Path(output), *look, span=span, force=force, **options)
    return paint(job, progress)


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
        Side(given, _word(FaceLayout, source_layout, "--from-layout"), _radians(source_fov_deg)),
        Side(kind, _word(FaceLayout, layout, "--layout"), _radians(fov_deg)),
        _turn(yaw_deg, pitch_deg, roll_deg),
        span=_span(start, duration),
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

    span = _span(start, duration)
    footage = Footage(camera, calibrate, start=span.start, duration=span.duration)
    return join(StitchJob(Path(source), Path(output), footage, force=force, **options), progress)


def optimize(
    source: File,
    output: File,
    *,
    style: File,
    kind: str = "painting",
    network: str = "auto",
    vgg_weights: File | None = None,
    device: str = "auto",
    start: Seconds = 0,
    duration: Seconds | None = None,
    size: tuple[int, int] | None = None,
    paint_width: int | None = None,
    resume: bool = False,
    force: bool = False,
    watch: Callable[[Step], None] = lambda _: None,
    **settings: Any,
) -> OptimizeReport:
    """Paint a still or a short clip by optimisation: slow, for hero frames.

    Args:
        style: the painting, JPEG or PNG.
        kind: `painting` or `animation`.
        network, vgg_weights: whose features are compared, and a safetensors file of them; without
            one torchvision downloads VGG-16 (528 MB).
        size, paint_width: of the result; of what is painted, which is then enlarged.
        resume: continue an interrupted run.
        watch: called after every step.
        start, duration, device, force: as for `stylize`.
        settings: fields of `pipeline.optimize.settings.OptimizeSettings`: `unrealness`,
            `iterations`, `scales`, `seed`, ...

    Returns:
        Frames, seconds, the network, and the terms of the objective.

    Raises:
        Vr360Error: anything about the input, the style or the output that stands in the way.

    Example:
        >>> report = vr360.optimize("panorama.png", "hero.png", style="painting.png",
        ...     vgg_weights="vgg16.safetensors", iterations=2, scales=1)
        >>> report.frames, report.network
        (1, 'vgg16')
    """
    from pipeline.optimize.job import OptimizeJob
    from pipeline.optimize.job import optimize as descend
    from pipeline.optimize.network import NetworkChoice
    from pipeline.optimize.settings import settings_for
    from pipeline.optimize.style_image import StyleImage

    job = OptimizeJob(
        Path(source),
        Path(output),
        StyleImage(Path(style)),
        settings_for(kind, **settings),
        NetworkChoice(network, _path(vgg_weights), kind, device),
        paint_width,
        span=_span(start, duration),
        size=size,
        resume=resume,
        force=force,
    )
    return descend(job, watch)


def train(
    painting: File,
    output: File,
    *,
    photos: File,
    kind: str = "painting",
    iterations: int = 1000,
    minutes: float | None = None,
    gallery: File | None = "shipped",
    vgg_weights: File | None = None,
    device: str = "auto",
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    watch: Callable[[TrainProgress], None] = lambda _: None,
    **source: Any,
) -> TrainReport:
    """Train a style from one painting; `stylize(..., style=output)` paints with it.

    Args:
        painting, output: JPEG or PNG; the file to write, NAME.safetensors.
        photos: folder of photographs to learn on: eight or more, 256 pixels a side or more.
        kind: `painting`, `photo` or `animation`.
        iterations, minutes: steps to take; or the time to use instead.
        gallery: what to begin with: `shipped`, a file, or None for a net from scratch.
        vgg_weights: VGG features as safetensors; without them torchvision downloads 528 MB.
        watch: called after every step.
        source: fields of `pipeline.training.recipe.StyleSource`: `name`, `title`, `crop`,
            `scale` (degrees), `weight`, ...

    Returns:
        The style, its preview and its page, steps and losses.

    Raises:
        Vr360Error: the inputs cannot be used; nothing is written then.

    Example:
        >>> report = vr360.train("painting.png", "mine.safetensors", photos="photos",
        ...     iterations=1, vgg_weights="vgg16.safetensors")
        >>> report.steps, report.style.name
        (1, 'mine.safetensors')
    """
    from pipeline.training.one_style import train_style

    return train_style(
        Path(painting),
        Path(output),
        Path(photos),
        kind=kind,
        iterations=iterations,
        minutes=minutes,
        gallery=gallery if gallery in (None, "shipped") else Path(gallery or ""),
        vgg_weights=_path(vgg_weights),
        device=device,
        seed=seed,
        resume=resume,
        force=force,
        watch=watch,
        **source,
    )


def measure(
    film: File | None = None,
    source: File | None = None,
    *,
    baseline: File | None = None,
    style: str | None = None,
    painting: File | None = None,
    vgg_weights: File | None = None,
    duration: Seconds | None = None,
) -> Figures:
    """Measure a film, a style, or both; `docs/measures.md` defines every figure.

    Args:
        film: film or still.
        source: what it was painted from; adds what needs it.
        baseline: the same painted frame by frame; adds the ratios.
        style: a style; adds `grid_ratio` and `yaw_equivariance_max`.
        painting: style image; adds `style_loss` and `content_loss`, by `vgg_weights`.
        duration: seconds of the source to look at.

    Returns:
        Figures by name, `figures["seam_gradient"]`.

    Raises:
        Vr360Error: a file that cannot be read, or that does not belong to the other one.

    Example:
        >>> figures = vr360.measure("clip.mp4", "clip.mp4")
        >>> figures["frames"], figures["seam_ratio"]
        (6, 1.0)
    """
    from pipeline.quality.figures import measure as look

    return look(
        _path(film),
        _path(source),
        baseline=_path(baseline),
        style=style,
        painting=_path(painting),
        vgg_weights=_path(vgg_weights),
        duration=None if duration is None else _exact(duration),
    )


def inspect(file: File, *, track: int | None = None) -> Report:
    """Everything that a film or still says about its sphere; reads headers only.

    Args:
        track: number of the video track, from 1; None takes the film.

    Returns:
        `metadata` (None where nothing is said), `statements`, `verdicts` of each target.

    Raises:
        VideoOpenError: missing or not readable.
        MetadataError: damaged, truncated or empty.

    Example:
        >>> vr360.inspect("clip.mp4").metadata.describe()
        'equirect, mono'
    """
    from vr360 import spherical

    return spherical.inspect(file, track)


def inject(
    file: File,
    output: File | None = None,
    *,
    projection: str | None = None,
    stereo: str | None = None,
    force: bool = False,
    **options: Any,
) -> Edited:
    """Write spherical metadata in place of all that is there; media is copied byte for byte.

    Args:
        output: None replaces the file itself, in one step.
        projection, stereo: None is what the file, its name or its shape says.
        force: replace `output`.
        options: further keywords of `vr360.spherical.inject`: `apple`, `ambisonic`, `track`, ...

    Returns:
        The file, what it says now, and what was decided on the way.

    Raises:
        MetadataError: damaged, of another kind, or nothing speaks for a sphere.
        OutputError: `output` exists or cannot be written.

    Example:
        >>> vr360.inject("plain.mp4", "tagged.mp4", stereo="mono").metadata.describe()
        'equirect, mono'
    """
    from vr360 import spherical
    from vr360.spherical.defaults import complete
    from vr360.spherical.edited import Edited

    metadata, _ = complete(
        spherical.inspect(file, options.get("track")),
        _word(Projection, projection, "--projection"),
        _word(Stereo, stereo, "--stereo"),
    )
    notes = spherical.inject(file, metadata, output, force=force, **options)
    return Edited(Path(output or file), metadata, notes)


def remove(file: File, output: File | None = None, *, force: bool = False) -> Edited:
    """Take all spherical and ambisonic metadata out: a plain file remains.

    Args:
        output, force: as for `inject`.

    Returns:
        The file; its `metadata` is None.

    Raises:
        MetadataError, OutputError: as for `inject`.

    Example:
        >>> vr360.remove("clip.mp4", "bare.mp4").metadata is None
        True
    """
    from vr360 import spherical
    from vr360.spherical.edited import Edited

    spherical.remove(file, output, force=force)
    return Edited(Path(output or file), None)


def open(
    file: File,
    *,
    projection: str | None = None,
    stereo: str | None = None,
    start: Seconds = 0,
    duration: Seconds | None = None,
) -> Film:
    """The frames of a film, a still or a folder of frames, with exact times.

    Args:
        projection, stereo: what you know better than the file.
        start, duration: the part wanted; None is to the end.

    Returns:
        To be iterated over: `frame.rgb` (H, W, 3), `frame.pts` a Fraction of seconds.
        `film.info` has the size, the rate and the eyes. Use it in a `with` block. A frame of a
        stereo film holds both eyes: `vr360.stereo.split_eyes(frame.rgb, film.info.stereo)`.

    Raises:
        VideoOpenError: missing, damaged, or without a picture.
        NotEquirectError: no 360° picture as far as one can tell; give `projection`.

    Example:
        >>> with vr360.open("clip.mp4", duration=0.1) as film:
        ...     times = [frame.pts for frame in film]
        >>> [str(time) for time in times]
        ['0', '1/24', '1/12']
    """
    from vr360.media.film import Film
    from vr360.media.probe import probe

    info = probe(
        Path(file),
        _word(Projection, projection, "--from"),
        _word(Stereo, stereo, "--stereo"),
    )
    span = _span(start, duration)
    span.check(info)
    return Film(info, span.start, span.duration)


def load_style(
    style: str | Sequence[str],
    *,
    strength: str | float = 1.0,
    stroke: str | float = 1.0,
    device: str = "auto",
    canvas: str = "auto",
    statistics: str = "frame",
    median: int = 3,
    preserve_colour: bool = False,
) -> PicturePainter:
    """A look as a function of pictures: rgb -> rgb.

    Args:
        style, strength, stroke: as for `stylize`.
        canvas: how the sphere is laid out for the net: `auto`, `equirect`, `cubemap`.
        statistics: `frame` measures each picture by itself, so that the same one is always
            painted alike; `shot` holds the tone of frames that follow each other.
        median: pixels of the blur before the net; 0 is none.
        preserve_colour: paint the brightness and keep the picture's colours.

    Returns:
        `painter(rgb)` for one sphere, `painter.eyes([left, right])` for two. (H, W, 3), W even,
        uint8 or 10-bit uint16; the result has the same size and type.

    Raises:
        CheckpointError: no such style.
        InputError: a value that cannot be.

    Example:
        >>> paint = vr360.load_style("starry_night")
        >>> with vr360.open("panorama.png") as still:
        ...     painted = [paint(frame.rgb) for frame in still]
        >>> painted[0].shape, painted[0].dtype.name
        ((64, 128, 3), 'uint8')
    """
    from pipeline.painting.pictures import PicturePainter
    from pipeline.painting.stylizer import load_stylizer

    stylizer = load_stylizer(
        style,
        strength=strength,
        stroke=stroke,
        device=device,
        projection=canvas,
        statistics=statistics,
        preserve_colour=preserve_colour,
    )
    return PicturePainter(stylizer, median)


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
        source_layout=_word(CubeLayout, source_layout, "--from-layout"),
        target_layout=_word(CubeLayout, layout, "--layout"),
        source_fov=_radians(source_fov_deg),
        target_fov=_radians(fov_deg),
        turn=_turn(yaw_deg, pitch_deg, roll_deg),
        interpolation=chosen(Interpolation, interpolation, "--interpolation"),
    )


def _path(file: File | None) -> Path | None:
    return None if file is None else Path(file)


def _word(kind: type[Word], word: str | None, option: str) -> Word | None:
    return None if word is None else chosen(kind, word, option)


def _radians(degrees: float | None) -> float | None:
    return None if degrees is None else math.radians(degrees)


def _turn(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Any:
    """(3, 3) rotation from the new picture's directions to the old one's."""
    from vr360.geometry import rotation

    return rotation(*map(math.radians, (yaw_deg, pitch_deg, roll_deg)))


def _exact(seconds: Seconds) -> Fraction:
    """0.1 is a tenth, not the nearest binary fraction."""
    return Fraction(str(seconds))


def _span(start: Seconds, duration: Seconds | None) -> Span:
    """The part wanted.

    Raises:
        ValueError: a negative time, or nothing at all.
    """
    from pipeline.source.delivery import Span

    span = Span(_exact(start), None if duration is None else _exact(duration))
    if span.start < 0 or (span.duration is not None and span.duration <= 0):
        raise ValueError(f"start {start}, duration {duration}: seconds, 0 or more; above 0")
    return span
