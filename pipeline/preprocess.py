"""What happens to a frame before the net sees it; every step knows the sphere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from vr360.errors import InputError
from vr360.frame import Frame, Rgb, Stereo
from vr360.padding import sphere_pad_rgb
from vr360.projections import Equirect
from vr360.sampling import build_sampler
from vr360.stereo import join_eyes, split_eyes

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
    if kernel <= 1:
        return rgb
    reach = kernel // 2
    padded = np.ascontiguousarray(sphere_pad_rgb(rgb, reach))
    return cv2.medianBlur(padded, kernel)[reach:-reach, reach:-reach]


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


@dataclass(frozen=True)
class Prepared(Frame):
    """A frame ready to be painted.

    Attributes:
        sharp: as `rgb`, without the blur: what shows where a look is weaker than 1.
    """

    sharp: Rgb


def prepare(
    frame: Frame, stereo: Stereo, unfold: Callable[[Rgb], Rgb], kernel: int, shows: bool = True
) -> Frame:
    """Make a whole equirect sphere of each eye (see `pipeline.unfolding`) and blur it.

    Args:
        stereo: how the eyes lie.
        unfold: an eye (h, w, 3) -> the sphere (H, W, 3).
        kernel: of the median, see `median_blur`.
        shows: the picture itself may show: keep it without the blur, too.
    """
    eyes = [unfold(eye) for eye in split_eyes(frame.rgb, stereo)]
    blurred = join_eyes([median_blur(eye, kernel) for eye in eyes], stereo)
    if not shows:
        return Frame(blurred, frame.pts)
    return Prepared(blurred, frame.pts, join_eyes(eyes, stereo))
