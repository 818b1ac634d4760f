"""What a picture is likely to be, and whether its shape contradicts what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical.model import SphericalMetadata
from vr360.spherical.names import said_by_name
from vr360.spherical.report import UNKNOWN_KIND, Report

SHAPE_TOLERANCE = 0.02  # cameras crop a few rows: GoPro's 5228 x 2624 is 0.4 % off
EYE_SHAPES = {Projection.CUBEMAP: 1.5, Projection.DUAL_FISHEYE: 2.0}
SHAPES = (
    (2.0, Projection.EQUIRECT, Stereo.MONO, "2:1 is the shape of a mono sphere"),
    (1.0, Projection.EQUIRECT, Stereo.TOP_BOTTOM, "a square is taken as top-bottom eyes"),
    (4.0, Projection.EQUIRECT, Stereo.LEFT_RIGHT, "4:1 is the shape of left-right eyes"),
    (1.0, Projection.HALF_EQUIRECT, Stereo.MONO, "a square is the shape of half a sphere"),
    (2.0, Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT, "2:1 is the shape of two half spheres"),
    (0.5, Projection.HALF_EQUIRECT, Stereo.TOP_BOTTOM, "1:2 is the shape of two half spheres"),
)
SQUEEZED_FRAMES = (2.0, 16 / 9, 1.0)  # into which cameras and editors squeeze two eyes


def guess(name: str | Path, width: float, height: float) -> tuple[SphericalMetadata, str] | None:
    """What a picture without metadata is likely to be, by its name and its shape together.

    Args:
        name: of the file; endings such as `_360_TB` or `_180x180_3dh` say what the shape may be.
        width, height: of the whole picture, in square pixels.
    Returns:
        The metadata and the reason in a few words; None where nothing speaks for a sphere, or the
        shape contradicts the name.
    """
    said = said_by_name(name)
    if said is not None and said.stereo is not None:
        metadata = SphericalMetadata(said.projection, said.stereo)
        return metadata, f"the name ends in {said.words}"
    known = Projection.EQUIRECT if said is None else said.projection
    for shape, projection, stereo, reason in SHAPES:
        if projection is known and height and abs(width / height / shape - 1) <= SHAPE_TOLERANCE:
            why = f"the name ends in {said.words}, and " if said else ""
            return SphericalMetadata(projection, stereo), why + reason
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
        candidates = _candidates(projection, stereo)
        for candidate in sorted(candidates, key=lambda one: squeeze(one, width, height) != 1):
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


def check_shape(metadata: SphericalMetadata, width: float, height: float) -> list[str]:
    """
    Args:
        width, height: of the whole picture, in square pixels.

    Returns:
        A line where the eyes are squeezed into a common frame, which is allowed.

    Raises:
        MetadataError: the shape of one eye is not the one that the projection has.
    """
    if not (width and height):
        return []
    factor = squeeze(metadata, width, height)
    if factor == 1:
        return []
    frames = SQUEEZED_FRAMES if metadata.is_equirect and metadata.stereo is not Stereo.MONO else ()
    if any(abs(width / height / frame - 1) <= SHAPE_TOLERANCE for frame in frames):
        way = "high" if factor > 1 else "wide"
        return [f"squeezed eyes: each is {max(factor, 1 / factor):.3g} times less {way} than it is"]
    expected = _eye_shape(metadata)
    raise MetadataError(
        f"{width:.0f}x{height:.0f} is not the shape of {metadata.describe()}: one eye is "
        f"{factor * expected:.2f} times as wide as high, not {expected:.2f}; --any-shape writes it "
        "anyway"
    )


def squeeze(metadata: SphericalMetadata, width: float, height: float) -> float:
    """How many times too wide for its height an eye is stored; 1 within the tolerance."""
    across = 2 if metadata.stereo in (Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT) else 1
    down = 2 if metadata.stereo is Stereo.TOP_BOTTOM else 1
    factor = (width / across) / (height / down) / _eye_shape(metadata)
    return 1.0 if abs(factor - 1) <= SHAPE_TOLERANCE else factor


def _eye_shape(metadata: SphericalMetadata) -> float:
    """Width over height."""
    window = 2 * metadata.bounds.width / metadata.bounds.height
    return EYE_SHAPES.get(metadata.projection, window)
