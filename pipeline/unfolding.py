"""Whatever way a source's sphere lies on its picture, painting sees whole equirect eyes.

equirect           as it is
half-equirect      VR180: the back is the front's mirror image, cut off again afterwards
cubemap, equi-angular   resampled
dual fisheye       stitched
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.preprocess import open_resizer
from vr360.fisheye.film import open_stitcher, result_size
from vr360.frame import Projection, Rgb, VideoInfo
from vr360.projections import USUAL_LAYOUTS, Equirect, source_map, usual_size
from vr360.sampling import build_sampler
from vr360.stereo import eye_size


@dataclass(frozen=True)
class Unfolding:
    """How to make whole spheres of a source's eyes, and what becomes of them.

    Attributes:
        height, width: of one eye of the result.
        projection: of the result.
        unfold: an eye of the source -> a whole equirect eye.
        fold: a whole equirect eye -> an eye of the result.
    """

    height: int
    width: int
    projection: Projection
    unfold: Callable[[Rgb], Rgb]
    fold: Callable[[Rgb], Rgb]


def open_unfolding(
    info: VideoInfo, size: tuple[int, int] | None = None, camera: str = "auto"
) -> Unfolding:
    """The way for a source.

    Args:
        info: from `probe`.
        size: (height, width) of the result, all eyes included; None goes by the source.
        camera: lenses of dual-fisheye footage, see `vr360.fisheye.film`.

    Raises:
        Vr360Error: footage that cannot be stitched, faces that are no cube.
    """
    if info.projection is Projection.DUAL_FISHEYE:
        height, width = size or result_size(info)
        stitch = open_stitcher(info, camera, height, width)
        return Unfolding(height, width, Projection.EQUIRECT, stitch, _as_it_is)
    if info.projection in USUAL_LAYOUTS:
        cube = source_map(info)
        height, width = (
            eye_size(size, info.stereo) if size else usual_size(cube, Projection.EQUIRECT)
        )
        resample = build_sampler(cube, Equirect(height, width))
        return Unfolding(height, width, Projection.EQUIRECT, resample, _as_it_is)
    source = eye_size((info.height, info.width), info.stereo)
    height, width = eye_size(size, info.stereo) if size else source
    if info.projection is Projection.HALF_EQUIRECT:
        return _mirrored(source, height, width)
    resize = open_resizer(source, (height, width))
    return Unfolding(height, width, Projection.EQUIRECT, resize, _as_it_is)


def _mirrored(source: tuple[int, int], height: int, width: int) -> Unfolding:
    """The front half with its mirror image behind it.

    No edge shows in it: mirrored at its sides, the half sphere goes on without a step, and over a
    pole too, so painting, blurring and motion need not know of halves. It costs the back.
    """
    resize = open_resizer((source[0], 2 * source[1]), (height, 2 * width))

    def unfold(eye: Rgb) -> Rgb:
        left, right = np.split(eye, 2, axis=1)
        sphere = np.concatenate([left[:, ::-1], eye, right[:, ::-1]], axis=1)
        return resize(sphere)

    def fold(eye: Rgb) -> Rgb:
        return np.ascontiguousarray(eye[:, width // 2 : width // 2 + width])

    return Unfolding(height, width, Projection.HALF_EQUIRECT, unfold, fold)


def _as_it_is(eye: Rgb) -> Rgb:
    return eye
