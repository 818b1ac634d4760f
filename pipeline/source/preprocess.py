"""What happens to a frame before the net sees it; every step knows the sphere."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from vr360 import filters
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.projections import Equirect
from vr360.sampling import build_sampler

LARGEST_MEDIAN = {8: 31, 10: 5}  # OpenCV's limit above 8 bits is 5


def check_median(kernel: int, depth: int = 8) -> None:
    """Raise InputError for a kernel that OpenCV cannot do at this bit depth."""
    largest = LARGEST_MEDIAN[depth]
    if kernel != 0 and not (kernel % 2 == 1 and 1 <= kernel <= largest):
        raise InputError(
            f"--median {kernel}: give 0 (off) or an odd number up to {largest} at {depth} bits"
        )


def median_blur(rgb: Rgb, kernel: int) -> Rgb:
    """Median over `kernel` x `kernel` pixels of one equirect eye, seam and poles included.

    It takes the camera's noise away before the net can paint it: dreamier and steadier, as the
    Berkeley film found with kernel 3. Kernels 0 and 1 change nothing.
    """
    return rgb if kernel <= 1 else filters.median_blur(rgb, kernel)


def open_resizer(old: tuple[int, int], new: tuple[int, int]) -> Callable[[Rgb], Rgb]:
    """From equirect eyes of (height, width) to another size: by area downwards, cubic upwards.

    Downwards a pixel averages the cells it covers, none of which crosses an edge of the picture;
    upwards the cubic kernel reaches over the seam and the poles.
    """
    if old == new:
        return lambda eye: eye
    if new[0] <= old[0] and new[1] <= old[1]:
        return lambda eye: np.asarray(cv2.resize(eye, new[::-1], interpolation=cv2.INTER_AREA))
    return build_sampler(Equirect(*old), Equirect(*new))
