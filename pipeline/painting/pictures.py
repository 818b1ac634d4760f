"""A look as a function of pictures, blurred before the net as `stylize` blurs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.looks.keyframes import Time
from pipeline.painting.stylizer import Stylizer
from pipeline.source.preprocess import check_median, median_blur
from vr360.frame import Rgb, bit_depth


class PicturePainter:
    """Paints whole equirect spheres: numpy in, numpy out.

    Args:
        stylizer: the look, bound to a net and a device.
        median: kernel of the blur before the net, pixels; 0 is none.
    """

    def __init__(self, stylizer: Stylizer, median: int) -> None:
        check_median(median)
        self._stylizer, self._median = stylizer, median

    def __call__(self, rgb: Rgb, seconds: Time = 0) -> Rgb:
        """Paint one sphere.

        Args:
            rgb: (H, W, 3) R'G'B', equirect, W even: uint8, or uint16 with codes 0 to 1023.
            seconds: when a look that changes over time is taken.

        Returns:
            (H, W, 3) of the same type.

        Raises:
            ValueError: another type of picture.
        """
        return self.eyes([rgb], seconds)[0]

    def eyes(self, rgb: Sequence[Rgb], seconds: Time = 0) -> list[Rgb]:
        """Paint the eyes of one moment together, so that they share one tone.

        Args:
            rgb: (H, W, 3) each, of one size; otherwise as for one sphere.

        Returns:
            As many, (H, W, 3) each.

        Raises:
            ValueError: another type of picture.
        """
        for eye in rgb:
            _check_picture(eye)
            check_median(self._median, bit_depth(eye))
        soft = [median_blur(eye, self._median) for eye in rgb]
        return self._stylizer(soft, seconds=seconds, sharp=rgb)

    def begin_shot(self) -> None:
        """What comes next is another shot; with `statistics="shot"` nothing of this one is kept."""
        self._stylizer.begin_shot()


def _check_picture(rgb: Rgb) -> None:
    """Raise ValueError for what is no picture; one of another type is named by its depth."""
    if not isinstance(rgb, np.ndarray):
        kind = type(rgb).__name__
        raise ValueError(f"rgb must be an array (H, W, 3), got {kind}; vr360.open reads files")
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.shape[1] % 2:
        raise ValueError(f"rgb must be (H, W, 3) with W even, got {rgb.shape}")
