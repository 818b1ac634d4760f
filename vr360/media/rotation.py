"""Pictures that the camera stored lying on their side, or mirrored."""

from __future__ import annotations

from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

DisplayMatrix = tuple[int, int, int, int]
"""Signs of a, b, c, d: a stored point (x, y) is to be shown at (a x + c y, b x + d y)."""

UPRIGHT: DisplayMatrix = (1, 0, 0, 1)
_QUARTER_TURNS = ((1, 0, 0, 1), (0, 1, 1, 0))  # where the matrix is not zero


def display_matrix(frame: av.VideoFrame) -> DisplayMatrix:
    """How a decoded frame is to be shown; `UPRIGHT` where the file says nothing.

    Turns by other angles than quarters are left out.

    Source: ISO/IEC 14496-12, `tkhd`; ffmpeg's AV_FRAME_DATA_DISPLAYMATRIX.
    """
    found = cast("Any", frame.side_data.get("DISPLAYMATRIX"))  # a buffer, which its type hides
    if found is None:
        return UPRIGHT
    numbers = np.frombuffer(bytes(found), np.int32)
    a, b, c, d = (int(np.sign(numbers[i])) for i in (0, 1, 3, 4))
    return (a, b, c, d) if (abs(a), abs(b), abs(c), abs(d)) in _QUARTER_TURNS else UPRIGHT


def upright(plane: NDArray[Any], matrix: DisplayMatrix) -> NDArray[Any]:
    """Turn and mirror a picture as its display matrix says.

    Args:
        plane: (H, W) or (H, W, channels) as stored.

    Returns:
        (H, W, ...) or (W, H, ...), contiguous where anything was done.
    """
    if matrix == UPRIGHT:
        return plane
    a, b, c, d = matrix
    turned = plane if a else plane.swapaxes(0, 1)
    return np.ascontiguousarray(turned[:: b + d, :: a + c])
