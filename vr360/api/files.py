"""What a file is: its frames, its figures, its spherical metadata."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vr360.api.arguments import File, Seconds, as_path, as_seconds, as_span, as_word
from vr360.choices import Projection, Stereo

if TYPE_CHECKING:
    from pipeline.quality.figures import Figures
    from vr360.media.film import Film
    from vr360.spherical import Report
    from vr360.spherical.edited import Edited


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
        as_word(Projection, projection, "--from"),
        as_word(Stereo, stereo, "--stereo"),
    )
    span = as_span(start, duration)
    span.check(info)
    return Film(info, span.start, span.duration)


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
        as_path(film),
        as_path(source),
        baseline=as_path(baseline),
        style=style,
        painting=as_path(painting),
        vgg_weights=as_path(vgg_weights),
        duration=None if duration is None else as_seconds(duration),
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
        as_word(Projection, projection, "--projection"),
        as_word(Stereo, stereo, "--stereo"),
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
