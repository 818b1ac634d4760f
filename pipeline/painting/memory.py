"""How much memory a painting takes, before it is begun.

Large spheres are painted in tiles, so what grows with them is their own pictures: the source, the
painting in floating point, and what a film remembers. The figures were measured, see
`docs/measurements.md`, and leave some room.
"""

from __future__ import annotations

import logging

from pipeline.choices import Padding
from pipeline.looks.track import parse_look
from pipeline.painting.job import StylizeJob
from pipeline.source.unfolding import drawn_size
from vr360.errors import InputError
from vr360.frame import Stereo, VideoInfo
from vr360.memory import available_memory

logger = logging.getLogger(__name__)

BASE = 900_000_000  # bytes of the program, its nets and a tile
STILL, FILM = 38, 225  # bytes a pixel of the spheres; a film's with its encoder
FILM_IN_TILES = 215  # the same of spheres that are painted in tiles
WHOLE = 200  # bytes a pixel of spheres that are painted whole
LARGEST_WHOLE = 13_500_000  # pixels, whose cube has those of `pipeline.backends.tiled.LARGEST`


def needed_memory(job: StylizeJob, info: VideoInfo) -> int:
    """Bytes that painting takes, about, of this program and of its encoder."""
    height, width = drawn_size(info, job.size, job.paint_width)
    pixels = height * width * (1 if info.stereo is Stereo.MONO else 2)
    if not job.paints:
        return BASE
    reduction = min(parse_look(*look).reduction for look in job.looks)
    in_net = round(pixels / reduction**2)  # short strokes are painted on a larger sphere
    larger = STILL * max(0, in_net - pixels)
    whole = in_net if job.padding == Padding.WRAP else min(in_net, LARGEST_WHOLE)
    if whole < in_net and not info.is_still:
        return BASE + FILM_IN_TILES * pixels + larger
    a_pixel = STILL if info.is_still else FILM
    return BASE + a_pixel * pixels + larger + (WHOLE - STILL) * whole


def check_memory(
    job: StylizeJob, info: VideoInfo, memory: int | None = None, beside: int = 0
) -> None:
    """See that a painting has memory enough, and say so where the machine has less left.

    Args:
        memory: bytes that it may take; None leaves it to the machine, which may have some to swap.
        beside: bytes that whoever takes its frames holds.

    Raises:
        InputError: it takes more than it may.
    """
    limit = available_memory() if memory is None else memory
    needed = needed_memory(job, info) + beside
    if limit is None or needed <= limit:
        return
    height, width = drawn_size(info, job.size, job.paint_width)
    has = "this machine has {} left" if memory is None else "--memory allows {}"
    told = (
        f"{job.input}: painting {width}x{height} takes about {_gigabytes(needed)} of memory, and "
        f"{has.format(_gigabytes(limit))}; --paint-width {width // 2} takes less"
    )
    if memory is not None:
        raise InputError(told)
    logger.warning(told)


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
