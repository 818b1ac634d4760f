"""The frames of a segment as they are, in case it is paused while it is coded at a loss."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vr360.frame import Frame
from vr360.media.writer import FilmWriter

HELD = 400_000_000
"""Bytes of frames that are held in memory: a segment of 240 frames of 1024x512, of 60 of 2048x1024.
Larger ones go to a file, which takes time, and room on disk, all along."""


class Spare:
    """Held in memory until a pause wants them, so that most segments never write them; or written.

    Args:
        begin: opens the lossless file that frames like this one go to.
        holds: whether they fit into memory; those that do not go to the file at once.
    """

    def __init__(self, begin: Callable[[Frame], FilmWriter], holds: bool) -> None:
        self._begin, self._holds = begin, holds
        self._frames: list[Frame] = []
        self._file: FilmWriter | None = None

    def write(self, frame: Frame) -> None:
        """Add one frame; raises as `FilmWriter`."""
        if self._holds:
            self._frames.append(frame)
        else:
            self._append(frame)

    def keep(self) -> Path:
        """End their file; where it lies."""
        for frame in self._frames:
            self._append(frame)
        assert self._file, "nothing was painted"
        file, self._file = self._file, None
        file.__exit__(None, None, None)
        return file.path

    def drop(self) -> None:
        """Nobody wants them any more."""
        if self._file:
            self._file.__exit__(GeneratorExit, None, None)

    def _append(self, frame: Frame) -> None:
        self._file = self._file or self._begin(frame).__enter__()
        self._file.write(frame)
