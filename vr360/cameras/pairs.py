"""Films whose sphere lies on two video tracks: Insta360's `.insv`, GoPro's `.360`.

lenses   one square fisheye a track, side by side a dual-fisheye picture
strips   three equi-angular faces a track: left front right, and down back up turned by a quarter;
         one above the other YouTube's `eac`. The two faces beside the middle one are cut where
         the camera's lenses meet: each half goes on for a few pixels beyond the cut, which leaves
         room to blend. MAX 2 stores both halves as they are, 96 pixels more than a face. MAX writes
         32 more: each half, 32 beyond the cut, is squeezed from 704 pixels to 688.

Source: sizes of GoPro MAX files (4096x1344 a track), FFmpeg's `v360` for the order of faces, and
telemetry-parser's account of `PMOD` (overlap, width before and after), measured on cameras' films.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.choices import Projection

Picture = NDArray[Any]
_SQUEEZED = 42  # what the height of MAX's strips is of their overlap: 1344 / 32
WIDEST_OVERLAP = 0.2  # of a face's side; MAX 2 has 0.05


class PairKind(StrEnum):
    """What each of the two tracks shows."""

    LENSES = "lenses"
    STRIPS = "strips"


@dataclass(frozen=True)
class Pair:
    """Two tracks of (height, width) that make one picture."""

    kind: PairKind
    height: int
    width: int

    @property
    def projection(self) -> Projection:
        """Of the picture that `join` makes."""
        return Projection.DUAL_FISHEYE if self.kind is PairKind.LENSES else Projection.EQUI_ANGULAR

    @property
    def note(self) -> str:
        """What was done, for the user."""
        if self.kind is PairKind.LENSES:
            return "its two tracks are the lenses, laid side by side in their order"
        return f"its two tracks are three faces each, blended over {self.doubled} pixels"

    @property
    def overlap(self) -> int:
        """Pixels that a cut face is wider than a whole one; strips only."""
        return (self.width - 3 * self.height) // 2

    @property
    def doubled(self) -> int:
        """Pixels of a face about the cut that both of its halves show; strips only."""
        squeezed = self.overlap * _SQUEEZED == self.height
        return 2 * self.overlap if squeezed else self.overlap

    def join(self, first: Picture, second: Picture) -> Picture:
        """One picture (H, W, C) of those of both tracks, (height, width, C) each."""
        if self.kind is PairKind.LENSES:
            return np.concatenate([first, second], axis=1)
        return np.concatenate([without_overlap(first), without_overlap(second)])


def pair_of(height: int, width: int) -> Pair | None:
    """What two tracks of one size may be; None where their shape is neither."""
    if height == width:
        return Pair(PairKind.LENSES, height, width)
    spare = width - 3 * height
    halves = spare % 2 == 0 and (height + spare // 2) % 2 == 0
    if 0 <= spare <= 2 * WIDEST_OVERLAP * height and halves:
        return Pair(PairKind.STRIPS, height, width)
    return None


def without_overlap(strip: Picture) -> Picture:
    """Three square faces (H, 3 H, C) of a strip (H, 3 H + 2 overlap, C)."""
    height, width = strip.shape[:2]
    wide, doubled = (width - height) // 2, Pair(PairKind.STRIPS, height, width).doubled
    left, right = (_uncut(part, height, doubled) for part in (strip[:, :wide], strip[:, -wide:]))
    return np.concatenate([left, strip[:, wide:-wide], right], axis=1)


def _uncut(face: Picture, size: int, overlap: int) -> Picture:
    """A face (S, S) of one that is cut in the middle, and blended where both halves show it."""
    half = (size + overlap) // 2
    left, right = (_widened(part, half) for part in np.split(face, 2, axis=1))
    share = ((np.arange(overlap) + 0.5) / max(overlap, 1))[:, None]
    band = left[:, half - overlap :] * (1 - share) + right[:, :overlap] * share
    parts = [left[:, : half - overlap], band.round().astype(face.dtype), right[:, overlap:]]
    return np.concatenate(parts, axis=1)


def _widened(part: Picture, width: int) -> Picture:
    """A half of a face as wide as it was before it was squeezed."""
    if part.shape[1] == width:
        return part
    widened = cv2.resize(part, (width, len(part)), interpolation=cv2.INTER_LINEAR)
    return widened.reshape(len(part), width, part.shape[2])  # OpenCV drops a single channel
