"""How segments fall to workers: a film split into pieces, and the time that many need for it.

Each worker takes the piece that the longest time of others hangs on (critical path first; Graham,
"Bounds on multiprocessing timing anomalies", 1969, bounds what that can lose).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SEGMENT = 240
"""Frames of a segment at most: what a killed run loses."""

SHORTEST = 12
"""Frames of a segment at least, for it to be worth its state or its warm-up."""


@dataclass(frozen=True)
class Piece:
    """A part of a shot.

    Attributes:
        first: number of its first frame in the film.
        frames: how many it has.
        warm_up: frames before it that are painted and thrown away.
    """

    first: int
    frames: int
    warm_up: int


def split(cuts: Sequence[int], frames: int, length: int, warm_up: int) -> list[list[Piece]]:
    """The shots of a film in pieces, none of which is longer than `length` frames.

    Args:
        cuts: numbers of the frames with which a new shot begins.
        frames: of the film.
        length: frames of a piece at most.
        warm_up: frames painted before pieces within a shot, as far as the shot has them.
    """
    shots = zip([0, *cuts], [*cuts, frames], strict=True)
    return [list(_pieces(shot, end, length, warm_up)) for shot, end in shots]


def _pieces(shot: int, end: int, length: int, warm_up: int) -> Iterator[Piece]:
    for first in range(shot, end, length):
        yield Piece(first, min(length, end - first), min(warm_up, first - shot))


def frames_waited(shots: Sequence[Sequence[Piece]], workers: int, warm_up: int) -> int:
    """How many frames one worker paints until all workers are done.

    Args:
        shots: see `split`.
        workers: how many share the pieces.
        warm_up: 0 makes each piece wait for the one before it in its shot.
    """
    costs = [[piece.frames + piece.warm_up for piece in shot] for shot in shots]
    chains = [[cost] for shot in costs for cost in shot] if warm_up else costs
    ready = [(-sum(chain), number, 0) for number, chain in enumerate(chains)]
    heapq.heapify(ready)
    busy = list[tuple[int, int, int]]()  # when a worker is free, and of which piece
    now = 0
    while ready or busy:
        while ready and len(busy) < workers:
            _, number, place = heapq.heappop(ready)
            heapq.heappush(busy, (now + chains[number][place], number, place))
        now, number, place = heapq.heappop(busy)
        rest = chains[number][place + 1 :]
        if rest:
            heapq.heappush(ready, (-sum(rest), number, place + 1))
    return now


def best_length(
    cuts: Sequence[int], frames: int, workers: int, warm_up: int, most: int = SEGMENT
) -> int:
    """The length of segments with which so many workers are done first; the longest of equals.

    Args:
        most: frames of a segment at most.
        cuts, frames, workers, warm_up: see `split` and `frames_waited`.
    """

    def waited(length: int) -> int:
        return frames_waited(split(cuts, frames, length, warm_up), workers, warm_up)

    return min(range(most, SHORTEST - 1, -4), key=waited)
