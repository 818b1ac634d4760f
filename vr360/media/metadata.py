"""What a file itself says about its sphere, and saying it in what we write."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path
from typing import Literal

from vr360.errors import MetadataError, NotEquirectError
from vr360.frame import Stereo, VideoInfo
from vr360.media.recognise import Layout
from vr360.spherical import SphericalMetadata, inject, inspect
from vr360.spherical.still import PACKED
from vr360.window import FRONT_HALF, FULL

RIGHT_EYE = "the right eye lies in its XMP (GImage) and is left out: the left one alone is read"

log = logging.getLogger(__name__)


def declared_layout(path: Path, told: bool = False) -> Layout | None:
    """Layout from metadata, or None where the file says nothing that can be read.

    Args:
        told: the user says what the projection is.

    Raises:
        NotEquirectError: the file names a projection that is not read, and nobody says otherwise.
    """
    try:
        report = inspect(path)
    except MetadataError as error:
        log.debug("%s", error)  # the decoder finds out whether the picture is damaged too
        return None
    if report.foreign and not told:
        raise NotEquirectError(
            f"{path}: {report.foreign}, which is not read; say what it is with --from"
        )
    found = report.metadata
    if found is None:
        return None
    part = found.bounds not in (FULL, FRONT_HALF)
    what = (
        "a part of the sphere, the file's metadata says" if part else "the file's metadata says so"
    )
    return Layout(
        found.projection,
        found.stereo,
        f"{found.projection}, {found.stereo}: {what}",
        (RIGHT_EYE,) if report.right_eye else (),
        declared=True,
        bounds=found.bounds,
        pose=(found.yaw, found.pitch, found.roll),
    )


def unread_xmp(path: Path) -> tuple[str, ...]:
    """A note where a still has XMP that cannot be read."""
    try:
        packed = PACKED in inspect(path).problems
    except MetadataError:
        return ()
    return (f"{PACKED}; --from and --stereo say it",) if packed else ()


def inject_checked(
    path: Path, metadata: SphericalMetadata, source: VideoInfo | None = None
) -> None:
    """Inject metadata, read it back, and fail where it differs.

    The picture's shape is no objection here: whoever made it has decided what it is.

    Args:
        path: of the film or still.
        metadata: what to say of it.
        source: the film its sound comes from; sound marked as ambisonic there is marked here.

    Raises:
        MetadataError: it cannot be written, or does not read back as it was given.
    """
    marked = source is not None and bool(source.audio) and _is_ambisonic(source)
    sound: Literal["acn-sn3d", "auto"] = "acn-sn3d" if marked else "auto"
    for note in inject(path, metadata, any_shape=True, ambisonic=sound):
        log.info("%s: %s", path, note)


def _is_ambisonic(source: VideoInfo) -> bool:
    known = any(track.ambisonic for track in source.audio)
    return known or bool(inspect(source.path).ambisonic)


def pixel_aspect(metadata: SphericalMetadata, height: int, width: int) -> Fraction:
    """Width over height of a pixel that gives each eye the shape of its part of the sphere.

    Squeezed eyes (1920x1080 for two of 2:1) play right only where the file says so.
    """
    across = 2 if metadata.stereo in (Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT) else 1
    down = 2 if metadata.stereo is Stereo.TOP_BOTTOM else 1
    if not metadata.is_equirect:
        return Fraction(1)
    eye = Fraction(2 * metadata.bounds.width / metadata.bounds.height).limit_denominator(1000)
    return eye * across * height / (down * width)
