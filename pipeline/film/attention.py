"""Whether viewers still see what they looked at when one scene becomes the next.

A headset shows some 50 degrees to each side. Editors of 360° films therefore keep the point of
interest where it was across a cut (J. Brillhart, "In the Blink of a Mind", 2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from pipeline.film.composing import turn_at
from pipeline.film.easing import at
from pipeline.film.timeline import Placed, Timeline
from vr360.geometry import Array, lonlat_to_xyz
from vr360.polygons import angle_between

FURTHEST = 60.0  # degrees


def jumps(film: Timeline) -> Iterator[str]:
    """A sentence for each change of scenes with points of interest further apart than that."""
    for before, after in pairwise(film.scenes):
        middle = (after.first + before.after) // 2
        shown = [_shown(before, middle, film), _shown(after, middle, film)]
        if shown[0] is None or shown[1] is None:
            continue
        apart = float(np.degrees(angle_between(shown[0][None], shown[1])[0]))
        if apart > FURTHEST:
            names = f"{before.scene.name} to {after.scene.name}"
            yield f'{names}: points of interest lie {apart:.0f}° apart; match = "poi" joins them'


def _shown(placed: Placed, frame: int, film: Timeline) -> Array | None:
    """Direction (3,) in the film of a scene's point of interest; None where none is marked."""
    if placed.scene.poi is None:
        return None
    own = min(max(0, frame - placed.first), placed.count - 1)
    yaw = at(placed.scene.poi, own / float(film.rate))
    return np.asarray(lonlat_to_xyz(yaw, 0.0) @ turn_at(placed, own, float(film.rate)))
