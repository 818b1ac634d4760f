"""Whatever way a source's sphere lies on its picture, painting sees whole equirect eyes.

equirect           as it is
half-equirect      VR180: the back is the front's mirror image, cut off again afterwards
a part             likewise: what the picture leaves out is its mirror image
cubemap, equi-angular   resampled
one fisheye        likewise; black where the lens saw nothing
dual fisheye       stitched
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.source.preprocess import open_resizer
from vr360.errors import InputError
from vr360.fisheye.film import open_stitcher, result_size
from vr360.frame import Frame, Projection, Rgb, VideoInfo
from vr360.media.hdr import PQ, hlg_as_pq, pq_as_hlg
from vr360.media.turning import Turning
from vr360.projections import (
    USUAL_LAYOUTS,
    Equirect,
    ProjectionMap,
    source_map,
    usual_size,
)
from vr360.sampling import build_sampler
from vr360.spherical.defaults import SHAPE_TOLERANCE
from vr360.stereo import eye_size
from vr360.views import FISHEYE
from vr360.window import FULL, Window

WIDTHS = 64, 16384  # of spheres that can be painted
_BAND = 64  # rows whose directions are taken at a time


@dataclass(frozen=True)
class Unfolding:
    """How to make whole spheres of a source's eyes, and what becomes of them.

    Attributes:
        height, width: of one eye of the result.
        projection: of the result.
        drawn: (height, width) of the spheres that are painted.
        unfold: an eye of the source -> a whole equirect eye.
        fold: a whole equirect eye -> an eye of the result.
        turning: how the level sphere lies in the source over time; None where it is not levelled.
        level: a whole equirect eye and the frame that it is of -> the same with a level horizon.
    """

    height: int
    width: int
    projection: Projection
    drawn: tuple[int, int]
    unfold: Callable[[Rgb], Rgb]
    fold: Callable[[Rgb], Rgb]
    turning: Turning | None = None
    level: Callable[[Rgb, Frame], Rgb] = lambda eye, frame: eye

    @property
    def around(self) -> int:
        """Pixels around the spheres that are painted."""
        return self.drawn[1]

    def whole(self, eye: Rgb, frame: Frame) -> Rgb:
        """The whole equirect eye, level if wanted, of one of a frame's."""
        return self.level(self.unfold(eye), frame)


def open_unfolding(
    info: VideoInfo,
    size: tuple[int, int] | None = None,
    camera: str = "auto",
    paint_width: int | None = None,
    paints: bool = True,
) -> Unfolding:
    """The way for a source.

    Args:
        info: from `probe`.
        size: (height, width) of the result, all eyes included; None goes by the source.
        camera: lenses of dual-fisheye footage, see `vr360.fisheye.film`.
        paint_width: pixels around the spheres that are painted; None takes the result's own.
        paints: whether the spheres will be changed at all; squeezed ones are left as they are if
            not, so that what comes out is, bit for bit, what went in.

    Raises:
        Vr360Error: footage that cannot be stitched, faces that are no cube, a width too small or
            too large.
    """
    height, width = _result_size(info, size)
    window = _window(info, height, width)
    whole = window.full_height, window.full_width
    drawn = drawn_size(info, size, paint_width) if paints else whole
    unfold, resize = _open_unfold(info, drawn, camera), open_resizer(drawn, whole)

    outside = _outside(info, whole)

    def fold(sphere: Rgb) -> Rgb:
        eye = window.cut(resize(sphere))
        return eye if outside is None else np.where(outside, eye.dtype.type(0), eye)

    if paints and info.colour.transfer == PQ and info.bit_depth == 10:
        ways = _by_way_of_hlg(unfold, fold)
    else:
        ways = unfold, fold
    half = info.projection is Projection.HALF_EQUIRECT
    projection = Projection.HALF_EQUIRECT if half else Projection.EQUIRECT
    return Unfolding(height, width, projection, drawn, *ways)


