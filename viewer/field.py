"""Ambisonic sound for a head that turns with the view.

Each ear hears what a cardioid microphone would that points to its side: first-order sound lets it
point anywhere after the recording (Gerzon 1973, *Periphony*). What is to the right is heard in the
right ear, what is ahead or behind in both. Of higher orders the first is taken; head-locked stereo
is added as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vr360.errors import MetadataError
from vr360.frame import VideoInfo
from vr360.geometry import Array
from vr360.media.ambisonics import HEAD_LOCKED, encode, order_of
from vr360.spherical import inspect

FIRST = 4  # channels of first order
Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Field:
    """Ambisonic sound in ACN order and SN3D normalisation.

    Attributes:
        order: 1 to 3.
        channels: of the track, head-locked stereo included.
    """

    order: int
    channels: int

    def __str__(self) -> str:
        return f"ambisonic sound of order {self.order} turns with the view"

    def heard(self, samples: Samples, turn: Array) -> Samples:
        """(n, channels) -> (n, 2), left and right.

        Args:
            turn: (3, 3) from the axes of the head (x right, y up, -z ahead) to the picture's.
        """
        right = np.asarray(turn, float)[:, 0]
        ears = encode(np.stack([-right, right]), 1) / 2  # (2, 4): cardioids
        heard = samples[:, :FIRST] @ ears.T
        locked = (self.order + 1) ** 2
        if self.channels == locked + HEAD_LOCKED:
            heard += samples[:, locked:]
        return np.asarray(np.rint(heard).clip(-32768, 32767), np.int16)


def field_of(film: VideoInfo) -> Field | None:
    """What the first sound track is, if it is ambisonic."""
    if not film.audio:
        return None
    try:
        marks = inspect(film.path).ambisonic
    except MetadataError:  # a file that says nothing of it
        marks = ()
    order = order_of(film.audio[0], marks)
    return Field(order, film.audio[0].channels) if order else None
