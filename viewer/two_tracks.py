"""Pictures of films whose sphere lies on two video tracks, joined plane by plane."""

from __future__ import annotations

from dataclasses import replace

from viewer.picture import Picture, Plane, picture_from_rgb, picture_to_rgb
from vr360.cameras.pairs import Pair, pair_of


def joined(pair: Pair, first: Picture, second: Picture) -> Picture:
    """The picture that both tracks make, as `Pair.join` makes it.

    Planes stay what they are, chroma and depth too; where their sizes do not allow it, the picture
    becomes R'G'B' of 8 bits.
    """
    if all(_fits(pair, plane) for plane in first.planes):
        planes = zip(first.planes, second.planes, strict=True)
        return replace(first, planes=tuple(_plane(pair, a, b) for a, b in planes))
    rgb = pair.join(picture_to_rgb(first), picture_to_rgb(second))
    return picture_from_rgb(rgb, first.pts, first.index)


def _fits(pair: Pair, plane: Plane) -> bool:
    """Whether a plane, of half the size maybe, divides as the whole picture does."""
    own = pair_of(*plane.shape[:2])
    return (
        own is not None
        and own.kind is pair.kind
        and own.doubled * pair.height == (pair.doubled * own.height)
    )


def _plane(pair: Pair, first: Plane, second: Plane) -> Plane:
    flat = first.ndim == 2
    both = pair.join(*(plane[..., None] if flat else plane for plane in (first, second)))
    return both.reshape(both.shape[:2]) if flat else both
