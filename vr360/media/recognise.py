"""Is this picture the whole sphere, how does it lie there, and where are the eyes?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.errors import NotEquirectError
from vr360.frame import Projection, Rgb, Stereo, bit_depth
from vr360.geometry import FULL_TURN
from vr360.spherical import guess
from vr360.spherical.defaults import SHAPE_TOLERANCE, SHAPES
from vr360.window import FRONT_HALF, FULL, Bounds

_TWO_TO_ONE = 0.02  # relative slack of the aspect ratio
EYES_ACROSS = {(projection, stereo): shape for shape, projection, stereo, _ in SHAPES} | {
    (Projection.EQUIRECT, Stereo.RIGHT_LEFT): 4.0,
    (Projection.HALF_EQUIRECT, Stereo.RIGHT_LEFT): 2.0,
}
"""Width over height of pictures whose eyes have their true shape."""

_LENS_SIZE = 256  # side of one lens when looking for fisheye circles
_CORNER_RADIUS = 1.1  # beyond it no lens paints, in radii of the inscribed circle
_RING = (0.75, 0.95)  # just inside the rim
_BLACK = 32  # 8-bit luma; sensor black and the glow of the rim stay below
_SECTORS = 16
_LIT_SECTORS = 0.75


@dataclass(frozen=True)
class Layout:
    """Projection, eyes, why, and what to tell the user besides.

    Attributes:
        declared: the projection is what the file's metadata says.
        bounds, pose: see `VideoInfo`.
    """

    projection: Projection
    stereo: Stereo
    reason: str
    notes: tuple[str, ...] = ()
    declared: bool = False
    bounds: Bounds = FULL
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)


def recognise(
    rgb: Rgb,
    name: str,
    declared: Layout | None = None,
    projection: Projection | None = None,
    stereo: Stereo | None = None,
    pixel_aspect: Fraction = Fraction(1),
) -> Layout:
    """Layout of a picture: what the caller says, else what the file says, else its looks.

    Args:
        rgb: (H, W, 3), the first frame after rotation.
        name: of the file: players go by its ending, and messages name it.
        declared: what the metadata says, if anything.
        projection: what the user says; wins.
        stereo: likewise.
        pixel_aspect: width of a pixel over its height.

    Raises:
        NotEquirectError: nothing says that this is a 360° picture.
    """
    found = declared or _by_looks(rgb, name, pixel_aspect)
    if projection is None and stereo is None:
        if found is None:
            raise NotEquirectError(_stacked(name, rgb) or _refusal(name, *rgb.shape[:2]))
        return _with_shape_note(found, rgb)
    as_said = projection is None
    projection = projection or (found.projection if found else Projection.EQUIRECT)
    stereo = stereo or (found.stereo if found else Stereo.MONO)
    reason = f"{projection}, {stereo}: as asked for"
    if declared is None or declared.projection is not projection:
        return _with_shape_note(Layout(projection, stereo, reason), rgb)
    bounds = declared.bounds if as_said else FULL  # who names the projection means all of it
    asked = replace(declared, stereo=stereo, reason=reason, bounds=bounds)
    return _with_shape_note(asked, rgb)


def _by_looks(rgb: Rgb, name: str, pixel_aspect: Fraction) -> Layout | None:
    height, width = rgb.shape[:2]
    if abs(width / height / 2 - 1) <= _TWO_TO_ONE and looks_like_dual_fisheye(rgb):
        why = "two round pictures side by side, black around them"
        return Layout(Projection.DUAL_FISHEYE, Stereo.MONO, f"dual-fisheye: {why}")
    found = guess(name, float(width * pixel_aspect), height)
    if found is None:
        return None
    metadata, why = found
    reason = f"{metadata.projection}, {metadata.stereo}: no metadata, but {why}"
    return Layout(metadata.projection, metadata.stereo, reason)


def _with_shape_note(layout: Layout, rgb: Rgb) -> Layout:
    """The layout, with a note where eyes are not quite, or not at all, as wide as they should."""
    height, width = rgb.shape[:2]
    across = EYES_ACROSS.get((layout.projection, layout.stereo))
    if across is None or layout.bounds not in (FULL, FRONT_HALF) or width == across * height:
        return layout
    ratio = f"{width}x{height} is {width / height:.3f}:1"
    if abs(width / height / across - 1) <= SHAPE_TOLERANCE:
        note = f"{ratio}, not quite {across:g}:1; taken as the whole sphere"
    else:
        note = f"{ratio} instead of {across:g}:1: squeezed; painted in its true shape, kept in this"
    return replace(layout, notes=(*layout.notes, note))


def looks_like_dual_fisheye(rgb: Rgb) -> bool:
    """Whether two inscribed circles hold all the light of a 2:1 picture.

    Black outside the circles is not enough (a night sky is black too): the light must also begin
    at their rims, in nearly all directions.
    """
    small = cv2.resize(rgb, (2 * _LENS_SIZE, _LENS_SIZE), interpolation=cv2.INTER_AREA)
    return all(_is_lens(half) for half in np.split(_grey8(np.asarray(small)), 2, axis=1))


def _is_lens(grey: NDArray[np.uint8]) -> bool:
    x = (np.arange(_LENS_SIZE) + 0.5) / _LENS_SIZE * 2 - 1
    radius = np.hypot(x, x[:, None])
    sector = np.floor(np.arctan2(x[:, None], x) / FULL_TURN * _SECTORS) % _SECTORS
    corners = float(np.percentile(grey[radius > _CORNER_RADIUS], 95))
    ring = (radius > _RING[0]) & (radius < _RING[1])
    lit = [np.median(grey[ring & (sector == s)]) > corners + _BLACK / 2 for s in range(_SECTORS)]
    return corners < _BLACK and sum(lit) >= _LIT_SECTORS * _SECTORS


def _grey8(rgb: Rgb) -> NDArray[np.uint8]:
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    return (grey if bit_depth(rgb) == 8 else grey // 4).astype(np.uint8)


def _stacked(name: str, rgb: Rgb) -> str:
    """What to do with one lens above the other, as some Kandao cameras write them."""
    height, width = rgb.shape[:2]
    if abs(height / width / 2 - 1) > _TWO_TO_ONE or height % 2:
        return ""
    if not looks_like_dual_fisheye(np.concatenate(np.split(rgb, 2), axis=1)):
        return ""
    return (
        f"{name}: two round pictures, one above the other; lay them side by side, as with "
        'ffmpeg -i INPUT -vf "split[a][b];[a]crop=iw:ih/2:0:0[c];[b]crop=iw:ih/2:0:ih/2[d];'
        '[c][d]hstack" -c:a copy OUTPUT.mp4'
    )


def _refusal(name: str, height: int, width: int) -> str:
    size = f"{width}x{height} ({width / height:.2f}:1)"
    what = "is no 360° picture as far as its metadata and shape tell"
    return f"{name}: {size} {what}; if it is a whole one, say so with --from equirect"
