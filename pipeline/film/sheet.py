"""One picture of a film: a frame from the middle of each scene and of each transition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pipeline.film.composing import Composer, Eyes
from pipeline.film.film import check
from pipeline.film.rendering import even, eyes_of, painted
from pipeline.film.steadying import steadied
from pipeline.film.timeline import Placed, Timeline
from pipeline.source.delivery import Span
from vr360.frame import Rgb, peak_of
from vr360.media.stills import write_still

COLUMNS = 3
_CAPTION = 28  # pixels above each picture


def write_sheet(script: Path, target: Path, scene: str | None = None, force: bool = False) -> None:
    """Paint those frames small, and write them side by side.

    Raises:
        Vr360Error: what is wrong with the film, or with the target.
    """
    film = steadied(check(script, preview=True, scene=scene).film)
    composer = Composer(film)
    cells = [_captioned(told, picture(film, composer, n)) for told, n in moments(film)]
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % min(COLUMNS, len(cells)))
    across = min(COLUMNS, len(cells))
    rows = [np.concatenate(cells[n : n + across], 1) for n in range(0, len(cells), across)]
    write_still(target, np.concatenate(rows), force=force)


def moments(film: Timeline) -> Iterator[tuple[str, int]]:
    """What each picture shows, and its frame."""
    for placed in film.scenes:
        if placed.enters:
            told = f"{placed.scene.enter.kind} to {placed.scene.name}"
            yield told, placed.first + placed.enters // 2
        middle = placed.first + (placed.enters + placed.count - placed.leaves) // 2
        yield placed.scene.name, middle
        if placed is film.scenes[-1] and placed.leaves:
            yield f"{placed.leave.kind} at the end", placed.after - 1 - placed.leaves // 2


def picture(film: Timeline, composer: Composer, frame: int) -> Rgb:
    """One frame of the film, painted by itself."""
    seen = [film.scenes[number] for number in composer.seen(frame)]
    return composer.compose(frame, [_one(placed, frame, film) for placed in seen])


def _one(placed: Placed, frame: int, film: Timeline) -> Eyes:
    start = placed.start + (frame - placed.first) / film.rate
    span = placed.job.span if placed.info.is_still else Span(start, 1 / film.rate)
    alone = replace(placed, start=start, count=1, job=replace(placed.job, span=span, passes=1))
    return next(eyes_of(alone, even(painted(alone, film.bit_depth), alone, film.rate)))


def _captioned(told: str, rgb: Rgb) -> Rgb:
    rgb = np.asarray(np.rint(rgb * (255 / peak_of(rgb))), np.uint8)
    cell = np.full((rgb.shape[0] + _CAPTION, rgb.shape[1], 3), 255, np.uint8)
    cell[_CAPTION:] = rgb
    cv2.putText(cell, told, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return cell
