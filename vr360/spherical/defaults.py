"""What a picture is likely to be, and whether its shape contradicts what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical.model import SphericalMetadata
from vr360.spherical.report import ANY_SUFFIX, UNKNOWN_KIND, Report

SHAPE_TOLERANCE = 0.02  # cameras crop a few rows: GoPro's 5228 x 2624 is 0.4 % off
EYE_SHAPES = {Projection.CUBEMAP: 1.5, Projection.DUAL_FISHEYE: 2.0}
SHAPES = (
    (2.0, Projection.EQUIRECT, Stereo.MONO, "2:1 is the shape of a mono sphere"),
    (1.0, Projection.EQUIRECT, Stereo.TOP_BOTTOM, "a square is taken as top-bottom eyes"),
    (4.0, Projection.EQUIRECT, Stereo.LEFT_RIGHT, "4:1 is the shape of left-right eyes"),
)
NAMES = {
    "_360": (Projection.EQUIRECT, Stereo.MONO),
    "_360_TB": (Projection.EQUIRECT, Stereo.TOP_BOTTOM),
    "_360_LR": (Projection.EQUIRECT, Stereo.LEFT_RIGHT),
    "_180_LR": (Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT),
    "_180_TB": (Projection.HALF_EQUIRECT, Stereo.TOP_BOTTOM),
    "_180": (Projection.HALF_EQUIRECT, Stereo.MONO),
}


def guess(name: str | Path, width: float, height: float) -> tuple[SphericalMetadata, str] | None:
    """What a picture without metadata is likely to be, by the ending of its name and its shape.

    Args:
        name: of the file; endings such as `_360_TB` count before the shape.
        width, height: of the whole picture, in square pixels.
    Returns:
        The metadata and the reason in a few words; None where nothing speaks for a sphere.
    """
    suffix = ANY_SUFFIX.search(Path(name).stem)
    if suffix:
        projection, stereo = NAMES[suffix.group().upper()]
        return SphericalMetadata(projection, stereo), f"the name ends in {suffix.group()}"
    for shape, projection, stereo, reason in SHAPES:
        if height and abs(width / height / shape - 1) <= SHAPE_TOLERANCE:
            return SphericalMetadata(projection, stereo), reason
    return None


def complete(
    report: Report, projection: Projection | None = None, stereo: Stereo | None = None
) -> tuple[SphericalMetadata, str]:
    """Metadata for a file of which the user said little or nothing, and why it is that.

    What the user says wins, then what the file says, then its name, then its shape.

    Args:
        report: of the file as it is.
        projection: what the user says, if anything.
        stereo: likewise.

    Raises:
        MetadataError: nothing speaks for a sphere, there is no picture, or the file is of another
            kind.
    """
    if report.container is None:
        raise MetadataError(f"{report.path}: {UNKNOWN_KIND}")
    found = report.metadata
    if found and (projection or found.projection) == found.projection:
        return replace(found, stereo=stereo or found.stereo), "the file says so"
    if not (report.width and report.height):
        raise MetadataError(f"{report.path}: holds no picture that could be a sphere")
    width, height = report.width * report.pixel_aspect, report.height
    likely = guess(report.path, width, height)
    if likely and _agrees(likely[0], projection, stereo):
        return likely
    if projection or stereo:
        for candidate in _candidates(projection, stereo):
            if fits(candidate, width, height):
                return candidate, f"the shape {report.width}x{report.height} fits it"
    if projection:
        return SphericalMetadata(projection, stereo or Stereo.MONO), "asked for"
    raise MetadataError(
        f"{report.path}: {report.width}x{report.height} and its name speak for no sphere; "
        "give --projection and --stereo"
    )


def _agrees(
    metadata: SphericalMetadata, projection: Projection | None, stereo: Stereo | None
) -> bool:
    return metadata.projection == (projection or metadata.projection) and metadata.stereo == (
        stereo or metadata.stereo
    )


def _candidates(projection: Projection | None, stereo: Stereo | None) -> list[SphericalMetadata]:
    projections = [projection] if projection else [Projection.EQUIRECT, Projection.HALF_EQUIRECT]
    usual = [Stereo.MONO, Stereo.TOP_BOTTOM, Stereo.LEFT_RIGHT]
    if projection is Projection.DUAL_FISHEYE:
        usual = [Stereo.MONO]
    stereos = [stereo] if stereo else usual
    return [SphericalMetadata(p, s) for p in projections for s in stereos]


def fits(metadata: SphericalMetadata, width: float, height: float) -> bool:
    """Whether `check_shape` accepts it."""
    try:
        check_shape(metadata, width, height)
    except MetadataError:
        return False
    return True


def check_shape(metadata: SphericalMetadata, width: float, height: float) -> None:
    """
    Args:
        width, height: of the whole picture, in square pixels.

    Raises:
        MetadataError: the shape of one eye is not the one that the projection has.
    """
    if not (width and height):
        return
    across = 2 if metadata.stereo in (Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT) else 1
    down = 2 if metadata.stereo is Stereo.TOP_BOTTOM else 1
    shape = (width / across) / (height / down)
    expected = EYE_SHAPES.get(
        metadata.projection, 2 * metadata.bounds.width / metadata.bounds.height
    )
    if abs(shape / expected - 1) > SHAPE_TOLERANCE:
        raise MetadataError(
            f"{width:.0f}x{height:.0f} is not the shape of {metadata.describe()}: one eye is "
            f"{shape:.2f} times as wide as high, not {expected:.2f}; --any-shape writes it anyway"
        )
