"""Ambisonic sound whose turn changes over time, as that of a levelled film does.

Ffmpeg's filters mix by fixed numbers, so the track is decoded here, mixed by numbers that change
from sample to sample, and written without a header for ffmpeg to encode.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vr360.errors import EncodeError
from vr360.geometry import Array
from vr360.media.ambisonics import turned_by

Floats = NDArray[np.float32]
Turning = Callable[[Array], Array]
"""(N,) seconds into the film -> (N, 3, 3) as `turned_by` takes them."""

BLOCKS = 50
"""A second: between their ends the mix goes in straight lines."""


def write_turned(
    target: Path, decoding: Sequence[str], rate: int, channels: int, order: int, turning: Turning
) -> None:
    """Write a track turned over time as bare samples (float, little-endian).

    Args:
        target: the file to write.
        decoding: a command of ffmpeg that writes the track in that way to its standard output.
        rate: samples a second.
        channels: of the track; those behind the ambisonic ones stay as they are.
        order: of the ambisonic ones.
        turning: with times from the track's first sample on.

    Raises:
        EncodeError: the sound cannot be decoded or the disk is full.
    """
    with subprocess.Popen(decoding, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as decoder:
        try:
            with target.open("wb") as file:
                blocks = turned_blocks(_blocks(decoder, rate, channels), rate, order, turning)
                file.writelines(block.tobytes() for block in blocks)
        except OSError as error:
            decoder.kill()
            raise EncodeError(f"{target}: cannot be written ({error.strerror})") from None
        words = decoder.stderr.read().decode(errors="replace") if decoder.stderr else ""
    if decoder.returncode:
        raise EncodeError(f"{target}: the sound cannot be turned: {words.strip()}")


def _blocks(decoder: subprocess.Popen[bytes], rate: int, channels: int) -> Iterator[Floats]:
    assert decoder.stdout is not None
    size = max(1, rate // BLOCKS) * channels * 4
    while data := decoder.stdout.read(size):
        yield np.frombuffer(data, "<f4").reshape(-1, channels)


def turned_blocks(
    blocks: Iterator[Floats], rate: int, order: int, turning: Turning
) -> Iterator[Floats]:
    """Samples (N, channels), block by block, turned over time; see `write_turned`."""
    own, done = (order + 1) ** 2, 0
    mix = turned_by(turning(np.zeros(1))[0], order)
    for block in blocks:
        done += len(block)
        before, mix = mix, turned_by(turning(np.array([done / rate]))[0], order)
        share = (np.arange(len(block))[:, None] / len(block)).astype(np.float32)
        sound = block.copy()
        field = block[:, :own]
        sound[:, :own] = (field @ before.T) * (1 - share) + (field @ mix.T) * share
        yield sound
