"""Films whose sphere lies on two video tracks: Insta360's `.insv`, GoPro's `.360`.

lenses   one square fisheye a track, side by side a dual-fisheye picture
strips   three equi-angular faces a track: left front right, and down back up turned by a quarter;
         one above the other YouTube's `eac`. The two faces beside the middle one are cut where
         the camera's lenses meet: each half goes on for a few pixels beyond the cut, which leaves
         room to blend (GoPro MAX 32 pixels, MAX 2 64 or 96).

Source: sizes of GoPro MAX files (4096x1344 a track), and FFmpeg's `v360` for the order of faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vr360.choices import Projection

Picture = NDArray[Any]
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
        return f"its two tracks are three faces each, blended over {self.overlap} pixels"

    @property
    def overlap(self) -> int:
        """Pixels that both halves of a cut face show; strips only."""
        return (self.width - 3 * self.height) // 2

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
    wide = (width - height) // 2
    sides = _uncut(strip[:, :wide], height), _uncut(strip[:, -wide:], height)
    return np.concatenate([sides[0], strip[:, wide:-wide], sides[1]], axis=1)


def _uncut(face: Picture, size: int) -> Picture:
    """A face (S, S) of one that is cut in the middle, (S, S + overlap): blended there."""
    overlap, half = face.shape[1] - size, face.shape[1] // 2
    left, right = face[:, :half], face[:, half:]
    share = ((np.arange(overlap) + 0.5) / max(overlap, 1))[:, None]
    band = left[:, half - overlap :] * (1 - share) + right[:, :overlap] * share
    parts = [left[:, : half - overlap], band.round().astype(face.dtype), right[:, overlap:]]
    return np.concatenate(parts, axis=1)
