"""What painting does to the sphere: edges of faces and poles, on a few frames of a film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.quality.eyes import cross_eye_errors
from pipeline.quality.faces import face_edge_gradient
from pipeline.quality.poles import Strokes, pole_ratio, strokes
from pipeline.quality.together import Moment

FRAMES = 8
"""Frames looked at, evenly spaced over the film."""


@dataclass(frozen=True)
class SphereFigures:
    """Attributes:
    face_edge_gradient: step across the edges of cube faces over that beside them.
    face_edge_ratio: the same divided by the source's.
    pole_ratio: length of strokes at the poles over that at like places of the equator.
    cross_eye_error: how far the eyes disagree about what both see; stereo films only.
    cross_eye_error_ratio: that, over the baseline's.
    """

    face_edge_gradient: float | None
    face_edge_ratio: float | None
    pole_ratio: float | None
    cross_eye_error: float | None = None
    cross_eye_error_ratio: float | None = None


class SphereMeter:
    """Takes moments one by one and looks at every n-th."""

    def __init__(self, frames: int) -> None:
        self._every = max(1, frames // FRAMES)
        self._count = 0
        self._edges: list[tuple[float, float]] = []
        self._strokes: list[tuple[Strokes, Strokes]] = []
        self._eyes: list[tuple[float | None, ...]] = []

    def see(self, moment: Moment) -> None:
        self._count += 1
        if (self._count - 1) % self._every:
            return
        pair = moment.film, moment.source
        self._edges.append((face_edge_gradient(pair[0]), face_edge_gradient(pair[1])))
        self._strokes.append((strokes(pair[0]), strokes(pair[1])))
        if moment.right:
            self._eyes.append(_cross_eye_errors(moment))

    @property
    def figures(self) -> SphereFigures:
        if not self._edges:
            return SphereFigures(None, None, None)
        film, source = (float(mean) if np.isfinite(mean) else None for mean in _means(self._edges))
        ratio = None if film is None or not source else film / source
        films, sources = zip(*self._strokes, strict=True)
        return SphereFigures(film, ratio, pole_ratio(films, sources), *self._disagreement())

    def _disagreement(self) -> tuple[float | None, float | None]:
        """The error between the eyes, and its ratio to the baseline's."""
        known = [errors for errors in self._eyes if None not in errors]
        if not known:
            return None, None
        error, *baseline = (float(np.mean(errors)) for errors in zip(*known, strict=True))
        return error, error / baseline[0] if baseline and baseline[0] > 0 else None


def _cross_eye_errors(moment: Moment) -> tuple[float | None, ...]:
    """Of the film, and of the baseline if there is one."""
    film, source, *baseline = moment.right
    pairs = [(moment.film, film)]
    if baseline and moment.baseline is not None:
        pairs.append((moment.baseline, baseline[0]))
    return cross_eye_errors(moment.source, source, pairs)


def _means(pairs: list[tuple[float, float]]) -> list[float]:
    return [float(np.mean(values)) for values in zip(*pairs, strict=True)]
