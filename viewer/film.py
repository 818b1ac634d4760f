"""What is opened: a film with its layout, and where that knowledge comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import degrees, radians
from pathlib import Path

from viewer.layout import SLACK, Layout
from vr360.cameras.pairs import PairKind
from vr360.cubelayout import CubeLayout
from vr360.errors import NotEquirectError, VideoOpenError, Vr360Error
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.media.probe import probe
from vr360.media.tonemap import peak_of
from vr360.projections import declared_cube
from vr360.spherical import FULL, SphericalMetadata, inspect
from vr360.spherical.model import USUAL_LENS

FACES_IN_A_ROW = 6


@dataclass(frozen=True)
class Reading:
    """How a film is to be read, where the user knows better than the file.

    Attributes:
        lens_fov: radians that the circle of one fisheye spans; None where it is none.
    """

    projection: Projection | None = None
    stereo: Stereo | None = None
    cube: CubeLayout | None = None
    lens_fov: float | None = None


def open_as(path: Path, reading: Reading) -> VideoInfo:
    """As `open_film`; one fisheye too."""
    if reading.lens_fov is None:
        return open_film(path, reading.projection, reading.stereo)
    # a size that nothing contradicts, and a square is no pair of eyes
    info = open_film(path, Projection.CUBEMAP, reading.stereo or Stereo.MONO)
    reason = f"fisheye of {degrees(reading.lens_fov):g}°: as asked for"
    fov = reading.lens_fov
    return replace(info, projection=Projection.DUAL_FISHEYE, lens_fov=fov, reason=reason)


def open_original(path: Path, reading: Reading) -> VideoInfo:
    """What such a film is compared with: read likewise; `lens_fov` is of the film alone."""
    return open_film(path) if reading.lens_fov is not None else open_as(path, reading)


def open_film(
    path: Path, projection: Projection | None = None, stereo: Stereo | None = None
) -> VideoInfo:
    """Facts of a film. A picture of no known 360° shape is taken as equirect, and says so.

    A picture of a part of the sphere is one of those that `Layout.bounds` place.

    Raises:
        VideoOpenError: missing, damaged, without a picture, or a folder.
    """
    if path.is_dir():
        raise VideoOpenError(f"{path}: is a folder; give a film or a still")
    try:
        return probe(path, projection, stereo, parts=True)
    except NotEquirectError as error:
        info = probe(path, Projection.EQUIRECT)
        why = str(error).partition(";")[0]
    in_a_row = abs(info.width / info.height / FACES_IN_A_ROW - 1) < SLACK
    projection = Projection.CUBEMAP if in_a_row else Projection.EQUIRECT
    reason = f"{projection}, mono is a guess: {why}"
    return replace(info, projection=projection, declared=False, reason=reason)


def light_note(info: VideoInfo) -> str:
    """What becomes of light that a window cannot show; empty where there is none."""
    if not info.colour.is_hdr:
        return ""
    return f"HDR, shown tone-mapped (BT.2390) from a peak of {peak_of(info.colour):g} cd/m²"


def on_one_track(info: VideoInfo) -> VideoInfo:
    """Raise VideoOpenError for what a page does not show: a sphere on two tracks."""
    if info.pair is not None:
        made = info.path.with_suffix(".mp4").name
        where = "in two files" if info.beside else "on two tracks"
        raise VideoOpenError(
            f"{info.path}: its sphere lies {where}; a page takes one: vr360 "
            f"{'stitch' if info.pair.kind is PairKind.LENSES else 'convert'} {info.path} {made}"
        )
    return info


def layout_of(info: VideoInfo, cube: CubeLayout | None = None) -> Layout:
    """How the picture is read at first; lenses as wide as the metadata says, or the usual ones."""
    if info.lens_fov:
        return Layout(Projection.DUAL_FISHEYE, info.stereo, lens_fov=info.lens_fov, one_lens=True)
    said = _metadata(info)
    return Layout(
        info.projection,
        info.stereo,
        cube,
        lens_fov=radians((said.lens_fov if said else 0.0) or USUAL_LENS),
        declared_cube=declared_cube(info),
        bounds=said.bounds if said else FULL,
    )


def _metadata(info: VideoInfo) -> SphericalMetadata | None:
    """What the file says, where it says it of the projection that is shown."""
    try:
        said = inspect(info.path).metadata
    except Vr360Error:
        return None  # unreadable metadata does not keep a film from being shown
    return said if said is not None and said.projection is info.projection else None
