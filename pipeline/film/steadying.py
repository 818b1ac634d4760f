"""Scenes held steady: the camera's shake, seen in the pictures, is taken out of how it was turned.

The camera's rotations from frame to frame add up to its path. What the path would be without shake
is the sequence of rotations that stays near to it while its third differences are small: a
Whittaker smoother (Eilers, "A perfect smoother", 2003), whose ends follow the path without a bend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.film.script import Stabilise
from pipeline.film.timeline import Placed, Timeline
from pipeline.film.watching import Watched
from pipeline.jobs.files import checksum, fingerprint
from pipeline.temporal.flow import FAST, track
from pipeline.temporal.planar import Grey
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array

SLOWEST = 0.2  # Hz: slower turns are meant, faster ones are shake
ORDER = 3  # of the differences
_THIRD = (-1.0, 3.0, -3.0, 1.0)


def steadied(film: Timeline, folder: Path | None = None) -> Timeline:
    """The film, with turns that hold those scenes steady that want it.

    Args:
        film: as it is laid out.
        folder: keeps what was found, as finding it takes as long as reading the clip; None does
            not.
    """
    scenes = tuple(_steadied(placed, film.rate, folder) for placed in film.scenes)
    return replace(film, scenes=scenes)


def _steadied(placed: Placed, rate: Fraction, folder: Path | None) -> Placed:
    if placed.scene.stabilise is Stabilise.NONE or placed.info.is_still:
        return placed
    path = _kept_path(placed, rate, folder)
    return replace(placed, steady=steady_turns(path, float(rate)))


def _kept_path(placed: Placed, rate: Fraction, folder: Path | None) -> Array:
    job = placed.job
    told = [fingerprint(job.input), placed.start, placed.count, rate, job.stereo, job.camera]
    file = folder / f"path.{checksum([str(each) for each in told])[:20]}.npy" if folder else None
    if file and file.exists():
        return np.asarray(np.load(file))
    path = camera_path(placed)
    if file:
        np.save(file, path)
    return path


def camera_path(placed: Placed) -> Array:
    """(N, 3, 3) for each frame of a scene: turns its directions into those of its first frame."""
    clip = Watched(placed)
    path = [np.eye(3)]
    for turn in _turns(clip.eyes(clip.first, clip.last)):
        path.append(path[-1] @ turn)
    path += path[-1:] * placed.count  # where the clip has no more frames
    return np.stack(path[1 : placed.count + 1])


def _turns(eyes: Iterable[Rgb]) -> Iterator[Array]:
    """The camera's rotation in each frame since the one before, (3, 3); none in the first."""
    last: Grey | None = None
    shown: Rgb | None = None
    for eye in eyes:
        turn = np.eye(3)
        if eye is not shown:
            tracked = track(eye, last, FAST)
            turn = tracked.flow.camera.rotation if tracked.flow else turn
            last, shown = tracked.now, eye
        yield turn


def steady_turns(path: Array, rate: float) -> Array:
    """(N, 3, 3): turns what a camera without shake sees into what the camera sees.

    Args:
        path: (N, 3, 3), see `camera_path`.
        rate: frames a second.
    """
    calm = smoothed(path.reshape(len(path), 9), rate).reshape(path.shape)
    left, _, right = np.linalg.svd(calm)  # the rotation that is nearest to each
    turns = np.swapaxes(path, 1, 2) @ left @ right
    return np.asarray(turns)


def smoothed(values: Array, rate: float, slowest: float = SLOWEST) -> Array:
    """Values (N, K) without what changes faster than `slowest`, in Hz; half of that is left there.

    Minimises the squared distance to the values plus weighted squared third differences.
    """
    count = len(values)
    if count <= ORDER:
        return values
    weight = (rate / (FULL_TURN * slowest)) ** (2 * ORDER)
    band = np.zeros((ORDER + 1, count))  # the diagonal, and what lies below it
    band[0] = 1
    for off in range(ORDER + 1):
        for k in range(ORDER + 1 - off):
            band[off, k : k + count - ORDER] += weight * _THIRD[k] * _THIRD[k + off]
    from scipy.linalg import solveh_banded  # which takes a while to load

    return np.asarray(solveh_banded(band, values, lower=True))
