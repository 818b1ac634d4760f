"""Taking the eyes out of a picture and putting them back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vr360.frame import Rgb, Stereo


def split_eyes(rgb: Rgb, stereo: Stereo) -> list[Rgb]:
    """The left and the right eye (one picture for mono), each a sphere of its own.

    Raises:
        ValueError: the size cannot be halved; probing refuses such files.
    """
    if stereo is Stereo.MONO:
        return [rgb]
    axis = 0 if stereo is Stereo.TOP_BOTTOM else 1
    if rgb.shape[axis] % 2:
        raise ValueError(f"{rgb.shape[1]}x{rgb.shape[0]} cannot be halved into two eyes")
    first, second = np.split(rgb, 2, axis=axis)
    return [second, first] if stereo is Stereo.RIGHT_LEFT else [first, second]


def join_eyes(eyes: Sequence[Rgb], stereo: Stereo) -> Rgb:
    """Inverse of `split_eyes`."""
    if stereo is Stereo.MONO:
        return eyes[0]
    left, right = eyes
    if stereo is Stereo.TOP_BOTTOM:
        return np.concatenate([left, right], axis=0)
    return np.concatenate([right, left] if stereo is Stereo.RIGHT_LEFT else [left, right], axis=1)


def eye_size(size: tuple[int, int], stereo: Stereo) -> tuple[int, int]:
    """(height, width) of one eye in a picture of (height, width)."""
    down, across = _eyes(stereo)
    return size[0] // down, size[1] // across


def picture_size(eye: tuple[int, int], stereo: Stereo) -> tuple[int, int]:
    """(height, width) of the picture that holds all eyes; inverse of `eye_size`."""
    down, across = _eyes(stereo)
    return eye[0] * down, eye[1] * across


def _eyes(stereo: Stereo) -> tuple[int, int]:
    """How many eyes lie one above the other, and side by side."""
    if stereo is Stereo.MONO:
        return 1, 1
    return (2, 1) if stereo is Stereo.TOP_BOTTOM else (1, 2)
