"""One projection into another for pictures of any size: samplers built as sizes turn up."""

from __future__ import annotations

import numpy as np

from vr360.choices import CubeLayout, Interpolation
from vr360.frame import Rgb
from vr360.geometry import Array
from vr360.projections import sphere_map, usual_size
from vr360.sampling.sampler import Sampler, build_sampler


class Projector:
    """Turns pictures of one eye from one projection into another.

    Args:
        source, target: a `Projection` or `RECTILINEAR`.
        size: (height, width) of the result; None is as fine as the picture.
        source_layout, target_layout: of cube faces; None is the usual one.
        source_fov, target_fov: radians that a fisheye's circle or a flat view's width spans.
        turn: (3, 3) rotation from the target's directions to the source's.
        interpolation: the kernel.
    """

    def __init__(
        self,
        source: str,
        target: str,
        *,
        size: tuple[int, int] | None = None,
        source_layout: CubeLayout | None = None,
        target_layout: CubeLayout | None = None,
        source_fov: float | None = None,
        target_fov: float | None = None,
        turn: Array | None = None,
        interpolation: Interpolation = Interpolation.CUBIC,
    ) -> None:
        self._source = source, source_layout, source_fov
        self._target = target, target_layout, target_fov
        self._size = size
        self._turn = np.eye(3) if turn is None else turn
        self._interpolation = interpolation
        self._sampler: Sampler | None = None

    def __call__(self, rgb: Rgb) -> Rgb:
        """One picture in the other projection.

        Args:
            rgb: (H, W, C) uint8, uint16 (10-bit codes) or float32.

        Returns:
            (h, w, C) of the same type; black where the picture shows nothing.

        Raises:
            InputError: a size that contradicts the projection.
            ValueError: another type or number of dimensions.
        """
        height, width = rgb.shape[:2]
        sampler = self._sampler
        if sampler is None or (sampler.source.height, sampler.source.width) != (height, width):
            sampler = self._sampler = self._build(height, width)
        return sampler(rgb)

    def _build(self, height: int, width: int) -> Sampler:
        (kind, layout, fov), (to, to_layout, to_fov) = self._source, self._target
        source = sphere_map(kind, height, width, layout=layout, fov=fov)
        size = self._size or usual_size(source, to, layout=to_layout, fov=to_fov)
        target = sphere_map(to, *size, layout=to_layout, fov=to_fov)
        return build_sampler(source, target, self._turn, self._interpolation)