def drawn_size(
    info: VideoInfo, size: tuple[int, int] | None = None, paint_width: int | None = None
) -> tuple[int, int]:
    """(height, width) of the spheres that are painted; arguments as for `open_unfolding`."""
    window = _window(info, *_result_size(info, size))
    return _drawn((window.full_height, window.full_width), paint_width)


def _by_way_of_hlg(
    unfold: Callable[[Rgb], Rgb], fold: Callable[[Rgb], Rgb]
) -> tuple[Callable[[Rgb], Rgb], Callable[[Rgb], Rgb]]:
    """The same for PQ: what lies between the two sees HLG."""
    return lambda eye: unfold(pq_as_hlg(eye)), lambda sphere: hlg_as_pq(fold(sphere))


def _lens(info: VideoInfo) -> ProjectionMap:
    return source_map(info, FISHEYE, fov=info.lens_fov)


def _outside(info: VideoInfo, whole: tuple[int, int]) -> NDArray[np.bool_] | None:
    """(H, W, 1): where one lens saw nothing, which no painting fills; None of other sources."""
    if not info.lens_fov:
        return None
    lens, sphere, (height, width) = _lens(info), Equirect(*whole), whole
    outside, x = np.empty((height, width, 1), bool), np.arange(width)[None]
    for y in np.split(np.arange(height), range(_BAND, height, _BAND)):
        directions, _ = sphere.directions(x, y[:, None])
        outside[y, :, 0] = ~lens.pixels(directions)[2]
    return outside


def _window(info: VideoInfo, height: int, width: int) -> Window:
    """Where an eye of the result lies in the sphere that is painted."""
    if info.lens_fov or info.projection not in (Projection.EQUIRECT, Projection.HALF_EQUIRECT):
        return Window.of(FULL, height, width)
    return Window.of(info.window_bounds, height, width)


def _result_size(info: VideoInfo, size: tuple[int, int] | None) -> tuple[int, int]:
    """(height, width) of an eye of the result."""
    if size:
        return eye_size(size, info.stereo)
    if info.projection is Projection.DUAL_FISHEYE:
        return result_size(info)
    if info.lens_fov:
        return usual_size(_lens(info), Projection.EQUIRECT)
    if info.projection in USUAL_LAYOUTS:
        return usual_size(source_map(info), Projection.EQUIRECT)
    return eye_size((info.height, info.width), info.stereo)


def check_paint_width(width: int | None) -> None:
    """Raise InputError for a width that no sphere can be painted at; None takes the result's."""
    least, most = WIDTHS
    if width is not None and not least <= width <= most:
        raise InputError(f"--paint-width {width}: {least} to {most} pixels around the sphere")


def _drawn(whole: tuple[int, int], width: int | None) -> tuple[int, int]:
    """(height, width) of the sphere that is painted.

    A squeezed one is drawn in its true shape, as fine as its finer side: so strokes are as long
    across as down, and motion is found alike.
    """
    check_paint_width(width)
    squeezed = abs(whole[1] / whole[0] / 2 - 1) > SHAPE_TOLERANCE
    finest = max(whole[1], 2 * whole[0]) if squeezed else whole[1]
    width = width or finest
    return round(width / 2 if squeezed else whole[0] * width / whole[1]), width


def _open_unfold(info: VideoInfo, whole: tuple[int, int], camera: str) -> Callable[[Rgb], Rgb]:
    """From an eye of the source to a sphere of (height, width)."""
    if info.projection is Projection.DUAL_FISHEYE:
        return open_stitcher(info, camera, *whole)
    if info.lens_fov or info.projection in USUAL_LAYOUTS:
        source = _lens(info) if info.lens_fov else source_map(info)
        return build_sampler(source, Equirect(*whole))
    window = info.window
    resize = open_resizer((window.full_height, window.full_width), whole)
    # Mirrored at its sides, half a sphere goes on without a step, and over a pole too, so painting,
    # blurring and motion need not know of halves. It costs the back.
    return lambda eye: resize(window.place(eye))
