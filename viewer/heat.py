"""Heat maps to lay over the view: what `vr360.change` finds, in colours.

The maps are those that measuring takes its means of, unweighted, since they are seen where they
lie; at a size that is quick to compute.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import cv2
import numpy as np

from viewer.picture import Picture, picture_to_rgb
from vr360.change import SPAN, Map, difference, flicker
from vr360.frame import Rgb

HEIGHT = 256  # rows of a map; finer is noise to the eye
TOGETHER = 1  # seconds: pictures further apart do not belong to one stretch of film


class HeatMap(StrEnum):
    NONE = "none"
    DIFFERENCE = "difference"
    FLICKER = "flicker"


RED = {HeatMap.DIFFERENCE: 0.25, HeatMap.FLICKER: 0.1}
"""Share of full scale that shows as red."""

PicturePair = tuple[Picture, Picture | None]
"""Side B, the look that is judged, and side A, its source where there is one."""


class Heat:
    """Heat maps of the pictures that are shown one after the other."""

    def __init__(self) -> None:
        self._seen: list[PicturePair] = []

    def see(self, look: PicturePair) -> None:
        """The next look; one from elsewhere in the film begins anew."""
        kept = [seen for seen in self._seen if seen[0].pts != look[0].pts][-SPAN + 1 :]
        if kept and abs(kept[-1][0].pts - look[0].pts) > TOGETHER:
            kept = []
        self._seen = [*kept, look]

    def forget(self) -> None:
        self._seen = []

    def map(self, kind: HeatMap) -> Rgb | None:
        """(H, W, 4) uint8, or None where there are too few pictures for it."""
        found = _difference if kind is HeatMap.DIFFERENCE else _flicker
        values = found(self._seen)
        return None if values is None else coloured(values, RED[kind])


def _difference(seen: Sequence[PicturePair]) -> Map | None:
    film, source = seen[-1] if seen else (None, None)
    if film is None or source is None:
        return None
    return difference(small(film), small(source, film))


def _flicker(seen: Sequence[PicturePair]) -> Map | None:
    """Of three looks; where one lacks its source, motion shows too."""
    if len(seen) < SPAN:
        return None
    like = seen[-1][0]
    sources = [small(source, like) for _, source in seen if source is not None]
    films = [small(film, like) for film, _ in seen]
    return flicker(films, sources if len(sources) == SPAN else None)


def small(picture: Picture, like: Picture | None = None) -> Rgb:
    """The picture at the size of a map, its own or that of another picture."""
    shape = like or picture
    return picture_to_rgb(picture, (HEIGHT, 2 * round(HEIGHT / 2 * shape.width / shape.height)))


def coloured(values: Map, red: float) -> Rgb:
    """(H, W, 4) uint8: blue to red, which stands for `red` and more; more opaque where hotter."""
    level = np.clip(values / red, 0, 1)
    codes = (level * 255).astype(np.uint8)
    rgb = cv2.applyColorMap(codes, cv2.COLORMAP_TURBO)[..., ::-1]
    alpha = (255 * np.minimum(level * 3, 0.8)).astype(np.uint8)
    return np.ascontiguousarray(np.dstack([rgb, alpha]))
