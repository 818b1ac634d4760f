"""What happens to a frame before the net sees it; every step knows the sphere."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from vr360.errors import InputError
from vr360.frame import Rgb, Stereo, bit_depth
from vr360.padding import sphere_pad_rgb
from vr360.stereo import join_eyes, split_eyes

LARGEST_MEDIAN = {8: 31, 10: 5}  # OpenCV's limit above 8 bits is 5


def check_median(kernel: int, depth: int) -> None:
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
    if kernel <= 1:
        return rgb
    reach = kernel // 2
    padded = np.ascontiguousarray(sphere_pad_rgb(rgb, reach))
    return cv2.medianBlur(padded, kernel)[reach:-reach, reach:-reach]


def resize_sphere(rgb: Rgb, height: int, width: int) -> Rgb:
    """One equirect eye at another size: area-correct downwards, cubic upwards.

    Downwards a pixel averages the cells it covers, none of which crosses an edge of the picture;
    upwards the cubic kernel reaches over the seam and the poles.
    """
    old_height, old_width = rgb.shape[:2]
    if (height, width) == (old_height, old_width):
        return rgb
    if height <= old_height and width <= old_width:
        return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA))
    pad = 2  # the cubic kernel's reach
    x = (np.arange(width, dtype=np.float32) + 0.5) * old_width / width - 0.5 + pad
    y = (np.arange(height, dtype=np.float32) + 0.5) * old_height / height - 0.5 + pad
    grid_x, grid_y = np.meshgrid(x, y)
    padded = np.ascontiguousarray(sphere_pad_rgb(rgb, pad))
    resized = cv2.remap(padded, grid_x, grid_y, cv2.INTER_CUBIC)
    return np.minimum(resized, (1 << bit_depth(rgb)) - 1).astype(rgb.dtype)


def prepare(rgb: Rgb, stereo: Stereo, unfold: Callable[[Rgb], Rgb], kernel: int) -> Rgb:
    """Make a whole equirect sphere of each eye (see `pipeline.unfolding`) and blur it."""
    eyes = [unfold(eye) for eye in split_eyes(rgb, stereo)]
    return join_eyes([median_blur(eye, kernel) for eye in eyes], stereo)
