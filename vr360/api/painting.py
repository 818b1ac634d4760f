"""Films and pictures painted, and styles learned."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vr360.api.arguments import File, Seconds, as_path, as_span
from vr360.choices import chosen

if TYPE_CHECKING:
    from pipeline.film.film import FilmReport
    from pipeline.optimize.film import Step
    from pipeline.optimize.job import OptimizeReport
    from pipeline.painting.pictures import PicturePainter
    from pipeline.source.delivery import Progress
    from pipeline.stylize import StylizeReport
    from pipeline.training.job import TrainReport
    from pipeline.training.train import TrainProgress


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
    refine: float = 60.0,
    vgg_weights: File | None = None,
    progress: Progress = lambda frames, _: frames,
    **options: Any,
) -> StylizeReport:
    """Paint a film, a JPEG or PNG panorama, or a folder of frames.

    Args:
        style: a shipped style, a FILE, a picture (`"carpet.jpg"`), a blend
            (`"starry_night:0.7,great_wave:0.3"`), or several that follow each other
            (`["harvest", "4s:cafe_terrace"]`).
        strength: 0 is the picture itself, 1 is usual, 1.5 the most; or over time,
            `"0s:0.3,2.5s:1"`.
        stroke: length of strokes, 0.5 to 4 times those of the style; or over time.
        start, duration: the part wanted; None is to the end.
        force: replace `output`.
        refine: seconds to learn the look of a picture in; 0 takes the first guess.
        vgg_weights: VGG features as safetensors, to learn pictures by; None downloads them.
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
    from pipeline.source.asking import probe_asked
    from pipeline.styles.learned import check_pictures, pictures_of

    span = as_span(start, duration)
    written = [style] if isinstance(style, str) else list(style)
    check_pictures(written, refine, as_path(vgg_weights))

    from pipeline.stylize import StylizeJob
    from pipeline.stylize import stylize as paint
    from pipeline.training.picture import with_learned

    if pictures_of(written):
        lens = options.get("source_projection"), options.get("source_fov")
        info = probe_asked(Path(source), *lens, options.get("stereo"))
        written = with_learned(
            written,
            info,
            span,
            seconds=refine,
            vgg_weights=as_path(vgg_weights),
            camera=options.get("camera", "auto"),
        )
    look = written, strength, stroke
    job = StylizeJob(Path(source), Path(output), *look, span=span, force=force, **options)
    return paint(job, progress)


def film(
    scenes: File | Mapping[str, Any],
    output: File,
    *,
    preview: bool = False,
    scene: str | None = None,
    force: bool = False,
    progress: Progress = lambda frames, _: frames,
) -> FilmReport:
    """Make a film of scenes: looks over time, masks, transitions, titles, sound.

    Finished scenes are kept in `OUTPUT.film`; only those that have changed are painted again.

    Args:
        scenes: FILM.toml, or what it would hold: a table is a mapping, `[[scene]]` the list
            `scenes["scene"]`; `docs/how/film.md` tells of all keys. Times are seconds (a number, a
            Fraction, or `"1:30"`), directions degrees, sizes `"WxH"`, keyframes
            `[(seconds, value), ...]` or an array (N, 2). Relative paths of a mapping start at the
            working directory, those of a file at its folder.
        output: the film (.mp4, .mov, .mkv).
        preview: a quarter as wide and as high.
        scene: the name of the only one wanted, without transitions.
        force: replace `output`.
        progress: passes frames on and shows how far they are.

    Returns:
        Frames, size (`height`, `width` in pixels), seconds that it took, names of all scenes and
        of those that were painted, notes on what viewers may lose sight of.

    Raises:
        InputError: everything that is wrong with the film, a line each, before any frame is
            painted; it names the line of the file, or the scene and the key.
        Vr360Error: anything about the clips or the output that stands in the way.

    Example:
        >>> dissolve = {"kind": "dissolve", "seconds": 0.125}
        >>> grows = [(0, 0), (0.25, 1)]
        >>> meadow = {"source": "clip.mp4", "style": "starry_night", "strength": grows}
        >>> still = {"source": "panorama.png", "stereo": "mono", "out": 0.25, "yaw": 90}
        >>> report = vr360.film(
        ...     {"film": {"rate": 24}, "scene": [meadow, still | {"transition": dissolve}]},
        ...     "scenes.mp4",
        ... )
        >>> report.frames, report.scenes, report.painted
        (9, ('clip', 'panorama'), ('clip',))
    """
    from pipeline.film.film import FilmJob, make_film

    told = scenes if isinstance(scenes, Mapping) else Path(scenes)
    return make_film(FilmJob(told, Path(output), preview, scene, force), progress)


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

    The first picture of a size takes one or two seconds longer: the net is compiled for it.

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
        NetworkChoice(network, as_path(vgg_weights), kind, device),
        paint_width,
        span=as_span(start, duration),
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
    iterations: int | None = None,
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
        iterations, minutes: steps to take (1000); or the time to use instead.
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
    from pipeline.choices import ImageKind
    from pipeline.training.job import TrainJob, train_styles

    job = TrainJob(
        Path(painting),
        Path(output),
        Path(photos),
        source,
        kind=chosen(ImageKind, kind, "--kind"),
        iterations=iterations,
        minutes=minutes,
        gallery="none" if gallery is None else os.fspath(gallery),
        vgg_weights=as_path(vgg_weights),
        device=device,
        seed=seed,
        resume=resume,
        force=force,
    )
    return train_styles(job, watch)
